/**
 * Counts of requests in Redis, shared by all replicas. A Redis that is down or slow blocks nobody: then the request is
 * counted in this process.
 */
import { RateLimiterRedis, type RateLimiterRes } from "rate-limiter-flexible";
import { policiesOf, type RateLimits, WINDOW_SECONDS } from "../domain/rate-limits.ts";
import { createMemoryRateLimiter, overLimit, takenOf } from "../memory/rate-limiter.ts";
import type { Meter, RateLimiter } from "../ports.ts";
import { countKeyPrefix, markKey } from "./cache-keys.ts";
import { connect } from "./connection.ts";

/** From the configuration. Without a Redis, requests are counted in this process alone. */
type Settings = {
  REDIS_URL?: string | undefined;
  /** How long a request may wait to be counted; while an answer is overdue none waits. */
  REDIS_TIMEOUT_MILLISECONDS: number;
  rateLimits: RateLimits;
};

/** Connects in the background. */
export function createRateLimiter(
  { REDIS_URL, REDIS_TIMEOUT_MILLISECONDS, rateLimits }: Settings,
  storeId: string,
  meter: Pick<Meter, "cacheFailed">,
): RateLimiter {
  const policies = policiesOf(rateLimits);
  const fallback = createMemoryRateLimiter(policies, WINDOW_SECONDS);
  if (REDIS_URL === undefined || policies.length === 0) return fallback;
  const { redis, within, epoch, close } = connect({
    url: REDIS_URL,
    key: markKey(storeId),
    timeoutMilliseconds: REDIS_TIMEOUT_MILLISECONDS,
    failed: (operation) => meter.cacheFailed(operation),
  });
  const limiters = new Map(
    policies.map(({ name, limit }) => [
      name,
      new RateLimiterRedis({
        storeClient: redis,
        keyPrefix: countKeyPrefix(storeId, name),
        points: limit,
        // no block in memory beyond the limit: it would remain after a count was given back
        duration: WINDOW_SECONDS,
      }),
    ]),
  );
  return {
    async take(policy, subject) {
      const limiter = limiters.get(policy);
      if (limiter === undefined) return undefined;
      // while Redis is away it is not asked, so that nobody waits for it
      if (epoch() === undefined) return fallback.take(policy, subject);
      const counted = await within<RateLimiterRes>("rate_limit", limiter.consume(subject).catch(overLimit));
      return counted === undefined ? fallback.take(policy, subject) : takenOf(counted, limiter.points);
    },
    giveBack(policy, subject) {
      if (epoch() === undefined) return fallback.giveBack(policy, subject);
      const given = limiters.get(policy)?.reward(subject);
      if (given !== undefined) void within("rate_limit", given);
    },
    close,
  };
}
