/** `/v1/shares/{id}/delegations`: what the partner's admins delegate to their own people. */

import { z } from "@hono/zod-openapi";
import { delegate, revoke } from "../../actions/delegation.ts";
import { DelegateInput } from "../../domain/commands.ts";
import type { ShareId, UserId } from "../../domain/ids.ts";
import { isRefusal } from "../../domain/result.ts";
import type { Reads } from "../../ports.ts";
import { delegationView } from "../../queries/views/cooperations.ts";
import { findShare } from "../../queries/views/reader.ts";
import { shareHead } from "../../store/snapshot.ts";
import { PageQuery, pageOf } from "../page.ts";
import { refused } from "../problem.ts";
import { act, dryRunOf } from "./act.ts";
import { DeleteQuery, DryRunQuery, listed, routesUnder, type V1App, type V1Deps } from "./route.ts";
import { DelegationView, Effective, Etag, listOf, withMembers } from "./views.ts";

const define = routesUnder("Delegations");
const path = "/shares/{id}/delegations/{user}";
const OfShare = { share: z.string(), etag: Etag.describe("Its share's, which every delegation replaces.") };

const list = define.get("/shares/{id}/delegations", "List the delegations of a share", {
  answers: "either",
  refuses: ["not_found", "not_admin", "suspended"],
  query: PageQuery,
  reply: listOf(DelegationView),
});
const put = define.put(path, "Delegate a share to a person, or change the delegation", {
  answers: "person",
  refuses: [
    "not_found",
    "not_admin",
    "suspended",
    "wrong_side",
    "wrong_status",
    "cooperation_expired",
    "operator_never_crosses",
    "role_above_cap",
    "not_own_person",
    "invalid_expiry",
    "date_against_policy",
    "partner_against_policy",
  ],
  query: DryRunQuery,
  body: DelegateInput,
  reply: withMembers(DelegationView, { ...OfShare, ...Effective }),
});
const remove = define.delete(path, "Remove a delegation", {
  answers: "person",
  refuses: ["not_found", "not_admin", "suspended", "wrong_side", "wrong_status"],
  query: DeleteQuery,
  reply: z.strictObject({ user: z.string(), ...OfShare, ...Effective }),
});

export const DELEGATION_OPERATIONS = [list, put, remove];

export function delegationRoutes(app: V1App, deps: V1Deps) {
  app.openapi(list, async (c) => {
    const { id } = c.req.valid("param");
    const found = await findShare(deps.tupleStore, id, c.var.caller);
    if (isRefusal(found)) return refused(c, found);
    const { cooperation, found: at } = found;
    const now = deps.clock();
    const views = new Map(at.delegations.map((one) => [one.user, delegationView(cooperation, at.share, one, now)]));
    const look = async (user: UserId) => views.get(user);
    return listed(c, await pageOf([...views.keys()], ["delegations", id], c.req.valid("query"), look));
  });
  app.openapi(put, (c) => {
    const { id: share, user } = c.req.valid("param");
    return act(c, deps, delegate({ ...c.req.valid("json"), share, user }), {
      impact: ({ cooperation, delegation }) =>
        dryRunOf(c, deps, { cooperation, delegation: { share, user, after: delegation } }),
      show: async ({ cooperation, share: of, delegation }, reads) => ({
        share,
        ...(delegation === undefined ? { user } : delegationView(cooperation, of, delegation, deps.clock())),
        ...(await etagOf(share, reads)),
      }),
      creates: ({ before }) => before === undefined,
    });
  });
  app.openapi(remove, (c) => {
    const { id: share, user } = c.req.valid("param");
    const { reason } = c.req.valid("query");
    return act(c, deps, revoke({ share, user, reason }), {
      impact: ({ cooperation }) => dryRunOf(c, deps, { cooperation, delegation: { share, user, after: undefined } }),
      show: async (_, reads) => ({ share, user, ...(await etagOf(share, reads)) }),
    });
  });
}

const etagOf = async (share: ShareId, reads: Reads) => ({ etag: `"${(await shareHead(reads, share)).n}"` });
