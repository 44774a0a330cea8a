/** `/v1/organizations/{org}/people`: who belongs to an organization, at which role. `/v1/people`: who is forgotten. */

import { z } from "@hono/zod-openapi";
import { forgetPerson, putPerson, removePerson } from "../../actions/person.ts";
import { isService } from "../../domain/caller.ts";
import { PersonInput } from "../../domain/commands.ts";
import { isRefusal } from "../../domain/result.ts";
import { isFoundIn } from "../../domain/search-folding.ts";
import { TextInput } from "../../domain/text.ts";
import { personView } from "../../queries/views/person.ts";
import { peopleOf } from "../../store/people.ts";
import { organizationHead, roleOf, standingIn } from "../../store/snapshot.ts";
import { PageQuery, pageOf } from "../page.ts";
import { refused } from "../problem.ts";
import {
  callOf,
  DryRunQuery,
  listed,
  notFound,
  organizationParam,
  route,
  stated,
  userParam,
  type V1Deps,
  v1,
} from "./route.ts";
import { Effective, Etag, listOf, PersonView, withMembers } from "./views.ts";

const tag = "People";
const path = "/organizations/{org}/people/{user}";
const params = organizationParam.extend(userParam.shape);

const OfOrganization = { etag: Etag.describe("Its organization's, which every change of its people replaces.") };

const list = route({
  method: "get",
  path: "/organizations/{org}/people",
  tag,
  summary: "The people of an organization",
  answers: "either",
  refuses: ["not_found"],
  params: organizationParam,
  query: PageQuery.extend({
    search: TextInput.max(200).optional().describe("In names and ids, without case and accents."),
  }),
  reply: listOf(PersonView),
});
const get = route({
  method: "get",
  path,
  tag,
  summary: "A person: role, record, job roles and delegations",
  answers: "either",
  refuses: ["not_found"],
  params,
  reply: withMembers(PersonView, OfOrganization),
});
const put = route({
  method: "put",
  path,
  tag,
  summary: "Take somebody in, or give another role",
  answers: "either",
  refuses: ["not_found", "not_admin", "id_not_allowed", "last_admin", "email_taken"],
  params,
  body: PersonInput,
  reply: withMembers(PersonView, { ...OfOrganization, ...Effective }),
});
const remove = route({
  method: "delete",
  path,
  tag,
  summary: "Leave, with all that is held through the organization",
  answers: "either",
  refuses: ["not_found", "not_admin", "last_admin"],
  params,
  reply: z.strictObject({ ...OfOrganization, ...Effective }),
});

const STAYS =
  "The id stays in histories, which would not verify without it; an invited address with who invited it; what was written until now in OpenFGA's change log and in backups.";
const Erased = {
  user: z.string(),
  erased: z.array(z.enum(["name", "email", "language"])).describe("What the record held until now."),
  stays: z.literal(STAYS),
  etag: Etag.describe("The person's own."),
};
const forget = route({
  method: "delete",
  path: "/people/{user}",
  tag,
  summary: "Erase name, address and language of who belongs to no organization (scope admin)",
  answers: "service",
  refuses: ["not_found", "still_member"],
  params: userParam,
  query: DryRunQuery,
  reply: z.union([
    z.strictObject({ ...Erased, ...Effective }),
    z.strictObject({ dry_run: z.literal(true), ...Erased }),
  ]),
});

export const PEOPLE_OPERATIONS = [list, get, put, remove, forget];

export function peopleRoutes(deps: V1Deps) {
  const { tupleStore } = deps;
  const app = v1();
  const etagOf = async (org: string) => ({ etag: `"${(await organizationHead(tupleStore, org)).n}"` });
  app.openapi(list, async (c) => {
    const { org } = c.req.valid("param");
    const { search = "", ...page } = c.req.valid("query");
    const { caller } = c.var;
    if (!isService(caller) && (await standingIn(tupleStore, org, caller)) === "none")
      return notFound(c, "organization");
    const people = new Map((await peopleOf(tupleStore, org)).map((person) => [person.user, person.role]));
    const look = async (user: string) => {
      const role = people.get(user);
      const view = role && (await personView(tupleStore, org, user, role, false, deps.clock()));
      return view && isFoundIn(search, [view.name ?? undefined, user]) ? view : undefined;
    };
    return listed(c, await pageOf([...people.keys()], ["people", org, search], page, look));
  });
  app.openapi(get, async (c) => {
    const { org, user } = c.req.valid("param");
    const { caller } = c.var;
    const standing = await standingIn(tupleStore, org, caller);
    if (standing === "none" && !isService(caller)) return notFound(c, "organization");
    // the head before what it stands for: an ETag must not be newer than what was read
    const { etag } = await etagOf(org);
    const role = await roleOf(tupleStore, org, user);
    if (role === undefined) return notFound(c, "person");
    const whole = standing === "admin" || isService(caller) || caller.user === user;
    c.header("ETag", etag);
    return c.json({ ...(await personView(tupleStore, org, user, role, whole, deps.clock())), etag });
  });
  app.openapi(put, async (c) => {
    const { org, user } = c.req.valid("param");
    const receipt = await putPerson(deps, callOf(c), org, user, c.req.valid("json"));
    if (isRefusal(receipt)) return refused(c, receipt);
    const { role, before } = receipt.value;
    const etag = await etagOf(org);
    const view = { ...(await personView(tupleStore, org, user, role, true, deps.clock())), ...etag };
    return stated(c, view, receipt.effective_by, receipt.outcome === "done" && before === undefined ? 201 : 200);
  });
  app.openapi(remove, async (c) => {
    const { org, user } = c.req.valid("param");
    const receipt = await removePerson(deps, callOf(c), org, user);
    return isRefusal(receipt) ? refused(c, receipt) : stated(c, await etagOf(org), receipt.effective_by);
  });
  app.openapi(forget, async (c) => {
    const { user } = c.req.valid("param");
    const receipt = await forgetPerson(deps, callOf(c, c.req.valid("query").dry_run), user);
    if (isRefusal(receipt)) return refused(c, receipt);
    const { before, n, erased } = receipt.value;
    const facts = { user, erased, stays: STAYS };
    // what If-Match then names
    if (receipt.outcome === "dry_run") return c.json({ dry_run: true, ...facts, etag: `"${before}"` });
    return stated(c, { ...facts, etag: `"${n}"` }, receipt.effective_by);
  });
  return app;
}
