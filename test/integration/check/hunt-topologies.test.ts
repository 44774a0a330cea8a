/**
 * The hunt where Redis has several servers: three replicas of the service find the one that has the data through Sentinels
 * or in a Cluster, while masters fail, sleep, are isolated and go on answering, and the slot moves.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { markKey } from "../../../src/redis/cache-keys.ts";
import type { Report } from "../../support/hunt/hunt.ts";
import { expectFresh, options, type Setting, test } from "../../support/hunt/play.ts";
import { startRedisCluster } from "../../support/redis-cluster.ts";
import { startRedisSentinel } from "../../support/redis-sentinel.ts";
import { startTcpProxy } from "../../support/tcp-proxy.ts";

/** Longer than it takes until a new master is used. */
const BETWEEN_MILLISECONDS = 6000;

test(
  "masters are exchanged and fall asleep, each then still takes itself for one, and no answer is stale",
  options,
  async ({ play }) => {
    const servers: Setting["servers"] = async () => {
      const sentinel = await startRedisSentinel();
      const url = sentinel.urlOf(sentinel.ports);
      let isPlanned = false;
      return {
        urls: [url, url, url],
        fault: async (milliseconds) => {
          const end = Date.now() + milliseconds;
          do {
            isPlanned = !isPlanned;
            if (isPlanned) await sentinel.failOver();
            else await sentinel.sleepThrough();
            await sleep(BETWEEN_MILLISECONDS);
          } while (Date.now() < end);
        },
        stop: sentinel.stop,
      };
    };
    expectFresh(await play({ name: "failing over", share: 0.1, servers }));
  },
);

test(
  "a master is isolated with one replica and continues to answer, and no answer is stale",
  options,
  async ({ play }) => {
    const servers: Setting["servers"] = async () => {
      const sentinel = await startRedisSentinel();
      const url = sentinel.urlOf(sentinel.ports);
      const proxies = await Promise.all(sentinel.ports.map((port) => startTcpProxy(port)));
      return {
        urls: [sentinel.urlOf(proxies.map(({ port }) => port)), url, url],
        fault: async (milliseconds) => {
          const end = Date.now() + milliseconds;
          do {
            const { heal } = await sentinel.isolate();
            // until now it heard of everything, so that it continues as long as it may
            for (const proxy of proxies) proxy.cut();
            await sleep(BETWEEN_MILLISECONDS);
            await heal();
            for (const proxy of proxies) proxy.mend();
            await sleep(BETWEEN_MILLISECONDS);
          } while (Date.now() < end);
        },
        stop: async () => {
          for (const proxy of proxies) await proxy.close();
          await sentinel.stop();
        },
      };
    };
    expectFresh(await play({ name: "isolated master", share: 0.1, servers }));
  },
);

test("the slot of a Cluster moves from node to node, and no answer is stale", options, async ({ play }) => {
  const servers: Setting["servers"] = async (storeId) => {
    const cluster = await startRedisCluster();
    return {
      urls: [cluster.url, cluster.url, cluster.url],
      fault: async (milliseconds) => {
        const end = Date.now() + milliseconds;
        do {
          await cluster.move(markKey(storeId));
          await sleep(BETWEEN_MILLISECONDS);
        } while (Date.now() < end);
      },
      stop: cluster.stop,
    };
  };
  expectFresh(await play({ name: "moving slot", share: 0.1, servers }));
});

test(
  "the hunt finds stale answers where replicas name the servers instead of the Sentinels",
  options,
  async ({ play }) => {
    const servers: Setting["servers"] = async () => {
      const sentinel = await startRedisSentinel();
      const { url, client } = await sentinel.master();
      // what a process has that knows of no Sentinel: the former master here, the next one there
      const proxy = await startTcpProxy(client.options.port ?? 0);
      const other = `redis://127.0.0.1:${proxy.port}`;
      return {
        urls: [url, url, other],
        fault: async () => {
          await sentinel.isolate();
          proxy.to = (await sentinel.master()).port;
          proxy.cut();
          proxy.mend();
        },
        stop: async () => {
          await proxy.close();
          await sentinel.stop();
        },
      };
    };
    const changes = () => ({ isEnough: ({ violations }: Report) => violations.length > 0 });
    const setting = { name: "without Sentinels", share: 0.02, isBroken: true, ttlMilliseconds: 10_000 };
    const { report } = await play({ ...setting, servers, changes });
    expect(report.violations.length).toBeGreaterThan(0);
  },
);
