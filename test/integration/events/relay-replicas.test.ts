/**
 * Replicas that relay with one Redis: the one that leads dies, Redis is emptied or restarts, and every event is delivered
 * all the same, in the order of its history. On sqlite, and on PostgreSQL where one is there.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, test as base, beforeAll, describe, expect } from "vitest";
import {
  deliveringTo,
  expectDelivered,
  firstDelivered,
  recordedBehind,
  registerPlants,
} from "../../support/deliveries.ts";
import { connection, environmentOf } from "../../support/engine.ts";
import { type OnPostgres, startOnPostgres } from "../../support/postgres.ts";
import { startProcess } from "../../support/process.ts";
import { startReceiver } from "../../support/receiver.ts";
import { type OwnRedis, startRedis } from "../../support/redis.ts";

const TIMEOUT_MILLISECONDS = 240_000;
const test = base.extend<{ redis: OwnRedis }>({
  redis: async ({ task: _ }, use) => {
    const redis = await startRedis();
    await use(redis);
    await redis.stop();
  },
});

type Engine = ReturnType<typeof connection>;
type Service = Awaited<ReturnType<typeof startProcess>>;
type Disturb = (replicas: { leader: Service; other: Service }, redis: OwnRedis) => Promise<void>;

/** Two replicas deliver what one of them records while `disturb` runs; what was recorded is then taken, all of it. */
async function deliverWhile(engine: Engine, redis: OwnRedis, disturb: Disturb): Promise<void> {
  const receiver = await startReceiver((_, count) => ({ status: 204, afterMilliseconds: count % 5 === 0 ? 100 : 0 }));
  const env = { ...deliveringTo(receiver), ...environmentOf(engine), REDIS_URL: redis.url };
  // alone, it is the one that delivers
  const leader = await startProcess(env);
  const cursor = await firstDelivered(leader.url, receiver);
  const other = await startProcess(env);
  const acting = ["a", "b", "c"].map((name) => registerPlants(other.url, name, 40));
  await disturb({ leader, other }, redis);
  await Promise.all(acting);
  const { ids } = await recordedBehind(other.url, cursor);
  expect(ids.length).toBeGreaterThan(100);
  await expectDelivered(receiver, ids);
}

const leaderDies: Disturb = async ({ leader }) => {
  await sleep(500);
  leader.child.kill("SIGKILL");
  await leader.ended;
};

test("the replica that delivers dies, and the other one continues", { timeout: TIMEOUT_MILLISECONDS }, ({ redis }) =>
  deliverWhile(connection(), redis, leaderDies),
);

test("Redis loses its data again and again meanwhile", { timeout: TIMEOUT_MILLISECONDS }, ({ redis }) =>
  deliverWhile(connection(), redis, async () => {
    for (let n = 0; n < 10; n++) {
      await sleep(200);
      await redis.client.flushall();
    }
  }),
);

test("Redis restarts empty while the replica that delivers dies", { timeout: TIMEOUT_MILLISECONDS }, ({ redis }) =>
  deliverWhile(connection(), redis, async (replicas) => {
    await redis.restart();
    await leaderDies(replicas, redis);
    await redis.restart();
  }),
);

describe("on PostgreSQL", () => {
  let onPostgres: OnPostgres | { reason: string };
  beforeAll(async () => {
    onPostgres = await startOnPostgres();
  });
  afterAll(async () => {
    if ("stop" in onPostgres) await onPostgres.stop();
  });

  test("the replica that delivers dies, and the other one follows there too", {
    timeout: TIMEOUT_MILLISECONDS,
  }, async ({ redis }) => {
    if ("reason" in onPostgres) return console.log(`No PostgreSQL: ${onPostgres.reason}.`);
    const { apiUrl, apiToken } = onPostgres;
    await deliverWhile({ apiUrl, ...(apiToken && { apiToken }) }, redis, leaderDies);
  });
});
