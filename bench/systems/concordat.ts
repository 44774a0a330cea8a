/**
 * Concordat as it ships: the process of its own, in front of an OpenFGA that nobody
 * else uses, with Redis or with its memory. Only its log is set lower, to warnings,
 * as OpenFGA's is.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";

import { evaluationRequest, evaluationsRequest } from "../authzen.ts";
import { type Engine, type Missing, STORE, type StartEngine, startEngine, startEngineOnPostgres } from "../engine.ts";
import { type Started, startRedis, startUntil } from "../processes.ts";
import { send, yesOrNo } from "../send.ts";
import type { Counts, Question, StartSystem, System } from "../system.ts";
import type { World } from "../world.ts";
import { operationRequest } from "./concordat-operations.ts";

const KEY = "the-only-key-of-the-bench";
const VERSION = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version;
const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
/** The most that CACHE_TTL_SECONDS takes. */
const KEEPING_SECONDS = "3600";

/** With a Redis of its own. */
export const startConcordat: StartSystem = (world) => start("concordat", startEngine, world, true);

/** With a Redis of its own, on an engine on PostgreSQL: as docker-compose.yml runs it. */
export const startConcordatPostgres: StartSystem = (world) =>
  start("concordat-postgres", startEngineOnPostgres, world, true);

/** With the memory of its one process. */
export const startConcordatMemory: StartSystem = (world) => start("concordat-memory", startEngine, world, false);

/** With a Redis of its own, and nothing beside the checks: what the access log and the scheduler cost is what it is ahead. */
export const startConcordatBare: StartSystem = (world) =>
  start("concordat-bare", startEngine, world, true, { ACCESS_LOG: "off", SCHEDULER: "off" });

/** With a Redis of its own and as many processes that answer. */
export const startConcordatWorkers =
  (workers: number): StartSystem =>
  (world) =>
    start(`concordat-workers-${workers}`, startEngine, world, true, { WORKERS: `${workers}` });

/** A service that is called with `bearer`: a key, or a token of an issuer in its settings. */
export async function start(
  name: string,
  startOn: StartEngine,
  world: World,
  withRedis: boolean,
  settings: Record<string, string> = {},
  bearer = KEY,
): Promise<System | Missing> {
  const engine = await startOn(world, []);
  if ("reason" in engine) return engine;
  const shipped = await startService(name, engine, withRedis ? await startRedis() : undefined, settings, bearer);
  const longer = { ...settings, CACHE_TTL_SECONDS: KEEPING_SECONDS };
  const keeping = await startService(name, engine, withRedis ? await startRedis() : undefined, longer, bearer);
  const stop = async () => {
    await keeping.stop();
    await shipped.stop();
    await engine.stop();
  };
  return { ...shipped, keeping, stop };
}

async function startService(
  name: string,
  engine: Engine,
  redis: (Started & { url: string }) | undefined,
  settings: Record<string, string>,
  bearer: string,
): Promise<System> {
  const folder = mkdtempSync(join(tmpdir(), "concordat-bench-"));
  const env = {
    PATH: process.env.PATH,
    // as docker-compose.yml has it
    ACCESS_LOG: "file",
    CONCORDAT_FOLDER: folder,
    PORT: "0",
    OPENFGA_API_URL: engine.server.apiUrl,
    OPENFGA_API_TOKEN: engine.server.apiToken,
    OPENFGA_STORE: STORE,
    SERVICE_KEYS: JSON.stringify([{ name: "bench", scopes: ["check", "manage", "admin"], key: KEY }]),
    INVITATION_SECRET: "a secret that signs no invitation here",
    LOG_LEVEL: "warn",
    // one key sends everything
    RATE_LIMIT_WRITES_PER_MINUTE: "off",
    RATE_LIMIT_READS_PER_MINUTE: "off",
    RATE_LIMIT_SEARCHES_PER_MINUTE: "off",
    // as docker-compose.yml sets it
    ...(redis && {
      REDIS_URL: redis.url,
      ...(process.env.BENCH_UNSEALED ? {} : { CACHE_SECRET: "a secret that seals the entries of the bench" }),
    }),
    ...settings,
  };
  const service = await startUntil(/listens on http\S+/, process.execPath, [MAIN], env);
  const url = /listens on (http\S+)/.exec(service.said)?.[1] ?? "";
  const authorization = { Authorization: `Bearer ${bearer}` };
  const request = (question: Question) => evaluationRequest(question, authorization);
  return {
    name,
    version: `${VERSION} on ${engine.datastore}`,
    url,
    request,
    batch: (questions) => evaluationsRequest(questions, authorization),
    answer: async (question) => yesOrNo(await send(url, request(question)), "decision"),
    operation: (operation) => operationRequest(operation, authorization),
    counts: () => countsOf(url),
    ...(redis && { cacheBytes: () => usedBytes(redis.url) }),
    processes: { service: service.group, ...engine.processes, ...(redis && { redis: redis.group }) },
    stop: async () => {
      await service.stop();
      await redis?.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function countsOf(url: string): Promise<Counts> {
  const lines = (await (await fetch(`${url}/metrics`)).text()).split("\n");
  const sum = (prefix: string) =>
    lines.reduce((total, line) => (line.startsWith(prefix) ? total + Number(line.split(" ").at(-1)) : total), 0);
  const checks = (source: string) => sum(`concordat_check_duration_seconds_count{source="${source}"}`);
  return {
    hits: checks("hit"),
    misses: checks("miss") + checks("engine"),
    engineCalls: sum("concordat_engine_calls_total{"),
  };
}

/** Of its entries and the tables that find them: what Redis takes beside them differs by the moment, in buffers of connections. */
async function usedBytes(url: string): Promise<number> {
  const redis = new Redis(url);
  const stats = pairsOf(await redis.memory("STATS"));
  await redis.quit();
  const tables = [...pairsOf(stats.get("db.0") ?? []).values()];
  return [stats.get("dataset.bytes"), ...tables].reduce<number>((sum, one) => sum + Number(one), 0);
}

/** A map as Redis's protocol 2 sends it. */
function pairsOf(flat: unknown): Map<unknown, unknown> {
  const list = flat as unknown[];
  return new Map(list.flatMap((name, at) => (at % 2 === 0 ? [[name, list[at + 1]] as const] : [])));
}
