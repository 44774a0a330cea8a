/** Counts of requests in this process: for one replica alone, and while Redis does not answer. */
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import type { RateLimiter } from "../ports.ts";

/** A window of `windowSeconds` begins with the first request of each subject. */
export function createMemoryRateLimiter(
  policies: readonly { name: string; limit: number }[],
  windowSeconds: number,
): RateLimiter {
  const limiters = new Map(
    policies.map(({ name, limit }) => [name, new RateLimiterMemory({ points: limit, duration: windowSeconds })]),
  );
  return {
    async take(policy, subject) {
      const counted = await limiters.get(policy)?.consume(subject).catch(overLimit);
      return counted === undefined ? undefined : takenOf(counted, limiters.get(policy)?.points ?? 0);
    },
    giveBack(policy, subject) {
      void limiters.get(policy)?.reward(subject);
    },
    close: async () => {},
  };
}

/** The count that the library rejects with when it is over the limit; rethrows all else. */
export function overLimit(thrown: unknown): RateLimiterRes {
  if (thrown instanceof RateLimiterRes) return thrown;
  throw thrown;
}

/** A count as the port has it. */
export function takenOf({ consumedPoints, msBeforeNext, remainingPoints }: RateLimiterRes, limit: number) {
  const resetSeconds = Math.max(1, Math.ceil(msBeforeNext / 1000));
  return { allowed: consumedPoints <= limit, remaining: Math.max(0, remainingPoints), resetSeconds };
}
