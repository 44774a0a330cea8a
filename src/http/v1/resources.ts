/** `/v1/plants`, `/v1/portfolios` and what an organization owns. One definition serves both types. */

import { z } from "@hono/zod-openapi";
import { deleteResource, putResource } from "../../actions/resource.ts";
import { isService } from "../../domain/caller.ts";
import { PlantInput, PortfolioInput, type ResourceInput } from "../../domain/commands.ts";
import { idOf, RESOURCE_TYPES, type ResourceRef, type ResourceType } from "../../domain/ids.ts";
import { isFoundIn } from "../../domain/search-folding.ts";
import { TextInput } from "../../domain/text.ts";
import { impactOfMove } from "../../queries/views/impact.ts";
import { resourceView } from "../../queries/views/registry.ts";
import { resourceRefsOf } from "../../store/resources.ts";
import { membershipIn } from "../../store/snapshot.ts";
import { PageQuery, pageOf } from "../page.ts";
import { act, dryRun } from "./act.ts";
import { DryRunQuery, listed, notFound, organizationParam, resourceParam, route, type V1Deps, v1 } from "./route.ts";
import { Effective, listOf, ResourceView, withMembers } from "./views.ts";

const tag = "Resources";

const owned = route({
  method: "get",
  path: "/organizations/{org}/resources",
  tag,
  summary: "List the resources of an organization",
  params: organizationParam,
  query: PageQuery.extend({
    type: z.enum(RESOURCE_TYPES).optional(),
    search: TextInput.max(200).optional().describe("In names and ids, without case and accents."),
  }),
  answers: "either",
  refuses: ["not_found"],
  reply: listOf(ResourceView),
});

/** The routes of one type. */
const operationsOf = (type: ResourceType, path: string, body: z.ZodType<ResourceInput>) => ({
  get: route({
    method: "get",
    path,
    tag,
    summary: `Get a ${type}`,
    answers: "either",
    refuses: ["not_found"],
    params: resourceParam,
    reply: ResourceView,
  }),
  put: route({
    method: "put",
    path,
    tag,
    summary: `Register a ${type} (scope admin), or change its name${type === "plant" ? " or portfolio" : ""}`,
    answers: "either",
    refuses: ["not_found", "not_admin", "owner_is_fixed", "id_not_allowed", "not_owner"],
    params: resourceParam,
    body,
    query: DryRunQuery,
    reply: withMembers(ResourceView, Effective),
  }),
  remove: route({
    method: "delete",
    path,
    tag,
    summary: `Delete a ${type} that is not shared (scope admin)`,
    answers: "service",
    refuses: ["not_found", "not_empty"],
    params: resourceParam,
    reply: z.strictObject(Effective),
  }),
});
const plants = operationsOf("plant", "/plants/{id}", PlantInput);
const portfolios = operationsOf("portfolio", "/portfolios/{id}", PortfolioInput);

export const RESOURCE_OPERATIONS = [owned, ...Object.values(plants), ...Object.values(portfolios)];

export function resourceRoutes(deps: V1Deps) {
  const { tupleStore } = deps;
  const app = v1();
  app.openapi(owned, async (c) => {
    const { org } = c.req.valid("param");
    const { type, search = "", ...page } = c.req.valid("query");
    const { caller } = c.var;
    if (!isService(caller) && (await membershipIn(tupleStore, org, caller)) === "none")
      return notFound(c, "organization");
    const refs = await resourceRefsOf(tupleStore, org, type === undefined ? RESOURCE_TYPES : [type]);
    const look = async (ref: string) => {
      const view = await resourceView(tupleStore, ref as ResourceRef);
      return view && isFoundIn(search, [view.name ?? undefined, idOf(ref)]) ? view : undefined;
    };
    return listed(c, await pageOf(refs, ["resources", org, type, search], page, look));
  });
  app.route("/", routesOf(deps, "plant", plants));
  app.route("/", routesOf(deps, "portfolio", portfolios));
  return app;
}

function routesOf(deps: V1Deps, type: ResourceType, { get, put, remove }: ReturnType<typeof operationsOf>) {
  const { tupleStore } = deps;
  const app = v1();
  app.openapi(get, async (c) => {
    const { caller } = c.var;
    const view = await resourceView(tupleStore, `${type}:${c.req.valid("param").id}`);
    const known = view && (isService(caller) || (await membershipIn(tupleStore, view.owner, caller)) !== "none");
    if (!known) return notFound(c, type);
    c.header("ETag", view.etag);
    return c.json(view);
  });
  app.openapi(put, (c) => {
    const resource: ResourceRef = `${type}:${c.req.valid("param").id}`;
    return act(c, deps, putResource({ ...c.req.valid("json"), resource }), {
      dryRun: c.req.valid("query").dry_run,
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
  return app;
}
