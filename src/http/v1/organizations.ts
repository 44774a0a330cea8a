/** `/v1/me` and `/v1/organizations`: who the acting user is, and the organizations themselves. */

import { z } from "@hono/zod-openapi";
import { deleteOrganization, putOrganization } from "../../actions/organization.ts";
import type { Caller } from "../../domain/caller.ts";
import { isService } from "../../domain/caller.ts";
import { OrganizationInput } from "../../domain/commands.ts";
import type { OrganizationId } from "../../domain/ids.ts";
import { countsIn } from "../../domain/key-bounds.ts";
import { isRefusal } from "../../domain/result.ts";
import { organizationView } from "../../queries/views/registry.ts";
import { organizationIdsOf } from "../../store/people.ts";
import { personHead } from "../../store/snapshot.ts";
import { fault, refused } from "../problem.ts";
import { act } from "./act.ts";
import { callOf, notFound, routesUnder, stated, type V1App, type V1Deps } from "./route.ts";
import { Effective, OrganizationView, withMembers } from "./views.ts";

const define = routesUnder("Organizations");
const path = "/organizations/{org}";

const me = define.get("/me", "The acting user, their organizations and what they may do there", {
  answers: "person",
  refuses: [],
  reply: z.strictObject({
    user: z.string(),
    name: z.string().nullable(),
    organizations: z.array(OrganizationView),
  }),
});
const get = define.get(path, "Get an organization", {
  answers: "either",
  refuses: ["not_found"],
  reply: OrganizationView,
});
const put = define.put(path, "Create or rename an organization (scope admin)", {
  answers: "service",
  refuses: ["id_not_allowed"],
  body: OrganizationInput,
  reply: withMembers(OrganizationView, Effective),
});
const remove = define.delete(path, "Delete an empty organization (scope admin)", {
  answers: "service",
  refuses: ["not_found", "not_empty"],
  reply: z.strictObject(Effective),
});

export const ORGANIZATION_OPERATIONS = [me, get, put, remove];

/** An organization as the caller may see it; undefined for strangers. */
async function visible(deps: V1Deps, id: OrganizationId, caller: Caller) {
  const view = await organizationView(deps.tupleStore, id, caller.user);
  return view && (view.role !== null || isService(caller)) ? view : undefined;
}

export function organizationRoutes(app: V1App, deps: V1Deps) {
  app.openapi(me, async (c) => {
    const { user } = c.var.caller;
    if (user === undefined) return fault(c, "acting_user_required");
    const [belongs, { value: record }] = await Promise.all([
      organizationIdsOf(deps.tupleStore, user),
      personHead(deps.tupleStore, user),
    ]);
    const ids = belongs.filter((id) => countsIn(c.var.caller.bounds, id));
    const organizations = await Promise.all(ids.map((id) => visible(deps, id, c.var.caller)));
    return c.json({
      user,
      name: record?.name ?? null,
      organizations: organizations.filter((view) => view !== undefined),
    });
  });
  app.openapi(get, async (c) => {
    const view = await visible(deps, c.req.valid("param").org, c.var.caller);
    return view === undefined ? notFound(c, "organization") : stated(c, view);
  });
  app.openapi(put, (c) => {
    const { org: organization } = c.req.valid("param");
    return act(c, deps, putOrganization({ ...c.req.valid("json"), organization }), {
      show: (_, reads) => organizationView(reads, organization, undefined),
      creates: ({ before }) => before === undefined,
    });
  });
  app.openapi(remove, async (c) => {
    const receipt = await deleteOrganization(deps, callOf(c), { organization: c.req.valid("param").org });
    return isRefusal(receipt) ? refused(c, receipt) : stated(c, {}, receipt.effective_by);
  });
}
