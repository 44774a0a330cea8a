/** Keys that are bound to types, permissions, organizations and a time: answered within, refused outside, on every path. */
import { expect } from "vitest";
import { counted } from "../../support/cache.ts";
import { ask, everything, ROUTES, seedRoutes, send, storesRoutes, type World } from "../../support/routes.ts";
import { KEYS, type Reply, type Service, seedWorld, test, withKeys } from "../../support/service.ts";

const KEY = "a-key-that-is-bound-to-less";
const SCOPES = ["check", "manage", "admin"] as const;
type Bounds = { types?: string[]; permissions?: string[]; organizations?: string[]; not_after?: string };

/** The service with a key of all scopes that is bound. */
const bound = (service: Service, bounds: Bounds, scopes: readonly (typeof SCOPES)[number][] = SCOPES) =>
  withKeys(service, [{ name: "bound", scopes: [...scopes], key: KEY, ...bounds }]);

type Question = { user: string; action: string; type: string; id: string };
const question = (user: string, action: string, type: string, id: string): Question => ({ user, action, type, id });

/** Each API that answers for a permission: its reply to one question. */
const ENDPOINTS: Record<string, (service: Service, asked: Question) => Promise<Reply>> = {
  // with a length it takes the fast path, as most checks do
  "evaluation, the fast path": (service, asked) => access(service, "evaluation", evaluation(asked), true),
  evaluation: (service, asked) => access(service, "evaluation", evaluation(asked)),
  "evaluations without items": (service, asked) => access(service, "evaluations", evaluation(asked)),
  "search/subject": (service, asked) =>
    access(service, "search/subject", { ...evaluation(asked), subject: { type: "user" } }),
  "/stores check": (service, { user, action, type, id }) =>
    stores(service, "check", {
      tuple_key: { user: `user:${user}`, relation: `can_${action}`, object: `${type}:${id}` },
    }),
  "/stores check with a context": (service, { user, action, type, id }) =>
    stores(service, "check", {
      tuple_key: { user: `user:${user}`, relation: `can_${action}`, object: `${type}:${id}` },
      context: { colour: "green" },
    }),
  "/stores list-users": (service, { action, type, id }) =>
    stores(service, "list-users", {
      object: { type, id },
      relation: `can_${action}`,
      user_filters: [{ type: "user" }],
    }),
};

function evaluation({ user, action, type, id }: Question) {
  return { subject: { type: "user", id: user }, action: { name: action }, resource: { type, id } };
}

async function access(service: Service, path: string, body: object, isPlain = false): Promise<Reply> {
  const length = { "Content-Length": String(JSON.stringify(body).length) };
  return send(service, "POST", `/access/v1/${path}`, body, { key: KEY, headers: isPlain ? length : {} });
}

const stores = (service: Service, path: string, body: object): Promise<Reply> =>
  send(service, "POST", `/stores/${service.deps.engine.api.storeId}/${path}`, body, { key: KEY });

function expectOutside(reply: Reply, what: string) {
  expect([reply.status, reply.body.code], what).toEqual([403, expect.stringMatching(/^(outside_key|forbidden)$/)]);
  if (reply.body.code === "forbidden") expect(reply.body.message, what).toMatch(/^outside_key: /);
  expect(reply.headers.get("WWW-Authenticate"), what).toMatch(/insufficient_scope/);
}

/** Brightfix has a plant of its own beside the routes' world. */
async function seed(service: Service): Promise<World> {
  const world = await seedRoutes(service);
  expect((await service.admin("PUT", "/v1/plants/20", { owner: "brightfix" })).status).toBe(201);
  return world;
}

const BOUND: Record<string, { bounds: Bounds; within: Question; outside: Question[] }> = {
  types: {
    bounds: { types: ["plant"] },
    within: question("anna", "view", "plant", "7"),
    outside: [question("anna", "view", "portfolio", "north"), question("anna", "manage", "organization", "sunward")],
  },
  permissions: {
    bounds: { permissions: ["can_view"] },
    within: question("anna", "view", "plant", "7"),
    outside: [question("anna", "operate", "plant", "7"), question("anna", "manage", "organization", "sunward")],
  },
  organizations: {
    bounds: { organizations: ["brightfix"] },
    within: question("ben", "view", "plant", "20"),
    outside: [
      // shared with it, and not its own
      question("ben", "view", "plant", "7"),
      question("ben", "view", "plant", "none"),
      question("anna", "view", "portfolio", "north"),
      question("anna", "manage", "organization", "sunward"),
    ],
  },
};

for (const [kind, { bounds, within, outside }] of Object.entries(BOUND))
  test(`a key bound to ${kind} is answered within its bounds, and refused outside, by every API`, async ({
    service,
  }) => {
    await seed(service);
    for (const scopes of [["check"], ["admin"]] as const) {
      const by = bound(service, bounds, scopes);
      for (const [endpoint, go] of Object.entries(ENDPOINTS)) {
        const reply = await go(by, within);
        expect([reply.status, JSON.stringify(reply.body)], endpoint).toEqual([
          200,
          expect.stringMatching(/true|"(anna|ben)"/),
        ]);
        for (const asked of outside) expectOutside(await go(by, asked), `${endpoint} ${JSON.stringify(asked)}`);
      }
    }
    // the same questions are nobody's secret to a key that is not bound
    for (const asked of outside)
      expect(
        (await send(service, "POST", "/access/v1/evaluation", evaluation(asked), { key: KEYS.check })).status,
      ).toBe(200);
  });

test("in a batch each item is within or outside the bounds by itself", async ({ service }) => {
  await seed(service);
  const by = bound(service, { organizations: ["brightfix"], types: ["plant"], permissions: ["can_view"] }, ["check"]);
  const asked = [
    question("ben", "view", "plant", "20"),
    question("ben", "view", "plant", "7"),
    question("ben", "operate", "plant", "20"),
    question("tom", "view", "plant", "20"),
  ];
  const { body } = await access(by, "evaluations", { evaluations: asked.map(evaluation) });
  const refused = {
    decision: false,
    context: { code: "outside_key", error: { status: 403, message: expect.any(String) } },
  };
  expect(body.evaluations).toEqual([{ decision: true }, refused, refused, { decision: false }]);

  const checks = asked.map(({ user, action, type, id }, n) => ({
    tuple_key: { user: `user:${user}`, relation: `can_${action}`, object: `${type}:${id}` },
    correlation_id: `${n}`,
  }));
  const error = { error: { input_error: "validation_error", message: expect.stringMatching(/^outside_key/) } };
  const batch = await stores(by, "batch-check", { checks });
  expect(batch.body.result).toEqual({ 0: { allowed: true }, 1: error, 2: error, 3: { allowed: false } });
  const none = await stores(by, "batch-check", { checks: checks.slice(1, 3) });
  expect([none.status, none.body.result]).toEqual([200, { 1: error, 2: error }]);
  // what is no batch to OpenFGA is refused whole
  expectOutside(
    await stores(by, "batch-check", { checks: checks.map((item) => ({ ...item, correlation_id: "1" })) }),
    "twins",
  );
});

test("lists contain only what is within the bounds", async ({ service }) => {
  await seed(service);
  const by = (bounds: Bounds) => bound(service, bounds, ["check"]);
  const asked = { subject: { type: "user", id: "ben" }, action: { name: "view" }, resource: { type: "plant" } };
  const ids = async (one: Service) =>
    (await access(one, "search/resource", asked)).body.results.map((r: { id: string }) => r.id);
  expect(await ids(by({}))).toEqual(["20", "7"]);
  expect(await ids(by({ organizations: ["brightfix"] }))).toEqual(["20"]);
  expect(await ids(by({ organizations: ["sunward"] }))).toEqual(["7"]);
  const list = { user: "user:ben", relation: "can_view", type: "plant" };
  expect((await stores(by({ organizations: ["brightfix"] }), "list-objects", list)).body).toEqual({
    objects: ["plant:20"],
  });
  // a stream is passed on as it comes
  expectOutside(await stores(by({ organizations: ["brightfix"] }), "streamed-list-objects", list), "stream");
  for (const bounds of [{ types: ["portfolio"] }, { permissions: ["can_operate"] }]) {
    expectOutside(await access(by(bounds), "search/resource", asked), "search");
    for (const path of ["list-objects", "streamed-list-objects"])
      expectOutside(await stores(by(bounds), path, list), path);
  }
  const actions = { subject: { type: "user", id: "anna" }, resource: { type: "plant", id: "7" } };
  const names = (await access(by({ permissions: ["can_view", "can_share"] }), "search/action", actions)).body.results;
  expect(names.map(({ name }: { name: string }) => name).sort()).toEqual(["share", "view"]);
  expectOutside(await access(by({ organizations: ["brightfix"] }), "search/action", actions), "search/action");
});

test("a cache hit knows the resource's owner without asking the engine", async ({ service }) => {
  await seed(service);
  const by = bound(service, { organizations: ["brightfix"] }, ["check"]);
  const calls = async () => {
    const text = await by.deps.metricsText();
    return text.match(/^concordat_engine_calls_total\{.*$/gm)?.join("\n");
  };
  const may = (asked: Question) => access(by, "evaluation", evaluation(asked), true);
  const asked = [question("ben", "view", "plant", "20"), question("ben", "view", "plant", "7")] as const;
  for (const one of asked) await may(one);
  // the first hit finds the access path, behind its reply
  const pathOf = async (one: Question) => {
    const traced = { ...evaluation(one), context: { trace: true } };
    return (await send(by, "POST", "/access/v1/evaluation", traced, { key: KEYS.check })).body.context.via;
  };
  for (const one of asked) await expect.poll(() => pathOf(one)).toBeDefined();
  const before = await calls();
  const hits = await counted(by, 'concordat_check_duration_seconds_count{source="hit"}');
  expect((await may(asked[0])).body).toEqual({ decision: true });
  expectOutside(await may(asked[1]), "a hit");
  expect(await calls()).toBe(before);
  expect(await counted(by, 'concordat_check_duration_seconds_count{source="hit"}')).toBeGreaterThan(hits);
});

/** What no bound takes away: that there is a store and a model, what is not offered, a token's own offer. */
const OPEN = [
  /^\w+ \/stores$/,
  /^\w+ \/stores\/\{store_id\}$/,
  /authorization-models/,
  /^PUT .*assertions/,
  /preview$/,
];
/** Lists, which come back empty where their words are within, and a batch, which says it of each item. */
const WITHOUT_ANSWER: Record<string, object> = {
  "POST /access/v1/search/resource": { results: [] },
  "POST /access/v1/search/action": { results: [] },
  "POST /stores/{store_id}/list-objects": { objects: [] },
  "POST /stores/{store_id}/batch-check": {
    result: { 1: { error: { message: expect.stringMatching(/^outside_key/) } } },
  },
};

test.for<[string, Bounds]>([
  ["another organization", { organizations: ["elsewhere"] }],
  ["another type", { types: ["sweep"] }],
  ["another permission", { permissions: ["can_answer"] }],
])("a key bound to %s is refused on every route, and changes nothing", async ([, bounds], { service }) => {
  const world = await seed(service);
  const by = bound(service, bounds);
  const before = await everything(service);
  const replies: [string, Reply][] = [];
  for (const [name, route] of Object.entries(ROUTES)) {
    const isPerson = route.by !== "a service" && route.by !== "a checker";
    replies.push([name, await ask(by, world, name, { key: KEY, ...(isPerson && { user: route.by }) })]);
  }
  for (const [name, { path, body }] of Object.entries(storesRoutes(by)))
    replies.push([name, await send(by, name.split(" ")[0] ?? "", path, body, { key: KEY })]);
  expect(replies.length).toBeGreaterThan(70);
  for (const [name, reply] of replies) {
    if (OPEN.some((open) => open.test(name))) continue;
    const nothing = WITHOUT_ANSWER[name];
    if (reply.status === 200 && nothing !== undefined) expect(reply.body, name).toMatchObject(nothing);
    else expectOutside(reply, name);
  }
  expect(await everything(service)).toEqual(before);
});

test("a bound key acts only for people of its organizations, and only in those", async ({ service }) => {
  const world = await seed(service);
  const by = bound(service, { organizations: ["brightfix"] });
  const as = (user: string, method: string, path: string, body?: object) =>
    send(by, method, path, body, { key: KEY, user });
  const cooperation = `/v1/cooperations/${world.active}`;
  expect((await as("ben", "GET", cooperation)).status).toBe(200);
  expectOutside(await as("anna", "GET", cooperation), "anna");
  expectOutside(await as("anna", "GET", "/v1/me"), "anna");
  // admin of both sides
  expect((await service.admin("PUT", "/v1/organizations/sunward/people/ben", { role: "admin" })).status).toBe(201);
  expect((await as("ben", "GET", cooperation)).body.actions).not.toContain("pause");
  expect((await as("ben", "POST", `${cooperation}/pause`)).body.code).toBe("wrong_side");
  expectOutside(await as("ben", "GET", "/v1/organizations/sunward"), "the other organization");
  expectOutside(await as("ben", "GET", "/v1/plants/7"), "the other organization's plant");
  expect((await as("ben", "GET", "/v1/me")).body.organizations.map(({ id }: { id: string }) => id)).toEqual([
    "brightfix",
  ]);
  expect((await as("ben", "PUT", `/v1/shares/${world.share}/delegations/eva`, { role: "viewer" })).status).toBe(201);
  // with a key that is not bound it is his to do
  expect((await service.as("ben", "POST", `${cooperation}/pause`)).status).toBe(200);
});

test("a bound service changes its organizations' resources and people, and nobody else's", async ({ service }) => {
  await seed(service);
  const by = bound(service, { organizations: ["brightfix"] });
  const admin = (method: string, path: string, body?: object) => send(by, method, path, body, { key: KEY });
  const before = await everything(service);
  expectOutside(await admin("PUT", "/v1/plants/7", { owner: "sunward", name: "X" }), "another's plant");
  expectOutside(await admin("PUT", "/v1/plants/30", { owner: "sunward" }), "a plant for another");
  expectOutside(await admin("PUT", "/v1/organizations/new", { name: "New" }), "a new organization");
  expectOutside(await admin("PUT", "/v1/organizations/brightfix/people/anna", { role: "member" }), "another's person");
  expectOutside(await admin("GET", "/v1/inspect/plant%3A7"), "another's plant");
  expectOutside(await admin("GET", "/v1/inspect/user%3Aanna"), "a person");
  expect(await everything(service)).toEqual(before);
  expect((await admin("PUT", "/v1/plants/30", { owner: "brightfix" })).status).toBe(201);
  expect((await admin("PUT", "/v1/organizations/brightfix/people/kim", { role: "member", name: "Kim" })).status).toBe(
    201,
  );
  expect((await admin("GET", "/v1/inspect/plant%3A20")).status).toBe(200);
  // somebody who belongs elsewhere too: the role here is ours, the record is not
  expect((await service.admin("PUT", "/v1/organizations/sunward/people/kim", { role: "member" })).status).toBe(201);
  expect((await admin("PUT", "/v1/organizations/brightfix/people/kim", { role: "moderator" })).status).toBe(200);
  expectOutside(
    await admin("PUT", "/v1/organizations/brightfix/people/kim", { role: "member", name: "K" }),
    "a record",
  );
});

test("a bound service reads an organization's own history, not that of an earlier one with the same id", async ({
  service,
}) => {
  await seedWorld(service);
  for (const user of ["ben", "tom", "eva"]) await service.admin("DELETE", `/v1/organizations/brightfix/people/${user}`);
  expect((await service.admin("DELETE", "/v1/organizations/brightfix")).status).toBe(200);
  expect((await service.admin("PUT", "/v1/organizations/brightfix", { name: "Another" })).status).toBe(201);
  const by = bound(service, { organizations: ["brightfix"] });
  const actions = async (key: string) =>
    (await send(by, "GET", "/v1/organizations/brightfix/history", undefined, { key })).body.items.map(
      ({ action }: { action: string }) => action,
    );
  expect(await actions(KEY)).toEqual(["create"]);
  expect(await actions(KEYS.admin)).toEqual(expect.arrayContaining(["delete", "remove_person", "add_person"]));
});

test("a bound key reads and writes only tuples of its organizations", async ({ service }) => {
  await seed(service);
  const by = bound(service, { organizations: ["brightfix"] });
  const owner = (organization: string, plant: string) => ({
    user: `organization:${organization}`,
    relation: "owner",
    object: `plant:${plant}`,
  });
  const write = (writes: object[], deletes: object[] = []) =>
    stores(by, "write", {
      ...(writes.length > 0 && { writes: { tuple_keys: writes } }),
      ...(deletes.length > 0 && { deletes: { tuple_keys: deletes } }),
    });
  const before = await everything(service);
  expectOutside(await write([owner("sunward", "40")]), "for another");
  expectOutside(await write([owner("brightfix", "40"), owner("sunward", "41")]), "one of two");
  expectOutside(await write([{ user: "user:otto", relation: "viewer", object: "plant:8" }]), "another's job role");
  expectOutside(
    await write([{ user: "user:tom", relation: "admin", object: "organization:sunward" }]),
    "another's person",
  );
  expectOutside(await write([owner("sunward", "20")], [owner("brightfix", "20")]), "given away");
  expectOutside(await write([], [owner("sunward", "8")]), "another's plant");
  expectOutside(await stores(by, "read", {}), "everything");
  expectOutside(await stores(by, "read", { tuple_key: { object: "plant:7" } }), "another's plant");
  expectOutside(
    await stores(by, "read", { tuple_key: { object: "plant:", user: "organization:brightfix" } }),
    "a type",
  );
  for (const object of ["user:ben", "plant:a b", "plant:", "organization:", "nothing", ""])
    expectOutside(await stores(by, "read", { tuple_key: { object } }), object);
  expectOutside(await stores(by, "expand", { tuple_key: { relation: "owner", object: "plant:7" } }), "another's plant");
  expect(await everything(service)).toEqual(before);
  expect((await write([owner("brightfix", "40")])).status).toBe(200);
  expect((await stores(by, "read", { tuple_key: { object: "plant:40" } })).body.tuples.length).toBeGreaterThan(1);
  const typed = bound(service, { types: ["portfolio"] });
  expectOutside(await stores(typed, "write", { writes: { tuple_keys: [owner("brightfix", "42")] } }), "types");
  expectOutside(
    await send(typed, "GET", `/stores/${typed.deps.engine.api.storeId}/changes?type=plant`, undefined, { key: KEY }),
    "types",
  );
  expect(
    (
      await send(typed, "GET", `/stores/${typed.deps.engine.api.storeId}/changes?type=portfolio`, undefined, {
        key: KEY,
      })
    ).status,
  ).toBe(200);
});

test("a key is valid until its date, and refused from then on", async ({ service }) => {
  await seedWorld(service);
  const by = bound(service, { not_after: "2040-01-01T00:00:00Z" });
  const asked = evaluation(question("anna", "view", "plant", "7"));
  for (const isPlain of [true, false]) {
    by.setNow(new Date("2039-12-31T23:59:59.999Z"));
    service.setNow(new Date("2039-12-31T23:59:59.999Z"));
    expect((await access(by, "evaluation", asked, isPlain)).status).toBe(200);
    by.setNow(new Date("2040-01-01T00:00:00Z"));
    service.setNow(new Date("2040-01-01T00:00:00Z"));
    expect((await access(by, "evaluation", asked, isPlain)).body.code).toBe("unauthorized");
  }
});

test("two keys of one name act as one while one replaces the other", async ({ service }) => {
  await seedWorld(service);
  const rotated = withKeys(
    service,
    ["the-old-key-of-this-app", "the-new-key-of-this-app"].map((key) => ({
      name: "app",
      scopes: ["admin" as const],
      key,
    })),
  );
  for (const key of ["the-old-key-of-this-app", "the-new-key-of-this-app"])
    expect((await rotated.admin("GET", "/v1/plants/7", undefined, { key })).status).toBe(200);
});

test("a refused key is named in the log with the route, without anything secret", async ({ service }) => {
  await seedWorld(service);
  const lines: { level: string; denied?: string; key?: string; route?: string }[] = [];
  const log = (level: string, _: string, facts: object) => void lines.push({ level, ...facts });
  const by = withKeys(service, [{ name: "bound", scopes: ["check"], key: KEY, types: ["portfolio"] }], { log });
  const asked = evaluation(question("anna", "view", "plant", "7"));
  await access(by, "evaluation", asked, true);
  await send(by, "GET", "/v1/plants/7", undefined, { key: KEYS.check });
  await send(by, "POST", `/stores/${by.deps.engine.api.storeId}/expand`, {}, { key: KEYS.check });
  await send(by, "POST", "/access/v1/evaluation", asked, { key: `${KEY}x` });
  await send(by, "GET", "/stores", undefined, {});
  // not an admin: somebody's everyday business, and not their key's
  await by.as("otto", "GET", "/v1/organizations/sunward/cooperations");
  expect(lines.map(({ level, denied, key, route }) => [level, denied, key, route])).toEqual([
    ["warn", "outside_key", "bound", "/access/v1/evaluation"],
    ["warn", "insufficient_scope", "checker", expect.stringMatching(/^\/v1/)],
    ["warn", "insufficient_scope", "checker", expect.stringMatching(/^\/stores/)],
    ["warn", "unauthorized", undefined, expect.stringMatching(/^\/access/)],
    ["warn", "unauthorized", undefined, expect.stringMatching(/^\/stores/)],
    ["info", undefined, "manager", "/v1/organizations/:org/cooperations"],
  ]);
  expect(JSON.stringify(lines)).not.toContain(KEY);
});

test("a key bound to types adds no endpoint, which would get events of every type; one bound to organizations adds its own", async ({
  service,
}) => {
  await seed(service);
  const hub = "/v1/organizations/brightfix/webhooks/hub";
  const byTypes = bound(service, { types: ["organization"] });
  for (const [method, path, body] of [
    ["PUT", hub, { url: "https://hub.example/" }],
    ["POST", `${hub}/resume`],
    ["GET", "/v1/organizations/brightfix/webhooks"],
  ] as const)
    expectOutside(await send(byTypes, method, path, body, { key: KEY }), `${method} ${path}`);
  expect((await send(byTypes, "GET", "/v1/organizations/brightfix", undefined, { key: KEY })).status).toBe(200);
  const byOrganization = bound(service, { organizations: ["brightfix"] });
  const put = (path: string) => send(byOrganization, "PUT", path, { url: "https://hub.example/" }, { key: KEY });
  expect((await put(hub)).status).toBe(201);
  expectOutside(await put("/v1/organizations/sunward/webhooks/hub"), "another organization's");
  expectOutside(await put("/v1/webhooks/hub"), "the services'");
});
