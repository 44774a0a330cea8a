/** `/v1/organizations/{org}/people`: who belongs to an organization, at which role. `/v1/people`: who is forgotten. */

import { z } from "@hono/zod-openapi";
import { forgetPerson, putPerson, removePerson } from "../../actions/person.ts";
import { isService } from "../../domain/caller.ts";
import { PersonInput } from "../../domain/commands.ts";
import { idOfType, type OrganizationId, type Ref } from "../../domain/ids.ts";
import { FORGOTTEN_FIELDS, type Forgotten } from "../../domain/registry/decide-person.ts";
import { isFoundIn } from "../../domain/search-folding.ts";
import { TextInput } from "../../domain/text.ts";
import type { Reads } from "../../ports.ts";
import { personView } from "../../queries/views/registry.ts";
import { actingIn, membershipIn } from "../../store/acting.ts";
import { organizationHead, personIn } from "../../store/snapshot.ts";
import { PageQuery, pageOf, SOUGHT } from "../page.ts";
import { act } from "./act.ts";
import { callOf, DryRunQuery, listed, notFound, routesUnder, stated, type V1App, type V1Deps } from "./route.ts";
import { Effective, Etag, listOf, PersonView, withMembers } from "./views.ts";

const define = routesUnder("People");
const path = "/organizations/{org}/people/{user}";

const OfOrganization = { etag: Etag.describe("Its organization's, which every change of its people replaces.") };

const list = define.get("/organizations/{org}/people", "List the people of an organization", {
  answers: "either",
  refuses: ["not_found"],
  query: PageQuery.extend({
    search: TextInput.max(200).optional().describe(SOUGHT),
  }),
  reply: listOf(PersonView),
});
const get = define.get(path, "Get a person with their roles and delegations", {
  answers: "either",
  refuses: ["not_found"],
  reply: withMembers(PersonView, OfOrganization),
});
const put = define.put(path, "Add a person, or change their role", {
  answers: "either",
  refuses: ["not_found", "not_admin", "suspended", "id_not_allowed", "last_admin", "email_taken"],
  body: PersonInput,
  reply: withMembers(PersonView, { ...OfOrganization, ...Effective }),
});
const remove = define.delete(path, "Remove a person from an organization", {
  answers: "either",
  refuses: ["not_found", "not_admin", "suspended", "last_admin"],
  reply: z.strictObject({ ...OfOrganization, ...Effective }),
});

const STAYS =
  "The id stays in histories, which would not verify without it; an invited address with who invited it; what was written until now in OpenFGA's change log and in backups.";
const Erased = {
  user: z.string(),
  erased: z.array(z.enum(FORGOTTEN_FIELDS)).describe("What the record held until now."),
  stays: z.literal(STAYS),
  access_log: z
    .enum(["erasing", "not_here"])
    .describe(
      "`erasing`: the id is taken out of the access log, in files those of this machine, and those that are being written within about an hour. `not_here`: it has none; what a collector got is erased there.",
    ),
  etag: Etag.describe("The person's own."),
};
const forget = define.delete(
  "/people/{user}",
  "Erase the record of a person who belongs to no organization (scope admin)",
  {
    answers: "service",
    refuses: ["not_found", "still_member", "sessions_unavailable"],
    query: DryRunQuery,
    reply: z.strictObject({ ...Erased, ...Effective }),
    dryRun: z.strictObject({ dry_run: z.literal(true), ...Erased }),
  },
);

export const PEOPLE_OPERATIONS = [list, get, put, remove, forget];

export function peopleRoutes(app: V1App, deps: V1Deps) {
  const { tupleStore, directory } = deps;
  app.openapi(list, async (c) => {
    const { org } = c.req.valid("param");
    const { search = "", ...page } = c.req.valid("query");
    const { caller } = c.var;
    if (!isService(caller) && (await membershipIn(tupleStore, org, caller)) === "none")
      return notFound(c, "organization");
    const people = await (search === "" ? directory.people(org) : directory.find(org, "people", search));
    const look = async (ref: Ref) => {
      if (people.isLeftOut(ref)) return undefined;
      const [user, role] = [idOfType("user", ref), people.of.get(ref)?.role];
      // as one of many: without what they are besides
      const held = role && { role, isSuspended: false };
      const view = held && (await personView(tupleStore, org, user, held, false, deps.clock()));
      return view && isFoundIn(search, [view.name ?? undefined, user]) ? view : undefined;
    };
    return listed(c, await pageOf(people.refs, ["people", org, search], page, look));
  });
  app.openapi(get, async (c) => {
    const { org, user } = c.req.valid("param");
    const { caller } = c.var;
    const acting = await actingIn(tupleStore, org, caller);
    const membership = acting === "none" ? await membershipIn(tupleStore, org, caller) : acting;
    // before the organization's record: what is wrong with it is no stranger's to learn
    if (membership === "none" && !isService(caller)) return notFound(c, "organization");
    // the head before what it covers: an ETag must not be newer than what was read
    const { etag } = await etagOf(org, tupleStore);
    const held = await personIn(tupleStore, org, user);
    if (held === undefined) return notFound(c, "person");
    const whole = acting === "admin" || isService(caller) || caller.user === user;
    return stated(c, { ...(await personView(tupleStore, org, user, held, whole, deps.clock())), etag });
  });
  app.openapi(put, (c) => {
    const { org: organization, user } = c.req.valid("param");
    return act(c, deps, putPerson({ ...c.req.valid("json"), organization, user }), {
      show: async (held, reads) => ({
        ...(await personView(reads, organization, user, held, true, deps.clock())),
        ...(await etagOf(organization, reads)),
      }),
      creates: ({ before }) => before === undefined,
    });
  });
  app.openapi(remove, (c) => {
    const { org: organization, user } = c.req.valid("param");
    return act(c, deps, removePerson({ organization, user }), { show: (_, reads) => etagOf(organization, reads) });
  });
  app.openapi(forget, async (c) => {
    const { user } = c.req.valid("param");
    const { accessLogErasure: erasure } = deps;
    const access_log = erasure === undefined ? ("not_here" as const) : ("erasing" as const);
    const facts = ({ user, erased }: Forgotten, n: number) => ({
      ...{ user, erased, stays: STAYS, access_log, etag: `"${n}"` },
    });
    const isTried = callOf(c).dryRun === true || !isService(c.var.caller);
    // before the person is erased: a crash behind it does not leave them in the log
    if (!isTried) await erasure?.announce(user);
    const reply = await act(c, deps, forgetPerson({ user }), {
      // with the ETag for the If-Match of the request that erases
      impact: async (value) => c.json({ dry_run: true, ...facts(value, value.before) }),
      show: async (value) => facts(value, value.n),
    });
    if (isTried || !reply.ok) return reply;
    await deps.console?.sessions.endSessions({ user });
    if (erasure === undefined) return reply;
    await erasure.erase(user);
    deps.inBackground(erasure.tend);
    return reply;
  });
}

const etagOf = async (org: OrganizationId, reads: Reads) => ({ etag: `"${(await organizationHead(reads, org)).n}"` });
