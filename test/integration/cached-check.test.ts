/** A check through the cache: what is stored, what is not, and what a reply promises of it. */
import { expect } from "vitest";
import type { DecisionCache } from "../../src/ports.ts";
import { createRedisCache } from "../../src/redis/decision-cache.ts";
import { startRedis } from "../redis.ts";
import { cooperate, createService, KEYS, seedWorld, test as serviceTest } from "../service.ts";

const test = serviceTest.extend<{ cache: DecisionCache }>({
  cache: async ({ store }, use) => {
    const redis = await startRedis();
    const cache = createRedisCache({
      ...store,
      url: redis.url,
      timeoutMilliseconds: 1000,
      ttlMilliseconds: 10_000,
      meter: { cacheFailed: (name) => console.log("cache failed:", name) },
    });
    await expect
      .poll(() => cache.lookup({ user: "user:a", relation: "can_view", object: "plant:1" }, undefined))
      .not.toBe("away");
    await use(cache);
    await cache.close();
    await redis.stop();
  },
});

test("the second question is a hit, and a revocation is seen by the next", async ({ relationships, engine, cache }) => {
  const service = createService({ relationships, engine }, { cache });
  await seedWorld(service);
  const { shares } = await cooperate(service, [{ resource: "plant:7", role: "technical_manager" }]);
  const trace = async (user: string) => {
    const question = {
      subject: { type: "user", id: user },
      action: { name: "view" },
      resource: { type: "plant", id: "7" },
      context: { trace: true },
    };
    return (await service.admin("POST", "/access/v1/evaluation", question, { key: KEYS.check })).body;
  };
  const path = `/v1/shares/${shares[0]}/delegations/tom`;
  expect((await service.as("ben", "PUT", path, { role: "viewer" })).status).toBe(201);
  expect(await trace("tom")).toMatchObject({ decision: true, context: { source: "miss" } });
  expect(await trace("tom")).toMatchObject({ decision: true, context: { source: "hit" } });
  await expect.poll(() => trace("tom")).toMatchObject({ context: { source: "hit", via: { share: shares[0] } } });
  await trace("anna");
  await expect.poll(() => trace("anna")).toMatchObject({ context: { source: "hit", via: "own" } });
  expect((await service.as("ben", "DELETE", path)).status).toBe(200);
  expect(await trace("tom")).toMatchObject({ decision: false, context: { source: "miss" } });
  expect(await trace("tom")).toMatchObject({ decision: false, context: { source: "hit" } });
});
