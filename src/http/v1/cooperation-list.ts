/** `GET /v1/organizations/{org}/cooperations`: outgoing and incoming, searchable by who is on the other side. */
import { z } from "@hono/zod-openapi";
import { settleEnded } from "../../actions/sweep.ts";
import { isService } from "../../domain/caller.ts";
import { hasPassed } from "../../domain/expiry.ts";
import type { CooperationId } from "../../domain/ids.ts";
import { refuseUnlessAdmin } from "../../domain/membership.ts";
import { type Cooperation, isSide, STATUSES } from "../../domain/records.ts";
import { isFoundIn } from "../../domain/search-folding.ts";
import { TextInput } from "../../domain/text.ts";
import { cooperationItem, nameOfSide } from "../../queries/views/cooperations.ts";
import { readerOf } from "../../queries/views/reader.ts";
import { memoizedReads } from "../../store/kept-reads.ts";
import { cooperationHead, cooperationIdsOf, endedIdsOf, membershipIn, organizationHead } from "../../store/snapshot.ts";
import { PageQuery, pageOf } from "../page.ts";
import { refused } from "../problem.ts";
import { listed, routesUnder, type V1App, type V1Deps } from "./route.ts";
import { CooperationItem, listOf, withMembers } from "./views.ts";

const DIRECTIONS = ["outgoing", "incoming"] as const;
const SIDE_OF = { outgoing: "initiator", incoming: "partner" } as const;

const define = routesUnder("Cooperations");

const list = define.get("/organizations/{org}/cooperations", "List an organization's cooperations", {
  answers: "either",
  refuses: ["not_found", "not_admin"],
  query: PageQuery.extend({
    direction: z
      .enum(DIRECTIONS)
      .optional()
      .describe("outgoing: it invited; incoming: it was invited. Both by default."),
    status: z
      .enum([...STATUSES, "expired"])
      .optional()
      .describe("`ended` lists the ended ones."),
    search: TextInput.max(200).optional().describe("In the other side's name or the invited address."),
  }),
  reply: listOf(withMembers(CooperationItem, { direction: z.enum(DIRECTIONS) })),
});

export const COOPERATION_LIST_OPERATIONS = [list];

export function cooperationListRoutes(app: V1App, deps: V1Deps) {
  const { clock } = deps;
  app.openapi(list, async (c) => {
    const tupleStore = memoizedReads(deps.tupleStore);
    const { org } = c.req.valid("param");
    const { direction, status, search = "", ...page } = c.req.valid("query");
    const { caller } = c.var;
    const refusal = isService(caller) ? undefined : refuseUnlessAdmin(org, await membershipIn(tupleStore, org, caller));
    if (refusal) return refused(c, refusal);

    const directions = new Map<CooperationId, (typeof DIRECTIONS)[number]>();
    /** Ended ones that older versions left in the list of the living. */
    const unsettled: CooperationId[] = [];
    const [{ value: organization }, ...lists] = await Promise.all([
      organizationHead(tupleStore, org),
      ...DIRECTIONS.map(async (at) => {
        if (direction !== undefined && direction !== at) return [];
        const [living, ended] = await Promise.all([
          cooperationIdsOf(tupleStore, org, SIDE_OF[at]),
          status === "ended" ? endedIdsOf(tupleStore, org, SIDE_OF[at]) : [],
        ]);
        return [...living, ...ended].map((id) => ({ id, at }));
      }),
    ]);
    for (const { id, at } of lists.flat()) directions.set(id, directions.get(id) ?? at);
    const look = async (id: CooperationId) => {
      const { value, n } = await cooperationHead(tupleStore, id);
      if (value?.status === "ended" && status !== "ended") unsettled.push(id);
      if (value === undefined || !fits(value, status, clock())) return undefined;
      const at = directions.get(id) ?? "outgoing";
      if (!isSide(value, SIDE_OF[at], organization)) return undefined;
      if (search !== "" && !isFoundIn(search, await searched(tupleStore, value, at))) return undefined;
      const reader = await readerOf(tupleStore, value, caller);
      return { ...(await cooperationItem(tupleStore, value, n, reader, clock())), direction: at };
    };
    const ids = [...directions.keys()].sort().reverse();
    const query = ["cooperations", org, direction, status, search];
    const found = await pageOf(ids, query, page, look, "descending");
    if (unsettled.length > 0) deps.inBackground(() => settleEnded(deps, unsettled));
    return listed(c, found);
  });
}

/** What a search looks through: the other side's name, and for who invited the address. */
async function searched(
  reads: Pick<V1Deps["tupleStore"], "read">,
  cooperation: Cooperation,
  direction: (typeof DIRECTIONS)[number],
): Promise<(string | undefined)[]> {
  if (direction === "incoming") return [await nameOfSide(reads, cooperation, "initiator")];
  const name = cooperation.partner === undefined ? undefined : await nameOfSide(reads, cooperation, "partner");
  return [name, cooperation.email];
}

function fits(cooperation: Cooperation, status: string | undefined, now: Date): boolean {
  if (status === undefined) return cooperation.status !== "ended";
  if (status === "expired") return cooperation.status !== "ended" && hasPassed(cooperation.expires_at, now);
  return cooperation.status === status;
}
