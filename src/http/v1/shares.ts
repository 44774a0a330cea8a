/** `/v1/cooperations/{id}/shares`, `/v1/shares/{id}` and the incoming shares: resources put into cooperations at a role. */
import type { Context } from "hono";
import { changeShare, share, unshare } from "../../actions/share.ts";
import { settleEnded } from "../../actions/sweep.ts";
import { isService } from "../../domain/caller.ts";
import { ChangeShareInput, ShareInput } from "../../domain/commands.ts";
import type { ShareChanged } from "../../domain/cooperation/decide-share.ts";
import type { ShareId } from "../../domain/ids.ts";
import { refuseUnlessAdmin } from "../../domain/membership.ts";
import { isRefusal } from "../../domain/result.ts";
import type { Reads } from "../../ports.ts";
import { incomingShare, incomingShareIds, shareView } from "../../queries/views/cooperations.ts";
import { findCooperation, findShare, readerOf } from "../../queries/views/reader.ts";
import { actingIn } from "../../store/acting.ts";
import { memoizedReads } from "../../store/kept-reads.ts";
import { shareIdsOf, shareWithDelegations } from "../../store/snapshot.ts";
import type { Env } from "../env.ts";
import { PageQuery, pageOf } from "../page.ts";
import { refused } from "../problem.ts";
import { act, dryRunOf } from "./act.ts";
import { DeleteQuery, DryRunQuery, listed, routesUnder, stated, type V1App, type V1Deps } from "./route.ts";
import { ChangedShare, IncomingShareView, listOf, ShareView } from "./views.ts";

const define = routesUnder("Shares");

const list = define.get("/cooperations/{id}/shares", "List the shares of a cooperation", {
  answers: "either",
  refuses: ["not_found", "not_admin", "suspended"],
  query: PageQuery,
  reply: listOf(ShareView),
});
const create = define.post("/cooperations/{id}/shares", "Share a plant or portfolio at one role", {
  answers: "person",
  refuses: [
    "not_found",
    "not_admin",
    "suspended",
    "wrong_side",
    "wrong_status",
    "already_shared",
    "operator_never_crosses",
    "not_owner",
    "invalid_expiry",
    "invalid_date",
    "date_against_policy",
    "role_against_policy",
    "partner_against_policy",
  ],
  query: DryRunQuery,
  body: ShareInput,
  conditional: true,
  reply: ChangedShare,
  created: ChangedShare,
});
const get = define.get("/shares/{id}", "Get a share", {
  answers: "either",
  refuses: ["not_found", "not_admin", "suspended"],
  reply: ShareView,
});
const patch = define.patch("/shares/{id}", "Change a share's role or dates", {
  answers: "person",
  refuses: [
    "not_found",
    "not_admin",
    "suspended",
    "wrong_side",
    "wrong_status",
    "operator_never_crosses",
    "invalid_expiry",
    "invalid_date",
    "date_against_policy",
    "role_against_policy",
    "partner_against_policy",
  ],
  query: DryRunQuery,
  body: ChangeShareInput,
  reply: ChangedShare,
});
const remove = define.delete("/shares/{id}", "Remove a share", {
  answers: "person",
  refuses: ["not_found", "not_admin", "suspended", "wrong_side", "wrong_status"],
  query: DeleteQuery,
  reply: ChangedShare,
});
const incoming = define.get("/organizations/{org}/incoming-shares", "List incoming shares", {
  answers: "either",
  refuses: ["not_found", "not_admin", "suspended"],
  query: PageQuery,
  reply: listOf(IncomingShareView),
});

export const SHARE_OPERATIONS = [list, create, get, patch, remove, incoming];

export function shareRoutes(app: V1App, deps: V1Deps) {
  const { tupleStore, clock } = deps;
  /** The share with the delegations whose effective role changed, or what that would mean. A removed share is shown as it was. */
  const replying = (c: Context<Env>) => ({
    impact: (value: ShareChanged) => dryRunOf(c, deps, value),
    show: async ({ cooperation, share: after, restored, reduced }: ShareChanged, reads: Reads) => {
      const [{ head, delegations }, reader] = await Promise.all([
        shareWithDelegations(reads, after.id),
        readerOf(reads, cooperation, c.var.caller),
      ]);
      const found = { share: after, n: head.n, delegations: after.removed_at === undefined ? delegations : [] };
      return { ...(await shareView(reads, cooperation, found, reader, clock())), restored, reduced };
    },
  });
  app.openapi(list, async (c) => {
    const { id } = c.req.valid("param");
    const found = await findCooperation(tupleStore, id, c.var.caller);
    if (isRefusal(found)) return refused(c, found);
    const look = async (shareId: ShareId) => {
      const { head, delegations } = await shareWithDelegations(tupleStore, shareId);
      if (head.value === undefined || head.value.removed_at !== undefined) return undefined;
      const one = { share: head.value, n: head.n, delegations };
      return shareView(tupleStore, found.cooperation, one, found.reader, clock());
    };
    const ids = found.cooperation.status === "ended" ? [] : await shareIdsOf(tupleStore, id);
    return listed(c, await pageOf(ids, ["shares", id], c.req.valid("query"), look));
  });
  app.openapi(create, (c) => {
    const action = share({ ...c.req.valid("json"), cooperation: c.req.valid("param").id });
    return act(c, deps, action, {
      ...replying(c),
      creates: () => true,
      location: ({ share: made }) => `/v1/shares/${made.id}`,
    });
  });
  app.openapi(get, async (c) => {
    const found = await findShare(tupleStore, c.req.valid("param").id, c.var.caller);
    if (isRefusal(found)) return refused(c, found);
    return stated(c, await shareView(tupleStore, found.cooperation, found.found, found.reader, clock()));
  });
  app.openapi(patch, (c) => {
    const action = changeShare({ ...c.req.valid("json"), share: c.req.valid("param").id });
    return act(c, deps, action, replying(c));
  });
  app.openapi(remove, (c) => {
    const { reason } = c.req.valid("query");
    return act(c, deps, unshare({ share: c.req.valid("param").id, reason }), replying(c));
  });
  app.openapi(incoming, async (c) => {
    const { org } = c.req.valid("param");
    const { caller } = c.var;
    const membership = await actingIn(tupleStore, org, caller);
    const refusal = isService(caller) ? undefined : refuseUnlessAdmin(org, membership);
    if (refusal) return refused(c, refusal);
    const reader = { memberships: { initiator: "none" as const, partner: membership }, service: isService(caller) };
    const reads = memoizedReads(tupleStore);
    const look = (id: ShareId) => incomingShare(reads, id, reader, clock());
    const { ids, unsettled } = await incomingShareIds(reads, org);
    if (unsettled.length > 0) deps.inBackground(() => settleEnded(deps, unsettled));
    return listed(c, await pageOf(ids, ["incoming", org], c.req.valid("query"), look));
  });
}
