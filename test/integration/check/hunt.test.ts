/**
 * No check that began after an action's reply answers from before it: three replicas behind one Redis are asked without a
 * pause while actions run, and everything that can happen to a Redis happens to it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { DecisionCache } from "../../../src/ports.ts";
import { createDyingWriters } from "../../support/hunt/dying-writer.ts";
import type { Report } from "../../support/hunt/hunt.ts";
import { expectFresh, options, type Scene, type Setting, TIMEOUT_MILLISECONDS, test } from "../../support/hunt/play.ts";

test("three replicas with one Redis give no stale answer", options, async ({ play }) => {
  expectFresh(await play({ name: "undisturbed", share: 0.08, ttlMilliseconds: 300_000 }));
});

test("the hunt finds stale answers when the leases are switched off", options, async ({ play }) => {
  const wrap = (cache: DecisionCache): DecisionCache => ({
    ...cache,
    lease: async () => {},
    release: async () => true,
  });
  const changes = () => ({ isEnough: ({ violations }: Report) => violations.length > 0 });
  const { report } = await play({
    name: "neither lease nor release",
    share: 0.05,
    isBroken: true,
    ttlMilliseconds: 300_000,
    wrap,
    changes,
  });
  expect(report.violations.length).toBeGreaterThan(0);
});

test("no lease ever reaches the cache, and no answer is stale", options, async ({ play }) => {
  const wrap = (cache: DecisionCache): DecisionCache => ({ ...cache, lease: async () => {} });
  expectFresh(await play({ name: "no lease", share: 0.08, ttlMilliseconds: 300_000, wrap }));
});

test("Redis dies and restarts empty, and no answer is stale", options, async ({ play }) => {
  const fault: Setting["fault"] = async ({ redis, milliseconds }) => {
    await sleep(milliseconds / 3);
    await redis.restart();
    await sleep(milliseconds / 3);
    await redis.kill();
    await sleep(milliseconds / 9);
    await redis.start();
  };
  expectFresh(await play({ name: "restarted", share: 0.08, fault }));
});

test("Redis loses its data repeatedly, and no answer is stale", options, async ({ play }) => {
  const fault: Setting["fault"] = async ({ redis, milliseconds }) => {
    for (const end = Date.now() + milliseconds; Date.now() < end; await sleep(Math.random() * 100))
      await redis.client.flushall();
  };
  expectFresh(await play({ name: "flushed", share: 0.08, fault }));
});

test("Redis is slow, and no answer is stale", options, async ({ play }) => {
  const fault: Setting["fault"] = async ({ proxy, milliseconds }) => {
    // within what a replica waits for, about as long, and longer
    for (const delay of [TIMEOUT_MILLISECONDS / 10, TIMEOUT_MILLISECONDS / 2, TIMEOUT_MILLISECONDS * 2, 0]) {
      proxy.delayMilliseconds = delay;
      await sleep(milliseconds / 4);
    }
  };
  expectFresh(await play({ name: "slowed", share: 0.08, fault }));
});

test(
  "Redis is cut off for a while and then accepts everything without answering, and no answer is stale",
  options,
  async ({ play }) => {
    const fault: Setting["fault"] = async ({ proxy, milliseconds }) => {
      await sleep(milliseconds / 5);
      proxy.cut();
      await sleep(milliseconds / 5);
      proxy.mend();
      await sleep(milliseconds / 5);
      proxy.blackHole = true;
      await sleep(milliseconds / 5);
      proxy.blackHole = false;
      await sleep(milliseconds / 5);
    };
    expectFresh(await play({ name: "cut off", share: 0.08, fault }));
  },
);

test("Redis evicts at random, and no answer is stale", options, async ({ play }) => {
  let evicted = 0;
  const fault: Setting["fault"] = async ({ redis, milliseconds }) => {
    // a slow machine fills it for longer
    for (const end = Date.now() + milliseconds; Date.now() < end || evicted <= 100; await sleep(5)) {
      await redis.client.set(`filler:${Math.random()}`, "x".repeat(10_000));
      evicted = Number(/evicted_keys:(\d+)/.exec(await redis.client.info("stats"))?.[1]);
    }
  };
  const flags = ["--maxmemory", "3mb", "--maxmemory-policy", "allkeys-lru"];
  expectFresh(await play({ name: "evicting", share: 0.08, flags, fault }));
  expect(evicted).toBeGreaterThan(100);
});

test(
  "writers die before they end their lease, and no answer is stale once the follower has read their change",
  options,
  async ({ play }) => {
    // nothing ends by itself in time: it is the tail that makes up for them
    const ttlMilliseconds = 60_000;
    const dying: ReturnType<typeof createDyingWriters>[] = [];
    const changes = ({ tupleStore, engine, caches: [cache] }: Scene) => {
      const writers = createDyingWriters({ tupleStore, engine, cache, ttlMilliseconds });
      dying.push(writers);
      const isEnough = ({ judged, sources, done }: Report) =>
        writers.deaths() > 3 && judged > 200 && sources.hit > 50 && done > 10;
      return { act: writers.act, isEnough };
    };
    const { report, replicas } = await play({ name: "dying writers", share: 0.08, ttlMilliseconds, changes });
    for (const writers of dying) await writers.stop();
    expectFresh({ report });
    // the leases of the dead end by themselves
    const question = { user: "user:tom", relation: "can_view", object: "plant:7" };
    for (const { deps } of replicas)
      await expect.poll(async () => (await deps.checker.check(question)).source).toBe("hit");
  },
);

test(
  "writers die, the follower sleeps for longer than the bound, entries live for minutes, and no answer is older than the bound",
  options,
  async ({ play }) => {
    const lives = { ttlMilliseconds: 300_000, unwatchedMilliseconds: 1000 };
    const dying: ReturnType<typeof createDyingWriters>[] = [];
    let marks = 0;
    const changes = ({ tupleStore, engine, caches: [cache] }: Scene) => {
      const counting: DecisionCache = {
        ...cache,
        watched: async (at, since) => {
          marks++;
          await cache.watched(at, since);
        },
      };
      const writers = createDyingWriters({ tupleStore, engine, cache: counting, ...lives, followerSleeps: true });
      dying.push(writers);
      const isEnough = ({ judged, sources, done }: Report) =>
        writers.deaths() > 3 && judged > 200 && sources.hit > 50 && done > 10 && marks > 5;
      return { act: writers.act, isEnough };
    };
    const { report } = await play({ name: "sleeping follower", share: 0.1, ...lives, changes });
    for (const writers of dying) await writers.stop();
    expectFresh({ report });
  },
);

test(
  "the hunt finds answers that are older than the bound when the mark outlives the sleep of the follower",
  options,
  async ({ play }) => {
    const lives = { ttlMilliseconds: 300_000, unwatchedMilliseconds: 1000 };
    const dying: ReturnType<typeof createDyingWriters>[] = [];
    const changes = ({ tupleStore, engine, caches: [cache] }: Scene) => {
      const lasting: DecisionCache = {
        ...cache,
        watched: (at, since) => cache.watched({ ...at, now: at.now + 60_000 }, since),
      };
      const writers = createDyingWriters({ tupleStore, engine, cache: lasting, ...lives, followerSleeps: true });
      dying.push(writers);
      return { act: writers.act, isEnough: ({ violations }: Report) => violations.length > 0 };
    };
    const { report } = await play({ name: "lasting mark", share: 0.05, isBroken: true, ...lives, changes });
    for (const writers of dying) await writers.stop();
    expect(report.violations.length).toBeGreaterThan(0);
  },
);
