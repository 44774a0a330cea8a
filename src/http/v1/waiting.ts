/** `GET /v1/organizations/{org}/waiting`: the cooperations in which something waits for an organization's admins, newest first. */
import { z } from "@hono/zod-openapi";
import { isService } from "../../domain/caller.ts";
import { WAITS, waitsFor } from "../../domain/cooperation/waiting.ts";
import type { Side } from "../../domain/history.ts";
import type { CooperationId } from "../../domain/ids.ts";
import { boundTo } from "../../domain/key-bounds.ts";
import { refuseUnlessAdmin } from "../../domain/membership.ts";
import { isAccepted, isSide } from "../../domain/records.ts";
import { SIDES } from "../../domain/relations.ts";
import { askViews } from "../../queries/views/asks.ts";
import { cooperationItem } from "../../queries/views/cooperations.ts";
import { readerOf } from "../../queries/views/reader.ts";
import { actingIn } from "../../store/acting.ts";
import { memoizedReads } from "../../store/kept-reads.ts";
import { organizationIdsOf } from "../../store/people.ts";
import { cooperationHead, cooperationIdsOf, organizationHead } from "../../store/snapshot.ts";
import { PageQuery, pageOf } from "../page.ts";
import { refused } from "../problem.ts";
import { AskView } from "./asks.ts";
import { DIRECTION_OF, DIRECTIONS } from "./cooperation-list.ts";
import { listed, routesUnder, type V1App, type V1Deps } from "./route.ts";
import { CooperationItem, listOf, withMembers } from "./views.ts";

const define = routesUnder("Cooperations");

const WaitingView = withMembers(CooperationItem, {
  direction: z.enum(DIRECTIONS),
  waits: z
    .array(z.enum(WAITS))
    .describe(
      "`answer`: to accept or to decline. `asks`: the partner asks for more. `review`: it is due within `days`, or was missed. `end`: it ends within `days`. `invitation`: it has no answer.",
    ),
  asks: z.array(AskView).describe("What the partner asks for; only for the initiator."),
}).openapi("WaitingCooperation");

const waiting = define.get("/organizations/{org}/waiting", "List what waits for an organization's admins", {
  answers: "either",
  refuses: ["not_found", "not_admin", "suspended"],
  query: PageQuery.extend({
    days: z.coerce.number().int().min(1).max(365).default(30).describe("How many days before a date it is listed."),
  }),
  reply: listOf(WaitingView),
});

export const WAITING_OPERATIONS = [waiting];

export function waitingRoutes(app: V1App, deps: V1Deps) {
  app.openapi(waiting, async (c) => {
    const tupleStore = memoizedReads(deps.tupleStore);
    const { org } = c.req.valid("param");
    const { days, ...page } = c.req.valid("query");
    const { caller } = c.var;
    const now = deps.clock();
    const refusal = isService(caller) ? undefined : refuseUnlessAdmin(org, await actingIn(tupleStore, org, caller));
    if (refusal) return refused(c, refusal);

    const [{ value: organization }, belongs, ...found] = await Promise.all([
      organizationHead(tupleStore, org),
      caller.user === undefined ? [] : organizationIdsOf(tupleStore, caller.user),
      ...SIDES.map(async (side) => (await cooperationIdsOf(tupleStore, org, side)).map((id) => ({ id, side }))),
    ]);
    const sides = new Map<CooperationId, Side>(found.flat().map(({ id, side }) => [id, side]));
    const reading = boundTo(caller, belongs);
    const look = async (id: CooperationId) => {
      const { value, n } = await cooperationHead(tupleStore, id);
      const side = sides.get(id) ?? "initiator";
      if (value === undefined || value.status === "ended" || !isSide(value, side, organization)) return undefined;
      const asks = side === "initiator" && isAccepted(value) ? await askViews(tupleStore, value, now) : [];
      const waits = waitsFor(value, side, { asks: asks.length, days, now });
      if (waits.length === 0) return undefined;
      const item = await cooperationItem(tupleStore, value, n, await readerOf(tupleStore, value, reading), now);
      return { ...item, direction: DIRECTION_OF[side], waits, asks };
    };
    const ids = [...sides.keys()].sort().reverse();
    return listed(c, await pageOf(ids, ["waiting", org, days], page, look, "descending"));
  });
}
