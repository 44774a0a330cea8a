/**
 * What Redis with Sentinel and a Redis Cluster are to the decision cache today. It speaks to one server over a plain
 * connection: it follows no failover and spreads no keys. Where it cannot cache it says why, and OpenFGA answers.
 */
import { afterAll, beforeAll, describe, expect, onTestFinished } from "vitest";
import type { DecisionCache, Question } from "../../src/ports.ts";
import { tokenKey } from "../../src/redis/cache-keys.ts";
import { createRedisCache } from "../../src/redis/decision-cache.ts";
import { ask, engineCalls } from "../support/cache.ts";
import { createService, seedWorld, test } from "../support/service.ts";
import { missing, STEP_MILLISECONDS, UP_MILLISECONDS } from "./docker.ts";
import { type RedisCluster, startRedisCluster } from "./redis-cluster.ts";
import { type RedisSentinel, startRedisSentinel } from "./redis-sentinel.ts";

const QUESTION: Question = { user: "user:anna", relation: "can_view", object: "plant:7" };
const OWNER = "organization:sunward";

/** The cache on that server. It is closed with the test. */
function cacheOn(url: string, { storeId = "store", modelId = "model" } = {}): DecisionCache {
  const cache = createRedisCache({
    ...{ url, storeId, modelId, timeoutMilliseconds: 2000, ttlMilliseconds: 10_000 },
    meter: { cacheFailed: () => {}, cacheForged: () => {} },
    warn: () => {},
  });
  onTestFinished(() => cache.close());
  return cache;
}

/** Until the probe, which runs every command and script of the cache, succeeds. */
const works = (cache: DecisionCache) => expect.poll(() => cache.probe(), { timeout: 15_000 }).toHaveProperty("time");

/** Until the probe fails for that reason. */
const fails = (cache: DecisionCache, reason: RegExp) =>
  expect
    .poll(() => cache.probe(), { timeout: 15_000 })
    .toEqual({ kind: "away", reason: expect.stringMatching(reason) });

/** Keeps a decision and returns what is found of it then, and after its scope was invalidated. */
async function keepAndInvalidate(cache: DecisionCache) {
  const tokens = await cache.take(QUESTION.user as "user:anna", OWNER);
  if (tokens?.kind !== "tokens") throw new Error(`the tokens are ${tokens?.kind ?? "away"}`);
  const { userToken, ownerToken, now } = tokens;
  const entry = {
    allowed: true,
    owner: OWNER,
    userToken,
    ownerToken,
    validUntil: now + 10_000,
    filledAt: now,
  } as const;
  cache.store(QUESTION, entry, now + 10_000);
  const allowed = async () => {
    const found = await cache.lookup(QUESTION, OWNER);
    return found === undefined ? "away" : found.entry?.allowed;
  };
  const kept = await allowed();
  await cache.lease("writer", [OWNER]);
  await cache.release("writer", [OWNER]);
  const found = await cache.lookup(QUESTION, OWNER);
  return { kept, after: found === undefined ? "away" : found.ownerToken };
}

describe.skipIf(missing !== undefined)("Redis with Sentinel", () => {
  let redis: RedisSentinel;
  beforeAll(async () => {
    redis = await startRedisSentinel();
  }, UP_MILLISECONDS);
  afterAll(() => redis?.stop(), STEP_MILLISECONDS);

  test(
    "the cache works on the primary; after a failover the old one is refused, and the new one works under its own address",
    async () => {
      const before = await redis.primary();
      const cache = cacheOn(before);
      await works(cache);
      expect(await keepAndInvalidate(cache)).toEqual({ kept: true, after: undefined });
      await redis.failOver();
      const after = await redis.primary();
      expect(after).not.toBe(before);
      await fails(cache, /no master/);
      const next = cacheOn(after);
      await works(next);
      expect(await keepAndInvalidate(next)).toEqual({ kept: true, after: undefined });
    },
    STEP_MILLISECONDS,
  );
});

describe.skipIf(missing !== undefined)("a Redis Cluster", () => {
  let redis: RedisCluster;
  beforeAll(async () => {
    redis = await startRedisCluster();
  }, UP_MILLISECONDS);
  afterAll(() => redis?.stop(), STEP_MILLISECONDS);

  test(
    "all keys of a store lie in one slot: the server that has it serves the cache, and the others are refused with MOVED",
    async ({ service: { deps }, store }) => {
      await seedWorld(createService({ ...deps }));
      const { owner, others } = await redis.of(tokenKey(store.storeId, OWNER));
      const cache = cacheOn(owner, store);
      await works(cache);
      expect(await keepAndInvalidate(cache)).toEqual({ kept: true, after: undefined });
      for (const other of others) {
        const refused = cacheOn(other, store);
        await fails(refused, /MOVED/);
        const service = createService({ ...deps, cache: refused });
        for (let count = 1; count <= 2; count++) {
          expect(await ask(service, "anna")).toMatchObject({ decision: true });
          expect(await ask(service, "eva")).toMatchObject({ decision: false });
        }
        // nothing is cached
        expect(await engineCalls(service, "check")).toBeGreaterThanOrEqual(4);
      }
    },
    STEP_MILLISECONDS,
  );
});
