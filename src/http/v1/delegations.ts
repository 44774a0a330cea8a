/** `/v1/shares/{id}/delegations`: what the partner's admins hand on to their own people. */

import { z } from "@hono/zod-openapi";
import { delegate, revoke } from "../../actions/delegation.ts";
import { DelegateInput } from "../../domain/commands.ts";
import { isRefusal } from "../../domain/result.ts";
import { delegationView } from "../../queries/views/cooperations.ts";
import { findShare } from "../../queries/views/reader.ts";
import { shareHead } from "../../store/snapshot.ts";
import { PageQuery, pageOf } from "../page.ts";
import { refused } from "../problem.ts";
import { dryRunOf } from "./dry-run.ts";
import {
  callOf,
  DeleteQuery,
  DryRunQuery,
  listed,
  route,
  stated,
  ulidParam,
  userParam,
  type V1Deps,
  v1,
} from "./route.ts";
import { DelegationView, DryRunView, Effective, Etag, listOf, withMembers } from "./views.ts";

const tag = "Delegations";
const path = "/shares/{id}/delegations/{user}";
const params = ulidParam.extend(userParam.shape);
const OfShare = { share: z.string(), etag: Etag.describe("Its share's, which every delegation replaces.") };

const list = route({
  method: "get",
  path: "/shares/{id}/delegations",
  tag,
  summary: "Who a share was delegated to",
  answers: "either",
  refuses: ["not_found", "not_admin"],
  params: ulidParam,
  query: PageQuery,
  reply: listOf(DelegationView),
});
const put = route({
  method: "put",
  path,
  tag,
  summary: "Delegate at viewer or the share's role, or change that",
  answers: "person",
  refuses: [
    "not_found",
    "not_admin",
    "wrong_side",
    "wrong_status",
    "cooperation_expired",
    "operator_never_crosses",
    "role_above_cap",
    "not_own_person",
    "invalid_expiry",
  ],
  params,
  query: DryRunQuery,
  body: DelegateInput,
  reply: z.union([withMembers(DelegationView, { ...OfShare, ...Effective }), DryRunView]),
});
const remove = route({
  method: "delete",
  path,
  tag,
  summary: "Take a delegation back",
  answers: "person",
  refuses: ["not_found", "not_admin", "wrong_side", "wrong_status"],
  params,
  query: DeleteQuery,
  reply: z.union([z.strictObject({ user: z.string(), ...OfShare, ...Effective }), DryRunView]),
});

export const DELEGATION_OPERATIONS = [list, put, remove];

export function delegationRoutes(deps: V1Deps) {
  const app = v1();
  const etagOf = async (share: string) => ({ etag: `"${(await shareHead(deps.tupleStore, share)).n}"` });
  app.openapi(list, async (c) => {
    const { id } = c.req.valid("param");
    const found = await findShare(deps.tupleStore, id, c.var.caller);
    if (isRefusal(found)) return refused(c, found);
    const { cooperation, found: at } = found;
    const views = new Map(at.delegations.map((one) => [one.user, delegationView(cooperation, at.share, one)]));
    const look = async (user: string) => views.get(user);
    return listed(c, await pageOf([...views.keys()], ["delegations", id], c.req.valid("query"), look));
  });
  app.openapi(put, async (c) => {
    const { id, user } = c.req.valid("param");
    const { dry_run } = c.req.valid("query");
    const receipt = await delegate(deps, callOf(c, dry_run), id, user, c.req.valid("json"));
    if (isRefusal(receipt)) return refused(c, receipt);
    const { cooperation, share, before, delegation } = receipt.value;
    if (dry_run) return dryRunOf(c, deps, { cooperation, delegation: { share: id, user, after: delegation } });
    const view = delegation === undefined ? { user } : delegationView(cooperation, share, delegation);
    const created = receipt.outcome === "done" && before === undefined;
    return stated(c, { share: id, ...view, ...(await etagOf(id)) }, receipt.effective_by, created ? 201 : 200);
  });
  app.openapi(remove, async (c) => {
    const { id, user } = c.req.valid("param");
    const { dry_run, reason } = c.req.valid("query");
    const receipt = await revoke(deps, callOf(c, dry_run), id, user, { reason });
    if (isRefusal(receipt)) return refused(c, receipt);
    const { cooperation } = receipt.value;
    if (dry_run) return dryRunOf(c, deps, { cooperation, delegation: { share: id, user, after: undefined } });
    return stated(c, { share: id, user, ...(await etagOf(id)) }, receipt.effective_by);
  });
  return app;
}
