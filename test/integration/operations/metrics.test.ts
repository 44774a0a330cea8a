/** `GET /metrics`: what checks, the engine and the cache did is counted, and nobody is named. */
import { expect } from "vitest";
import { createCommittedWrite } from "../../../src/check/committed-write.ts";
import { createFollower } from "../../../src/check/follow-changes.ts";
import { createMetrics } from "../../../src/metrics.ts";
import { createRedisCache } from "../../../src/redis/decision-cache.ts";
import { answering, ask, counted, test } from "../../support/cache.ts";
import { cooperate, createService, seedWorld } from "../../support/service.ts";

const NOON = new Date("2030-01-01T12:00:00Z");
const checks = (source: string) => `concordat_check_duration_seconds_count{source="${source}"}`;
const unstored = (reason: string) => `concordat_check_unstored_total{reason="${reason}"}`;

test("hits, misses, answers not stored by reason, and engine calls are each counted", async ({ cached }) => {
  await seedWorld(cached);
  const { shares } = await cooperate(cached, [{ resource: "plant:7", role: "viewer" }]);
  cached.setNow(NOON);
  const tom = `/v1/shares/${shares[0]}/delegations/tom`;
  await cached.as("ben", "PUT", tom, { role: "viewer", expires_at: "2030-01-01T12:00:05Z" });
  const series = [
    ...["hit", "miss", "engine"].map(checks),
    ...["away", "leased", "no_owner", "overtaken", "date"].map(unstored),
    ...["batch_check", "check"].map((call) => `concordat_engine_calls_total{call="${call}"}`),
  ];
  const all = () => Promise.all(series.map((one) => counted(cached, one)));
  expect(await all()).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  // a no is asked as of the end of the TTL, with the resource's head, and as of now
  await ask(cached, "eva");
  expect(await all()).toEqual([0, 1, 0, 0, 0, 0, 0, 0, 1, 1]);
  await ask(cached, "eva");
  await ask(cached, "eva");
  expect(await all()).toEqual([2, 1, 0, 0, 0, 0, 0, 0, 1, 1]);
  await ask(cached, "eva", "plant:none");
  expect(await all()).toEqual([2, 1, 1, 0, 0, 1, 0, 0, 1, 2]);
  // behind a yes as of now it is asked how long it lasts
  await ask(cached, "tom");
  await expect.poll(all).toEqual([2, 2, 1, 0, 0, 1, 0, 1, 2, 3]);
  await cached.deps.cache.lease("w", ["user:otto"]);
  await ask(cached, "otto");
  expect(await all()).toEqual([2, 2, 2, 0, 1, 1, 0, 1, 2, 4]);
  await ask(cached, "anna", "organization:sunward", "manage");
  expect(await all()).toEqual([2, 2, 3, 0, 1, 1, 0, 1, 2, 5]);
});

test("failures of Redis are counted by operation, and so are the answers without a cache", async ({
  redis,
  store,
  tupleStore,
  engine,
}) => {
  const { meter, text: metricsText } = createMetrics(() => NOON);
  const cache = createRedisCache({
    ...store,
    url: redis.url,
    timeoutMilliseconds: 500,
    ttlMilliseconds: 10_000,
    meter,
    warn: () => {},
  });
  await answering(cache);
  const service = createService({ tupleStore, engine }, { cache, metricsText });
  await seedWorld(service);
  const failures = (operation: string) => counted(service, `concordat_cache_failures_total{operation="${operation}"}`);
  const before = [await failures("lease"), await failures("release")] as const;
  redis.pause();
  expect((await service.as("anna", "PUT", "/v1/plants/7", { owner: "sunward", name: "Hill" })).status).toBe(200);
  expect([await failures("lease"), await failures("release")]).toEqual([before[0] + 1, before[1] + 1]);
  expect((await ask(service, "anna")).context.source).toBe("engine");
  redis.resume();
  await cache.close();
});

test("the age of the changes is the time since they were last read completely, and absent before that", async ({
  service,
  tupleStore,
}) => {
  let now = new Date();
  const clock = () => now;
  const { meter, text: metricsText } = createMetrics(clock);
  const seen = createService(service.deps, { metricsText });
  const text = async () => (await seen.app.request("/metrics")).text();
  expect(await text()).not.toMatch(/^concordat_changes_age_seconds /m);
  const { cache } = service.deps;
  await createFollower({
    ...{ tupleStore, cache, clock, meter },
    committed: createCommittedWrite(tupleStore),
    unwatchedMilliseconds: 10_000,
    warn: () => {},
    replica: "r",
  })();
  now = new Date(now.getTime() + 3500);
  expect(await counted(seen, "concordat_changes_age_seconds")).toBe(3.5);
});

test("/metrics needs no key, is in Prometheus's text format, and holds no id", async ({ cached }) => {
  await seedWorld(cached);
  await cooperate(cached, [{ resource: "plant:7", role: "viewer" }]);
  for (const user of ["anna", "ben", "tom"]) for (let n = 0; n < 2; n++) await ask(cached, user);
  const reply = await cached.app.request("/metrics");
  expect([reply.status, reply.headers.get("Content-Type")]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
  const text = await reply.text();
  expect(text).toMatch(/^# TYPE concordat_check_duration_seconds histogram$/m);
  for (const name of ["anna", "ben", "tom", "sunward", "brightfix", "plant:", "north", "@"])
    expect(text).not.toContain(name);
});

test("counters are current, and process metrics are read once a second, however many requests there are", async ({
  cached,
}) => {
  await seedWorld(cached);
  cached.setNow(NOON);
  const look = async () => {
    const text = await (await cached.app.request("/metrics")).text();
    const lines = (name: RegExp) => text.split("\n").filter((line) => name.test(line));
    return { counted: lines(/^concordat_engine_calls_total/), ofProcess: lines(/^(process|nodejs)_/) };
  };
  const first = await look();
  expect(first.ofProcess.length).toBeGreaterThan(20);
  await ask(cached, "eva");
  const second = await look();
  expect(second.counted).not.toEqual(first.counted);
  expect(second.ofProcess).toEqual(first.ofProcess);
  cached.setNow(new Date(NOON.getTime() + 1000));
  expect((await look()).ofProcess).not.toEqual(first.ofProcess);
});
