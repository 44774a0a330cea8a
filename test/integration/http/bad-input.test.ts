/** What is not valid is refused with the place of it, and changes nothing: bodies, ids in paths, queries, dates. */
import fc from "fast-check";
import { expect } from "vitest";
import { doctor } from "../../../src/queries/doctor.ts";
import { importAll, linesFrom } from "../../support/bulk.ts";
import { ask, everything, ROUTES, type Route, seedRoutes, send, V1, type World } from "../../support/routes.ts";
import { cooperate, createService, KEYS, type Reply, type Service, seedWorld, test } from "../../support/service.ts";

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

test("an unknown member is named, and the request does nothing", async ({ service }) => {
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

test("a member of the wrong type is refused with its pointer, for each member of every route", async ({ service }) => {
  const world = await seedRoutes(service);
  const before = await everything(service);
  const seen: string[] = [];
  for (const body of await bodies(service))
    for (const [member, schema] of Object.entries(body.properties)) {
      const nullable = JSON.stringify(schema).includes('"null"');
      const text = JSON.stringify(schema).includes('"integer"') ? "7" : 7;
      const flag = schema.type === "boolean" ? "true" : true;
      for (const wrong of [text, flag, {}, [7], ...(nullable ? [] : [null])]) {
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

/** Examples of \p{Cc}: the engine refuses each of them in what a record or an entry holds (test/unit/domain/text.test.ts has them all). */
const CONTROLS = ["\t", "\n", "\u0000", "\u001b", "\u007f", "\u0085", "\u0092"];

test("a control character is refused with its pointer in every text, in a search and in a reason, also of a dry run", async ({
  service,
}) => {
  const world = await seedRoutes(service);
  const before = await everything(service);
  const seen = new Set<string>();
  for (const body of await bodies(service))
    for (const [member, schema] of Object.entries(body.properties)) {
      // a token is compared and kept nowhere
      if (member === "token" || !JSON.stringify(schema).includes('"string"') || "items" in schema) continue;
      const isDry =
        ["PUT", "PATCH", "POST"].includes(body.method) &&
        !/notifications|people|roles|organizations\/\{org\}$|invitations|webhooks|policy|presets\/\{name\}$|explain|asks(\/\{n\}\/(decline|withdraw))?$/.test(
          body.name,
        );
      for (const control of CONTROLS)
        for (const query of isDry ? ["", "?dry_run=true"] : [""]) {
          const bent = { ...body, path: (w: World) => `${body.path(w)}${query}` };
          const value = `${member === "resource" ? "plant:7" : "x"}${control}y`;
          const reply = await sent(service, world, bent, { ...body.valid?.(world), [member]: value });
          const what = `${body.name}${query} ${member} ${JSON.stringify(control)}`;
          pointerOf(reply, what);
          const pointers = reply.body.errors.map((error: { pointer: string }) => error.pointer);
          expect(pointers, what).toContain(`/${member}`);
        }
      seen.add(member);
    }
  expect([...seen]).toEqual(
    expect.arrayContaining(["name", "reason", "email", "language", "owner", "portfolio", "organization"]),
  );
  for (const control of CONTROLS) {
    const text = encodeURIComponent(`a${control}b`);
    for (const list of ["resources", "people", "cooperations"]) {
      const reply = await service.admin("GET", `/v1/organizations/sunward/${list}?search=${text}`);
      expect(pointerOf(reply, list)).toBe("query: search");
    }
    const ending = await service.as("anna", "DELETE", `/v1/cooperations/${world.active}?reason=${text}`);
    expect(pointerOf(ending, "reason")).toBe("query: reason");
    const inShare = await service.as("anna", "POST", "/v1/organizations/sunward/cooperations", {
      email: "x@y.example",
      shares: [{ resource: `plant:7${control}`, role: "viewer" }],
    });
    expect(pointerOf(inShare, "in a share")).toBe("/shares/0/resource");
  }
  expect(await everything(service)).toEqual(before);
});

test("an Acting-User is percent-encoded ASCII: a raw byte above that is refused, because it would name another person", async ({
  service,
}) => {
  await seedWorld(service);
  await service.admin("PUT", "/v1/organizations/sunward/people/émile", { role: "admin" });
  // what é is in UTF-8, read as Latin-1
  await service.admin("PUT", "/v1/organizations/sunward/people/Ã©mile", { role: "admin" });
  const storeId = service.deps.engine.api.storeId;
  const me = (header: string) =>
    send(service, "GET", "/v1/me", undefined, { key: KEYS.manage, headers: { "Acting-User": header } });
  for (const header of ["user:Ã©mile", "user:émile", "us\u00e9r:anna", "user:anna\u0080"]) {
    const reply = await me(header);
    expect([reply.status, reply.body.code], header).toEqual([400, "invalid_request"]);
    const write = await send(
      service,
      "POST",
      `/stores/${storeId}/write`,
      {},
      { key: KEYS.manage, headers: { "Acting-User": header } },
    );
    expect([write.status, write.body.code], header).toEqual([400, "validation_error"]);
  }
  expect((await me("user:%C3%A9mile")).body.user).toBe("émile");
  expect((await me("user%3A%C3%A9mile")).body.user).toBe("émile");
});

test("an unknown query parameter is refused, so that dry_run never writes on a route without dry runs", async ({
  service,
}) => {
  const world = await seedRoutes(service);
  const before = await everything(service);
  for (const [name, route] of V1) {
    const [method = ""] = name.split(" ");
    const asked = route.by === "a service" ? { key: KEYS.admin } : { key: KEYS.manage, user: route.by };
    const path = route.path(world);
    const misspelled = `${path}${path.includes("?") ? "&" : "?"}dryrun=true`;
    const reply = await send(service, method, misspelled, route.body?.(world), asked);
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

test("a POST that needs no body accepts an empty one, whatever its content type", async ({ service }) => {
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

test.for(IDS)("the id %s is kept unchanged through paths, bodies, checks and lists", async (id, { service }) => {
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

test("a new object cannot have an id that looks like another; an existing one is still read, changed and removed", async ({
  service,
}) => {
  const { deps } = service;
  const marked = (text: string) => text.replaceAll("old-", "old\u200b");
  // as an earlier version wrote it, which knew no such rule
  const earlier = createService({
    ...deps,
    tupleStore: {
      ...deps.tupleStore,
      read: async (filter) => {
        const found = await deps.tupleStore.read(JSON.parse(marked(JSON.stringify(filter))));
        return JSON.parse(JSON.stringify(found).replaceAll("old\u200b", "old-"));
      },
      write: (write) => deps.tupleStore.write(JSON.parse(marked(JSON.stringify(write)))),
    },
  });
  const things: [string, Json][] = [
    ["/v1/organizations/old-org", { name: "X" }],
    ["/v1/organizations/old-org/people/old-user", { role: "admin" }],
    ["/v1/portfolios/old-n", { owner: "old-org" }],
    ["/v1/plants/old-7", { owner: "old-org", portfolio: "old-n" }],
    ["/v1/plants/old-7/roles/old-user", { role: "viewer" }],
  ];
  for (const [path, body] of things) expect((await earlier.admin("PUT", path, body)).status, path).toBe(201);

  const at = (path: string) => path.replaceAll("old-", encodeURIComponent("old\u200b"));
  const body = (json: Json) => JSON.parse(marked(JSON.stringify(json)));
  const user = "old\u200buser";
  expect((await service.as(user, "GET", "/v1/me")).body.organizations).toMatchObject([{ id: "old\u200borg" }]);
  expect(await service.may(user, "operate", "plant:old\u200b7")).toBe(true);
  for (const [path] of things.slice(0, 4)) expect((await service.admin("GET", at(path))).status, path).toBe(200);
  for (const [path, json] of things) expect((await service.admin("PUT", at(path), body(json))).status, path).toBe(200);
  const changed = await service.admin("PUT", at("/v1/plants/old-7"), body({ owner: "old-org", name: "New" }));
  expect([changed.status, changed.body.name]).toEqual([200, "New"]);
  for (const [path] of things.toReversed()) expect((await service.admin("DELETE", at(path))).status, path).toBe(200);
  expect(await service.may(user, "view", "plant:old\u200b7")).toBe(false);
  // taken away, it is new again
  for (const [path, json] of [things[0], things[2]] as [string, Json][]) {
    const again = await service.admin("PUT", at(path), { ...json, ...("owner" in json && { owner: "sunward" }) });
    expect([again.status, again.body.code], path).toEqual(
      path.includes("org") ? [422, "id_not_allowed"] : [404, "not_found"],
    );
  }
});

test.for(["anna\u200b", "\u202eanna", "an\u00adna", "ju\u0308rgen", "\u212a"])(
  "a new object cannot be called %j, by a PUT, a dry run, an import or a raw write",
  async (id, { service }) => {
    await seedWorld(service);
    const before = await everything(service);
    const path = encodeURIComponent(id);
    const puts: [string, Json][] = [
      [`/v1/organizations/${path}`, { name: "X" }],
      [`/v1/organizations/sunward/people/${path}`, { role: "member" }],
      [`/v1/plants/${path}`, { owner: "sunward" }],
      [`/v1/plants/${path}?dry_run=true`, { owner: "sunward" }],
      [`/v1/portfolios/${path}`, { owner: "sunward" }],
    ];
    for (const [at, body] of puts) {
      const reply = await service.admin("PUT", at, body);
      expect([reply.status, reply.body.code], at).toEqual([422, "id_not_allowed"]);
      if (id.normalize("NFC") !== id) expect(reply.body.detail).toContain(encodeURIComponent(id.normalize("NFC")));
    }
    const lines = [
      { kind: "organization", id, name: "X" },
      { kind: "person", organization: "sunward", user: id, role: "member" },
      { kind: "plant", id, owner: "sunward" },
    ];
    const { refused } = await importAll(service, linesFrom(lines));
    expect(refused.map(({ line, code }) => [line, code])).toEqual([1, 2, 3].map((line) => [line, "id_not_allowed"]));
    const tuple_keys = ["member", "person"].map((relation) => ({
      user: `user:${id}`,
      relation,
      object: "organization:sunward",
    }));
    const write = await send(
      service,
      "POST",
      `/stores/${service.deps.engine.api.storeId}/write`,
      { writes: { tuple_keys } },
      { key: KEYS.admin },
    );
    expect([write.status, write.body.message]).toEqual([400, expect.stringContaining("id_not_allowed")]);
    expect(await everything(service)).toEqual(before);
  },
);

test("a name is stored in NFC, whatever form it is sent in, and another form of it is no change", async ({
  service,
}) => {
  await seedWorld(service);
  const put = await service.admin("PUT", "/v1/plants/7", { owner: "sunward", name: " Cafe\u0301 " });
  expect(put.body.name).toBe("Café");
  const { etag } = put.body;
  for (const name of ["Café", "Cafe\u0301"])
    expect((await service.admin("PUT", "/v1/plants/7", { owner: "sunward", name })).body.etag).toBe(etag);
  const { end } = await importAll(
    service,
    linesFrom([{ kind: "plant", id: "7", owner: "sunward", name: "Cafe\u0301" }]),
  );
  expect(end).toMatchObject({ done: 0, same: 1 });
});

test("both spellings of an internationalized address are one address, stored in the form that mail can be sent to", async ({
  service,
}) => {
  await seedWorld(service);
  const path = "/v1/organizations/sunward/people";
  const taken = await service.admin("PUT", `${path}/max`, { role: "member", email: "Max@Müller.example" });
  expect([taken.status, taken.body.email]).toEqual([201, "max@xn--mller-kva.example"]);
  for (const email of ["max@xn--mller-kva.example", "max@mu\u0308ller.example"])
    expect((await service.admin("PUT", `${path}/moritz`, { role: "member", email })).body.code, email).toBe(
      "email_taken",
    );
  const invite = (email: string) => service.as("anna", "POST", "/v1/organizations/sunward/cooperations", { email });
  for (const email of ["ida@käse.example", "a&b@x.example", "x@xn--e1afmkfd.xn--p1ai"])
    expect((await invite(email)).status, email).toBe(201);
  expect((await invite("ida@xn--kse-qla.example")).body.code).toBe("already_invited");
  expect(service.mails.map(({ to }) => to)).toEqual([
    "ida@xn--kse-qla.example",
    "a&b@x.example",
    "x@xn--e1afmkfd.xn--p1ai",
  ]);
  for (const email of ["x@sub-.example", "\u212a@x.example", "x@\u212ael.example"])
    expect(pointerOf(await invite(email), email)).toBe("/email");
});

/** [as it is in a path, what is wrong with it]. The URL standard itself removes dot segments, also escaped ones. */
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

test.for(REFUSED_IDS)("a path with an id %s is refused (%i): %s", async ([id, status], { service }) => {
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
])("a body with the resource '%s' is refused", async (resource, { service }) => {
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
])("%s as the id of a cooperation or share is not found, on every route", async (id, { service }) => {
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

test("a page has 1 to 200 items, and a cursor is accepted only by its own list", async ({ service }) => {
  const world = await seedRoutes(service);
  const lists = V1.filter(([name]) =>
    /^GET .*\/(people|resources|cooperations|incoming-shares|history|roles|shares|delegations)$/.test(name),
  );
  expect(lists).toHaveLength(11);
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

test("an unusual If-Match, X-Request-ID or header never causes an internal error", async ({ service }) => {
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

test("a missing path is answered with a problem, with and without a key", async ({ service }) => {
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

/** FC_RUNS and FC_SEED choose what is sent. */
const RUNS = Number(process.env.FC_RUNS ?? 400);
const chance = { numRuns: RUNS, ...(process.env.FC_SEED !== undefined && { seed: Number(process.env.FC_SEED) }) };

const ODD = [
  ...[
    null,
    "",
    " ",
    "x",
    "anna",
    "otto",
    "sunward",
    "brightfix",
    "7",
    "north",
    "plant:7",
    "plant:8",
    "viewer",
    "operator",
  ],
  ...[
    "a\tb",
    "\n",
    "\u0000",
    "\u007f",
    "\u0085",
    "O\u0092B",
    "\ud800",
    "\u200b",
    "\u202ex",
    "e\u0301",
    "\u212a@x.example",
  ],
  ...[
    "max@müller.example",
    "ida@else.example",
    "2099-01-01T00:00:00Z",
    "2001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-23:59",
  ],
  ...[0, -1, 1e308, true, [], {}, [null], { resource: "plant:7", role: "viewer" }, "x".repeat(501), "__proto__", "de"],
];
const odd = fc.oneof(
  fc.constantFrom(...ODD),
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.jsonValue({ maxDepth: 2 }),
);
const MEMBERS = [
  ...[
    "name",
    "reason",
    "role",
    "email",
    "language",
    "owner",
    "portfolio",
    "expires_at",
    "organization",
    "shares",
    "resource",
  ],
  ...[
    "confirm_organization",
    "token",
    "subject",
    "action",
    "context",
    "evaluations",
    "page",
    "kind",
    "id",
    "__proto__",
    "a/b~c",
  ],
];
/** What becomes of a body: members of its own or others given odd values, one nulled, one named twice, its end cut off. */
type Bend = {
  own: [number, unknown][];
  put: readonly (readonly [string, unknown])[];
  nulled: number;
  twin?: [string, unknown] | undefined;
  cut?: number | undefined;
};
const bent: fc.Arbitrary<Bend> = fc.record({
  own: fc.array(fc.tuple(fc.nat(5), odd), { maxLength: 2 }),
  put: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(fc.tuple(fc.constantFrom(...MEMBERS), odd), { maxLength: 2 }) },
  ),
  nulled: fc.nat(9),
  twin: fc.oneof(
    { weight: 4, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...MEMBERS), odd) },
  ),
  cut: fc.oneof({ weight: 11, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.nat(80) }),
});
const UNBENT: Bend = { own: [], put: [], nulled: 0 };
const headers = fc.record(
  {
    "If-Match": fc.constantFrom("*", '"1"', '"1", "9"', 'W/"1"', '"999"', "1", '"', "", '"\u00ff"'),
    "If-None-Match": fc.constantFrom("*", '"1"', 'W/"1"', '"x", "1"', ""),
    "Acting-User": fc.constantFrom(
      "user:anna",
      "user:ben",
      "user:%C3%A9",
      "user:\u00e9",
      "anna",
      "user:a%0Ab",
      "user:",
      "%",
    ),
    "X-Request-ID": fc.constantFrom("a b", "\u0085", "x".repeat(200), "\u00e9", "r1"),
    Accept: fc.constantFrom("*/*", "text/html", "application/json"),
  },
  { requiredKeys: [] },
);

/** A damaged body as text. A repeated member is added at its end. */
function spelled(body: Json | undefined, { own, put, nulled, twin, cut }: Bend): string {
  const members = Object.entries(body ?? {}).map(([name, value], index): [string, unknown] => {
    const other = own.find(([at]) => at === index);
    return [name, index + 1 === nulled ? null : other === undefined ? value : other[1]];
  });
  const text = JSON.stringify(Object.fromEntries([...members, ...put]));
  const more = twin && `${JSON.stringify(twin[0])}:${JSON.stringify(twin[1]) ?? "null"}}`;
  const whole = more === undefined ? text : `${text.slice(0, -1)}${text === "{}" ? "" : ","}${more}`;
  return whole.slice(0, cut);
}

test("random requests to any route never cause an internal error, and refused ones change nothing", {
  timeout: 3_600_000,
}, async ({ service, tupleStore }) => {
  const world = await seedRoutes(service);
  const statuses = new Map<number, number>();
  let before: string[] | undefined;
  let sentCount = 0;
  const route = fc.constantFrom(...Object.entries(ROUTES));
  const query = fc.constantFrom(
    "",
    "",
    "",
    "?dry_run=true",
    "?limit=2",
    "?search=%C2%85",
    "?reason=%7F",
    "?reason=x",
    "?from=2",
  );
  await fc.assert(
    fc.asyncProperty(
      route,
      bent,
      headers,
      query,
      fc.boolean(),
      async ([name, asked], change, more, search, asBackOffice) => {
        const [method = ""] = name.split(" ");
        const isAccess = name.includes("/access/");
        const own = isAccess
          ? { key: KEYS.check }
          : asked.by === "a service" || asBackOffice
            ? { key: KEYS.admin }
            : { key: KEYS.manage, user: asked.by };
        const hasBody = method !== "GET" && method !== "DELETE";
        const type = asked.headers?.["Content-Type"] ?? "application/json";
        const text = spelled(asked.body?.(world), change);
        const reply = await send(service, method, `${asked.path(world)}${search}`, hasBody ? text : undefined, {
          ...own,
          headers: { ...(hasBody && { "Content-Type": type }), ...more },
        });
        const what = `${name}${search} ${text} ${JSON.stringify(more)}: ${reply.status} ${reply.text.slice(0, 300)}`;
        statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1);
        expect(reply.status, what).toBeLessThan(500);
        // an import ends with what became of it, never with a fault of ours
        if (name === "POST /v1/import" && reply.status === 200) expect(reply.text, what).toMatch(/"event":"end"/);
        if (reply.status >= 400)
          expect(reply.body, what).toMatchObject({ status: reply.status, code: expect.any(String) });
        if (reply.status < 300 && method !== "GET") before = undefined;
        if (++sentCount % 25 !== 0) return;
        // the remains of an earlier action are swept after its reply
        await service.settled();
        const now = await everything(service);
        if (before !== undefined) expect(now, what).toEqual(before);
        before = now;
        if (sentCount % 500 === 0) expect(await doctor(tupleStore), what).toEqual([]);
      },
    ),
    // what is sound is accepted, whatever chance makes of the world after it
    { ...chance, examples: [[["GET /v1/me", ROUTES["GET /v1/me"] as Route], UNBENT, {}, "", false]] },
  );
  const counted = JSON.stringify([...statuses]);
  if (RUNS > 1000) console.log(counted);
  expect([...statuses.keys()], counted).toEqual(expect.arrayContaining([200, 400]));
  expect(await doctor(tupleStore)).toEqual([]);
});
