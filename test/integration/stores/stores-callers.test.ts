/** Who may use OpenFGA's API and for what, what is refused by name, and that every error there is OpenFGA's `{code, message}`. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished } from "vitest";
import { boundEngine } from "../../../src/openfga/bounded-engine.ts";
import { createEngine } from "../../../src/openfga/engine.ts";
import { everything, type StoresRoute, seedRoutes, send, storesRoutes } from "../../support/routes.ts";
import { cooperate, createService, KEYS, type Reply, type Service, seedWorld, test } from "../../support/service.ts";

const NO_ULID = "nope";
const NOWHERE = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

type Asked = { key?: string | undefined; headers?: Record<string, string> };

async function ask(service: Service, name: string, { path, body }: StoresRoute, asked: Asked) {
  return send(service, name.split(" ")[0] ?? "", path, body, asked);
}

/** An error as OpenFGA has them and nothing else. */
function expectError(reply: Reply, status: number, code: string, what: string) {
  expect([reply.status, reply.body], what).toEqual([status, { code, message: expect.stringMatching(/\w/) }]);
  expect(reply.headers.get("Content-Type"), what).toBe("application/json");
  expect(reply.headers.get("X-Request-ID"), what).toMatch(/./);
  if (status !== 413) expect(reply.headers.get("Cache-Control"), what).toBe("no-store");
}

const at = (service: Service, path: string) => `/stores/${service.deps.engine.api.storeId}${path}`;
const post = (service: Service, path: string, body: object | string, key: string = KEYS.admin) =>
  send(service, "POST", at(service, path), body, { key });

const VIEW = { user: "user:ben", relation: "can_view", object: "plant:7" };

test("a missing or wrong key gets OpenFGA's error and nothing else", async ({ service }) => {
  await seedRoutes(service);
  const before = await everything(service);
  for (const [name, route] of Object.entries(storesRoutes(service))) {
    for (const [key, code] of [
      [undefined, "bearer_token_missing"],
      [`${KEYS.admin}x`, "unauthenticated"],
      ["", "unauthenticated"],
    ] as const) {
      const reply = await ask(service, name, route, { key });
      expectError(reply, 401, code, name);
      expect(reply.headers.get("WWW-Authenticate"), name).toMatch(/^Bearer realm/);
    }
  }
  expect(await everything(service)).toEqual(before);
});

test("scope admin suffices for everything, scope check for permissions and the store alone, scope manage for nothing", async ({
  service,
}) => {
  await seedRoutes(service);
  const before = await everything(service);
  const routes = Object.entries(storesRoutes(service));
  expect(routes.filter(([, { isChecked }]) => isChecked)).toHaveLength(7);
  for (const [name, route] of routes) {
    const answered = route.isOffered === false ? 501 : 200;
    const reply = await ask(service, name, route, { key: KEYS.admin });
    expect([reply.status, reply.headers.get("Cache-Control")], name).toEqual([answered, "no-store"]);
    const byChecker = await ask(service, name, route, { key: KEYS.check });
    if (route.isChecked) expect(byChecker.status, name).toBe(200);
    else expectError(byChecker, 403, "forbidden", name);
    const byManager = await ask(service, name, route, { key: KEYS.manage });
    expectError(byManager, 403, "forbidden", name);
    expect(byManager.headers.get("WWW-Authenticate")).toMatch(/insufficient_scope/);
  }
  expect(await everything(service)).toEqual(before);
});

test("an operation that is not offered gets a 501 with its name, and changes nothing", async ({ service }) => {
  await seedRoutes(service);
  const before = await everything(service);
  const refused = Object.entries(storesRoutes(service)).filter(([, { isOffered }]) => isOffered === false);
  expect(refused.length).toBeGreaterThan(4);
  for (const [name, route] of refused) {
    const reply = await ask(service, name, route, { key: KEYS.admin });
    expectError(reply, 501, "unimplemented", name);
    expect(reply.body.message).toMatch(/^[A-Z][A-Za-z]+ is not offered here\. [A-Z]/);
  }
  expect(await everything(service)).toEqual(before);
  expect((await send(service, "GET", at(service, ""), undefined, { key: KEYS.admin })).status).toBe(200);
});

test("an Acting-User is accepted only in a Write, whatever the key", async ({ service }) => {
  for (const [name, route] of Object.entries(storesRoutes(service))) {
    if (name.endsWith("/write")) continue;
    const headers = { "Acting-User": "user:anna" };
    expectError(await ask(service, name, route, { key: KEYS.all, headers }), 400, "validation_error", name);
  }
});

test("another store is not found on any path, whether OpenFGA has it or not", async ({ service, store }) => {
  const { storeId } = store;
  const routes = Object.entries(storesRoutes(service)).filter(([, { path }]) => path.includes(storeId));
  expect(routes.length).toBeGreaterThan(15);
  const paths = await send(service, "GET", "/stores", undefined, { key: KEYS.admin });
  expect(paths.body.stores.map(({ id }: { id: string }) => id)).toEqual([storeId]);
  for (const [name, { path, body }] of routes)
    for (const other of [NOWHERE, NO_ULID, `${storeId}%20`, storeId.toLowerCase(), "%zz"]) {
      const reply = await ask(
        service,
        name,
        { path: path.replace(storeId, other), ...(body && { body }) },
        {
          key: KEYS.admin,
        },
      );
      expectError(reply, 404, "store_id_not_found", `${name} ${other}`);
    }
});

test("another model than the pinned one is not found, for every question", async ({ service, store }) => {
  await seedWorld(service);
  const asking = Object.entries(storesRoutes(service)).filter(
    ([name, { body, isOffered }]) => body !== undefined && isOffered !== false && !name.endsWith("/read"),
  );
  expect(asking).toHaveLength(7);
  for (const [name, route] of asking) {
    const by = (authorization_model_id: unknown) =>
      ask(service, name, { ...route, body: { ...route.body, authorization_model_id } }, { key: KEYS.admin });
    expectError(await by(NOWHERE), 400, "authorization_model_not_found", name);
    if (!name.includes("streamed")) expectError(await by(NO_ULID), 400, "validation_error", name);
    for (const own of [store.modelId, "", null]) expect((await by(own)).status, `${name} ${own}`).toBe(200);
  }
});

test("a newer model is not shown, and questions are answered by the pinned one", async ({ service, store }) => {
  await seedWorld(service);
  const written = await fetch(`${store.apiUrl}/stores/${store.storeId}/authorization-models`, {
    method: "POST",
    headers: { ...(store.apiToken && { Authorization: `Bearer ${store.apiToken}` }) },
    body: JSON.stringify({ schema_version: "1.1", type_definitions: [{ type: "user" }] }),
  });
  const { authorization_model_id } = (await written.json()) as { authorization_model_id: string };
  const models = await send(service, "GET", at(service, "/authorization-models"), undefined, { key: KEYS.admin });
  expect(models.body.authorization_models.map(({ id }: { id: string }) => id)).toEqual([store.modelId]);
  const path = at(service, `/authorization-models/${authorization_model_id}`);
  expectError(
    await send(service, "GET", path, undefined, { key: KEYS.admin }),
    400,
    "authorization_model_not_found",
    "",
  );
  const tuple_key = { ...VIEW, user: "user:anna" };
  for (const key of [tuple_key, { ...tuple_key, relation: "viewer" }])
    expect((await post(service, "/check", { tuple_key: key })).status).toBe(200);
  expectError(
    await post(service, "/check", { tuple_key, authorization_model_id }),
    400,
    "authorization_model_not_found",
    "check",
  );
});

test("a time and contextual tuples count for scope admin, and are refused to scope check", async ({ service }) => {
  await seedWorld(service);
  await cooperate(service, [{ resource: "plant:7", role: "viewer", expires_at: "2040-01-01T00:00:00Z" }]);
  const tuples = { tuple_keys: [{ user: "user:eva", relation: "viewer", object: "plant:7" }] };
  const eva = { ...VIEW, user: "user:eva" };
  const supposed: [question: object, allowed: boolean][] = [
    [{ tuple_key: VIEW, context: { current_time: "2039-12-31T23:59:59Z" } }, true],
    [{ tuple_key: VIEW, context: { current_time: "2040-01-01T00:00:00Z" } }, false],
    [{ tuple_key: eva, contextual_tuples: tuples }, true],
    [{ tuple_key: { ...eva, relation: "viewer" }, contextual_tuples: tuples }, true],
  ];
  for (const [question, allowed] of supposed) {
    const checks = [
      { tuple_key: VIEW, correlation_id: "1" },
      { ...question, correlation_id: "2" },
    ];
    for (const key of [KEYS.admin, KEYS.all]) {
      expect((await post(service, "/check", question, key)).body).toEqual({ allowed, resolution: "" });
      const batch = await post(service, "/batch-check", { checks }, key);
      expect(batch.body).toEqual({ result: { 1: { allowed: true }, 2: { allowed } } });
    }
    expectError(await post(service, "/check", question, KEYS.check), 403, "forbidden", JSON.stringify(question));
    expectError(await post(service, "/batch-check", { checks }, KEYS.check), 403, "forbidden", "batch");
  }
  // nothing of it was remembered
  expect((await post(service, "/check", { tuple_key: VIEW }, KEYS.check)).body.allowed).toBe(true);
  expect((await post(service, "/check", { tuple_key: eva }, KEYS.check)).body.allowed).toBe(false);
});

test("no spelling of a time or of contextual tuples is accepted from scope check", async ({ service }) => {
  await seedWorld(service);
  const [time, tuple] = ['"2020-01-01T00:00:00Z"', '{"user":"user:eva","relation":"viewer","object":"plant:7"}'];
  const key = '"tuple_key":{"user":"user:eva","relation":"can_view","object":"plant:7"}';
  const spellings = [
    `"context":{"current_time":${time}}`,
    `"context":{"current\\u005ftime":${time}}`,
    `"context":{"current_time":null}`,
    `"context":{},"context":{"current_time":${time}}`,
    `"context":{"current_time":${time}},"context":{}`,
    `"contextual_tuples":{"tuple_keys":[${tuple}]}`,
    `"contextual_tuples":[${tuple}]`,
    `"contextual_tuples":[[${tuple}]]`,
    `"contextual_tuples":{"tuple_keys":[${tuple}]},"contextual_tuples":null`,
    `"contextual_tuples":{"tuple_keys":[${tuple}],"tuple_keys":[]}`,
    `"contextual_tuples":{"tuple_keys":${tuple}}`,
    `"contextual\\u005ftuples":{"tuple_keys":[${tuple}]}`,
  ];
  for (const spelling of spellings)
    for (const [path, body] of [
      ["/check", `{${key},${spelling}}`],
      ["/batch-check", `{"checks":[{${key},"correlation_id":"1"},{${key},"correlation_id":"2",${spelling}}]}`],
    ] as const) {
      const reply = await post(service, path, body, KEYS.check);
      expect([400, 403], `${path} ${spelling}`).toContain(reply.status);
    }
  // names that OpenFGA does not know say nothing to it, nor here
  for (const spelling of [`"contextualTuples":{"tupleKeys":[${tuple}]}`, `"Context":{"current_time":${time}}`]) {
    const reply = await post(service, "/check", `{${key},${spelling}}`, KEYS.check);
    expect([reply.status, reply.body]).toEqual([200, { allowed: false, resolution: "" }]);
  }
});

test("other context than the time is passed to OpenFGA, for scope check too", async ({ service }) => {
  await seedWorld(service);
  await cooperate(service, [{ resource: "plant:7", role: "viewer", expires_at: "2040-01-01T00:00:00Z" }]);
  const context = { colour: "green", expires_at: "2001-01-01T00:00:00Z" };
  const reply = await post(service, "/check", { tuple_key: VIEW, context }, KEYS.check);
  // the stored date wins over the one that is sent
  expect([reply.status, reply.body]).toEqual([200, { allowed: true, resolution: "" }]);
  expectError(await post(service, "/check", { tuple_key: VIEW, context: 7 }, KEYS.check), 400, "validation_error", "7");
});

test("a body that is too large, an unknown path and bytes that are no text are refused in OpenFGA's format", async ({
  service,
}) => {
  const long = { tuple_key: { ...VIEW, user: `user:${"x".repeat(300 * 1024)}` } };
  expectError(await post(service, "/check", long), 413, "validation_error", "too large");
  for (const path of ["/nothing", "/check/more", "/", "/access/v1/evaluation"])
    for (const method of ["GET", "POST"])
      expectError(
        await send(service, method, at(service, path), undefined, { key: KEYS.admin }),
        404,
        "undefined_endpoint",
        path,
      );
  const bytes = Buffer.from('{"tuple_key":{"user":"user:\xff"}}', "latin1");
  expectError(
    await send(service, "POST", at(service, "/check"), bytes, { key: KEYS.admin }),
    400,
    "validation_error",
    "bytes",
  );
});

test("an engine that is unreachable, overloaded, behind a broken proxy or refuses our key gives a 503, on every path that asks it", async ({
  service,
  store,
}) => {
  await seedRoutes(service);
  const asking = Object.entries(storesRoutes(service)).filter(
    ([name, { isOffered }]) => isOffered !== false && !name.endsWith("/write"),
  );
  const answering = async (status: number, type: string, text: string) => {
    const server = createServer((_, response) => response.writeHead(status, { "Content-Type": type }).end(text));
    await once(server.listen(0, "127.0.0.1"), "listening");
    onTestFinished(() => void server.close());
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const opened = (apiUrl: string) => {
    const engine = createEngine({ ...store, apiUrl, timeoutMilliseconds: 1000, connections: 1 });
    onTestFinished(() => engine.close());
    return engine;
  };
  const refusal = '{"code":"unauthenticated","message":"no"}';
  const engines = {
    away: opened("http://127.0.0.1:1"),
    full: boundEngine(service.deps.engine, { callsMax: 0, meter: { engineCalled: () => {} }, callerNow: () => "" }),
    stranger: opened(await answering(401, "application/json", refusal)),
    "something in between": opened(await answering(502, "text/html", "<h1>Bad Gateway</h1>")),
  };
  for (const [what, engine] of Object.entries(engines)) {
    const lines: string[] = [];
    const log = (level: string, event: string) => void lines.push(`${level} ${event}`);
    const failing = createService({ ...service.deps, engine }, { log });
    for (const [name, route] of asking) {
      const reply = await ask(failing, name, route, { key: KEYS.admin });
      expectError(reply, 503, what === "full" ? "resource_exhausted" : "unavailable", `${name} ${what}`);
      expect(reply.headers.get("Retry-After"), name).toBe("1");
    }
    expect(lines.filter((line) => line.startsWith("error"))).toHaveLength(asking.length);
  }
});

test("an error of our own says what to do in its text only, and has OpenFGA's format", async ({ service }) => {
  await seedWorld(service);
  const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "asset_manager" }]);
  const write = (user: string, relation: string) =>
    send(
      service,
      "POST",
      at(service, "/write"),
      { writes: { tuple_keys: [{ user: "user:tom", relation, object: `share:${shares[0]}` }] } },
      { key: KEYS.manage, user },
    );
  const own = [
    await write("ben", "delegated_technical_manager"),
    await write("anna", "delegated_viewer"),
    await send(service, "GET", "/stores", undefined, {}),
    await send(service, "GET", "/stores/nowhere/nothing", undefined, { key: KEYS.admin }),
  ];
  await service.as("anna", "POST", `/v1/cooperations/${id}/pause`);
  own.push(await write("ben", "delegated_viewer"));
  const tuple_key = { user: "user:tom", relation: "nothing", object: "plant:7" };
  const passed = await send(service, "POST", at(service, "/check"), { tuple_key }, { key: KEYS.admin });
  expect(passed.text).toMatch(/\}\n$/);
  for (const { status, text, body } of own) {
    expect([status >= 400, text]).toEqual([true, expect.stringMatching(/\}\n$/)]);
    expect(body.message).not.toMatch(/`(may_grant|needs|share|cooperation)`|the detail/);
  }
  expect(own[0]?.body.message).toContain("Choose viewer or asset_manager.");
  expect(own[1]?.body.message).toContain("Ask an admin of the partner.");
  expect(own[4]?.body.message).toContain("Do it while the cooperation is active.");
});
