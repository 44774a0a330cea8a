/**
 * Who is known by issuers, composed: callers with tokens, the security events that their issuers push, and what those
 * signalled, which all replicas share where there is a Redis.
 */
import type { Config } from "./config.ts";
import { createEventTokens } from "./identity/event-tokens.ts";
import { createTokens } from "./identity/tokens.ts";
import { createMemorySignalLog } from "./memory/signal-log.ts";
import type { Clock, Meter } from "./ports.ts";
import { createRedisSignalLog } from "./redis/signal-log.ts";

/** By the configuration. Without an issuer whose events are taken nothing is ever signalled, and no Redis is asked. */
export function identitiesFor(
  { ISSUERS, REDIS_URL: url, REDIS_TIMEOUT_MILLISECONDS: timeoutMilliseconds }: Config,
  { storeId }: { storeId: string },
  clock: Clock,
  meter: Meter,
) {
  const issuers = (ISSUERS ?? []).flatMap(({ name, signals }) => (signals === undefined ? [] : [name]));
  const signals =
    issuers.length > 0 && url !== undefined
      ? createRedisSignalLog({ url, storeId, issuers, timeoutMilliseconds, clock }, meter)
      : createMemorySignalLog(clock);
  return {
    tokens: ISSUERS && createTokens(ISSUERS, clock, signals),
    readEvent: ISSUERS && createEventTokens(ISSUERS, clock),
    signals,
  };
}
