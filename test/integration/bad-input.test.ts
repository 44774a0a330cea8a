/** What is not valid is refused with the place of it, and changes nothing: bodies, ids in paths, queries, dates. */
import { expect } from "vitest";
import { ask, everything, ROUTES, seedRoutes, send, V1, type World } from "../routes.ts";
import { cooperate, KEYS, type Reply, type Service, seedWorld, test } from "../service.ts";

type Json = Record<string, unknown>;

/** The routes that take a body, with the members that the OpenAPI document gives it. */
async function bodies(service: Service) {
  const { body: document } = await send(service, "GET", "/openapi.json", undefined, {});
  return V1.flatMap(([name, route]) => {
    const [method = "", path = ""] = name.split(" ");
    const { requestBody } = document.paths[path][method.toLowerCase()];
    // the lines of an import are held to their form one by one (import.test.ts)
    if (requestBody?.content["application/json"] === undefined) return [];
    const { properties } = requestBody.content["application/json"].schema as { properties: Record<string, Json> };
    return [
      { name, method, path: route.path, valid: route.body, user: route.by, required: requestBody.required, properties },
    ];
  });
}
type Body = Awaited<ReturnType<typeof bodies>>[number];

const sent = (
  service: Service,
  world: World,
  { method, path, user }: Body,
  body: RequestInit["body"] | object,
  type?: string,
) =>
  send(service, method, path(world), body, {
    ...(user === "a service" ? { key: KEYS.admin } : { key: KEYS.manage, user }),
    headers: type === undefined ? {} : { "Content-Type": type },
  });

/** A problem that says where; the pointer of its first place. */
function pointerOf(reply: Reply, what: string): string {
  expect([reply.status, reply.body?.code], what).toEqual([400, "invalid_request"]);
  expect(reply.body.errors.length, what).toBeGreaterThan(0);
  return reply.body.errors[0].pointer;
}

test("a body that cannot be read is refused on every route that takes one, and nothing changes", async ({
  service,
}) => {
  const world = await seedRoutes(service);
  const before = await everything(service);
  const json = "application/json";
  const notUtf8 = Buffer.from('{"reason":"\xff"}', "latin1");
  const all = await bodies(service);
  expect(all.length).toBeGreaterThan(15);
  for (const body of all) {
    const { name, required } = body;
    for (const text of ["{", "{}{}", " ", '{"a":1,}', "undefined", "\ufeff{"])
      expect(pointerOf(await sent(service, world, body, text, json), `${name} ${text}`)).toBe("");
    expect(pointerOf(await sent(service, world, body, notUtf8, json), `${name} not UTF-8`)).toBe("");
    for (const text of ["[]", "[{}]", "null", '"text"', "7"])
      expect(pointerOf(await sent(service, world, body, text, json), `${name} ${text}`)).toBe("");
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "application/jsonp",
      "multipart/form-data",
      "",
    ]) {
      const bytes = new TextEncoder().encode(JSON.stringify(body.valid?.(world) ?? {}));
      const reply = await sent(service, world, body, bytes, type);
      expect([reply.status, reply.body.code], `${name} as ${type}`).toEqual([415, "unsupported_media_type"]);
    }
    if (required)
      for (const type of [undefined, json]) pointerOf(await sent(service, world, body, undefined, type), name);
    const large = await sent(service, world, body, `{"reason":"${"x".repeat(256 * 1024)}"}`, json);
    expect([large.status, large.body.code], name).toEqual([413, "body_too_large"]);
  }
  expect(await everything(service)).toEqual(before);
});

test("a body that streams in without its length is cut off where it becomes too large", async ({ service }) => {
  await seedWorld(service);
  const chunk = new TextEncoder().encode("x".repeat(64 * 1024));
  for (const [path, key] of [
    ["/v1/organizations/sunward", KEYS.admin],
    ["/access/v1/evaluation", KEYS.check],
  ] as const) {
    const stream = new ReadableStream({ pull: (controller) => controller.enqueue(chunk) });
    const init = { method: path.startsWith("/v1") ? "PUT" : "POST", body: stream, duplex: "half" } as const;
    const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
    const reply = await service.app.request(path, { ...init, headers });
    expect([reply.status, ((await reply.json()) as Json).code], path).toEqual([413, "body_too_large"]);
  }
});

test("a member that is not known is named, and nothing is done by the others", async ({ service }) => {
  const world = await seedRoutes(service);
  const before = await everything(service);
  for (const body of await bodies(service)) {
    const valid = body.valid?.(world) ?? {};
    for (const [member, pointer] of [
      ["expries_at", "/expries_at"],
      ["actor", "/actor"],
      ["a/b~c", "/a~1b~0c"],
    ] as const)
      expect(pointerOf(await sent(service, world, body, { ...valid, [member]: "x" }), body.name)).toBe(pointer);
    const proto = `{"__proto__":{"role":"admin"},${JSON.stringify(valid).slice(1)}`.replace(",}", "}");
    expect(pointerOf(await sent(service, world, body, proto, "application/json"), body.name)).toBe("/__proto__");
  }
  const inShare = await service.as("anna", "POST", "/v1/organizations/sunward/cooperations", {
    email: "x@y.example",
    shares: [{ resource: "plant:8", role: "viewer", expries_at: "x" }],
  });
  expect(pointerOf(inShare, "in a share")).toBe("/shares/0/expries_at");
  expect(await everything(service)).toEqual(before);
});

test("a member of the wrong type is pointed at, each one of every route", async ({ service }) => {
  const world = await seedRoutes(service);
  const before = await everything(service);
  const seen: string[] = [];
  for (const body of await bodies(service))
    for (const [member, schema] of Object.entries(body.properties)) {
      const nullable = JSON.stringify(schema).includes('"null"');
      for (const wrong of [7, true, {}, [7], ...(nullable ? [] : [null])]) {
        const reply = await sent(service, world, body, { ...body.valid?.(world), [member]: wrong });
        const pointers = reply.body.errors?.map((error: { pointer: string }) => error.pointer) ?? [];
        pointerOf(reply, `${body.name} ${member}: ${JSON.stringify(wrong)}`);
        expect(
          pointers.some((pointer: string) => pointer.startsWith(`/${member}`)),
          `${body.name} ${member}`,
        ).toBe(true);
      }
      seen.push(`${body.name} ${member}`);
    }
  expect(seen.length).toBeGreaterThan(40);
  expect(await everything(service)).toEqual(before);
});

test("a query parameter that is not known is refused, so that a dry run where there is none never writes", async ({
  service,
}) => {
  const world = await seedRoutes(service);
  const before = await everything(service);
  for (const [name, route] of V1) {
    const [method = ""] = name.split(" ");
    const asked = route.by === "a service" ? { key: KEYS.admin } : { key: KEYS.manage, user: route.by };
    const reply = await send(service, method, `${route.path(world)}?dryrun=true`, route.body?.(world), asked);
    expect(pointerOf(reply, name), name).toBe("query: dryrun");
  }
  const people = await service.admin("PUT", "/v1/organizations/sunward/people/new?dry_run=true", { role: "member" });
  expect(pointerOf(people, "people")).toBe("query: dry_run");
  for (const value of ["yes", "1", "TRUE", ""]) {
    const reply = await service.as("anna", "POST", `/v1/cooperations/${world.active}/pause?dry_run=${value}`);
    expect(pointerOf(reply, value)).toBe("query: dry_run");
  }
  expect(await everything(service)).toEqual(before);
});

test("a POST that needs no body takes an empty one, whatever type it claims", async ({ service }) => {
  const { active } = await seedRoutes(service);
  const path = (step: string) => `/v1/cooperations/${active}/${step}`;
  const asked = (type: string) => ({ key: KEYS.manage, user: "anna", headers: { "Content-Type": type } });
  expect((await send(service, "POST", path("pause"), undefined, asked("application/json"))).body.status).toBe("paused");
  expect((await send(service, "POST", path("resume"), undefined, asked("text/plain"))).body.status).toBe("active");
});

const IDS = [
  "a/b",
  "a|b",
  "ida@host.example",
  "jürgen",
  "日本",
  "👍",
  "100%",
  "%2F",
  "a?b&c=d",
  "a+b",
  "...",
  "~",
  "'\"<>",
  "x".repeat(200),
  "ü".repeat(100),
];

test.for(IDS)("the id %s makes the round trip through paths, bodies, checks and lists", async (id, { service }) => {
  const path = encodeURIComponent(id);
  const created = await service.admin("PUT", `/v1/organizations/${path}`, { name: "X" });
  expect([created.status, created.body.id]).toEqual([201, id]);
  expect((await service.admin("PUT", `/v1/organizations/${path}/people/${path}`, { role: "admin" })).body.user).toBe(
    id,
  );
  expect((await service.admin("PUT", `/v1/portfolios/${path}`, { owner: id })).body.resource).toBe(`portfolio:${id}`);
  const plant = await service.admin("PUT", `/v1/plants/${path}`, { owner: id, portfolio: id });
  expect([plant.status, plant.body]).toMatchObject([201, { resource: `plant:${id}`, owner: id, portfolio: id }]);
  expect((await service.as(id, "GET", `/v1/plants/${path}`)).body.resource).toBe(`plant:${id}`);
  expect((await service.as(id, "GET", "/v1/me")).body.organizations).toMatchObject([{ id, role: "admin" }]);
  expect(await service.may(id, "operate", `plant:${id}`)).toBe(true);
  expect(await service.may(`${id}x`, "operate", `plant:${id}`)).toBe(false);
  const role = await service.as(id, "PUT", `/v1/plants/${path}/roles/${path}`, { role: "viewer" });
  expect([role.status, role.body.user]).toEqual([201, id]);
  const { items } = (await service.as(id, "GET", `/v1/organizations/${path}/resources`)).body;
  expect(items).toHaveLength(2);
});

/** [as it stands in a path, what is wrong with it]. The URL standard itself takes dot segments away, also escaped ones. */
const REFUSED_IDS: [path: string, status: number, what: string][] = [
  ["*", 400, "OpenFGA's wildcard"],
  ["%2A", 400, "the wildcard, escaped"],
  [".", 404, "the URL standard removes it"],
  ["..", 404, "the URL standard removes it with what is before it"],
  ["%2e%2E", 404, "the URL standard removes it, escaped too"],
  ["%00", 400, "a control character"],
  ["%7F", 400, "a control character"],
  ["%0A", 400, "a line break"],
  ["%zz", 400, "a broken escape"],
  ["%", 400, "a broken escape"],
  ["a%2", 400, "a broken escape"],
  ["%ff", 400, "an escape that is no UTF-8"],
  ["%ED%A0%80", 400, "a lone surrogate"],
  ["%20", 400, "white space"],
  ["a%20b", 400, "white space"],
  ["a%C2%A0b", 400, "white space of another kind"],
  ["a%3Ab", 400, "a colon, escaped"],
  ["a:b", 400, "a colon"],
  ["a%23b", 400, "a number sign"],
  ["x".repeat(201), 400, "201 bytes"],
  [encodeURIComponent(`${"ü".repeat(100)}x`), 400, "201 bytes of 101 characters"],
];

test.for(REFUSED_IDS)("no path names a thing %s (%i): %s", async ([id, status], { service }) => {
  await seedWorld(service);
  const before = await everything(service);
  for (const [path, body] of [
    [`/v1/organizations/${id}`, { name: "X" }],
    [`/v1/plants/${id}`, { owner: "sunward" }],
    [`/v1/portfolios/${id}`, { owner: "sunward" }],
    [`/v1/organizations/sunward/people/${id}`, { role: "member" }],
    [`/v1/plants/7/roles/${id}`, { role: "viewer" }],
  ] as const)
    for (const method of ["PUT", "DELETE"]) {
      const reply = await service.admin(method, path, method === "PUT" ? body : undefined);
      expect(reply.status, `${method} ${path}`).toBe(status);
      if (status === 400) expect(reply.body.errors[0].pointer).toMatch(/^(path|param: \w+)$/);
    }
  expect(await everything(service)).toEqual(before);
});

test.for([
  "*",
  "a:b",
  "",
  " ",
  "a b",
  "plant",
  "plant:",
  "plant:*",
  "plant:a b",
  "user:anna",
  "organization:sunward",
  `plant:${"x".repeat(201)}`,
])("no body names a resource '%s'", async (resource, { service }) => {
  await seedWorld(service);
  const { id } = await cooperate(service, []);
  const reply = await service.as("anna", "POST", `/v1/cooperations/${id}/shares`, { resource, role: "viewer" });
  expect(pointerOf(reply, resource)).toBe("/resource");
});

test.for([
  "x",
  "01ARZ3NDEKTSV4RRFFQ69G5FAV",
  "a%20b",
  "*",
  "a:b",
  "a%2Fb",
  "%23",
  "x".repeat(300),
  "01arz3ndektsv4rrffq69g5fav",
])("%s is the id of no cooperation and of no share: not found, on every route", async (id, { service }) => {
  const world = await seedRoutes(service);
  for (const [name, route] of V1.filter(([name]) => /\/(cooperations|shares)\/\{id\}/.test(name))) {
    const path = route.path({ ...world, active: id, pending: id, share: id });
    const [method = ""] = name.split(" ");
    const reply = await send(service, method, path, route.body?.(world), { key: KEYS.manage, user: "anna" });
    expect([reply.status, reply.body.code], name).toEqual([404, "not_found"]);
  }
});

const DATES: [date: string, status: number, code: string][] = [
  ["2099-01-01T00:00:00Z", 200, ""],
  ["2099-01-01T00:00:00.999Z", 200, ""],
  ["2099-01-01T00:00:00+05:30", 200, ""],
  ["2096-02-29T00:00:00Z", 200, ""],
  ["9999-12-31T23:59:59Z", 200, ""],
  ["2026-06-01T12:00:01Z", 200, ""],
  ["2026-06-01T14:00:01+02:00", 200, ""],
  ["2026-06-01T12:00:00Z", 422, "invalid_expiry"],
  ["2026-06-01T12:00:00.999Z", 422, "invalid_expiry"],
  ["2026-06-01T13:59:59+02:00", 422, "invalid_expiry"],
  ["1999-01-01T00:00:00Z", 422, "invalid_expiry"],
  ["2099-01-01T00:00:00", 400, "invalid_request"],
  ["2099-01-01T00:00Z", 400, "invalid_request"],
  ["2099-01-01", 400, "invalid_request"],
  ["2098-12-31T23:59:60Z", 400, "invalid_request"],
  ["2099-02-29T00:00:00Z", 400, "invalid_request"],
  ["2099-02-30T00:00:00Z", 400, "invalid_request"],
  ["10000-01-01T00:00:00Z", 400, "invalid_request"],
  ["+010000-01-01T00:00:00Z", 400, "invalid_request"],
  ["9999-12-31T23:59:59-00:01", 400, "invalid_request"],
  ["tomorrow", 400, "invalid_request"],
  ["", 400, "invalid_request"],
];

test("a date is RFC 3339 with an offset, cut to whole seconds and in the future, wherever one is taken", async ({
  service,
}) => {
  service.setNow(new Date("2026-06-01T12:00:00.500Z"));
  await seedWorld(service);
  const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
  for (const [expires_at, status, code] of DATES) {
    const replies = [
      await service.as("anna", "PATCH", `/v1/cooperations/${id}?dry_run=true`, { expires_at }),
      await service.as("anna", "PATCH", `/v1/shares/${shares[0]}?dry_run=true`, { expires_at }),
      await service.as("ben", "PUT", `/v1/shares/${shares[0]}/delegations/tom?dry_run=true`, {
        role: "viewer",
        expires_at,
      }),
      await service.as("anna", "POST", `/v1/cooperations/${id}/shares?dry_run=true`, {
        resource: "plant:8",
        role: "viewer",
        expires_at,
      }),
      await service.as("anna", "POST", "/v1/organizations/sunward/cooperations?dry_run=true", {
        email: "x@y.example",
        expires_at,
      }),
    ];
    for (const reply of replies) {
      expect([reply.status, reply.body.code ?? ""], expires_at).toEqual([status, code]);
      if (status === 400) expect(reply.body.errors[0].pointer).toBe("/expires_at");
    }
  }
  const cut = await service.as("anna", "PATCH", `/v1/cooperations/${id}`, {
    expires_at: "2099-01-01T05:30:00.9+05:30",
  });
  expect(cut.body.expires_at).toBe("2099-01-01T00:00:00Z");
});

test("a reason has 1 to 500 characters, in a body and in a query", async ({ service }) => {
  await seedWorld(service);
  const { id } = await cooperate(service, []);
  for (const reason of ["", "x".repeat(501)]) {
    const body = await service.as("anna", "POST", `/v1/cooperations/${id}/pause`, { reason });
    expect(pointerOf(body, "body")).toBe("/reason");
    const query = await service.as("anna", "DELETE", `/v1/cooperations/${id}?reason=${reason}`);
    expect(pointerOf(query, "query")).toBe("query: reason");
  }
  expect((await service.as("anna", "POST", `/v1/cooperations/${id}/pause`, { reason: "x".repeat(500) })).status).toBe(
    200,
  );
});

test("a page has 1 to 200 items, and a cursor serves its own list alone", async ({ service }) => {
  const world = await seedRoutes(service);
  const lists = V1.filter(([name]) =>
    /^GET .*\/(people|resources|cooperations|incoming-shares|history|roles|shares|delegations)$/.test(name),
  );
  expect(lists).toHaveLength(10);
  const cursors = new Map<string, string>();
  for (const [name, route] of lists) {
    const read = (query: string) =>
      send(service, "GET", `${route.path(world)}?${query}`, undefined, { key: KEYS.admin });
    for (const query of ["limit=0", "limit=201", "limit=abc", "limit=-1", "limit=1.5", "limit=", "limit=1&limit=2"])
      expect(pointerOf(await read(query), `${name} ${query}`)).toBe("query: limit");
    for (const cursor of ["", "x", "bnVsbA", "W10", "WyJ4IiwieCJd", "%00", "e30"])
      expect(pointerOf(await read(`cursor=${cursor}`), `${name} ${cursor}`)).toBe("query: cursor");
    expect((await read("limit=200")).status, name).toBe(200);
    const { next_cursor } = (await read("limit=1")).body;
    if (next_cursor !== null) cursors.set(name, next_cursor);
  }
  expect(cursors.size).toBeGreaterThan(3);
  for (const [of, cursor] of cursors)
    for (const [name, route] of lists) {
      const path = `${route.path(world)}?cursor=${cursor}`;
      const reply = await send(service, "GET", path, undefined, { key: KEYS.admin });
      if (name === of) expect(reply.status).toBe(200);
      else expect(pointerOf(reply, `${of} in ${name}`)).toBe("query: cursor");
    }
});

test("an If-Match, an X-Request-ID and a header too many never make a fault of ours", async ({ service }) => {
  const world = await seedRoutes(service);
  for (const name of Object.keys(ROUTES)) {
    const headers = { "If-Match": '"\u00ff', "X-Request-ID": "x".repeat(500), "X-Forwarded-For": "1.2.3.4" };
    const own = ROUTES[name]?.by ?? "";
    const asked =
      own === "a service"
        ? { key: KEYS.admin }
        : own === "a checker"
          ? { key: KEYS.check }
          : { key: KEYS.manage, user: own };
    expect((await ask(service, world, name, { ...asked, headers })).status, name).toBeLessThan(500);
  }
});

test("who asks for what is not there is told so in a problem, with and without a key", async ({ service }) => {
  for (const [path, key, status, code] of [
    ["/nowhere", undefined, 404, "not_found"],
    ["/v1/nowhere", KEYS.admin, 404, "not_found"],
    ["/v1/nowhere", undefined, 401, "unauthorized"],
    ["/access/v1/nowhere", KEYS.check, 404, "not_found"],
  ] as const) {
    const reply = await send(service, "GET", path, undefined, { key });
    expect([reply.status, reply.body.code], path).toEqual([status, code]);
    expect(reply.headers.get("X-Request-ID")).toMatch(/./);
  }
});
