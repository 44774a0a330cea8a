import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished } from "vitest";
import { EngineUnavailable } from "../../../src/faults.ts";
import { createEngine, type EngineOptions } from "../../../src/openfga/engine.ts";
import { openStore } from "../../../src/openfga/open-store.ts";
import { createTupleStore } from "../../../src/openfga/tuple-store.ts";
import type { Engine, Question } from "../../../src/ports.ts";
import { connectionOf, test } from "../../support/engine.ts";
import { MODEL } from "../../support/model.ts";

const NOW = new Date("2026-06-01T00:00:00.500Z");
const VIEW: Question = { user: "user:anna", relation: "can_view", object: "plant:7" };
const ANNA_VIEWS = { user: "user:anna", relation: "viewer", object: "plant:7" };
const LIST_OBJECTS = { user: "user:anna", relation: "can_view", type: "plant" };
const LIST_USERS = { object: "plant:7", relation: "can_view", type: "user" };

/** Every kind of question, as a call. */
const CALLS: Record<string, (engine: Engine, signal?: AbortSignal) => Promise<unknown>> = {
  check: (engine, signal) => engine.check(VIEW, NOW, signal),
  batchCheck: (engine, signal) => engine.batchCheck([VIEW], NOW, signal),
  listObjects: (engine, signal) => engine.listObjects(LIST_OBJECTS, NOW, signal),
  listUsers: (engine, signal) => engine.listUsers(LIST_USERS, NOW, signal),
};

function opened(options: Omit<EngineOptions, "timeoutMilliseconds" | "connections"> & Partial<EngineOptions>) {
  const engine = createEngine({ timeoutMilliseconds: 10_000, connections: 10, ...options });
  onTestFinished(() => engine.close());
  return engine;
}

async function expectOutage(engine: Engine): Promise<void> {
  for (const [name, call] of Object.entries(CALLS)) await expect(call(engine), name).rejects.toThrow(EngineUnavailable);
  expect(await engine.ready()).toBe(false);
}

test("answers checks and both kinds of list from the written tuples", async ({ engine, tupleStore }) => {
  await tupleStore.write({ deletes: [], writes: [ANNA_VIEWS] });
  expect(await engine.check(VIEW, NOW)).toBe(true);
  expect(await engine.check({ ...VIEW, user: "user:berta" }, NOW)).toBe(false);
  expect(await engine.listObjects(LIST_OBJECTS, NOW)).toEqual({ refs: ["plant:7"], complete: true });
  expect(await engine.listUsers(LIST_USERS, NOW)).toEqual({ refs: ["user:anna"], complete: true });
  expect(await engine.listUsers({ ...LIST_USERS, object: "plant:8" }, NOW)).toEqual({ refs: [], complete: true });
  expect(await engine.ready()).toBe(true);
});

test("compares dates with the instant of the question, to the millisecond", async ({ engine, tupleStore }) => {
  const object = "cooperation:c1";
  await tupleStore.write({
    deletes: [],
    writes: [
      { user: "user:anna", relation: "admin", object: "organization:p" },
      {
        user: "organization:p",
        relation: "in_force",
        object,
        condition: { name: "not_expired", context: { expires_at: "2026-06-01T00:00:01Z" } },
      },
    ],
  });
  const question = { user: "user:anna", relation: "partner_admin", object };
  const before = new Date("2026-06-01T00:00:00.999Z");
  const at = new Date("2026-06-01T00:00:01.000Z");
  expect([await engine.check(question, before), await engine.check(question, at)]).toEqual([true, false]);
  expect(await engine.batchCheck([question], before)).toEqual([{ allowed: true }]);
  expect(await engine.batchCheck([question], at)).toEqual([{ allowed: false }]);
  const list = { user: "user:anna", relation: "partner_admin", type: "cooperation" };
  expect((await engine.listObjects(list, before)).refs).toEqual([object]);
  expect((await engine.listObjects(list, at)).refs).toEqual([]);
  expect((await engine.listUsers({ object, relation: "partner_admin", type: "user" }, before)).refs).toEqual([
    "user:anna",
  ]);
  expect((await engine.listUsers({ object, relation: "partner_admin", type: "user" }, at)).refs).toEqual([]);
});

describe("a batch", () => {
  test("of any size is answered in the order of its questions", async ({ engine, tupleStore }) => {
    const mine = (n: number) => n % 3 === 0 || n === 50;
    const numbers = Array.from({ length: 251 }, (_, n) => n);
    const writes = numbers.filter(mine).map((n) => ({ ...ANNA_VIEWS, object: `plant:${n}` }));
    await tupleStore.write({ deletes: [], writes });
    const questions = numbers.map((n) => ({ ...VIEW, object: `plant:${n}` }));
    expect(await engine.batchCheck(questions, NOW)).toEqual(numbers.map((n) => ({ allowed: mine(n) })));
    expect(await engine.batchCheck([], NOW)).toEqual([]);
  });

  test("holds a fault for a question without an answer, beside the other answers", async ({ engine, tupleStore }) => {
    await tupleStore.write({ deletes: [], writes: [ANNA_VIEWS] });
    const answers = await engine.batchCheck(
      [VIEW, { ...VIEW, relation: "can_fly" }, { ...VIEW, user: "user:berta" }, VIEW],
      NOW,
    );
    expect(answers).toEqual([
      { allowed: true },
      { fault: expect.stringContaining("can_fly") },
      { allowed: false },
      { allowed: true },
    ]);
  });
});

describe("a list", () => {
  test("is reported as incomplete once it reaches the engine's limit of 1000", async ({ engine, tupleStore }) => {
    const write = (from: number, to: number) =>
      tupleStore.write({
        deletes: [],
        writes: Array.from({ length: to - from }, (_, n) => [
          { ...ANNA_VIEWS, object: `plant:p${from + n}` },
          { ...ANNA_VIEWS, user: `user:u${from + n}` },
        ]).flat(),
      });
    for (let from = 0; from < 950; from += 50) await write(from, from + 50);
    await write(950, 999);
    const lists = async () => [await engine.listObjects(LIST_OBJECTS, NOW), await engine.listUsers(LIST_USERS, NOW)];
    const facts = ({ refs, complete }: { refs: string[]; complete: boolean }) => [new Set(refs).size, complete];
    expect((await lists()).map(facts)).toEqual([
      [999, true],
      [999, true],
    ]);
    await write(999, 1003);
    expect((await lists()).map(facts)).toEqual([
      [1000, false],
      [1000, false],
    ]);
  });
});

describe("an engine fault is never a denial", () => {
  test("when the server was stopped", async ({ ownServer }) => {
    const at = connectionOf(ownServer);
    const store = await openStore({ ...at, store: "own", model: MODEL, allowPush: false });
    const engine = opened({ ...store, ...at });
    await createTupleStore({ ...store, ...at }).write({ deletes: [], writes: [ANNA_VIEWS] });
    expect(await engine.check(VIEW, NOW)).toBe(true);
    expect(await engine.ready()).toBe(true);
    await ownServer.stop();
    await expectOutage(engine);
  });

  test("when the store or the model is another", async ({ store }) => {
    await expectOutage(opened({ ...store, storeId: "01KAAAAAAAAAAAAAAAAAAAAAAA" }));
    await expectOutage(opened({ ...store, modelId: "01KAAAAAAAAAAAAAAAAAAAAAAA" }));
  });

  test("when the model lacks the relation", async ({ store }) => {
    const engine = opened(store);
    const relation = "can_fly";
    await expect(engine.check({ ...VIEW, relation }, NOW)).rejects.toThrow(EngineUnavailable);
    await expect(engine.listObjects({ ...LIST_OBJECTS, relation }, NOW)).rejects.toThrow(EngineUnavailable);
    await expect(engine.listUsers({ ...LIST_USERS, relation }, NOW)).rejects.toThrow(EngineUnavailable);
  });

  test("when the caller gives up", async ({ engine }) => {
    for (const call of Object.values(CALLS))
      await expect(call(engine, AbortSignal.abort())).rejects.toThrow(EngineUnavailable);
  });

  test("when the engine requires a token that is missing", async ({ ownServer }) => {
    const at = connectionOf(ownServer);
    const { apiUrl } = at;
    const store = await openStore({ ...at, store: "guarded", model: MODEL, allowPush: false });
    expect(await opened({ ...store, ...at }).check(VIEW, NOW)).toBe(false);
    await expectOutage(opened({ ...store, apiUrl }));
    await expectOutage(opened({ ...store, apiUrl, apiToken: "wrong" }));
  });

  /** A broken proxy between us and the engine, which answers every request itself. */
  async function gateway(listener: RequestListener): Promise<string> {
    const server = createServer(listener).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  test.each([
    [500, '{"allowed":false}'],
    [502, "<html>Bad Gateway</html>"],
    [302, ""],
    [204, ""],
    [200, ""],
    [200, "<html>Welcome</html>"],
    [200, "[]"],
    [200, "null"],
    [200, "{}"],
    [200, '{"allowed":"false","result":[],"objects":{},"users":[{}]}'],
    [200, '{"allowed":null,"result":null,"objects":[1],"users":[{"object":{"type":"user"}}]}'],
    [200, '{"allowed":fal'],
  ])("when a proxy answers %i '%s'", async (status, body) => {
    const apiUrl = await gateway((_, reply) => reply.writeHead(status).end(body));
    const engine = opened({ apiUrl, storeId: "s", modelId: "m", permissions: new Map(), rewrites: new Map() });
    for (const [name, call] of Object.entries(CALLS))
      await expect(call(engine), name).rejects.toThrow(EngineUnavailable);
  });

  test.each([
    ["nothing", {}],
    ["no boolean", { 0: { allowed: "false" } }],
    ["an error beside a no", { 0: { allowed: false, error: { message: "no" } } }],
    ["another's answer", { 1: { allowed: false } }],
  ])("when a batch holds %s for a question", async (_, result) => {
    const apiUrl = await gateway((_, reply) => reply.writeHead(200).end(JSON.stringify({ result })));
    const engine = opened({ apiUrl, storeId: "s", modelId: "m", permissions: new Map(), rewrites: new Map() });
    expect(await engine.batchCheck([VIEW], NOW)).toEqual([{ fault: expect.any(String) }]);
  });

  test("when one chunk of a batch has no answer, whatever the others say", async () => {
    const apiUrl = await gateway(async (request, reply) => {
      const { checks } = JSON.parse(Buffer.concat(await request.toArray()).toString());
      const result = Object.fromEntries(checks.map((_: unknown, n: number) => [n, { allowed: true }]));
      reply.writeHead(checks.length === 50 ? 200 : 500).end(JSON.stringify({ result }));
    });
    const engine = opened({ apiUrl, storeId: "s", modelId: "m", permissions: new Map(), rewrites: new Map() });
    const questions = (count: number) => Array.from({ length: count }, () => VIEW);
    expect(await engine.batchCheck(questions(100), NOW)).toHaveLength(100);
    await expect(engine.batchCheck(questions(101), NOW)).rejects.toThrow(EngineUnavailable);
  });

  test("when the answer does not come in time, or stops in the middle", async () => {
    const silent = await gateway(() => {});
    const half = await gateway((_, reply) => reply.writeHead(200).write('{"allowed":'));
    const cut = await gateway((_, reply) => reply.writeHead(200).write('{"allowed":', () => reply.destroy()));
    for (const apiUrl of [silent, half, cut]) {
      const engine = opened({
        apiUrl,
        storeId: "s",
        modelId: "m",
        permissions: new Map(),
        rewrites: new Map(),
        timeoutMilliseconds: 50,
      });
      await expect(engine.check(VIEW, NOW)).rejects.toThrow(EngineUnavailable);
      expect(await engine.ready()).toBe(false);
    }
  });

  test("and the error names the status, without the token and without the server's text", async () => {
    const apiUrl = await gateway((_, reply) => reply.writeHead(418).end("short and stout"));
    const engine = opened({
      apiUrl,
      apiToken: "secret",
      storeId: "s",
      modelId: "m",
      permissions: new Map(),
      rewrites: new Map(),
    });
    const error = await engine.check(VIEW, NOW).catch((error: unknown) => error);
    expect(error).toMatchObject({ cause: { message: expect.stringMatching(/418/) } });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toMatch(/secret|stout/);
  });
});
