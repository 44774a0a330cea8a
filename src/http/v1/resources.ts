/** `/v1/plants`, `/v1/portfolios` and what an organization owns. One definition serves both types. */

import { z } from "@hono/zod-openapi";
import { deleteResource, putResource } from "../../actions/resource.ts";
import { isService } from "../../domain/caller.ts";
import { PlantInput, PortfolioInput, type ResourceInput } from "../../domain/commands.ts";
import { idOf, RESOURCE_TYPES, type Ref, type ResourceRef, type ResourceType } from "../../domain/ids.ts";
import { isFoundIn } from "../../domain/search-folding.ts";
import { TextInput } from "../../domain/text.ts";
import { impactOfMove } from "../../queries/views/impact.ts";
import { resourceView } from "../../queries/views/registry.ts";
import { membershipIn } from "../../store/acting.ts";
import { PageQuery, pageOf, pageOfTuples, SOUGHT } from "../page.ts";
import { act, dryRun } from "./act.ts";
import { DryRunQuery, listed, notFound, routesUnder, stated, type V1App, type V1Deps } from "./route.ts";
import { Effective, listOf, ResourceView, withMembers } from "./views.ts";

const define = routesUnder("Resources");

const owned = define.get("/organizations/{org}/resources", "List the resources of an organization", {
  query: PageQuery.extend({
    type: z.enum(RESOURCE_TYPES).optional(),
    search: TextInput.max(200).optional().describe(SOUGHT),
  }),
  answers: "either",
  refuses: ["not_found"],
  reply: listOf(ResourceView),
});

/** The routes of one type. */
const operationsOf = (type: ResourceType, body: z.ZodType<ResourceInput>) => ({
  get: define.get(`/${type}s/{id}`, `Get a ${type}`, {
    answers: "either",
    refuses: ["not_found"],
    reply: ResourceView,
  }),
  put: define.put(
    `/${type}s/{id}`,
    `Register a ${type} (scope admin), or change its name${type === "plant" ? " or portfolio" : ""}`,
    {
      answers: "either",
      refuses: ["not_found", "not_admin", "suspended", "owner_is_fixed", "id_not_allowed", "not_owner"],
      body,
      query: DryRunQuery,
      reply: withMembers(ResourceView, Effective),
    },
  ),
  remove: define.delete(`/${type}s/{id}`, `Delete a ${type} that is not shared (scope admin)`, {
    answers: "service",
    refuses: ["not_found", "not_empty"],
    reply: z.strictObject(Effective),
  }),
});
const OF_TYPE = [
  { type: "plant", ...operationsOf("plant", PlantInput) },
  { type: "portfolio", ...operationsOf("portfolio", PortfolioInput) },
] as const;

export const RESOURCE_OPERATIONS = [owned, ...OF_TYPE.flatMap(({ get, put, remove }) => [get, put, remove])];

export function resourceRoutes(app: V1App, deps: V1Deps) {
  const { tupleStore, directory } = deps;
  app.openapi(owned, async (c) => {
    const { org } = c.req.valid("param");
    const { type, search = "", ...page } = c.req.valid("query");
    const { caller } = c.var;
    if (!isService(caller) && (await membershipIn(tupleStore, org, caller)) === "none")
      return notFound(c, "organization");
    const types = type === undefined ? RESOURCE_TYPES : [type];
    const query = ["resources", org, type, search];
    const look = async (ref: Ref) => {
      const view = await resourceView(tupleStore, ref as ResourceRef);
      // the record says whose it is, not a tuple that was written past the service
      return view?.owner === org ? view : undefined;
    };
    if (search === "") {
      const filters = types.map((one) => ({ object: `${one}:`, relation: "owner", user: `organization:${org}` }));
      return listed(c, await pageOfTuples(deps, filters, query, page, ({ object }) => look(object)));
    }
    const found = await directory.find(org, "resources", search);
    const lookAgain = async (ref: Ref) => {
      if (found.isLeftOut(ref)) return undefined;
      const view = types.some((one) => ref.startsWith(`${one}:`)) ? await look(ref) : undefined;
      return view && isFoundIn(search, [view.name ?? undefined, idOf(ref)]) ? view : undefined;
    };
    return listed(c, await pageOf(found.refs, query, page, lookAgain));
  });
  for (const of of OF_TYPE) addRoutes(app, deps, of);
}

function addRoutes(app: V1App, deps: V1Deps, { type, get, put, remove }: (typeof OF_TYPE)[number]) {
  const { tupleStore } = deps;
  app.openapi(get, async (c) => {
    const { caller } = c.var;
    const view = await resourceView(tupleStore, `${type}:${c.req.valid("param").id}`);
    const known = view && (isService(caller) || (await membershipIn(tupleStore, view.owner, caller)) !== "none");
    return known ? stated(c, view) : notFound(c, type);
  });
  app.openapi(put, (c) => {
    const resource: ResourceRef = `${type}:${c.req.valid("param").id}`;
    return act(c, deps, putResource({ ...c.req.valid("json"), resource }), {
      impact: async ({ from, to, before, resource: after }) => {
        const shares = before?.portfolio === after.portfolio ? [] : [...(from?.shares ?? []), ...(to?.shares ?? [])];
        const portfolios = { from: before?.portfolio, to: after.portfolio };
        return dryRun(c, await impactOfMove(tupleStore, resource, portfolios, shares, deps.clock()));
      },
      show: (_, reads) => resourceView(reads, resource),
      creates: ({ before }) => before === undefined,
    });
  });
  app.openapi(remove, (c) =>
    act(c, deps, deleteResource({ resource: `${type}:${c.req.valid("param").id}` }), { show: async () => ({}) }),
  );
}
