/** `/v1/organizations/{org}/people/{user}/suspension`: who has nothing through an organization's cooperations, until that is lifted. */
import { z } from "@hono/zod-openapi";
import { setSuspension } from "../../actions/suspension.ts";
import { Reason } from "../../domain/commands.ts";
import type { OrganizationId } from "../../domain/ids.ts";
import type { SuspensionChanged } from "../../domain/registry/decide-suspension.ts";
import type { Reads } from "../../ports.ts";
import { organizationHead } from "../../store/snapshot.ts";
import { act } from "./act.ts";
import { routesUnder, type V1App, type V1Deps } from "./route.ts";
import { Effective, Etag } from "./views.ts";

const define = routesUnder("People");
const path = "/organizations/{org}/people/{user}/suspension";

const View = z
  .strictObject({
    user: z.string(),
    suspended: z.boolean(),
    etag: Etag.describe("Its organization's, which every change of its people replaces."),
    ...Effective,
  })
  .openapi("Suspension");

const Why = z.strictObject({ reason: Reason.optional() });
const refuses = ["not_found", "not_admin", "suspended"] as const;

const put = define.put(path, "Suspend a person in every cooperation of the organization", {
  answers: "either",
  refuses,
  body: Why,
  reply: View,
});
const remove = define.delete(path, "Lift the suspension of a person", {
  answers: "either",
  refuses,
  query: Why,
  reply: View,
});

export const SUSPENSION_OPERATIONS = [put, remove];

export function suspensionRoutes(app: V1App, deps: V1Deps) {
  const show = (organization: OrganizationId) => async (changed: SuspensionChanged, reads: Reads) => {
    const { user, suspended } = changed;
    return { user, suspended, etag: `"${(await organizationHead(reads, organization)).n}"` };
  };
  app.openapi(put, (c) => {
    const { org: organization, user } = c.req.valid("param");
    const { reason } = c.req.valid("json");
    return act(c, deps, setSuspension({ organization, user, suspended: true, reason }), {
      show: show(organization),
      creates: ({ before }) => !before,
    });
  });
  app.openapi(remove, (c) => {
    const { org: organization, user } = c.req.valid("param");
    const { reason } = c.req.valid("query");
    return act(c, deps, setSuspension({ organization, user, suspended: false, reason }), { show: show(organization) });
  });
}
