/**
 * One hunt from its setting to its report: a store in memory, Redis as it is to be disturbed, three replicas of the
 * service. HUNT_SECONDS is how long all hunts take together; with HUNT_CHECKS each continues, disturbed again, until so many
 * checks were asked in all.
 */
import { randomUUID } from "node:crypto";
import { test as base, expect } from "vitest";
import { createEngine } from "../../../src/openfga/engine.ts";
import { openStore } from "../../../src/openfga/open-store.ts";
import { createTupleStore } from "../../../src/openfga/tuple-store.ts";
import type { DecisionCache, Engine, TupleStore } from "../../../src/ports.ts";
import { type MemoryEngine, startMemoryEngine } from "../memory-engine.ts";
import { MODEL } from "../model.ts";
import { type OwnRedis, startRedis } from "../redis.ts";
import { createService, type Service } from "../service.ts";
import { startTcpProxy, type TcpProxy } from "../tcp-proxy.ts";
import { seedField } from "./field.ts";
import { type Hunt, hunt, printReport, type Report } from "./hunt.ts";
import { connectCache, openReplicas } from "./replicas.ts";

const SECONDS = Number(process.env.HUNT_SECONDS ?? 25);
const CHECKS = Number(process.env.HUNT_CHECKS ?? 0);
/** Short, so that a fault that costs a TTL does not cost the hunt. */
const TTL_MILLISECONDS = 2000;
export const TIMEOUT_MILLISECONDS = 100;
const CHECKS_PER_SECOND_MIN = 100;
// a slow machine hunts longer
export const options = { timeout: SECONDS * 1000 + (CHECKS / CHECKS_PER_SECOND_MIN) * 1000 + 180_000 };

export type Scene = { tupleStore: TupleStore; engine: Engine; caches: [DecisionCache, DecisionCache, DecisionCache] };

/** Servers of Redis and how they are reached: one REDIS_URL for each replica. */
export type Servers = {
  urls: [string, string, string];
  /** What happens to them, over about so long. */
  fault: (milliseconds: number) => Promise<void>;
  stop: () => Promise<void>;
};

export type Setting = {
  name: string;
  /** Of all the time, and of all checks, there are. */
  share: number;
  /** Whether something is wrong on purpose, so that it ends when that is found. */
  isBroken?: boolean;
  flags?: string[];
  ttlMilliseconds?: number;
  unwatchedMilliseconds?: number;
  /** What each replica has in place of its cache. */
  wrap?: (cache: DecisionCache) => DecisionCache;
  fault?: (of: { redis: OwnRedis; proxy: TcpProxy; milliseconds: number }) => Promise<void>;
  /** In place of one server behind a proxy. `storeId` is the store's. */
  servers?: (storeId: string) => Promise<Servers>;
  /** How the actions are done, and when the hunt may end. */
  changes?: (scene: Scene) => Pick<Hunt, "act" | "isEnough">;
};

type Fixtures = {
  memory: MemoryEngine;
  play: (setting: Setting) => Promise<{ report: Report; replicas: Service[] }>;
};

async function oneServer({ flags, fault }: Setting): Promise<Servers> {
  const redis = await startRedis(flags);
  const proxy = await startTcpProxy(redis.port);
  const url = `redis://127.0.0.1:${proxy.port}`;
  return {
    urls: [url, url, url],
    fault: async (milliseconds) => fault?.({ redis, proxy, milliseconds }),
    stop: async () => {
      await proxy.close();
      await redis.stop();
    },
  };
}

export const test = base.extend<Fixtures>({
  memory: [
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads the dependencies from the parameter
    async ({}, use) => {
      const engine = await startMemoryEngine();
      await use(engine);
      await engine.stop();
    },
    { scope: "file" },
  ],
  play: async ({ memory: { at } }, use) => {
    const ends: (() => Promise<void>)[] = [];
    await use(async (setting) => {
      const { name, share, isBroken, ttlMilliseconds = TTL_MILLISECONDS, wrap = (cache) => cache, changes } = setting;
      const timing = {
        unwatchedMilliseconds: 10_000,
        ...setting,
        ttlMilliseconds,
        timeoutMilliseconds: TIMEOUT_MILLISECONDS,
      };
      const store = { ...at, ...(await openStore({ ...at, store: randomUUID(), model: MODEL, allowPush: false })) };
      const tupleStore = createTupleStore(store);
      const engine = createEngine({ ...store, timeoutMilliseconds: 30_000, connections: 10 });
      ends.unshift(() => engine.close());
      const { urls, fault, stop } = await (setting.servers?.(store.storeId) ?? oneServer(setting));
      ends.unshift(stop);
      const connectOne = async (url: string) => {
        const cache = await connectCache(store, url, timing);
        ends.unshift(() => cache.close());
        return cache;
      };
      const caches: Scene["caches"] = await Promise.all([
        connectOne(urls[0]),
        connectOne(urls[1]),
        connectOne(urls[2]),
      ]);
      const [first, second, third] = caches;
      const wrapped: Scene["caches"] = [wrap(first), wrap(second), wrap(third)];
      const replicas = openReplicas({ tupleStore, engine }, wrapped, { ttlMilliseconds });
      const field = await seedField(createService({ tupleStore, engine }, { cache: caches[0] }));
      const seconds = SECONDS * share;
      const report = await hunt({
        replicas,
        field,
        seconds,
        checks: isBroken ? 0 : CHECKS * share,
        fault: () => fault(seconds * 1000),
        ...changes?.({ tupleStore, engine, caches }),
      });
      printReport(name, report);
      return { report, replicas };
    });
    for (const end of ends) await end();
  },
});

export const expectFresh = ({ report }: { report: Report }) => expect(report.violations).toEqual([]);
