/** `GET /v1/organizations/{org}/cooperations`: outgoing and incoming, searchable by who is on the other side. */
import { z } from "@hono/zod-openapi";
import { isService } from "../../domain/caller.ts";
import { hasPassed } from "../../domain/expiry.ts";
import { fold } from "../../domain/fold.ts";
import { type Cooperation, STATUSES } from "../../domain/records.ts";
import { refuseUnlessAdmin } from "../../domain/standing.ts";
import { cooperationItem, organizationName } from "../../queries/cooperations.ts";
import { readOnce } from "../../queries/once.ts";
import { readerOf } from "../../queries/reader.ts";
import { cooperationHead, cooperationIdsOf, standingIn } from "../../queries/snapshot.ts";
import { PageQuery, pageOf } from "../page.ts";
import { refused } from "../problem.ts";
import { listed, organizationParam, route, type V1Deps, v1 } from "./route.ts";
import { CooperationItem, listOf, withMembers } from "./views.ts";

const DIRECTIONS = ["outgoing", "incoming"] as const;

const list = route({
  method: "get",
  path: "/organizations/{org}/cooperations",
  tag: "Cooperations",
  summary: "Its cooperations, newest first; ended ones only when asked for",
  params: organizationParam,
  query: PageQuery.extend({
    direction: z
      .enum(DIRECTIONS)
      .optional()
      .describe("outgoing: it invited; incoming: it was invited. Both by default."),
    status: z
      .enum([...STATUSES, "expired"])
      .optional()
      .describe("`ended` lists the ended ones."),
    search: z.string().max(200).optional().describe("In the other side's name or the invited address."),
  }),
  reply: listOf(withMembers(CooperationItem, { direction: z.enum(DIRECTIONS) })),
});

export function cooperationListRoutes(deps: V1Deps) {
  const { clock } = deps;
  const app = v1();
  app.openapi(list, async (c) => {
    const relationships = readOnce(deps.relationships);
    const { org } = c.req.valid("param");
    const { direction, status, search, ...page } = c.req.valid("query");
    const { caller } = c.var;
    const refusal = isService(caller)
      ? undefined
      : refuseUnlessAdmin(org, await standingIn(relationships, org, caller));
    if (refusal) return refused(c, refusal);

    const outgoing = direction === "incoming" ? [] : await cooperationIdsOf(relationships, org, "initiator");
    const incoming = direction === "outgoing" ? [] : await cooperationIdsOf(relationships, org, "partner");
    const directions = new Map(incoming.map((id) => [id, "incoming" as (typeof DIRECTIONS)[number]]));
    for (const id of outgoing) directions.set(id, "outgoing");
    const wanted = fold(search ?? "");
    const look = async (id: string) => {
      const { value, n } = await cooperationHead(relationships, id);
      if (value === undefined || !fits(value, status, clock())) return undefined;
      const at = directions.get(id) ?? "outgoing";
      if (wanted !== "" && !(await searched(relationships, value, at)).includes(wanted)) return undefined;
      const reader = await readerOf(relationships, value, caller);
      return { ...(await cooperationItem(relationships, value, n, reader, clock())), direction: at };
    };
    const ids = [...directions.keys()].sort().reverse();
    const query = ["cooperations", org, direction, status, wanted];
    return listed(c, await pageOf(ids, query, page, look, "descending"));
  });
  return app;
}

/** What a search looks through: the other side's name, and for who invited the address. */
async function searched(
  reads: Pick<V1Deps["relationships"], "read">,
  { initiator, partner, email }: Cooperation,
  direction: (typeof DIRECTIONS)[number],
): Promise<string> {
  if (direction === "incoming") return fold(await organizationName(reads, initiator));
  const name = partner === undefined ? "" : await organizationName(reads, partner);
  return fold(`${name}\n${email ?? ""}`);
}

function fits(cooperation: Cooperation, status: string | undefined, now: Date): boolean {
  if (status === undefined) return cooperation.status !== "ended";
  if (status === "expired") return cooperation.status !== "ended" && hasPassed(cooperation.expires_at, now);
  return cooperation.status === status;
}
