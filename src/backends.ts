/**
 * The servers behind the process, by the configuration: an external OpenFGA or one that is started here, and a decision
 * cache in Redis or in memory.
 */
import type { Config } from "./config.ts";
import { createMemoryCache } from "./memory/decision-cache.ts";
import type { OpenFgaConnection } from "./openfga/client.ts";
import { findServer } from "./openfga/server/find-server.ts";
import { untilUnused } from "./openfga/server/running.ts";
import { type RunningServer, startServer } from "./openfga/server/server.ts";
import type { DecisionCache, Meter } from "./ports.ts";
import { createRedisCache } from "./redis/decision-cache.ts";

/** Trips to Redis of a check: a look-up, another one when the owner has changed, and taking tokens. */
const CACHE_TRIPS = 3;
/** Within this time the server of a killed process ends by itself. */
const LEFT_OVER_MILLISECONDS = 10_000;

/** How to reach the engine, and its server where it was started here. Throws when there is no server, FolderInUse when another process runs one on the folder. */
export async function engineFor(
  config: Config,
  folder: string,
  say: (line: string) => void,
): Promise<{ connection: OpenFgaConnection; server: RunningServer | undefined }> {
  const found = await findServer(process.env, { line: say, counter: () => {} });
  const apiToken = config.OPENFGA_API_TOKEN;
  if (found.kind === "external")
    return { connection: { apiUrl: found.apiUrl, ...(apiToken && { apiToken }) }, server: undefined };
  await untilUnused(folder, LEFT_OVER_MILLISECONDS);
  const server = await startServer(found, { folder });
  return { connection: server, server };
}

/** The decision cache of a store; it connects to Redis in the background. */
export function cacheFor(
  config: Config,
  store: { storeId: string; modelId: string },
  meter: Meter,
  warn: (event: string, facts: object) => void,
): DecisionCache {
  const { REDIS_URL, REDIS_TIMEOUT_MILLISECONDS, CACHE_TTL_SECONDS, CACHE_ENTRIES_MAX } = config;
  const unwatchedMilliseconds = config.CACHE_UNWATCHED_SECONDS * 1000;
  if (REDIS_URL === undefined) return createMemoryCache({ entriesMax: CACHE_ENTRIES_MAX, unwatchedMilliseconds });
  return createRedisCache({
    url: REDIS_URL,
    storeId: store.storeId,
    modelId: store.modelId,
    timeoutMilliseconds: Math.floor(REDIS_TIMEOUT_MILLISECONDS / CACHE_TRIPS),
    ttlMilliseconds: CACHE_TTL_SECONDS * 1000,
    unwatchedMilliseconds,
    secret: config.CACHE_SECRET,
    meter,
    warn,
  });
}
