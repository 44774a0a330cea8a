/** Replicas of the service as they run in production: one store, one Redis, and nothing shared in the process. */
import { expect } from "vitest";
import type { DecisionCache } from "../../../src/ports.ts";
import { createRedisCache } from "../../../src/redis/decision-cache.ts";
import { createService, type Service } from "../service.ts";

type Base = Parameters<typeof createService>[0];
type Store = { storeId: string; modelId: string };

/** Entries are sealed, as docker-compose.yml has it. */
const SECRET = "a secret of the tests that seals entries";

/** A connection of its own to a Redis, once it answers. */
export async function connectCache(
  store: Store,
  url: string,
  { ttlMilliseconds = 10_000, timeoutMilliseconds = 1000, unwatchedMilliseconds = 10_000 } = {},
): Promise<DecisionCache> {
  const { storeId, modelId } = store;
  const meter = { cacheFailed: () => {}, cacheForged: () => {} };
  const timing = { timeoutMilliseconds, ttlMilliseconds, unwatchedMilliseconds };
  const cache = createRedisCache({ url, storeId, modelId, ...timing, secret: SECRET, meter, warn: () => {} });
  const question = { user: "user:nobody", relation: "can_view", object: "plant:none" };
  await expect.poll(() => cache.lookup(question, undefined)).toBeDefined();
  return cache;
}

/** There is always one. */
export type Replicas = [Service, ...Service[]];

/** As many services as there are caches, each with its own order, checker and guesses. */
export function openReplicas(
  base: Base,
  [first, ...others]: [DecisionCache, ...DecisionCache[]],
  changes: Parameters<typeof createService>[1] = {},
): Replicas {
  const open = (cache: DecisionCache) => createService(base, { ...changes, cache });
  return [open(first), ...others.map(open)];
}
