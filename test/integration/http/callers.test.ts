/** Who may call what: keys, scopes, the acting user, and what strangers and the two sides learn. */
import { expect } from "vitest";
import {
  ask,
  everything,
  OPEN_ROUTES,
  PUSH_ROUTE,
  ROUTES,
  seedRoutes,
  send,
  storesRoutes,
  V1,
} from "../../support/routes.ts";
import { cooperate, KEYS, seedWorld, test } from "../../support/service.ts";

const NOWHERE = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

test("the table of routes and the OpenAPI document have the same routes", async ({ service }) => {
  const { body } = await send(service, "GET", "/openapi.json", undefined, {});
  const documented = Object.entries<object>(body.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const table = [...Object.keys(ROUTES), ...Object.keys(storesRoutes(service)), PUSH_ROUTE, ...OPEN_ROUTES];
  expect(documented.sort()).toEqual(table.sort());
});

test("a request without a key, or with a wrong one, only learns how to authenticate", async ({ service }) => {
  const world = await seedRoutes(service);
  const before = await everything(service);
  for (const name of Object.keys(ROUTES)) {
    for (const key of [undefined, `${KEYS.all}x`, ""]) {
      const reply = await ask(service, world, name, { key, user: "anna" });
      expect([reply.status, reply.body.code], name).toEqual([401, "unauthorized"]);
      expect(reply.headers.get("WWW-Authenticate"), name).toMatch(/^Bearer/);
    }
  }
  expect(await everything(service)).toEqual(before);
  for (const name of OPEN_ROUTES) expect((await send(service, "GET", name.slice(4), undefined, {})).status).toBe(200);
});

test("each scope is enough for its own routes and for no others", async ({ service }) => {
  const world = await seedRoutes(service);
  const before = await everything(service);
  for (const [name, route] of Object.entries(ROUTES)) {
    const scope = route.by === "a checker" ? "check" : "manage";
    for (const other of ["check", "manage", "admin"] as const) {
      const isOwn = scope === "check" ? other !== "manage" : other !== "check";
      if (isOwn) continue;
      const reply = await ask(service, world, name, { key: KEYS[other] });
      expect([reply.status, reply.body.code], `${name} with ${other}`).toEqual([403, "insufficient_scope"]);
    }
  }
  expect(await everything(service)).toEqual(before);
  for (const name of Object.keys(ROUTES)) {
    const reply = await ask(service, world, name);
    const asItShould = reply.status < 300 || ["not_empty", "cool_down", "wrong_status"].includes(reply.body.code);
    expect(asItShould, `${name}: ${reply.status} ${reply.text}`).toBe(true);
  }
});

test("a service with scope admin reads everything and never acts in a cooperation", async ({ service }) => {
  const world = await seedRoutes(service);
  const before = await everything(service);
  for (const [name, route] of V1) {
    const isOwn = name.includes(" /v1/me");
    if (name.startsWith("GET") && !isOwn)
      expect((await ask(service, world, name, { key: KEYS.admin })).status, name).toBe(200);
    if (!route.acts && !isOwn) continue;
    const reply = await ask(service, world, name, { key: KEYS.admin });
    expect([reply.status, reply.body.code], name).toEqual([400, "acting_user_required"]);
  }
  expect(await everything(service)).toEqual(before);
});

test("scope manage must name an acting user, except for the preview of an invitation", async ({ service }) => {
  const world = await seedRoutes(service);
  for (const [name] of V1) {
    const reply = await ask(service, world, name, { key: KEYS.manage });
    if (name === "POST /v1/invitations/preview") expect(reply.status).toBe(200);
    else expect([reply.status, reply.body.code], name).toEqual([400, "acting_user_required"]);
  }
});

test("an acting user needs scope manage, on every route", async ({ service }) => {
  const world = await seedRoutes(service);
  const before = await everything(service);
  for (const [name, route] of Object.entries(ROUTES)) {
    const key = route.by === "a checker" ? KEYS.check : KEYS.admin;
    const reply = await ask(service, world, name, { key, user: "anna" });
    expect([reply.status, reply.body.code], name).toEqual([403, "insufficient_scope"]);
  }
  expect(await everything(service)).toEqual(before);
});

test("a call for an acting user has that person's rights, also when the key has scope admin", async ({ service }) => {
  const world = await seedRoutes(service);
  const asked = { key: KEYS.all, user: "otto" };
  expect((await ask(service, world, "DELETE /v1/organizations/{org}", asked)).body.code).toBe("insufficient_scope");
  expect((await ask(service, world, "GET /v1/cooperations/{id}", asked)).body.code).toBe("not_admin");
  expect((await ask(service, world, "GET /v1/cooperations/{id}", { key: KEYS.all })).status).toBe(200);
  const promotion = await send(service, "PUT", "/v1/organizations/sunward/people/otto", { role: "admin" }, asked);
  expect(promotion.body.code).toBe("not_admin");
});

test.for([
  "anna",
  "user:",
  "User:anna",
  "group:anna",
  "user:*",
  "user:.",
  "user:..",
  "user:a:b",
  "user:a#b",
  "user:a%20b",
  "user:a%00",
  "user:%zz",
  "user:%",
  "user:%ff",
  `user:${"x".repeat(201)}`,
])("the acting user %s is refused", async (header, { service }) => {
  const reply = await send(service, "GET", "/v1/me", undefined, {
    key: KEYS.manage,
    headers: { "Acting-User": header },
  });
  expect([reply.status, reply.body.code]).toEqual([400, "invalid_request"]);
});

test.for(["anna", "a/b", "ida@host.example", "auth0|7", "jürgen", "日本", "100%", "a?b&c=d", "x".repeat(200)])(
  "the acting user %s is decoded from percent-encoding",
  async (user, { service }) => {
    const { status, body } = await service.as(user, "GET", "/v1/me");
    expect([status, body.user]).toEqual([200, user]);
  },
);

test("strangers get the same reply for an existing object as for a missing one", async ({ service }) => {
  const world = await seedRoutes(service);
  await service.admin("PUT", "/v1/organizations/elsewhere", { name: "Elsewhere" });
  await service.admin("PUT", "/v1/organizations/elsewhere/people/eve", { role: "admin" });
  const before = await everything(service);
  for (const user of ["eve", "nobody"])
    for (const [name, route] of V1) {
      if (route.needsNoStanding) continue;
      const hidden = await ask(service, world, name, { key: KEYS.manage, user });
      expect([hidden.status, hidden.body.code], name).toEqual([404, "not_found"]);
      const path = route.path({ active: NOWHERE, pending: NOWHERE, share: NOWHERE, invited: NOWHERE, token: "" });
      const absent = path.replace(/(organizations|plants|portfolios)\/[^/]+/, "$1/nowhere");
      const [method = ""] = name.split(" ");
      const nothing = await send(service, method, absent, route.body?.(world), { key: KEYS.manage, user });
      expect(nothing.text, name).toBe(hidden.text);
    }
  expect(await everything(service)).toEqual(before);
});

test("what only a service may do is refused to everybody alike, whether the object exists or not", async ({
  service,
}) => {
  const world = await seedRoutes(service);
  for (const name of ["PUT /v1/organizations/{org}", "DELETE /v1/organizations/{org}", "DELETE /v1/plants/{id}"])
    for (const user of ["anna", "otto", "ben", "nobody"]) {
      const reply = await ask(service, world, name, { key: KEYS.manage, user });
      expect([reply.status, reply.body.code], `${name} by ${user}`).toEqual([403, "insufficient_scope"]);
    }
});

/** What people of the owner who are no admins may do: read what their organization has. */
const FOR_ALL_PEOPLE = [
  "GET /v1/organizations/{org}",
  "GET /v1/organizations/{org}/people",
  "GET /v1/organizations/{org}/people/{user}",
  "GET /v1/organizations/{org}/resources",
  "GET /v1/plants/{id}",
  "GET /v1/portfolios/{id}",
  // otto himself
  "DELETE /v1/organizations/{org}/people/{user}",
];

test("people of the owner who are no admins get the refusal that only admins may act", async ({ service }) => {
  const world = await seedRoutes(service);
  for (const [name, route] of V1) {
    if (route.needsNoStanding || name.endsWith("/people/{user}")) continue;
    const reply = await ask(service, world, name, { key: KEYS.manage, user: "otto" });
    if (FOR_ALL_PEOPLE.includes(name)) expect(reply.status, name).toBe(200);
    else {
      const needsPartner = route.by !== "anna";
      expect([reply.status, reply.body.code], name).toEqual([403, needsPartner ? "wrong_side" : "not_admin"]);
    }
  }
});

test("an admin of one side gets the refusal that only the other side may act", async ({ service }) => {
  const world = await seedRoutes(service);
  for (const [name, route] of V1) {
    if (!route.acts || route.needsNoStanding || name.includes("{org}")) continue;
    const isPending = route.path(world).includes(world.pending);
    const other = route.by !== "anna" ? "anna" : isPending ? "lea" : "ben";
    const reply = await ask(service, world, name, { key: KEYS.manage, user: other });
    expect([reply.status, reply.body.code], `${name} by ${other}`).toEqual([403, "wrong_side"]);
    const needs = route.by === "anna" ? "initiator" : "partner";
    expect(reply.body.needs, name).toBe(needs);
  }
});

test("people of the partner who are no admins know that a cooperation exists and may not read it", async ({
  service,
}) => {
  const world = await seedRoutes(service);
  for (const path of [`/v1/cooperations/${world.active}`, `/v1/shares/${world.share}`]) {
    for (const user of ["tom", "eva"]) expect((await service.as(user, "GET", path)).body.code).toBe("not_admin");
    expect((await service.as("ben", "GET", path)).status).toBe(200);
  }
});

test("a pending partner's admin sees the offered shares and their owner, and has access to none", async ({
  service,
}) => {
  const { pending } = await seedRoutes(service);
  const { body } = await service.as("lea", "GET", `/v1/cooperations/${pending}`);
  expect(body.shares).toMatchObject([{ resource: "plant:8", name: "Lakeside", role: "viewer" }]);
  expect(body.actions).toEqual(["accept", "decline"]);
  const list = await service.as("lea", "GET", `/v1/cooperations/${pending}/shares`);
  expect(list.body.items).toEqual(body.shares);
  expect(await service.may("lea", "view", "plant:8")).toBe(false);
});

test("the owner sees its partner's delegates, and the partner's contacts only after acceptance", async ({
  service,
}) => {
  const { active, pending } = await seedRoutes(service);
  const accepted = (await service.as("anna", "GET", `/v1/cooperations/${active}`)).body;
  expect(accepted.shares[0].delegations).toMatchObject([{ user: "tom", role: "viewer" }]);
  expect(accepted.contacts.partner).toEqual([{ user: "ben", name: null, email: "ben@brightfix.example" }]);
  const waiting = (await service.as("anna", "GET", `/v1/cooperations/${pending}`)).body;
  expect(waiting.contacts.partner).toEqual([]);
  const theirs = (await service.as("lea", "GET", `/v1/cooperations/${pending}`)).body;
  expect(theirs.contacts).toEqual({
    initiator: [{ user: "anna", name: null, email: "anna@sunward.example" }],
    partner: [],
  });
});

test("only the initiator sees an invitation until an organization joins", async ({ service }) => {
  const { invited } = await seedRoutes(service);
  for (const user of ["ben", "lea"])
    expect((await service.as(user, "GET", `/v1/cooperations/${invited}`)).body.code).toBe("not_found");
  expect((await service.as("anna", "GET", `/v1/cooperations/${invited}`)).body.label).toBe("ida@else.example");
});

test("only the initiator sees the invited address, in replies and in the list", async ({ service }) => {
  await seedWorld(service);
  const { body } = await service.as("anna", "POST", "/v1/organizations/sunward/cooperations", {
    email: "tom@brightfix.example",
    confirm_organization: "brightfix",
  });
  const theirs = await service.as("ben", "GET", `/v1/cooperations/${body.id}`);
  const list = await service.as("ben", "GET", "/v1/organizations/brightfix/cooperations");
  expect([body.label, theirs.body.label, list.body.items[0].label]).toEqual(["tom@brightfix.example", null, null]);
});

test("somebody who is admin of both sides may act for either", async ({ service }) => {
  await seedWorld(service);
  await service.admin("PUT", "/v1/organizations/brightfix/people/anna", { role: "admin" });
  const { id } = await cooperate(service, []);
  const { body } = await service.as("anna", "GET", `/v1/cooperations/${id}`);
  expect(body.actions).toEqual(expect.arrayContaining(["pause", "leave", "delegate", "share"]));
  expect((await service.as("anna", "POST", `/v1/cooperations/${id}/leave`)).body.ended_as).toBe("left");
});
