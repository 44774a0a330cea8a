/**
 * The test function for everything that talks to the cache: a Redis of the test's own,
 * the cache on it as a replica has it, and a service that answers from it. What was
 * counted is read from `/metrics`, as Prometheus would.
 */
import { expect } from "vitest";
import type { CacheMoment, ReadProgress } from "../../src/domain/progress.ts";
import type { DecisionCache, Question } from "../../src/ports.ts";
import { createRedisCache, type RedisCacheOptions } from "../../src/redis/decision-cache.ts";
import { type OwnRedis, startRedis } from "./redis.ts";
import { createService, KEYS, type Service, test as serviceTest } from "./service.ts";

export const TTL_MILLISECONDS = 10_000;

/** Until the cache is connected and trusted. */
export async function answering(cache: DecisionCache): Promise<void> {
  const question = { user: "user:nobody", relation: "can_view", object: "plant:none" };
  await expect.poll(() => cache.lookup(question, undefined)).toBeDefined();
}

/** A traced question through AuthZEN, `anna can_view plant:7` without its prefixes: the whole reply. */
export async function ask(service: Service, user: string, resource = "plant:7", action = "view") {
  return (
    await service.admin("POST", "/access/v1/evaluation", evaluationOf(user, resource, action), { key: KEYS.check })
  ).body;
}

/** Its body; traced. */
export function evaluationOf(user: string, resource = "plant:7", action = "view") {
  const [type, id] = resource.split(":");
  return {
    subject: { type: "user", id: user },
    action: { name: action },
    resource: { type, id },
    context: { trace: true },
  };
}

/** What `/metrics` says of one series, `concordat_engine_calls_total{call="check"}`; 0 where it was never counted. */
export async function counted(service: Service, series: string): Promise<number> {
  const text = await (await service.app.request("/metrics")).text();
  const line = text.split("\n").find((one) => one.startsWith(`${series} `));
  return line === undefined ? 0 : Number(line.slice(series.length + 1));
}

export const engineCalls = (service: Service, call: string) =>
  counted(service, `concordat_engine_calls_total{call="${call}"}`);

/** The progress of a follower whose first poll, a deep one, began at that moment; the engine's clock agrees with the cache's. */
export const progressOf = (at: CacheMoment): ReadProgress => ({
  at,
  atInLog: at.now,
  deepAt: at.now,
  deepAtInLog: at.now,
  latestInLog: at.now,
  since: at.now,
});

type Fixtures = {
  redis: OwnRedis;
  /** Another replica's cache on it; it need not be connected yet. */
  connectCache: (options?: Partial<RedisCacheOptions>) => DecisionCache;
  /** A cache that answers. */
  cache: DecisionCache;
  /** A service on this test's store that answers from `redis`. */
  cached: Service;
};

export const test = serviceTest.extend<Fixtures>({
  redis: async ({ task: _ }, use) => {
    const redis = await startRedis();
    await use(redis);
    await redis.stop();
  },
  connectCache: async ({ redis }, use) => {
    const caches: DecisionCache[] = [];
    await use((options = {}) => {
      const cache = createRedisCache({
        url: redis.url,
        storeId: "store",
        modelId: "model",
        // a machine that stops for a second is not a Redis that does not answer; one that breaks off is noticed at once
        timeoutMilliseconds: 10_000,
        ttlMilliseconds: TTL_MILLISECONDS,
        meter: { cacheFailed: () => {}, cacheForged: () => {} },
        warn: () => {},
        ...options,
      });
      caches.push(cache);
      return cache;
    });
    for (const cache of caches) await cache.close();
  },
  cache: async ({ connectCache }, use) => {
    const cache = connectCache();
    await answering(cache);
    await use(cache);
  },
  cached: async ({ tupleStore, engine, store, connectCache }, use) => {
    const cache = connectCache(store);
    await answering(cache);
    const service = createService({ tupleStore, engine }, { cache });
    await use(service);
    await service.settled();
  },
});

export const questionOf = (user: string, resource = "plant:7", relation = "can_view"): Question => ({
  user: `user:${user}`,
  relation,
  object: resource,
});
