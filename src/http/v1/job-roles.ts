/** `/v1/{plants,portfolios}/{id}/roles`: job roles of the owner's own people. */

import { z } from "@hono/zod-openapi";
import { setJobRole } from "../../actions/resource.ts";
import { isService } from "../../domain/caller.ts";
import { RoleInput } from "../../domain/commands.ts";
import { RESOURCE_TYPES, type ResourceRef, type ResourceType, type UserId } from "../../domain/ids.ts";
import type { Reads } from "../../ports.ts";
import { resourceView } from "../../queries/views/registry.ts";
import { membershipIn } from "../../store/acting.ts";
import { jobRolesOn } from "../../store/resources.ts";
import { resourceHead } from "../../store/snapshot.ts";
import { PageQuery, pageOf } from "../page.ts";
import { refused } from "../problem.ts";
import { act } from "./act.ts";
import { listed, notFound, routesUnder, type V1App, type V1Deps } from "./route.ts";
import { Effective, Etag, JobRoleView, listOf, withMembers } from "./views.ts";

const define = routesUnder("Job roles");
const OfResource = { etag: Etag.describe("Its resource's, which every job role replaces.") };

/** The routes of one type. */
const operationsOf = (type: ResourceType) => ({
  list: define.get(`/${type}s/{id}/roles`, `List the job roles on a ${type}`, {
    answers: "either",
    refuses: ["not_found", "not_admin"],
    query: PageQuery,
    reply: listOf(JobRoleView),
  }),
  put: define.put(`/${type}s/{id}/roles/{user}`, `Give a person of the owner a job role on a ${type}`, {
    answers: "either",
    refuses: ["not_found", "not_admin", "not_own_person"],
    body: RoleInput,
    reply: withMembers(JobRoleView, { ...OfResource, ...Effective }),
  }),
  remove: define.delete(`/${type}s/{id}/roles/{user}`, `Remove a person's job role on a ${type}`, {
    answers: "either",
    refuses: ["not_found", "not_admin"],
    reply: z.strictObject({ ...OfResource, ...Effective }),
  }),
});
const OF_TYPE = RESOURCE_TYPES.map((type) => ({ type, ...operationsOf(type) }));

export const JOB_ROLE_OPERATIONS = OF_TYPE.flatMap(({ list, put, remove }) => [list, put, remove]);

export function jobRoleRoutes(app: V1App, deps: V1Deps) {
  for (const of of OF_TYPE) addRoutes(app, deps, of);
}

function addRoutes(app: V1App, deps: V1Deps, { type, list, put, remove }: (typeof OF_TYPE)[number]) {
  const { tupleStore } = deps;
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
}

const etagOf = async (ref: ResourceRef, reads: Reads) => ({ etag: `"${(await resourceHead(reads, ref)).n}"` });
