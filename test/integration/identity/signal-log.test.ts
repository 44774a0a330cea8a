/** What issuers signalled, shared by replicas over a real Redis, and in the memory of one process. */
import { describe, expect, onTestFinished } from "vitest";
import { REVOKED_MILLISECONDS, TAKEN_MILLISECONDS } from "../../../src/domain/signal-log.ts";
import { createMemorySignalLog } from "../../../src/memory/signal-log.ts";
import { createRedisSignalLog } from "../../../src/redis/signal-log.ts";
import { test } from "../../support/cache.ts";
import { anyId } from "../../support/ids.ts";
import type { OwnRedis } from "../../support/redis.ts";

const ANNA = { issuer: "idp", user: anyId("anna") };
const BEN = { issuer: "idp", user: anyId("ben") };

const named = (id: string) => ({ issuer: "idp", id });

/** A replica's log, connected. */
async function replica({ url }: OwnRedis, more: { max?: number; clock?: () => Date } = {}) {
  const own = { issuers: ["idp", "another"], timeoutMilliseconds: 5000, clock: () => new Date() };
  const settings = { url, storeId: "01ARZ3NDEKTSV4RRFFQ69G5FAV", ...own, ...more };
  const log = createRedisSignalLog(settings, { cacheFailed: () => {} });
  onTestFinished(() => log.close());
  await expect.poll(() => log.has(named("nothing"))).toBe(false);
  return log;
}

test("what one replica revokes is revoked on every other, also on one that starts later, and of nobody else", async ({
  redis,
}) => {
  const [one, other] = [await replica(redis), await replica(redis)];
  expect(await one.revoke({ ...ANNA, before: 1000 })).toBe(true);
  expect(one.revokedBefore(ANNA)).toBe(1000);
  await other.poll();
  const third = await replica(redis);
  await third.poll();
  for (const log of [one, other, third]) {
    expect(log.revokedBefore(ANNA)).toBe(1000);
    expect(log.revokedBefore(BEN)).toBeUndefined();
    expect(log.revokedBefore({ ...ANNA, issuer: "another" })).toBeUndefined();
  }
});

test("an event that one replica has taken is known to all, and another one is not", async ({ redis }) => {
  const [one, other] = [await replica(redis), await replica(redis)];
  expect(await one.keep(named("first"))).toBe(true);
  expect([await other.has(named("first")), await other.has(named("second"))]).toEqual([true, false]);
});

test("more revocations than one page are all read, and the newest of a person counts", async ({ redis }) => {
  const [one, other] = [await replica(redis), await replica(redis)];
  for (let n = 1; n <= 1100; n++) await one.revoke({ ...ANNA, user: anyId(`u${n}`), before: n });
  await one.revoke({ ...ANNA, before: 7 });
  await one.revoke({ ...ANNA, before: 5 });
  await other.poll();
  expect(other.revokedBefore({ ...ANNA, user: anyId("u1100") })).toBe(1100);
  expect(other.revokedBefore(ANNA)).toBe(7);
});

test("while Redis does not answer nothing is said to be shared, what is known still counts, and after that it works again", async ({
  redis,
}) => {
  const log = await replica(redis);
  await log.revoke({ ...ANNA, before: 1000 });
  await redis.kill();
  await expect.poll(() => log.has(named("event"))).toBeUndefined();
  expect([await log.revoke({ ...BEN, before: 1000 }), await log.keep(named("event"))]).toEqual([false, false]);
  expect([log.revokedBefore(ANNA), log.revokedBefore(BEN)]).toEqual([1000, 1000]);
  await log.poll();
  await redis.start();
  await expect.poll(() => log.revoke({ ...BEN, before: 1001 })).toBe(true);
  expect(await (await replica(redis)).has(named("event"))).toBe(false);
});

test("an issuer that has no place left is refused, forgets nothing, and takes none from another", async ({ redis }) => {
  const [log, other] = [await replica(redis, { max: 2 }), await replica(redis, { max: 2 })];
  for (const user of ["anna", "ben", "eva"].map(anyId))
    expect(await log.revoke({ ...ANNA, user, before: 7 })).toBe(user !== "eva");
  for (const id of ["1", "2", "3"]) expect(await log.keep(named(id))).toBe(id !== "3");
  await other.poll();
  expect([other.revokedBefore(ANNA), other.revokedBefore(BEN)]).toEqual([7, 7]);
  expect([await other.has(named("1")), await other.has(named("3"))]).toEqual([true, false]);
  expect(await other.revoke({ ...ANNA, issuer: "another", before: 7 })).toBe(true);
  expect(await other.keep({ issuer: "another", id: "1" })).toBe(true);
});

test("a process knows what the others revoked from its first whole reading on, and ten seconds after the last no longer", async ({
  redis,
}) => {
  let passed = 0;
  const log = await replica(redis, { clock: () => new Date(Date.now() + passed) });
  expect(log.isCurrent()).toBe(false);
  await log.poll();
  expect(log.isCurrent()).toBe(true);
  await redis.kill();
  await expect.poll(() => log.has(named("event"))).toBeUndefined();
  passed = 10_000;
  await log.poll();
  expect(log.isCurrent()).toBe(false);
  await redis.start();
  await expect.poll(() => log.poll().then(log.isCurrent)).toBe(true);
});

describe("in one process", () => {
  test("an issuer that has no place left is refused until something counts no more, and takes none from another", async () => {
    let now = Date.parse("2026-11-27T12:00:00Z");
    const log = createMemorySignalLog(() => new Date(now), 1);
    expect([await log.revoke({ ...ANNA, before: 1 }), await log.keep(named("1"))]).toEqual([true, true]);
    expect([await log.revoke({ ...BEN, before: 1 }), await log.keep(named("2"))]).toEqual([false, false]);
    const another = { issuer: "another" };
    expect(await log.revoke({ ...BEN, ...another, before: 1 })).toBe(true);
    expect(await log.keep({ ...named("2"), ...another })).toBe(true);
    expect([log.revokedBefore(ANNA), await log.has(named("1"))]).toEqual([1, true]);
    expect(await log.revoke({ ...ANNA, before: 2 })).toBe(true);
    now += TAKEN_MILLISECONDS;
    expect([await log.revoke({ ...BEN, before: 1 }), await log.keep(named("2"))]).toEqual([true, true]);
  });

  test("a revocation counts a little longer than the oldest token that is taken, and then no more", async () => {
    let now = Date.parse("2026-11-27T12:00:00Z");
    const log = createMemorySignalLog(() => new Date(now));
    await log.revoke({ ...ANNA, before: 1000 });
    now += REVOKED_MILLISECONDS - 1;
    expect(log.revokedBefore(ANNA)).toBe(1000);
    now += 1;
    expect(log.revokedBefore(ANNA)).toBeUndefined();
  });

  test("an event is known a little longer than it may come again, and then no more", async () => {
    let now = Date.parse("2026-11-27T12:00:00Z");
    const log = createMemorySignalLog(() => new Date(now));
    expect([await log.has(named("event")), await log.keep(named("event"))]).toEqual([false, true]);
    now += TAKEN_MILLISECONDS - 1;
    expect(await log.has(named("event"))).toBe(true);
    now += 1;
    expect(await log.has(named("event"))).toBe(false);
  });
});
