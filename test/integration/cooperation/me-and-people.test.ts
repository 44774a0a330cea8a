/** Organizations, their people and what they own: who belongs, who stays, and what must be empty before it is deleted. */

import { describe, expect } from "vitest";
import type { Write } from "../../../src/ports.ts";
import { doctor } from "../../../src/queries/doctor.ts";
import { personHead } from "../../../src/store/snapshot.ts";
import { anyId } from "../../support/ids.ts";
import { everything, seedRoutes } from "../../support/routes.ts";
import { cooperate, createService, KEYS, type Service, seedWorld, test } from "../../support/service.ts";

const ORG = "/v1/organizations/sunward";
const person = (service: Service, path: string, body: object) =>
  service.admin("PUT", `/v1/organizations/${path}`, body);

test("/v1/me lists every organization of a person with their role and allowed actions, and no other", async ({
  service,
}) => {
  await seedWorld(service);
  await person(service, "brightfix/people/anna", { role: "external", name: "Anna Amp" });
  const anna = (await service.as("anna", "GET", "/v1/me")).body;
  expect(anna).toMatchObject({
    user: "anna",
    name: "Anna Amp",
    organizations: [
      { id: "brightfix", name: "Brightfix Service", role: "external", actions: [] },
      { id: "sunward", name: "Sunward Energy", role: "admin", actions: expect.arrayContaining(["invite"]) },
    ],
  });
  expect((await service.as("otto", "GET", "/v1/me")).body.organizations).toMatchObject([
    { id: "sunward", actions: [] },
  ]);
  expect((await service.as("nobody", "GET", "/v1/me")).body).toEqual({ user: "nobody", name: null, organizations: [] });
});

test("a person's record, job roles and delegations are shown to admins, services and the person themself", async ({
  service,
}) => {
  const world = await seedRoutes(service);
  const expected = {
    user: "tom",
    role: "member",
    name: null,
    email: "tom@brightfix.example",
    language: null,
    job_roles: [],
    delegations: [
      {
        share: world.share,
        cooperation: world.active,
        resource: "plant:7",
        role: "viewer",
        effective_role: "viewer",
        expires_at: null,
        effective_until: null,
        expired: false,
      },
    ],
  };
  const path = "/v1/organizations/brightfix/people/tom";
  for (const user of ["ben", "tom"]) expect((await service.as(user, "GET", path)).body).toMatchObject(expected);
  expect((await service.admin("GET", path)).body).toMatchObject(expected);
  const brief = (await service.as("eva", "GET", path)).body;
  expect(brief).toEqual({ user: "tom", role: "member", name: null, etag: expect.any(String) });
  expect((await service.as("anna", "GET", path)).body.code).toBe("not_found");
  const otto = (await service.as("anna", "GET", `${ORG}/people/otto`)).body;
  expect(otto.job_roles).toEqual([{ resource: "plant:7", role: "asset_manager" }]);
  expect((await service.as("anna", "GET", `${ORG}/people/ben`)).body.code).toBe("not_found");
});

test("a delegation shows the role and date that its share leaves of it", async ({ service }) => {
  service.setNow(new Date("2026-06-01T12:00:00Z"));
  const { active, share } = await seedRoutes(service);
  const delegation = { role: "asset_manager", expires_at: "2026-06-05T00:00:00Z" };
  await service.as("ben", "PUT", `/v1/shares/${share}/delegations/eva`, delegation);
  await service.as("anna", "PATCH", `/v1/shares/${share}`, { role: "viewer", expires_at: "2026-06-04T00:00:00Z" });
  await service.as("anna", "PATCH", `/v1/cooperations/${active}`, { expires_at: "2026-06-03T00:00:00Z" });
  const of = async () => (await service.as("ben", "GET", "/v1/organizations/brightfix/people/eva")).body.delegations;
  const shown = { role: "asset_manager", effective_role: "viewer", effective_until: "2026-06-03T00:00:00Z" };
  expect(await of()).toMatchObject([{ ...shown, expires_at: "2026-06-05T00:00:00Z", expired: false }]);
  service.setNow(new Date("2026-06-03T00:00:00Z"));
  expect(await of()).toMatchObject([{ ...shown, expired: true }]);
});

test("a person holds one role, and another replaces it", async ({ service }) => {
  await seedWorld(service);
  for (const role of ["moderator", "technical_asset_manager", "external", "admin", "member"]) {
    await service.as("anna", "PUT", `${ORG}/people/otto`, { role });
    const { items } = (await service.as("anna", "GET", `${ORG}/people`)).body;
    expect(items.map((one: { user: string; role: string }) => [one.user, one.role])).toEqual([
      ["anna", "admin"],
      ["otto", role],
    ]);
  }
  expect((await service.as("anna", "PUT", `${ORG}/people/otto`, { role: "owner" })).body.code).toBe("invalid_request");
});

test("an admin changes the roles of members, but adds nobody and writes no person's record", async ({ service }) => {
  await seedWorld(service);
  expect((await service.as("anna", "PUT", `${ORG}/people/otto`, { role: "moderator" })).status).toBe(200);
  const before = await everything(service);
  for (const [user, path, body, code] of [
    ["anna", `${ORG}/people/new`, { role: "member" }, "insufficient_scope"],
    ["anna", `${ORG}/people/ben`, { role: "member" }, "insufficient_scope"],
    ["anna", `${ORG}/people/otto`, { role: "member", email: "x@y.example" }, "insufficient_scope"],
    ["anna", `${ORG}/people/otto`, { role: "member", name: "Otto" }, "insufficient_scope"],
    ["anna", `${ORG}/people/otto`, { role: "member", language: null }, "insufficient_scope"],
    ["otto", `${ORG}/people/otto`, { role: "admin" }, "not_admin"],
    ["otto", `${ORG}/people/anna`, { role: "member" }, "not_admin"],
    ["ben", `${ORG}/people/otto`, { role: "member" }, "not_found"],
    ["ben", "/v1/organizations/nowhere/people/ben", { role: "admin" }, "not_found"],
  ] as const)
    expect((await service.as(user, "PUT", path, body)).body.code, `${user} ${path}`).toBe(code);
  expect(await everything(service)).toEqual(before);
});

test("an address belongs to one person: in use it is refused, given up it is free", async ({ service }) => {
  await seedWorld(service);
  const taken = await person(service, "sunward/people/otto", { role: "member", email: "BEN@brightfix.example" });
  expect([taken.status, taken.body.code]).toEqual([409, "email_taken"]);
  expect((await person(service, "brightfix/people/ben", { role: "admin" })).body.email).toBe("ben@brightfix.example");
  expect((await person(service, "brightfix/people/ben", { role: "admin", email: null })).body.email).toBeNull();
  const free = await person(service, "sunward/people/otto", { role: "member", email: "ben@brightfix.example" });
  expect([free.status, free.body.email]).toEqual([200, "ben@brightfix.example"]);
  const old = await person(service, "brightfix/people/eva", { role: "external", email: "otto@sunward.example" });
  expect(old.status).toBe(200);
});

test("the address of a person without an organization can be given to another, in one Write; the name stays", async ({
  service,
}) => {
  await seedWorld(service);
  const email = "tom@brightfix.example";
  await person(service, "brightfix/people/tom", { role: "member", name: "Tom", language: "de" });
  const taken = await person(service, "brightfix/people/tina", { role: "member", email });
  expect([taken.status, taken.body.code], "while he belongs to it").toEqual([409, "email_taken"]);
  await person(service, "sunward/people/tom", { role: "external" });
  await service.admin("DELETE", "/v1/organizations/brightfix/people/tom");
  const still = await person(service, "brightfix/people/tina", { role: "member", email });
  expect([still.status, still.body.code], "while he belongs to another").toEqual([409, "email_taken"]);
  await service.admin("DELETE", "/v1/organizations/sunward/people/tom");
  const nobody = await service.as("ben", "PUT", "/v1/organizations/brightfix/people/eva", { role: "member", email });
  expect([nobody.status, nobody.body.code], "not by an admin of the organization").toEqual([403, "insufficient_scope"]);

  const { tupleStore } = service.deps;
  const writes: Write[] = [];
  const write = (one: Write) => {
    writes.push(one);
    return tupleStore.write(one);
  };
  const counting = createService({ ...service.deps, tupleStore: { ...tupleStore, write } });
  const given = await person(counting, "brightfix/people/tina", { role: "member", email });
  expect([given.status, given.body.email]).toEqual([201, email]);
  expect(writes).toHaveLength(1);
  const { value } = await personHead(tupleStore, anyId("tom"));
  expect(value).toEqual({ name: "Tom", language: "de" });
  const back = await person(service, "brightfix/people/tom", { role: "member" });
  expect([back.body.name, back.body.email]).toEqual(["Tom", null]);
  const again = await person(service, "brightfix/people/tom", { role: "member", email });
  expect([again.status, again.body.code], "it is hers now").toEqual([409, "email_taken"]);
  const invited = await service.as("anna", "POST", "/v1/organizations/sunward/cooperations", { email });
  expect(invited.body).toMatchObject({ outcome: "confirm", organizations: [{ id: "brightfix" }] });
  expect(await doctor(tupleStore)).toEqual([]);
});

describe("forgetting", () => {
  const STAYS = expect.stringContaining("The id stays in histories");
  const forget = (service: Service, user: string, query = "", headers = {}) =>
    service.admin("DELETE", `/v1/people/${user}${query}`, undefined, { headers });

  test("erases name, address and language of a person without an organization, records it, and happens once", async ({
    service,
  }) => {
    await seedWorld(service);
    const { tupleStore } = service.deps;
    await person(service, "brightfix/people/tom", { role: "member", name: "Tom Qzname", language: "de" });
    await service.admin("DELETE", "/v1/organizations/brightfix/people/tom");
    const before = await everything(service);
    const tried = await forget(service, "tom", "?dry_run=true");
    const erased = ["name", "email", "language"];
    const access_log = "not_here";
    expect([tried.status, tried.body]).toEqual([
      200,
      { dry_run: true, user: "tom", erased, stays: STAYS, access_log, etag: expect.any(String) },
    ]);
    expect(await everything(service)).toEqual(before);
    const stale = await forget(service, "tom", "", { "If-Match": '"1"' });
    expect([stale.status, stale.body.code, stale.headers.get("ETag")]).toEqual([412, "stale", tried.body.etag]);
    expect(await everything(service)).toEqual(before);

    const done = await forget(service, "tom", "", { "If-Match": tried.body.etag });
    expect([done.status, done.body]).toEqual([
      200,
      {
        user: "tom",
        erased,
        stays: STAYS,
        access_log,
        etag: done.headers.get("ETag"),
        effective_by: expect.any(String),
      },
    ]);
    expect(done.body.etag).not.toBe(tried.body.etag);
    const after = await everything(service);
    expect(JSON.stringify(before)).toMatch(/Qzname.*|tom@brightfix/);
    expect(JSON.stringify(after)).not.toMatch(/Qzname|tom@brightfix/);
    const again = await forget(service, "tom");
    expect([again.status, again.body.erased, again.body.etag]).toEqual([200, [], done.body.etag]);
    expect(await everything(service)).toEqual(after);

    // what stays, and what is free
    const { items } = (await service.as("ben", "GET", "/v1/organizations/brightfix/history")).body;
    expect(items.map((one: { object: string; action: string }) => [one.object, one.action])).toContainEqual([
      "user:tom",
      "remove_person",
    ]);
    expect(await doctor(tupleStore)).toEqual([]);
    const free = await person(service, "brightfix/people/tina", { role: "member", email: "tom@brightfix.example" });
    expect(free.status).toBe(201);
    const back = await person(service, "brightfix/people/tom", { role: "member" });
    expect([back.status, back.body.name, back.body.email, back.body.language]).toEqual([201, null, null, null]);
  });

  test("is refused while the person has an organization, which the refusal names, and for an unknown person", async ({
    service,
  }) => {
    await seedWorld(service);
    await person(service, "sunward/people/eva", { role: "member" });
    const before = await everything(service);
    const refused = await forget(service, "eva");
    expect([refused.status, refused.body]).toMatchObject([
      409,
      { code: "still_member", user: "eva", organizations: ["brightfix", "sunward"] },
    ]);
    expect((await forget(service, "eva", "?dry_run=true")).body.code).toBe("still_member");
    const nobody = await forget(service, "nobody");
    expect([nobody.status, nobody.body.code]).toEqual([404, "not_found"]);
    expect(await everything(service)).toEqual(before);
  });

  test("is only for a service with scope admin, not for a person, not even for themselves", async ({ service }) => {
    await seedWorld(service);
    await service.admin("DELETE", "/v1/organizations/brightfix/people/tom");
    const before = await everything(service);
    for (const user of ["tom", "ben", "nobody"])
      for (const key of [KEYS.manage, KEYS.all]) {
        const reply = await service.as(user, "DELETE", "/v1/people/tom", undefined, { key });
        expect([reply.status, reply.body.code]).toEqual([403, "insufficient_scope"]);
      }
    expect(await everything(service)).toEqual(before);
  });

  test("succeeds when the reply of its Write was lost", async ({ service }) => {
    await seedWorld(service);
    await service.admin("DELETE", "/v1/organizations/brightfix/people/tom");
    const { tupleStore } = service.deps;
    let lost = 0;
    const write = async (one: Write) => {
      const outcome = await tupleStore.write(one);
      return lost++ === 0 ? ("unknown" as const) : outcome;
    };
    const losing = createService({ ...service.deps, tupleStore: { ...tupleStore, write } });
    const reply = await forget(losing, "tom");
    expect([reply.status, reply.body.user]).toEqual([200, "tom"]);
    expect((await personHead(tupleStore, anyId("tom"))).value).toEqual({});
  });
});

test("people leave by themselves, by an admin and by a service; strangers and colleagues remove nobody", async ({
  service,
}) => {
  await seedWorld(service);
  const path = "/v1/organizations/brightfix/people";
  expect((await service.as("tom", "DELETE", `${path}/eva`)).body.code).toBe("not_admin");
  expect((await service.as("anna", "DELETE", `${path}/eva`)).body.code).toBe("not_found");
  expect((await service.as("nobody", "DELETE", `${path}/nobody`)).body.code).toBe("not_found");
  expect((await service.as("tom", "DELETE", `${path}/tom`)).status).toBe(200);
  expect((await service.as("ben", "DELETE", `${path}/eva`)).status).toBe(200);
  expect((await service.admin("DELETE", `${path}/ben`)).status).toBe(200);
  expect((await service.admin("GET", path)).body.items).toEqual([]);
});

test("a person who leaves keeps nothing, and starts with nothing after coming back", async ({ service }) => {
  const { share } = await seedRoutes(service);
  await service.admin("PUT", "/v1/organizations/lumen/people/tom", { role: "member" });
  expect(await service.may("tom", "view", "plant:7")).toBe(true);
  expect(await service.may("otto", "manage_commercial", "plant:7")).toBe(true);
  await service.as("tom", "DELETE", "/v1/organizations/brightfix/people/tom");
  await service.as("otto", "DELETE", `${ORG}/people/otto`);
  for (const [path, role] of [
    ["brightfix/people/tom", "admin"],
    ["sunward/people/otto", "member"],
  ] as const)
    expect((await person(service, path, { role })).status).toBe(201);
  await person(service, "brightfix/people/tom", { role: "member" });
  expect(await service.may("tom", "view", "plant:7")).toBe(false);
  expect(await service.may("otto", "view", "plant:7")).toBe(false);
  expect((await service.as("anna", "GET", `/v1/shares/${share}/delegations`)).body.items).toEqual([]);
});

test("the last admin of an organization with live cooperations neither leaves nor steps down, on either side", async ({
  service,
}) => {
  await seedWorld(service);
  const { id } = await cooperate(service, []);
  const before = await everything(service);
  const leave = (user: string, path: string) => service.as(user, "DELETE", `/v1/organizations/${path}`);
  for (const [user, path] of [
    ["anna", "sunward/people/anna"],
    ["ben", "brightfix/people/ben"],
  ] as const) {
    const replies = [
      await leave(user, path),
      await service.as(user, "PUT", `/v1/organizations/${path}`, { role: "member" }),
      await service.admin("DELETE", `/v1/organizations/${path}`),
      await person(service, path, { role: "moderator" }),
    ];
    for (const reply of replies) expect([reply.status, reply.body.code], path).toEqual([409, "last_admin"]);
  }
  expect(await everything(service)).toEqual(before);
  await person(service, "brightfix/people/eva", { role: "admin" });
  expect((await leave("ben", "brightfix/people/ben")).status).toBe(200);
  await service.as("anna", "DELETE", `/v1/cooperations/${id}`);
  expect((await leave("anna", "sunward/people/anna")).status).toBe(200);
});

test("an organization's own open invitation counts as live, a proposal that waits for its answer does not", async ({
  service,
}) => {
  await seedWorld(service);
  const invited = await service.as("anna", "POST", `${ORG}/cooperations`, { organization: "brightfix" });
  expect((await service.as("anna", "DELETE", `${ORG}/people/anna`)).body.code).toBe("last_admin");
  const stepped = await service.as("ben", "PUT", "/v1/organizations/brightfix/people/ben", { role: "member" });
  expect(stepped.status).toBe(200);
  await service.as("anna", "DELETE", `/v1/cooperations/${invited.body.id}`);
  expect((await service.as("anna", "DELETE", `${ORG}/people/anna`)).status).toBe(200);
});

test("an organization is deleted only when nothing binds it; offers to it are declined, and it is not found after that", async ({
  service,
}) => {
  await service.admin("PUT", ORG, { name: "Sunward" });
  await service.admin("PUT", "/v1/organizations/brightfix", { name: "Brightfix" });
  const refused = async () => {
    const reply = await service.admin("DELETE", ORG);
    expect([reply.status, reply.body.code]).toEqual([409, "not_empty"]);
  };
  await person(service, "sunward/people/anna", { role: "admin" });
  await refused();
  const open = await service.as("anna", "POST", `${ORG}/cooperations`, { organization: "brightfix" });
  const stale = await service.admin("DELETE", "/v1/organizations/brightfix", undefined, {
    headers: { "If-Match": '"9"' },
  });
  expect([stale.status, (await service.as("anna", "GET", `/v1/cooperations/${open.body.id}`)).body.status]).toEqual([
    412,
    "pending",
  ]);
  // else anybody could keep it from being deleted
  expect((await service.admin("DELETE", "/v1/organizations/brightfix")).status).toBe(200);
  expect((await service.as("anna", "GET", `/v1/cooperations/${open.body.id}`)).body).toMatchObject({
    status: "ended",
    ended_as: "declined",
    partner: { id: "brightfix", name: "Brightfix" },
  });
  await service.admin("DELETE", `${ORG}/people/anna`);
  await service.admin("PUT", "/v1/plants/7", { owner: "sunward" });
  await refused();
  await service.admin("DELETE", "/v1/plants/7");
  expect((await service.admin("DELETE", ORG)).status).toBe(200);
  expect((await service.admin("GET", ORG)).status).toBe(404);
  expect((await person(service, "sunward/people/anna", { role: "admin" })).body.code).toBe("not_found");
  expect((await service.admin("PUT", "/v1/plants/7", { owner: "sunward" })).body.code).toBe("not_found");
  expect((await service.admin("PUT", ORG, { name: "Sunward" })).status).toBe(201);
  expect((await service.admin("DELETE", "/v1/organizations/nowhere")).status).toBe(404);
});

test("an owner never changes: a resource is deleted and registered again, without its old roles", async ({
  service,
}) => {
  await seedWorld(service);
  const fixed = await service.admin("PUT", "/v1/plants/7", { owner: "brightfix" });
  expect([fixed.status, fixed.body.code]).toEqual([409, "owner_is_fixed"]);
  await service.as("anna", "PUT", "/v1/plants/7/roles/otto", { role: "operator" });
  expect(await service.may("otto", "operate", "plant:7")).toBe(true);
  expect((await service.admin("DELETE", "/v1/plants/7")).status).toBe(200);
  expect((await service.as("anna", "GET", "/v1/plants/7")).status).toBe(404);
  expect((await service.admin("PUT", "/v1/plants/7", { owner: "brightfix" })).status).toBe(201);
  expect(await service.may("otto", "view", "plant:7")).toBe(false);
  expect(await service.may("anna", "view", "plant:7")).toBe(false);
  expect(await service.may("ben", "operate", "plant:7")).toBe(true);
});

test("a resource that is shared or holds plants cannot be unregistered", async ({ service }) => {
  await seedWorld(service);
  const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
  const refused = async (path: string) => {
    const reply = await service.admin("DELETE", path);
    expect([reply.status, reply.body.code], path).toEqual([409, "not_empty"]);
  };
  await refused("/v1/plants/7");
  await refused("/v1/portfolios/north");
  await service.as("anna", "POST", `/v1/cooperations/${id}/pause`);
  await refused("/v1/plants/7");
  await service.as("anna", "DELETE", `/v1/shares/${shares[0]}`);
  expect((await service.admin("DELETE", "/v1/plants/7")).status).toBe(200);
  expect((await service.admin("DELETE", "/v1/plants/8")).status).toBe(200);
  expect((await service.admin("DELETE", "/v1/portfolios/north")).status).toBe(200);
});

test("a plant is in a portfolio of its own owner, or in none", async ({ service }) => {
  await seedWorld(service);
  await service.admin("PUT", "/v1/portfolios/theirs", { owner: "brightfix" });
  for (const portfolio of ["theirs", "nowhere"]) {
    const reply = await service.as("anna", "PUT", "/v1/plants/7", { owner: "sunward", portfolio });
    expect([reply.status, reply.body.code]).toEqual([422, "not_owner"]);
  }
  const put = await service.as("anna", "PUT", "/v1/plants/7", { owner: "sunward", portfolio: "north" });
  expect([put.status, put.body.portfolio, put.body.name]).toEqual([200, "north", null]);
  const out = await service.as("anna", "PUT", "/v1/plants/7", { owner: "sunward", name: "Hillside" });
  expect([out.body.portfolio, out.body.name]).toEqual([null, "Hillside"]);
  const nested = await service.as("anna", "PUT", "/v1/portfolios/north", { owner: "sunward", portfolio: "north" });
  expect(nested.body.errors).toMatchObject([{ pointer: "/portfolio" }]);
});

test("only a service registers, and only admins of the owner change what is registered", async ({ service }) => {
  await seedWorld(service);
  for (const [user, path, owner, code] of [
    ["anna", "/v1/plants/new", "sunward", "not_found"],
    ["otto", "/v1/plants/7", "sunward", "not_admin"],
    ["ben", "/v1/plants/7", "sunward", "not_found"],
    ["ben", "/v1/plants/7", "brightfix", "not_found"],
    ["anna", "/v1/plants/7", "brightfix", "owner_is_fixed"],
  ] as const) {
    const reply = await service.as(user, "PUT", path, { owner, name: "X" });
    expect(reply.body.code, `${user} ${path} ${owner}`).toBe(code);
  }
  expect((await service.as("anna", "PUT", "/v1/plants/7", { owner: "sunward", name: "X" })).body.name).toBe("X");
});

test("job roles are for the owner's own people, one each, given by its admins and services", async ({ service }) => {
  await seedWorld(service);
  for (const user of ["ben", "nobody"]) {
    const reply = await service.as("anna", "PUT", `/v1/plants/7/roles/${user}`, { role: "viewer" });
    expect([reply.status, reply.body.code]).toEqual([422, "not_own_person"]);
    const byService = await service.admin("PUT", `/v1/plants/7/roles/${user}`, { role: "viewer" });
    expect(byService.body.code).toBe("not_own_person");
  }
  for (const role of ["viewer", "operator", "technical_manager"]) {
    await service.as("anna", "PUT", "/v1/plants/7/roles/otto", { role });
    expect((await service.as("anna", "GET", "/v1/plants/7/roles")).body.items).toEqual([{ user: "otto", role }]);
  }
  expect(await service.may("otto", "operate", "plant:7")).toBe(false);
  expect(await service.may("otto", "manage_technical", "plant:7")).toBe(true);
  expect((await service.as("otto", "PUT", "/v1/plants/7/roles/otto", { role: "operator" })).body.code).toBe(
    "not_admin",
  );
  expect((await service.as("ben", "GET", "/v1/plants/7/roles")).body.code).toBe("not_found");
  expect((await service.as("anna", "DELETE", "/v1/plants/7/roles/nobody")).status).toBe(200);
});
