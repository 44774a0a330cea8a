/**
 * Questions asked at once: what they may share, what ends when nobody waits for it any
 * more, and what happens beyond the bound. The engine is the real one behind a gate.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect } from "vitest";
import { EngineUnavailable } from "../../../src/faults.ts";
import type { Engine } from "../../../src/ports.ts";
import { ask, test as cacheTest, counted, evaluationOf } from "../../support/cache.ts";
import { cooperate, createService, KEYS, type Service, seedWorld } from "../../support/service.ts";

const NOON = new Date("2030-01-01T12:00:00Z");

/** Holds calls that check back while it is closed; knows how many came, and the signals that they came with. */
type Gate = { close(): void; open(): void; came: { checks: number; signals: (AbortSignal | undefined)[] } };

const test = cacheTest.extend<{ gate: Gate & { engine: Engine }; gated: Service }>({
  gate: async ({ engine }, use) => {
    let opened = Promise.withResolvers<void>();
    opened.resolve();
    const came: Gate["came"] = { checks: 0, signals: [] };
    const pass = async (signal: AbortSignal | undefined) => {
      came.checks++;
      came.signals.push(signal);
      await opened.promise;
    };
    const check: Engine["check"] = async (question, at, signal) => {
      await pass(signal);
      return engine.check(question, at, signal);
    };
    // a fill asks its question and for the head and owner of the resource in one call
    const batchCheck: Engine["batchCheck"] = async (questions, at, signal) => {
      await pass(signal);
      return engine.batchCheck(questions, at, signal);
    };
    const listObjects: Engine["listObjects"] = async (question, at, signal) => {
      await pass(signal);
      return engine.listObjects(question, at, signal);
    };
    await use({
      engine: { ...engine, check, batchCheck, listObjects },
      came,
      close: () => {
        opened = Promise.withResolvers();
        came.checks = 0;
        came.signals = [];
      },
      open: () => opened.resolve(),
    });
    opened.resolve();
  },
  gated: async ({ cached, tupleStore, gate }, use) => {
    await seedWorld(cached);
    const service = createService({ tupleStore, engine: gate.engine }, { cache: cached.deps.cache });
    // the owner is known from here on; of another permission, so that it says nothing of who may mostly view
    await ask(service, "eva", "plant:7", "operate");
    await use(service);
    gate.open();
    await service.settled();
  },
});

/** A question of one who may give up. */
const send = async (service: Service, user: string, signal: AbortSignal) =>
  service.app.request("/access/v1/evaluation", {
    method: "POST",
    signal,
    body: JSON.stringify(evaluationOf(user)),
    headers: { Authorization: `Bearer ${KEYS.check}`, "Content-Type": "application/json" },
  });

/**
 * Counts who has the tokens of their question, looked up or taken, so that a test may wait for a question to be as
 * far as that.
 */
function countTokens(service: Service): { count: number } {
  const { cache } = service.deps;
  const [lookup, take] = [cache.lookup.bind(cache), cache.take.bind(cache)];
  const taken = { count: 0 };
  cache.lookup = async (...asked) => {
    const found = await lookup(...asked);
    if (found?.userToken !== undefined && found.ownerToken !== undefined) taken.count++;
    return found;
  };
  cache.take = async (...scopes) => {
    const tokens = await take(...scopes);
    taken.count++;
    return tokens;
  };
  return taken;
}

const takers = (taken: { count: number }, many: number) => expect.poll(() => taken.count).toBe(many);

describe("equal questions at once", () => {
  test("share one question to the engine", async ({ gated, gate }) => {
    const taken = countTokens(gated);
    gate.close();
    const asked = Array.from({ length: 10 }, () => ask(gated, "anna"));
    await takers(taken, 10);
    gate.open();
    for (const answer of await Promise.all(asked))
      expect(answer).toMatchObject({ decision: true, context: { source: "miss" } });
    expect(gate.came.checks).toBe(1);
    expect((await ask(gated, "anna")).context.source).toBe("hit");
  });

  test("share nothing with another question", async ({ gated, gate }) => {
    const taken = countTokens(gated);
    gate.close();
    const asked = [ask(gated, "anna"), ask(gated, "otto"), ask(gated, "anna", "plant:7", "share")];
    await takers(taken, 3);
    gate.open();
    expect((await Promise.all(asked)).map(({ decision }) => decision)).toEqual([true, false, true]);
    // the no is asked twice: for the end of the TTL, and for now
    expect(gate.came.checks).toBe(4);
  });

  for (const scope of ["user:anna", "organization:sunward"] as const)
    test(`do not share when ${scope} was invalidated in between`, async ({ gated, gate }) => {
      const taken = countTokens(gated);
      gate.close();
      const before = ask(gated, "anna");
      await takers(taken, 1);
      await gated.deps.cache.invalidate([scope]);
      const after = ask(gated, "anna");
      await takers(taken, 2);
      await expect.poll(() => gate.came.checks).toBe(2);
      gate.open();
      expect((await Promise.all([before, after])).map(({ decision }) => decision)).toEqual([true, true]);
    });

  test("a check that began before a revocation caches nothing, and one that begins after it asks the engine again", async ({
    gated,
    gate,
  }) => {
    const { shares } = await cooperate(gated, [{ resource: "plant:7", role: "viewer" }]);
    const path = `/v1/shares/${shares[0]}/delegations/tom`;
    await gated.as("ben", "PUT", path, { role: "viewer" });
    const taken = countTokens(gated);
    gate.close();
    const before = ask(gated, "tom");
    await takers(taken, 1);
    await gated.as("ben", "DELETE", path);
    const after = ask(gated, "tom");
    await takers(taken, 2);
    gate.open();
    await before;
    expect((await after).decision).toBe(false);
    for (let n = 0; n < 3; n++) expect((await ask(gated, "tom")).decision).toBe(false);
  });

  test("an allowed answer that ends within the TTL is asked by each caller and not cached", async ({
    gated,
    gate,
    redis,
  }) => {
    gated.setNow(NOON);
    const { shares } = await cooperate(gated, [{ resource: "plant:7", role: "viewer" }]);
    const path = `/v1/shares/${shares[0]}/delegations/tom`;
    await gated.as("ben", "PUT", path, { role: "viewer", expires_at: "2030-01-01T12:00:05Z" });
    // sharing moved the plant's head: the first to ask finds that, the next ones know it
    await ask(gated, "eva");
    const taken = countTokens(gated);
    gate.close();
    const asked = Array.from({ length: 5 }, () => ask(gated, "tom"));
    await takers(taken, 5);
    gate.open();
    const answers = (await Promise.all(asked)).map(({ decision, context }) => `${decision} ${context.source}`);
    expect(answers.toSorted()).toEqual([...Array(4).fill("true engine"), "true miss"]);
    // two for the first, and one for each that waited behind it
    expect(gate.came.checks).toBe(2 + 4);
    expect(await counted(gated, 'concordat_check_unstored_total{reason="date"}')).toBe(5);
    expect(await redis.client.keys("e:*:tom:*")).toEqual([]);
    gated.setNow(new Date("2030-01-01T12:00:05Z"));
    expect(await ask(gated, "tom")).toMatchObject({ decision: false, context: { source: "miss" } });
  });
});

describe("an allowed answer where a denied one was likely", () => {
  /** A service whose single questions wait for `hold`, or fail as it does. Who asks first is denied. */
  const expectingNo = async ({ deps }: Service, engine: Engine) => {
    const gate = { hold: async () => {} };
    const check: Engine["check"] = async (...asked) => {
      await gate.hold();
      return engine.check(...asked);
    };
    const service = createService({ tupleStore: deps.tupleStore, engine: { ...engine, check } }, { cache: deps.cache });
    expect((await ask(service, "eva")).decision).toBe(false);
    return { service, gate };
  };

  test("does not wait for how long it lasts, and is shared and cached when that is known", async ({
    gated,
    engine,
  }) => {
    const { service, gate } = await expectingNo(gated, engine);
    const held = Promise.withResolvers<void>();
    gate.hold = () => held.promise;
    expect(await ask(service, "anna")).toEqual({ decision: true, context: { source: "miss" } });
    const second = ask(service, "anna");
    expect(await Promise.race([second, sleep(100, "waits")])).toBe("waits");
    held.resolve();
    expect(await second).toMatchObject({ decision: true, context: { source: "miss" } });
    await expect.poll(() => ask(service, "anna")).toMatchObject({ decision: true, context: { source: "hit" } });
  });

  test("is the answer also when the engine does not say how long it lasts, and then it is not cached", async ({
    gated,
    engine,
    redis,
  }) => {
    const { service, gate } = await expectingNo(gated, engine);
    gate.hold = () => Promise.reject(new EngineUnavailable("away"));
    expect(await ask(service, "anna")).toEqual({ decision: true, context: { source: "miss" } });
    await sleep(50);
    expect(await redis.client.keys("e:*:anna:*")).toEqual([]);
    gate.hold = async () => {};
    expect(await ask(service, "anna")).toMatchObject({ decision: true, context: { source: "miss" } });
  });
});

describe("a client that gives up", () => {
  test("ends the call to the engine, caches nothing and logs no outage", async ({ gated, gate, redis }) => {
    const logged: string[] = [];
    const log = (level: string, event: string) => void logged.push(`${level} ${event}`);
    const logging = createService(gated.deps, { log });
    gate.close();
    const client = new AbortController();
    const reply = send(logging, "anna", client.signal);
    await expect.poll(() => gate.came.checks).toBe(1);
    expect(gate.came.signals[0]?.aborted).toBe(false);
    client.abort();
    expect(gate.came.signals[0]?.aborted).toBe(true);
    gate.open();
    expect((await reply).status).toBe(503);
    expect(gate.came.checks).toBe(1);
    expect(await redis.client.keys("e:*:anna:*")).toEqual([]);
    expect(logged.filter((line) => !line.endsWith(" request"))).toEqual(["info caller_gone"]);
  });

  test("leaves the answer to others that wait for the same call", async ({ gated, gate }) => {
    const taken = countTokens(gated);
    gate.close();
    const client = new AbortController();
    const reply = send(gated, "anna", client.signal);
    await takers(taken, 1);
    const others = [ask(gated, "anna"), ask(gated, "anna")];
    await takers(taken, 3);
    client.abort();
    gate.open();
    expect((await reply).status).toBe(503);
    for (const answer of await Promise.all(others)) expect(answer.decision).toBe(true);
    // what was given up, and one more for all the others
    expect(gate.came.checks).toBe(2);
  });

  test("does not end the call of a caller that asked the same question before", async ({ gated, gate }) => {
    const taken = countTokens(gated);
    gate.close();
    const first = ask(gated, "anna");
    await takers(taken, 1);
    const client = new AbortController();
    void send(gated, "anna", client.signal).catch(() => {});
    await takers(taken, 2);
    client.abort();
    gate.open();
    expect(await first).toMatchObject({ decision: true, context: { source: "miss" } });
    expect(gate.came.checks).toBe(1);
  });
});

/** A question of a key's own caller, by its number: no two are the same, and none is kept. */
const questionOfNumber = (n: number) => evaluationOf(`somebody-${n}`, "organization:sunward", "manage");
const evaluateAs = (service: Service, key: string, n: number) =>
  service.admin("POST", "/access/v1/evaluation", questionOfNumber(n), { key });

describe("beyond the bound", () => {
  const searchAs = (service: Service, key: string, n: number) => {
    const { subject, action } = evaluationOf(`somebody-${n}`);
    const question = { subject, action, resource: { type: "plant" } };
    return service.admin("POST", "/access/v1/search/resource", question, { key });
  };
  // half of the places are one key's, and of those half may be lists
  for (const [what, asks, most] of [
    ["checks", evaluateAs, 4],
    ["searches", searchAs, 2],
  ] as const)
    test(`one key's ${what} wait and are then refused with Retry-After, and another key and all cache hits are answered`, async ({
      gated,
      gate,
      tupleStore,
    }) => {
      const busy = createService({ tupleStore, engine: gate.engine }, { cache: gated.deps.cache }, 8);
      await ask(busy, "eva");
      gate.close();
      const greedy = Array.from({ length: 20 }, (_, n) => asks(busy, KEYS.all, n));
      await expect.poll(() => gate.came.checks).toBe(most);
      const other = evaluateAs(busy, KEYS.check, 0);
      await expect.poll(() => gate.came.checks).toBe(most + 1);
      expect(await ask(busy, "eva")).toMatchObject({ decision: false, context: { source: "hit" } });
      const turnedAway = await Promise.all(greedy.slice(most));
      for (const { status, body, headers } of turnedAway)
        expect([status, body.code, headers.get("Retry-After")]).toEqual([503, "overloaded", "1"]);
      // none of those came to the engine
      expect(gate.came.checks).toBe(most + 1);
      gate.open();
      for (const { status } of await Promise.all([other, ...greedy.slice(0, most)])) expect(status).toBe(200);
      expect((await asks(busy, KEYS.all, 30)).status).toBe(200);
    });

  test("a question that waits for one key's place is asked separately for another key", async ({
    gated,
    gate,
    tupleStore,
  }) => {
    const busy = createService({ tupleStore, engine: gate.engine }, { cache: gated.deps.cache }, 8);
    await ask(busy, "eva");
    const asks = (key: string, n: number) =>
      busy.admin("POST", "/access/v1/evaluation", evaluationOf(`somebody-${n}`), { key });
    gate.close();
    const greedy = Array.from({ length: 20 }, (_, n) => asks(KEYS.all, n));
    await expect.poll(() => gate.came.checks).toBe(4);
    const other = asks(KEYS.check, 19);
    await expect.poll(() => gate.came.checks).toBe(5);
    gate.open();
    expect(await other).toMatchObject({ status: 200, body: { decision: false } });
    await Promise.all(greedy);
  });

  test("a waiting question is answered when a place is free in time", async ({ gated, gate, tupleStore }) => {
    const busy = createService({ tupleStore, engine: gate.engine }, { cache: gated.deps.cache }, 2);
    const askSix = async () => {
      gate.close();
      const startedAt = performance.now();
      const asked = Array.from({ length: 6 }, (_, n) => evaluateAs(busy, KEYS.check, n));
      await expect.poll(() => gate.came.checks).toBe(1);
      gate.open();
      const statuses = (await Promise.all(asked)).map(({ status }) => status);
      return { statuses, milliseconds: performance.now() - startedAt };
    };
    let { statuses, milliseconds } = await askSix();
    // where the machine took longer than a question waits, it is asked again
    while (milliseconds > 1000) ({ statuses, milliseconds } = await askSix());
    expect(statuses).toEqual([200, 200, 200, 200, 200, 200]);
  });
});

describe("a batch about many unknown resources", () => {
  const ITEMS_MAX = 1000;
  /** As many questions as a batch takes, about resources that are not there and were never asked for. */
  const unknown = (name: string, many = ITEMS_MAX) => ({
    subject: { type: "user", id: "anna" },
    action: { name: "view" },
    evaluations: Array.from({ length: many }, (_, n) => ({ resource: { type: "plant", id: `${name}-${n}` } })),
  });
  const sendBatch = (service: Service, key: string, batch: object) =>
    service.admin("POST", "/access/v1/evaluations", batch, { key });

  test("of a thousand is answered in order, also with known resources among them", async ({ cached }) => {
    await seedWorld(cached);
    const batch = unknown("nowhere");
    batch.evaluations[777] = { resource: { type: "plant", id: "7" } };
    const { status, body } = await sendBatch(cached, KEYS.check, batch);
    expect(status).toBe(200);
    const allowed = body.evaluations.flatMap(({ decision }: { decision: boolean }, n: number) => (decision ? [n] : []));
    expect([body.evaluations.length, allowed]).toEqual([ITEMS_MAX, [777]]);
  });

  test("sent repeatedly by two clients of one key delays no other key's question for long", async ({ cached }) => {
    await seedWorld(cached);
    let isDone = false;
    const greedy = [1, 2].map(async (client) => {
      const statuses: number[] = [];
      for (let n = 0; !isDone; n++)
        statuses.push((await sendBatch(cached, KEYS.all, unknown(`nowhere-${client}-${n}`))).status);
      return statuses;
    });
    const statuses: number[] = [];
    for (let n = 0; n < 200; n += 10) {
      const some = Array.from({ length: 10 }, (_, m) => evaluateAs(cached, KEYS.check, n + m));
      statuses.push(...(await Promise.all(some)).map(({ status }) => status));
    }
    isDone = true;
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
    // nor is any of theirs refused: they wait
    for (const one of await Promise.all(greedy)) expect(new Set(one)).toEqual(new Set([200]));
  }, 180_000);
});
