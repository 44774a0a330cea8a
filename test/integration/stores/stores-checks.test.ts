/**
 * Questions through OpenFGA's API: checks come from the cache and agree with the engine,
 * right after actions too; lists stream while they are found; nothing waits for who has
 * gone, and all of it is within the engine's bound.
 */
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { CredentialsMethod, OpenFgaClient } from "@openfga/sdk";
import { describe, expect } from "vitest";
import { createEngine } from "../../../src/openfga/engine.ts";
import type { Question } from "../../../src/ports.ts";
import { counted, engineCalls, test } from "../../support/cache.ts";
import { listen } from "../../support/listening.ts";
import { send } from "../../support/routes.ts";
import { cooperate, createService, KEYS, type Service, seedWorld } from "../../support/service.ts";

const post = (service: Service, path: string, body: object, key = KEYS.check) =>
  send(service, "POST", `/stores/${service.deps.engine.api.storeId}${path}`, body, { key });

async function check(service: Service, tuple_key: Question, more: object = {}, key = KEYS.check): Promise<boolean> {
  const reply = await post(service, "/check", { tuple_key, ...more }, key);
  expect([reply.status, reply.body]).toEqual([200, { allowed: expect.any(Boolean), resolution: "" }]);
  return reply.body.allowed;
}

const view = (user: string, object = "plant:7"): Question => ({ user: `user:${user}`, relation: "can_view", object });
const answered = (service: Service, source: string) =>
  counted(service, `concordat_check_duration_seconds_count{source="${source}"}`);

describe("a check", () => {
  test("is a cache hit the second time, whichever consistency it asks for, and a revocation is seen by the next", async ({
    cached,
  }) => {
    await seedWorld(cached);
    const { shares } = await cooperate(cached, [{ resource: "plant:7", role: "technical_manager" }]);
    const path = `/v1/shares/${shares[0]}/delegations/tom`;
    expect(await check(cached, view("tom"))).toBe(false);
    expect((await cached.as("ben", "PUT", path, { role: "viewer" })).status).toBe(201);
    expect(await check(cached, view("tom"))).toBe(true);
    // who was denied before is asked as of now, and stored when it is known how long the yes lasts
    await expect.poll(async () => [await check(cached, view("tom")), await answered(cached, "hit")]).toEqual([true, 1]);
    for (const consistency of [undefined, "MINIMIZE_LATENCY", "HIGHER_CONSISTENCY", "UNSPECIFIED"])
      expect(await check(cached, view("tom"), { consistency })).toBe(true);
    expect(await answered(cached, "hit")).toBe(5);
    expect((await cached.as("ben", "DELETE", path)).status).toBe(200);
    expect(await check(cached, view("tom"))).toBe(false);
    expect(await check(cached, view("tom"), {}, KEYS.admin)).toBe(false);
    const checks = [{ tuple_key: view("tom"), correlation_id: "1" }];
    expect((await post(cached, "/batch-check", { checks })).body).toEqual({ result: { 1: { allowed: false } } });
  });

  test("with a time, contextual tuples or a context is asked of the engine each time, and changes no other answer", async ({
    cached,
    redis,
  }) => {
    await seedWorld(cached);
    const tuple_keys = [{ user: "user:eva", relation: "viewer", object: "plant:7" }];
    for (let n = 0; n < 2; n++) {
      expect(await check(cached, view("eva"), { contextual_tuples: { tuple_keys } }, KEYS.admin)).toBe(true);
      expect(await check(cached, view("eva"), { context: { colour: "green" } })).toBe(false);
      expect(await check(cached, view("anna"), { context: { current_time: "2020-01-01T00:00:00Z" } }, KEYS.admin)).toBe(
        true,
      );
    }
    expect(await redis.client.keys("e:*")).toEqual([]);
    expect(await engineCalls(cached, "api")).toBe(6);
    expect(await engineCalls(cached, "check")).toBe(0);
    expect(await check(cached, view("eva"))).toBe(false);
    expect(await check(cached, view("eva"), { contextual_tuples: { tuple_keys } }, KEYS.admin)).toBe(true);
    expect(await check(cached, view("eva"))).toBe(false);
    await expect.poll(() => redis.client.keys("e:*")).toHaveLength(1);
  });

  test("compares dates with the service's clock, cached or not", async ({ cached }) => {
    await seedWorld(cached);
    await cooperate(cached, [{ resource: "plant:7", role: "viewer", expires_at: "2040-01-01T00:00:00Z" }]);
    const asked = async () => {
      const checks = [
        { tuple_key: view("ben"), correlation_id: "1" },
        { tuple_key: { ...view("ben"), relation: "shared_viewer" }, correlation_id: "2" },
      ];
      const batch = await post(cached, "/batch-check", { checks }, KEYS.admin);
      const { objects } = (
        await post(cached, "/list-objects", { user: "user:ben", relation: "can_view", type: "plant" }, KEYS.admin)
      ).body;
      return [await check(cached, view("ben")), batch.body.result[1].allowed, batch.body.result[2].allowed, objects];
    };
    expect(await asked()).toEqual([true, true, true, ["plant:7"]]);
    cached.setNow(new Date("2039-12-31T23:59:59.999Z"));
    expect(await asked()).toEqual([true, true, true, ["plant:7"]]);
    cached.setNow(new Date("2040-01-01T00:00:00Z"));
    expect(await asked()).toEqual([false, false, false, []]);
  });
});

describe("a batch", () => {
  test("answers cacheable questions from the cache and others from the engine, each under its own id", async ({
    cached,
  }) => {
    await seedWorld(cached);
    const tuple_keys = [{ user: "user:eva", relation: "viewer", object: "plant:7" }];
    const checks = [
      { tuple_key: view("anna"), correlation_id: "a" },
      { tuple_key: { ...view("anna"), relation: "insider" }, correlation_id: "b" },
      { tuple_key: view("eva"), correlation_id: "c" },
      { tuple_key: view("eva"), contextual_tuples: { tuple_keys }, correlation_id: "d" },
      { tuple_key: { ...view("eva"), relation: "can_fly" }, correlation_id: "__proto__" },
      { tuple_key: view("anna"), correlation_id: "e" },
    ];
    for (let n = 0; n < 2; n++) {
      const { body, text } = await post(cached, "/batch-check", { checks }, KEYS.admin);
      expect(Object.keys(body.result).sort()).toEqual(["__proto__", "a", "b", "c", "d", "e"]);
      const { a, b, c, d, e } = body.result;
      expect([a, b, c, d, e].map(({ allowed }) => allowed)).toEqual([true, true, false, true, true]);
      expect(text).toContain("relation 'plant#can_fly' not found");
    }
    expect(await answered(cached, "hit")).toBeGreaterThanOrEqual(3);
    expect(await engineCalls(cached, "api")).toBe(2);
  });

  test("that OpenFGA refuses as a whole is answered by its error only", async ({ cached }) => {
    await seedWorld(cached);
    const twice = [view("anna"), view("eva")].map((tuple_key) => ({ tuple_key, correlation_id: "1" }));
    const malformed = [view("anna"), { ...view("eva"), user: 7 }].map((tuple_key, n) => ({
      tuple_key,
      correlation_id: `${n}`,
    }));
    for (const checks of [twice, malformed, [], {}, [null], Array(51).fill(twice[0])]) {
      const reply = await post(cached, "/batch-check", { checks });
      expect([reply.status, reply.body.code], JSON.stringify(checks)).toEqual([400, "validation_error"]);
    }
  });
});

test("every check agrees with the engine after every action, in a batch and alone", async ({ cached }) => {
  await seedWorld(cached);
  const users = ["anna", "otto", "ben", "tom", "nobody"].map((id) => `user:${id}`);
  const questions: Question[] = [];
  for (const [type, ids] of Object.entries({ plant: ["7", "8"], portfolio: ["north"], organization: ["sunward"] }))
    for (const relation of cached.deps.engine.permissions.get(type) ?? [])
      for (const id of ids) for (const user of users) questions.push({ user, relation, object: `${type}:${id}` });
  expect(questions.length).toBeGreaterThan(80);
  let yeses = 0;
  let rounds = 0;
  const agree = async (after: string) => {
    const truth = (await cached.deps.engine.batchCheck(questions, new Date())).map(
      (answer) => "allowed" in answer && answer.allowed,
    );
    yeses += truth.filter(Boolean).length;
    for (let start = 0; start < questions.length; start += 50) {
      const checks = questions.slice(start, start + 50).map((tuple_key, n) => ({ tuple_key, correlation_id: `${n}` }));
      const { result } = (await post(cached, "/batch-check", { checks })).body;
      expect(
        checks.map(({ correlation_id }) => result[correlation_id].allowed),
        after,
      ).toEqual(truth.slice(start, start + 50));
    }
    // of each question it is every third time, so that over the actions all are asked alone too
    const own = questions.map((_, n) => n).filter((n) => n % 3 === rounds % 3);
    const single = await Promise.all(own.map((n) => check(cached, questions[n] as Question)));
    expect(single, after).toEqual(own.map((n) => truth[n]));
    rounds++;
  };
  await agree("the beginning");
  const { id, shares } = await cooperate(cached, [
    { resource: "plant:7", role: "technical_manager" },
    { resource: "portfolio:north", role: "viewer" },
  ]);
  await agree("accept");
  const share = `/v1/shares/${shares[0]}`;
  const actions: [user: string, method: string, path: string, body?: object][] = [
    ["ben", "PUT", `${share}/delegations/tom`, { role: "technical_manager" }],
    ["anna", "PATCH", share, { role: "viewer" }],
    ["anna", "POST", `/v1/cooperations/${id}/pause`],
    ["anna", "POST", `/v1/cooperations/${id}/resume`],
    ["anna", "PUT", "/v1/plants/7", { owner: "sunward", portfolio: "north" }],
    ["anna", "DELETE", share],
    ["anna", "PUT", "/v1/organizations/sunward/people/otto", { role: "admin" }],
    ["ben", "POST", `/v1/cooperations/${id}/leave`],
  ];
  for (const [user, method, path, body] of actions) {
    const reply = await cached.as(user, method, path, body);
    expect(reply.status, `${method} ${path}: ${JSON.stringify(reply.body)}`).toBeLessThan(300);
    await agree(`${method} ${path}`);
  }
  expect(yeses).toBeGreaterThan(100);
  expect(await answered(cached, "hit")).toBeGreaterThan(200);
});

/** The real engine behind a gate: a stream's first line comes through, all else of it, and of an Expand, when the gate is opened. */
async function startGate(apiUrl: string) {
  const opened = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  let held = 0;
  const server = createServer(async (request, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const { authorization } = request.headers;
    const reply = await fetch(apiUrl + request.url, {
      method: request.method ?? "GET",
      headers: { ...(authorization && { authorization }) },
      ...(body !== "" && { body }),
    });
    const text = await reply.text();
    response.on("close", () => response.writableFinished || gone.resolve());
    response.writeHead(reply.status, { "Content-Type": reply.headers.get("Content-Type") ?? "" });
    const isHeld = /\/(streamed-list-objects|expand)$/.test(request.url ?? "");
    const end = isHeld ? text.indexOf("\n") + 1 : text.length;
    if (end > 0) response.write(text.slice(0, end));
    if (isHeld) {
      held++;
      await opened.promise;
    }
    response.end(text.slice(end));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    open: () => opened.resolve(),
    /** How many were held back so far. */
    held: () => held,
    /** Resolves when a caller left before its reply was whole. */
    gone: gone.promise,
    close: () => {
      opened.resolve();
      server.closeAllConnections();
      server.close();
    },
  };
}

const gated = test.extend<{
  gate: Awaited<ReturnType<typeof startGate>>;
  /** Reaches the engine through the gate, one call at a time, and listens. */
  narrow: {
    service: Service;
    url: string;
    /** Faults in the log. */
    errors: string[];
    ask(path: string, body: object, signal?: AbortSignal): Promise<Response>;
  };
}>({
  gate: async ({ store }, use) => {
    const gate = await startGate(store.apiUrl);
    await use(gate);
    gate.close();
  },
  narrow: async ({ service, store, gate, tupleStore }, use) => {
    await seedWorld(service);
    const engine = createEngine({ ...store, apiUrl: gate.url, timeoutMilliseconds: 2000, connections: 10 });
    const errors: string[] = [];
    const log = (level: string, event: string) => level === "error" && errors.push(event);
    const narrow = createService({ tupleStore, engine }, { log }, 1);
    const { url, close } = await listen(narrow);
    await use({
      service: narrow,
      url,
      errors,
      ask: (path, body, signal) =>
        fetch(`${url}/stores/${store.storeId}${path}`, {
          method: "POST",
          headers: { Authorization: `Bearer ${KEYS.admin}` },
          body: JSON.stringify(body),
          ...(signal && { signal }),
        }),
    });
    await close();
    await engine.close();
  },
});

const full = async (service: Service) =>
  (await post(service, "/read", {}, KEYS.admin)).body.code === "resource_exhausted";

const stream = (
  { ask }: { ask: (path: string, body: object, signal?: AbortSignal) => Promise<Response> },
  signal?: AbortSignal,
) => ask("/streamed-list-objects", { user: "user:anna", relation: "can_view", type: "plant" }, signal);

describe("a streamed list", () => {
  gated("gives each object when it is found, and counts as running until its end", async ({ gate, narrow }) => {
    const reply = await stream(narrow);
    expect([reply.status, reply.headers.get("Content-Type")]).toEqual([200, "application/json"]);
    const reader = (reply.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
    const first = (await reader.read()).value ?? "";
    expect(JSON.parse(first)).toMatchObject({ result: { object: expect.stringMatching(/^plant:/) } });
    expect(await full(narrow.service)).toBe(true);
    gate.open();
    let rest = "";
    for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) rest += value;
    const found = [first, ...rest.trim().split("\n")].map((line) => JSON.parse(line).result.object);
    expect(found.sort()).toEqual(["plant:7", "plant:8"]);
    await expect.poll(() => full(narrow.service)).toBe(false);
  });

  gated("ends at the engine when its reader has gone", async ({ gate, narrow }) => {
    const reader = new AbortController();
    const reply = await stream(narrow, reader.signal);
    await (reply.body as ReadableStream<Uint8Array>).getReader().read();
    expect(await full(narrow.service)).toBe(true);
    reader.abort();
    await gate.gone;
    await expect.poll(() => full(narrow.service)).toBe(false);
    expect(narrow.errors.filter((event) => event !== "overloaded")).toEqual([]);
  });

  gated(
    "ends at its deadline with a line that says there may be more, and says so to the log",
    async ({ gate, narrow, store }) => {
      const reply = await stream(narrow);
      const [first = "", last = "", ...rest] = (await reply.text()).trimEnd().split("\n");
      expect([JSON.parse(first), JSON.parse(last), rest]).toMatchObject([
        { result: { object: expect.stringMatching(/^plant:/) } },
        { error: { code: 14, message: expect.stringContaining("may be more") } },
        [],
      ]);
      expect(narrow.errors).toEqual(["engine_unavailable"]);
      await gate.gone;
      await expect.poll(() => full(narrow.service)).toBe(false);

      const sdk = new OpenFgaClient({
        apiUrl: narrow.url,
        storeId: store.storeId,
        credentials: { method: CredentialsMethod.ApiToken, config: { token: KEYS.admin } },
      });
      const reading = async () => {
        const question = { user: "user:anna", relation: "can_view", type: "plant" };
        for await (const { object } of sdk.streamedListObjects(question)) expect(object).toMatch(/^plant:/);
      };
      await expect(reading()).rejects.toThrow("may be more");
    },
  );
});

gated("a question is given up at its deadline, and when nobody waits for it any more", async ({ gate, narrow }) => {
  const expand = { tuple_key: { object: "plant:7", relation: "owner" } };
  const late = await narrow.ask("/expand", expand);
  expect([late.status, await late.json()]).toEqual([503, { code: "unavailable", message: expect.any(String) }]);
  await gate.gone;
  const caller = new AbortController();
  const askedAt = performance.now();
  const asked = narrow.ask("/expand", expand, caller.signal);
  await expect.poll(() => gate.held()).toBe(2);
  expect(await full(narrow.service)).toBe(true);
  caller.abort();
  await expect(asked).rejects.toThrow();
  await expect.poll(() => full(narrow.service)).toBe(false);
  // before its deadline, which frees its place at the latest
  expect(performance.now() - askedAt).toBeLessThan(5000);
  gate.open();
  expect((await narrow.ask("/expand", expand)).status).toBe(200);
});
