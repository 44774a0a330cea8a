/**
 * Redis restarted with its data, paused, away from the start, or full: the service
 * answers from the engine, actions commit, and nothing old is answered after it is back.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect } from "vitest";
import type { CacheEntry, DecisionCache, Lookup } from "../../../src/ports.ts";
import { answering, ask, engineCalls, questionOf, TTL_MILLISECONDS, test } from "../../support/cache.ts";
import { cooperate, createService, type Service, seedWorld } from "../../support/service.ts";
import { startTcpProxy } from "../../support/tcp-proxy.ts";

const NOON = new Date("2030-01-01T12:00:00Z");
const LATER = new Date(NOON.getTime() + TTL_MILLISECONDS).toISOString();

async function keep(cache: DecisionCache): Promise<CacheEntry> {
  const tokens = await cache.take("user:anna", "organization:sunward");
  if (tokens?.kind !== "tokens") throw new Error(tokens?.kind ?? "away");
  const { userToken, ownerToken, now } = tokens;
  const entry: CacheEntry = {
    allowed: true,
    owner: "organization:sunward",
    userToken,
    ownerToken,
    validUntil: 1,
    filledAt: now,
  };
  cache.store(questionOf("anna"), entry, now + 60_000);
  const found = () => cache.lookup(questionOf("anna"), entry.owner);
  await expect.poll(found).toEqual({ entry, userToken, ownerToken });
  return entry;
}

/** tom's delegation on plant:7: cached as a yes, then taken back. `revoke` gives the reply. */
async function delegated(service: Service) {
  await seedWorld(service);
  const { shares } = await cooperate(service, [{ resource: "plant:7", role: "technical_manager" }]);
  const path = `/v1/shares/${shares[0]}/delegations/tom`;
  expect((await service.as("ben", "PUT", path, { role: "viewer" })).status).toBe(201);
  return { revoke: () => service.as("ben", "DELETE", path) };
}

/** Asks until the cache answers again; gives every decision of it, the last one the first hit. */
async function untilHit(service: Service, user: string): Promise<boolean[]> {
  const decisions: boolean[] = [];
  const asking = async () => {
    const { decision, context } = await ask(service, user);
    decisions.push(decision);
    return context.source;
  };
  await expect.poll(asking).toBe("hit");
  return decisions;
}

describe("tokens of another run of the server", () => {
  for (const restarted of [true, false])
    test(
      restarted ? "are not seen after a restart with all its data" : "and of the same run, put back, are seen",
      async ({ redis, cache }) => {
        const entry = await keep(cache);
        const keys = await redis.client.keys("*");
        const dumps = await Promise.all(keys.map((key) => redis.client.dumpBuffer(key)));
        if (restarted) await redis.restart();
        else await redis.client.flushall();
        await expect.poll(() => redis.client.ping().catch(() => "away")).toBe("PONG");
        for (const [n, key] of keys.entries()) await redis.client.restore(key, 60_000, dumps[n] as Buffer);
        await answering(cache);
        const found = (await cache.lookup(questionOf("anna"), entry.owner)) as Lookup;
        const taken = await cache.take("user:anna", entry.owner);
        const { userToken, ownerToken } = entry;
        if (restarted) {
          expect([found.userToken, found.ownerToken]).toEqual([undefined, undefined]);
          expect(found.entry).toMatchObject({ allowed: entry.allowed, owner: entry.owner });
          expect(taken).toMatchObject({ userToken: expect.any(String), ownerToken: expect.any(String) });
          // as it is read now or as it was written: its tokens never exist again
          for (const old of [entry, found.entry]) {
            expect(taken).not.toMatchObject({ userToken: old?.userToken });
            expect(taken).not.toMatchObject({ ownerToken: old?.ownerToken });
          }
        } else {
          expect(found).toEqual({ entry, userToken, ownerToken });
          expect(taken).toMatchObject({ userToken, ownerToken });
        }
      },
    );
});

describe("while Redis is paused", () => {
  test("every operation reports the cache as away, and none throws; once resumed it is trusted again", async ({
    redis,
    connectCache,
  }) => {
    const failed = new Set<string>();
    const meter = { cacheFailed: (name: string) => void failed.add(name), cacheForged: () => {} };
    const cache = connectCache({ timeoutMilliseconds: 1500, meter });
    await answering(cache);
    const entry = await keep(cache);
    failed.clear();
    redis.pause();
    expect(await cache.lookup(questionOf("anna"), entry.owner)).toBeUndefined();
    expect(await cache.take("user:anna", entry.owner)).toBeUndefined();
    cache.store(questionOf("anna"), entry, 1);
    await cache.lease("w", ["user:anna"]);
    expect(await cache.release("w", ["user:anna"])).toBe(false);
    expect(await cache.invalidate(["user:otto"])).toBe(false);
    expect(await cache.invalidate("all")).toBe(false);
    expect(await cache.lead("r", undefined)).toBeUndefined();
    expect(failed).toEqual(new Set(["lookup", "lease", "release", "invalidate", "invalidate_all", "lead"]));
    redis.resume();
    await answering(cache);
    expect(await cache.lead("r", undefined)).toMatchObject({ leads: true });
  });

  for (const [name, milliseconds] of [
    ["for a moment", 300],
    ["until the connection is given up", 5000],
  ] as const)
    test(`${name}: a change is effective after the TTL, and no older answer is given once Redis is back`, async ({
      redis,
      connectCache,
      tupleStore,
      engine,
      store,
    }) => {
      const cache = connectCache({ ...store, timeoutMilliseconds: 500 });
      await answering(cache);
      const service = createService({ tupleStore, engine }, { cache });
      const { revoke } = await delegated(service);
      // frozen: an old entry would be good for ever by this clock
      service.setNow(NOON);
      expect(new Set(await untilHit(service, "tom"))).toEqual(new Set([true]));
      const untilResumed = AbortSignal.timeout(milliseconds);
      redis.pause();
      expect(await ask(service, "tom")).toMatchObject({ decision: true, context: { source: "engine" } });
      const { status, body } = await revoke();
      expect([status, body.effective_by]).toEqual([200, LATER]);
      expect(await ask(service, "tom")).toMatchObject({ decision: false, context: { source: "engine" } });
      expect(await ask(service, "anna")).toMatchObject({ decision: true, context: { source: "engine" } });
      await expect.poll(() => untilResumed.aborted).toBe(true);
      redis.resume();
      expect(new Set(await untilHit(service, "tom"))).toEqual(new Set([false]));
      expect(new Set(await untilHit(service, "anna"))).toEqual(new Set([true]));
      // acknowledged again
      await expect.poll(async () => (await revoke()).body.effective_by).toBe(NOON.toISOString());
    });
});

test("the end of a lease that Redis did not acknowledge is repeated before the next hit; other replicas are correct after the TTL", async ({
  redis,
  cached,
  connectCache,
  tupleStore,
  engine,
  store,
}) => {
  const otherCache = connectCache(store);
  await answering(otherCache);
  const other = createService({ tupleStore, engine }, { cache: otherCache });
  const { revoke } = await delegated(cached);
  for (const service of [cached, other]) {
    service.setNow(NOON);
    await ask(service, "tom");
    expect(await ask(service, "tom")).toMatchObject({ decision: true, context: { source: "hit" } });
  }
  // scripts are refused, look-ups are answered: the old entry and its tokens stay where they are
  await redis.client.acl("SETUSER", "default", "-eval", "-evalsha");
  const { status, body } = await revoke();
  expect([status, body.effective_by]).toEqual([200, LATER]);
  for (let n = 0; n < 5; n++)
    expect(await ask(cached, "tom")).toMatchObject({ decision: false, context: { source: "engine" } });
  other.setNow(new Date(LATER));
  expect(await ask(other, "tom")).toMatchObject({ decision: false, context: { source: "engine" } });
  other.setNow(NOON);
  await redis.client.acl("SETUSER", "default", "+@all");
  expect(new Set(await untilHit(cached, "tom"))).toEqual(new Set([false]));
  expect(await ask(other, "tom")).toMatchObject({ decision: false, context: { source: "hit" } });
});

test("without Redis at the start checks are answered and actions commit, and once it is there checks hit the cache", async ({
  redis,
  connectCache,
  tupleStore,
  engine,
  store,
}) => {
  await redis.kill();
  const service = createService({ tupleStore, engine }, { cache: connectCache(store) });
  service.setNow(NOON);
  const { revoke } = await delegated(service);
  expect(await ask(service, "tom")).toMatchObject({ decision: true, context: { source: "engine" } });
  expect((await revoke()).body.effective_by).toBe(LATER);
  expect(await ask(service, "tom")).toMatchObject({ decision: false, context: { source: "engine" } });
  await redis.start();
  expect(new Set(await untilHit(service, "tom"))).toEqual(new Set([false]));
  const calls = await engineCalls(service, "check");
  expect((await ask(service, "tom")).context.source).toBe("hit");
  expect(await engineCalls(service, "check")).toBe(calls);
});

test("after Redis was emptied no older answer is given, and checks hit the cache again", async ({ redis, cached }) => {
  const { revoke } = await delegated(cached);
  await ask(cached, "tom");
  expect((await ask(cached, "tom")).context.source).toBe("hit");
  await redis.client.flushall();
  expect((await ask(cached, "tom")).context.source).toBe("miss");
  await redis.restart();
  expect((await revoke()).status).toBe(200);
  expect(new Set(await untilHit(cached, "tom"))).toEqual(new Set([false]));
});

test("with Redis full and evicting nothing a change still invalidates, and nothing new is cached until there is room", async ({
  redis,
  cached,
}) => {
  const { revoke } = await delegated(cached);
  cached.setNow(NOON);
  await ask(cached, "tom");
  expect(await ask(cached, "tom")).toMatchObject({ decision: true, context: { source: "hit" } });
  await redis.client.config("SET", "maxmemory-policy", "noeviction");
  await redis.client.config("SET", "maxmemory", "1mb");
  await redis.client.set("filler", "x".repeat(2_000_000)).catch(() => {});
  await expect(redis.client.set("more", "x")).rejects.toThrow("OOM");
  // what is there is still good
  expect(await ask(cached, "tom")).toMatchObject({ decision: true, context: { source: "hit" } });
  const { status, body } = await revoke();
  expect([status, body.effective_by]).toEqual([200, NOON.toISOString()]);
  for (let n = 0; n < 3; n++)
    expect(await ask(cached, "tom")).toMatchObject({ decision: false, context: { source: "engine" } });
  await redis.client.config("SET", "maxmemory", "0");
  expect(new Set(await untilHit(cached, "tom"))).toEqual(new Set([false]));
});

test("a reply of an unexpected shape counts as no reply: the cache is away, and the connection is made again", async ({
  redis,
  connectCache,
}) => {
  const proxy = await startTcpProxy(redis.port);
  const failed: string[] = [];
  const meter = { cacheFailed: (name: string) => void failed.push(name), cacheForged: () => {} };
  const cache = connectCache({ url: `redis://127.0.0.1:${proxy.port}`, meter });
  await answering(cache);
  await keep(cache);
  const [ofTake, ofLead, ofNone] = ["*3\r\n$1\r\na\r\n$1\r\nb\r\n:5\r\n", "*2\r\n:1\r\n$1\r\n5\r\n", ":7\r\n"];
  const lookup = () => cache.lookup(questionOf("anna"), "organization:sunward");
  const operations: [name: string, inserted: string, run: () => Promise<unknown>, expected: unknown][] = [
    ["lookup", ofNone, lookup, undefined],
    ["lookup", ofTake, lookup, undefined],
    ["lookup", ofLead, () => cache.lookup(questionOf("anna"), undefined), undefined],
    ["take", ofNone, () => cache.take("user:anna", "organization:sunward"), undefined],
    ["release", ofNone, () => cache.release("w", ["user:otto"]), false],
    ["lead", ofTake, () => cache.lead("r", undefined), undefined],
    ["probe", ofNone, () => cache.probe(), { kind: "away", reason: expect.stringContaining("another shape") }],
  ];
  for (const [name, inserted, run, expected] of operations) {
    await answering(cache);
    failed.length = 0;
    proxy.delayMilliseconds = 100;
    const answer = run();
    // a look-up is sent at the end of the turn
    await sleep(20);
    proxy.insert(inserted);
    expect([name, await answer]).toEqual([name, expected]);
    expect([name, failed]).toEqual([name, [name]]);
    proxy.delayMilliseconds = 0;
  }
  await answering(cache);
  expect((await cache.lookup(questionOf("anna"), "organization:sunward")) as Lookup).toMatchObject({
    entry: { allowed: true },
  });
  await proxy.close();
});
