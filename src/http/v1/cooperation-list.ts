/** `GET /v1/organizations/{org}/cooperations`: outgoing and incoming, searchable by who is on the other side. */
import { z } from "@hono/zod-openapi";
import { settleEnded } from "../../actions/sweep.ts";
import { isService } from "../../domain/caller.ts";
import { cooperationEnd } from "../../domain/cooperation-end.ts";
import { hasPassed } from "../../domain/expiry.ts";
import type { CooperationId } from "../../domain/ids.ts";
import { boundTo } from "../../domain/key-bounds.ts";
import { refuseUnlessAdmin } from "../../domain/membership.ts";
import { type Cooperation, isSide, STATUSES } from "../../domain/records.ts";
import { isFoundIn } from "../../domain/search-folding.ts";
import { TextInput } from "../../domain/text.ts";
import { cooperationItem, nameOfSide } from "../../queries/views/cooperations.ts";
import { readerOf } from "../../queries/views/reader.ts";
import { actingIn } from "../../store/acting.ts";
import { memoizedReads } from "../../store/kept-reads.ts";
import { organizationIdsOf } from "../../store/people.ts";
import { cooperationHead, cooperationIdsOf, endedIdsOf, organizationHead } from "../../store/snapshot.ts";
import { PageQuery, pageOf } from "../page.ts";
import { refused } from "../problem.ts";
import { listed, routesUnder, type V1App, type V1Deps } from "./route.ts";
import { CooperationItem, listOf, withMembers } from "./views.ts";

export const DIRECTIONS = ["outgoing", "incoming"] as const;
const SIDE_OF = { outgoing: "initiator", incoming: "partner" } as const;
/** What a side's cooperations are to it. */
export const DIRECTION_OF = { initiator: "outgoing", partner: "incoming" } as const;

const define = routesUnder("Cooperations");

const list = define.get("/organizations/{org}/cooperations", "List an organization's cooperations", {
  answers: "either",
  refuses: ["not_found", "not_admin", "suspended"],
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
    count_people: z
      .enum(["true", "false"])
      .optional()
      .describe("Whether each has `people_count`: what a process does not know yet is read in its history."),
  }),
  reply: listOf(
    withMembers(CooperationItem, {
      direction: z.enum(DIRECTIONS),
      people_count: z
        .int()
        .optional()
        .describe("How many people of the partner have access through it now, paused or not."),
    }),
  ),
});

export const COOPERATION_LIST_OPERATIONS = [list];

export function cooperationListRoutes(app: V1App, deps: V1Deps) {
  const { clock, register } = deps;
  const countPeople = async (cooperation: Cooperation): Promise<number> => {
    const rights = await register.ofCooperation(cooperation, undefined, { instant: undefined, now: clock() });
    return new Set(rights.map(({ user }) => user)).size;
  };
  app.openapi(list, async (c) => {
    const tupleStore = memoizedReads(deps.tupleStore);
    const { org } = c.req.valid("param");
    const { direction, status, search = "", count_people, ...page } = c.req.valid("query");
    const { caller } = c.var;
    const refusal = isService(caller) ? undefined : refuseUnlessAdmin(org, await actingIn(tupleStore, org, caller));
    if (refusal) return refused(c, refusal);

    const directions = new Map<CooperationId, (typeof DIRECTIONS)[number]>();
    /** Ended ones that older versions left in the list of the living. */
    const unsettled: CooperationId[] = [];
    const [{ value: organization }, belongs, ...lists] = await Promise.all([
      organizationHead(tupleStore, org),
      caller.user === undefined ? [] : organizationIdsOf(tupleStore, caller.user),
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
    // what they are on the other side, of each that they do not belong to, is known without asking
    const reading = boundTo(caller, belongs);
    const look = async (id: CooperationId) => {
      const { value, n } = await cooperationHead(tupleStore, id);
      if (value?.status === "ended" && status !== "ended") unsettled.push(id);
      if (value === undefined || !fits(value, status, clock())) return undefined;
      const at = directions.get(id) ?? "outgoing";
      if (!isSide(value, SIDE_OF[at], organization)) return undefined;
      if (search !== "" && !isFoundIn(search, await searched(tupleStore, value, at))) return undefined;
      const reader = await readerOf(tupleStore, value, reading);
      const item = { ...(await cooperationItem(tupleStore, value, n, reader, clock())), direction: at };
      return count_people === "true" ? { ...item, people_count: await countPeople(value) } : item;
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
  if (status === "expired") return cooperation.status !== "ended" && hasPassed(cooperationEnd(cooperation), now);
  return cooperation.status === status;
}
