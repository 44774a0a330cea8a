/** `/v1/{plants,portfolios}/{id}/roles`: job roles of the owner's own people. */

import { z } from "@hono/zod-openapi";
import { setJobRole } from "../../actions/resource.ts";
import { isService } from "../../domain/caller.ts";
import { RoleInput } from "../../domain/commands.ts";
import type { ResourceRef, ResourceType, UserId } from "../../domain/ids.ts";
import type { Reads } from "../../ports.ts";
import { resourceView } from "../../queries/views/registry.ts";
import { jobRolesOn } from "../../store/resources.ts";
import { membershipIn, resourceHead } from "../../store/snapshot.ts";
import { PageQuery, pageOf } from "../page.ts";
import { refused } from "../problem.ts";
import { act } from "./act.ts";
import { listed, notFound, resourceParam, route, userParam, type V1Deps, v1 } from "./route.ts";
import { Effective, Etag, JobRoleView, listOf, withMembers } from "./views.ts";

const tag = "Job roles";
const OfResource = { etag: Etag.describe("Its resource's, which every job role replaces.") };
const params = resourceParam.extend(userParam.shape);

/** The routes of one type. */
const operationsOf = (type: ResourceType, path: string) => ({
  list: route({
    method: "get",
    path,
    tag,
    summary: `List the job roles on a ${type}`,
    answers: "either",
    refuses: ["not_found", "not_admin"],
    params: resourceParam,
    query: PageQuery,
    reply: listOf(JobRoleView),
  }),
  put: route({
    method: "put",
    path: `${path}/{user}`,
    tag,
    summary: `Give a person of the owner a job role on a ${type}`,
    answers: "either",
    refuses: ["not_found", "not_admin", "not_own_person"],
    params,
    body: RoleInput,
    reply: withMembers(JobRoleView, { ...OfResource, ...Effective }),
  }),
  remove: route({
    method: "delete",
    path: `${path}/{user}`,
    tag,
    summary: `Remove a person's job role on a ${type}`,
    answers: "either",
    refuses: ["not_found", "not_admin"],
    params,
    reply: z.strictObject({ ...OfResource, ...Effective }),
  }),
});
const plants = operationsOf("plant", "/plants/{id}/roles");
const portfolios = operationsOf("portfolio", "/portfolios/{id}/roles");

export const JOB_ROLE_OPERATIONS = [...Object.values(plants), ...Object.values(portfolios)];

export function jobRoleRoutes(deps: V1Deps) {
  const app = v1();
  app.route("/", routesOf(deps, "plant", plants));
  app.route("/", routesOf(deps, "portfolio", portfolios));
  return app;
}

function routesOf(deps: V1Deps, type: ResourceType, { list, put, remove }: ReturnType<typeof operationsOf>) {
  const { tupleStore } = deps;
  const app = v1();
  app.openapi(list, async (c) => {
    const ref: ResourceRef = `${type}:${c.req.valid("param").id}`;
    const { caller } = c.var;
    const view = await resourceView(tupleStore, ref);
    const membership = view && (await membershipIn(tupleStore, view.owner, caller));
    if (view === undefined || (membership === "none" && !isService(caller))) return notFound(c, type);
    if (membership !== "admin" && !isService(caller))
      return refused(c, { code: "not_admin", organization: view.owner });
    const held = new Map((await jobRolesOn(tupleStore, ref)).map(({ user, role }) => [user, { user, role }]));
    const look = async (user: UserId) => held.get(user);
    return listed(c, await pageOf([...held.keys()], ["job roles", ref], c.req.valid("query"), look));
  });
  app.openapi(put, (c) => {
    const { id, user } = c.req.valid("param");
    const { role } = c.req.valid("json");
    const resource: ResourceRef = `${type}:${id}`;
    return act(c, deps, setJobRole({ resource, user, role }), {
      show: async (_, reads) => ({ user, role, ...(await etagOf(resource, reads)) }),
      creates: ({ before }) => before === undefined,
    });
  });
  app.openapi(remove, (c) => {
    const { id, user } = c.req.valid("param");
    const resource: ResourceRef = `${type}:${id}`;
    return act(c, deps, setJobRole({ resource, user, role: undefined }), {
      show: (_, reads) => etagOf(resource, reads),
    });
  });
  return app;
}

const etagOf = async (ref: ResourceRef, reads: Reads) => ({ etag: `"${(await resourceHead(reads, ref)).n}"` });
