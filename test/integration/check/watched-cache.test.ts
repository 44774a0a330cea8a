/**
 * Entries that are older than the bound count only while the changes are watched: in Redis and in memory, across a
 * process that sleeps, a connection that breaks and a server that is demoted and promoted again.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished } from "vitest";
import type { CacheMoment } from "../../../src/domain/progress.ts";
import { createMemoryCache } from "../../../src/memory/decision-cache.ts";
import type { CacheEntry, DecisionCache } from "../../../src/ports.ts";
import { encodeMark, markKey } from "../../../src/redis/cache-keys.ts";
import { answering, ask, questionOf, test as redisTest } from "../../support/cache.ts";
import { type OwnRedis, startRedis } from "../../support/redis.ts";
import { createService, seedWorld } from "../../support/service.ts";

/** A mark lives for half of it. */
const BOUND_MILLISECONDS = 2000;
const OWNER = "organization:sunward";
const QUESTION = questionOf("anna");

const test = redisTest.extend<{ cache: DecisionCache }>({
  cache: async ({ connectCache }, use) => {
    const cache = connectCache({ unwatchedMilliseconds: BOUND_MILLISECONDS });
    await answering(cache);
    await use(cache);
  },
});

const memoryTest = redisTest.extend<{ cache: DecisionCache }>({
  cache: async ({ task: _ }, use) => {
    await use(createMemoryCache({ entriesMax: 100, unwatchedMilliseconds: BOUND_MILLISECONDS }));
  },
});

/** Stores an entry that lives for ten seconds. */
async function keep(cache: DecisionCache): Promise<void> {
  const tokens = await cache.take("user:anna", OWNER);
  if (tokens?.kind !== "tokens") throw new Error(tokens?.kind ?? "away");
  const { userToken, ownerToken, now } = tokens;
  const entry: CacheEntry = { allowed: true, owner: OWNER, userToken, ownerToken, validUntil: 1, filledAt: now };
  cache.store(QUESTION, entry, now + 10_000);
  await expect.poll(() => isFound(cache)).toBe(true);
}

async function isFound(cache: DecisionCache): Promise<boolean> {
  const found = await cache.lookup(QUESTION, OWNER);
  if (found === undefined) throw new Error("away");
  return found.entry !== undefined;
}

async function moment(cache: DecisionCache): Promise<CacheMoment> {
  const follower = await cache.lead("r", undefined);
  if (follower === undefined) throw new Error("away");
  return follower.at;
}

const grownOld = () => sleep(BOUND_MILLISECONDS + 20);

describe.each([
  ["Redis", test],
  ["memory", memoryTest],
] as const)("an entry in %s", (_, each) => {
  each("counts for as long as the bound, and then only while the changes are watched", async ({ cache }) => {
    await keep(cache);
    await grownOld();
    expect(await isFound(cache)).toBe(false);
    const watchedAt = performance.now();
    await cache.watched(await moment(cache), 0);
    expect(await isFound(cache)).toBe(true);
    while (await isFound(cache)) await sleep(5);
    expect(performance.now() - watchedAt).toBeLessThan(BOUND_MILLISECONDS);
    await cache.watched(await moment(cache), 0);
    expect(await isFound(cache)).toBe(true);
  });

  each("does not come to life again by a follower that slept through the life of its mark", async ({ cache }) => {
    await keep(cache);
    const at = await moment(cache);
    await grownOld();
    await cache.watched(at, 0);
    expect(await isFound(cache)).toBe(false);
  });

  each("does not count by a watch that began after it was filled", async ({ cache }) => {
    await keep(cache);
    await grownOld();
    const at = await moment(cache);
    await cache.watched(at, at.now);
    expect(await isFound(cache)).toBe(false);
    await cache.watched(await moment(cache), 0);
    expect(await isFound(cache)).toBe(true);
  });

  each("that was invalidated does not count, however well the changes are watched", async ({ cache }) => {
    await keep(cache);
    await cache.watched(await moment(cache), 0);
    await cache.invalidate(["user:anna"]);
    expect(await cache.lookup(QUESTION, OWNER)).toMatchObject({ userToken: undefined });
  });
});

describe("a watch mark", () => {
  test("of another epoch makes nothing count, and of this one it does", async ({ cache, redis }) => {
    await keep(cache);
    await grownOld();
    const key = markKey("store");
    const other = encodeMark({ epoch: "0123456789", since: 0, bound: BOUND_MILLISECONDS });
    await redis.client.set(key, other, "PX", 5000);
    expect(await isFound(cache)).toBe(false);
    await redis.client.del(key);
    await cache.watched(await moment(cache), 0);
    expect(await isFound(cache)).toBe(true);
  });

  test("of a follower with a larger bound makes nothing count where the bound is smaller", async ({
    cache,
    connectCache,
  }) => {
    const other = connectCache({ unwatchedMilliseconds: 2 * BOUND_MILLISECONDS });
    await answering(other);
    await other.watched(await moment(other), 0);
    // and takes away nothing that counts without it
    await keep(cache);
    await grownOld();
    await other.watched(await moment(other), 0);
    expect([await isFound(cache), await isFound(other)]).toEqual([false, true]);
  });

  test("of a follower that slept takes no later one away", async ({ cache, redis }) => {
    const { now, ...at } = await moment(cache);
    await cache.watched({ ...at, now }, 0);
    await cache.watched({ ...at, now: now - BOUND_MILLISECONDS }, 0);
    expect(await redis.client.exists(markKey("store"))).toBe(1);
  });

  test("is not written when the connection was made anew since the poll began", async ({ cache, redis }) => {
    const at = await moment(cache);
    await redis.client.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    await expect.poll(() => cache.time()).toBeDefined();
    await cache.watched(at, 0);
    expect(await redis.client.exists(markKey("store"))).toBe(0);
    await cache.watched(await moment(cache), 0);
    expect(await redis.client.exists(markKey("store"))).toBe(1);
  });

  test("is not written by a replica's process when the server was demoted and promoted since the poll began", async ({
    cache,
    redis,
  }) => {
    const other = await replica();
    const at = await moment(cache);
    await demoted(redis, other);
    await redis.client.replicaof("NO", "ONE");
    await cache.watched(at, 0);
    expect(await redis.client.exists(markKey("store"))).toBe(0);
  });
});

async function replica(): Promise<OwnRedis> {
  const other = await startRedis();
  onTestFinished(() => other.stop());
  return other;
}

/** The server has what the other one has, which had all of it before. */
async function demoted(redis: OwnRedis, other: OwnRedis): Promise<void> {
  const inSync = async (of: OwnRedis) =>
    expect.poll(() => of.client.info("replication")).toContain("master_link_status:up");
  await other.client.replicaof("127.0.0.1", redis.port);
  await inSync(other);
  await other.client.replicaof("NO", "ONE");
  await redis.client.replicaof("127.0.0.1", other.port);
  await inSync(redis);
}

describe("a server that is demoted", () => {
  test("is asked no more within about a second; promoted again it answers with nothing from before, though its run id is the same", async ({
    cache,
    redis,
  }) => {
    const runId = async () => /run_id:(\S+)/.exec(await redis.client.info("server"))?.[1];
    const before = await runId();
    await keep(cache);
    const first = await cache.lookup(QUESTION, OWNER);
    expect(first).toMatchObject({ userToken: expect.any(String), ownerToken: expect.any(String) });
    const other = await replica();
    await demoted(redis, other);
    await expect.poll(() => cache.lookup(QUESTION, OWNER), { timeout: 3000 }).toBeUndefined();
    expect(await cache.probe()).toMatchObject({ kind: "away", reason: expect.stringContaining("no master") });
    await redis.client.replicaof("NO", "ONE");
    await answering(cache);
    expect(await runId()).toBe(before);
    // entry and tokens are all there
    expect(await redis.client.exists("t:{store}:user:anna", "t:{store}:organization:sunward")).toBe(2);
    expect(await cache.lookup(QUESTION, OWNER)).toMatchObject({ userToken: undefined, ownerToken: undefined });
  });
});

test("a tuple written past the service, with nobody to watch, is followed after the bound and not before; with somebody, answers are kept for longer", async ({
  cache: _,
  connectCache,
  store,
  tupleStore,
  engine,
}) => {
  const cache = connectCache({ ...store, unwatchedMilliseconds: BOUND_MILLISECONDS });
  await answering(cache);
  const service = createService({ tupleStore, engine }, { cache });
  await seedWorld(service);
  const untilHit = () => expect.poll(async () => (await ask(service, "otto")).context.source).toBe("hit");
  await untilHit();
  await grownOld();
  // nobody watches
  expect(await ask(service, "otto")).toMatchObject({ decision: false, context: { source: "miss" } });
  await untilHit();
  await grownOld();
  await cache.watched(await moment(cache), 0);
  expect(await ask(service, "otto")).toMatchObject({ decision: false, context: { source: "hit" } });
  await sleep(BOUND_MILLISECONDS / 2);
  await ask(service, "otto");
  await untilHit();
  const job = { user: "user:otto", relation: "viewer", object: "plant:7" };
  expect(await tupleStore.write({ deletes: [], writes: [job] })).toBe("committed");
  expect(await ask(service, "otto")).toMatchObject({ decision: false, context: { source: "hit" } });
  await grownOld();
  expect(await ask(service, "otto")).toMatchObject({ decision: true, context: { source: "miss" } });
});
