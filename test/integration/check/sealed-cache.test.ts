/**
 * Somebody else writes to our Redis. With CACHE_SECRET they can make no decision, change
 * none and move none; what they can is put back what the service itself sealed, for as
 * long as that was to live. Without it they decide.
 */
import { describe, expect } from "vitest";
import { createMetrics } from "../../../src/metrics.ts";
import { answering, ask, test as cacheTest, counted, TTL_MILLISECONDS } from "../../support/cache.ts";
import type { OwnRedis } from "../../support/redis.ts";
import { cooperate, createService, type Service, seedWorld } from "../../support/service.ts";

const SECRET = "a secret of the tests that seals entries";
const OTHER_SECRET = "another secret that seals other entries";
const NOON = new Date("2030-01-01T12:00:00Z");
const FORGED = "concordat_cache_forged_total";

/** A service that answers from Redis under a secret, or none; and what it warned of. */
type Open = (secret?: string) => Promise<Service & { warned: string[] }>;

const test = cacheTest.extend<{ open: Open }>({
  open: async ({ connectCache, tupleStore, engine, store }, use) => {
    await use(async (secret) => {
      const { meter, text: metricsText } = createMetrics(() => new Date());
      const warned: string[] = [];
      const warn = (event: string, facts: object) => void warned.push(`${event} ${JSON.stringify(facts)}`);
      const cache = connectCache({ ...store, secret, meter, warn });
      await answering(cache);
      return { ...createService({ tupleStore, engine }, { cache, metricsText }), warned };
    });
  },
});

/** The only entry there is about a person and a resource. */
async function entryOf(redis: OwnRedis, user: string, resource = "plant:7", action = "view"): Promise<string> {
  const pattern = `*:${user}:*:${action}:${resource}`;
  // a store is not waited for
  await expect.poll(() => redis.client.keys(pattern)).toHaveLength(1);
  return (await redis.client.keys(pattern))[0] ?? "";
}

/** Resolves when the value there has changed: a store that is still in progress would undo the next step. */
const replaced = (redis: OwnRedis, key: string, before: string) =>
  expect.poll(() => redis.client.get(key)).not.toBe(before);

/** The value at the place of the answer, changed to allowed. */
async function flip(redis: OwnRedis, user: string): Promise<void> {
  const key = await entryOf(redis, user);
  const value = (await redis.client.get(key)) ?? "";
  const at = key.startsWith("s:") ? 22 : 0;
  expect(value[at]).toBe("0");
  await redis.client.set(key, `${value.slice(0, at)}1${value.slice(at + 1)}`, "KEEPTTL");
}

describe("with CACHE_SECRET", () => {
  test("an entry whose decision was changed is ignored: the engine answers, and it is counted and logged once", async ({
    redis,
    open,
  }) => {
    const service = await open(SECRET);
    await seedWorld(service);
    for (let n = 1; n <= 3; n++) {
      await ask(service, "eva");
      expect(await ask(service, "eva")).toMatchObject({ decision: false, context: { source: "hit" } });
      await flip(redis, "eva");
      expect(await ask(service, "eva")).toMatchObject({ decision: false, context: { source: "miss" } });
      expect(await counted(service, FORGED)).toBe(n);
    }
    // of the others it will be said how many they were, a minute later
    expect(service.warned).toEqual(['cache_entry_forged {"entries":1}']);
    expect(await ask(service, "eva")).toMatchObject({ decision: false, context: { source: "hit" } });
  });

  test("an entry that is copied to another resource, permission, person or model is ignored", async ({
    redis,
    open,
  }) => {
    const service = await open(SECRET);
    await seedWorld(service);
    for (const user of ["otto", "eva"]) await ask(service, user);
    await ask(service, "anna");
    const yes = await redis.client.get(await entryOf(redis, "anna"));
    // anna may on both: only who sealed it knows that
    await ask(service, "anna", "plant:8");
    await ask(service, "anna", "plant:7", "share");
    const targets = [
      await entryOf(redis, "anna", "plant:8"),
      await entryOf(redis, "anna", "plant:7", "share"),
      await entryOf(redis, "otto"),
      await entryOf(redis, "eva"),
    ];
    for (const key of targets) await redis.client.set(key, yes ?? "", "KEEPTTL");
    expect((await ask(service, "anna", "plant:8")).context.source).toBe("miss");
    expect((await ask(service, "anna", "plant:7", "share")).context.source).toBe("miss");
    expect(await counted(service, FORGED)).toBe(2);
    for (const user of ["otto", "eva"])
      expect(await ask(service, user)).toMatchObject({ decision: false, context: { source: "miss" } });
    // untouched
    expect(await ask(service, "anna")).toMatchObject({ decision: true, context: { source: "hit" } });
  });

  test("an invented entry is ignored, under current tokens and under tokens that were set to its own", async ({
    redis,
    open,
  }) => {
    const service = await open(SECRET);
    await seedWorld(service);
    await ask(service, "eva");
    const key = await entryOf(redis, "eva");
    const value = (await redis.client.get(key)) ?? "";
    const made = ["x".repeat(22) + value.slice(22).replace("0", "1"), value.slice(22).replace("0", "1"), "1", ""];
    for (const forgery of made) {
      await redis.client.set(key, forgery, "KEEPTTL");
      expect(await ask(service, "eva")).toMatchObject({ decision: false, context: { source: "miss" } });
      await replaced(redis, key, forgery);
    }
    // anna's tokens given to eva: an entry of anna's then names the tokens that eva has
    await ask(service, "anna");
    const [annas] = await redis.client.keys("t:*user:anna");
    const [evas] = await redis.client.keys("t:*user:eva");
    await redis.client.set(evas ?? "", (await redis.client.get(annas ?? "")) ?? "");
    await redis.client.set(key, (await redis.client.get(await entryOf(redis, "anna"))) ?? "", "KEEPTTL");
    expect(await ask(service, "eva")).toMatchObject({ decision: false, context: { source: "miss" } });
  });

  test("a token that is restored together with its entry answers until that entry expires, and not longer", async ({
    redis,
    open,
  }) => {
    const service = await open(SECRET);
    await seedWorld(service);
    const { shares } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
    const path = `/v1/shares/${shares[0]}/delegations/tom`;
    await service.as("ben", "PUT", path, { role: "viewer" });
    service.setNow(NOON);
    await ask(service, "tom");
    expect(await ask(service, "tom")).toMatchObject({ decision: true, context: { source: "hit" } });
    const keys = (await redis.client.keys("*")).filter((key) => /^[st]:/.test(key));
    const dumps = await Promise.all(keys.map((key) => redis.client.dumpBuffer(key)));
    const toms = await entryOf(redis, "tom");
    const before = (await redis.client.get(toms)) ?? "";
    expect((await service.as("ben", "DELETE", path)).status).toBe(200);
    expect(await ask(service, "tom")).toMatchObject({ decision: false });
    await service.settled();
    await replaced(redis, toms, before);
    const putBack = async () => {
      for (const [n, key] of keys.entries()) await redis.client.restore(key, 3_600_000, dumps[n] as Buffer, "REPLACE");
    };
    await putBack();
    // it equals an older state: a writer of Redis can undo an action for one TTL
    expect(await ask(service, "tom")).toMatchObject({ decision: true, context: { source: "hit" } });
    await putBack();
    service.setNow(new Date(NOON.getTime() + TTL_MILLISECONDS));
    expect(await ask(service, "tom")).toMatchObject({ decision: false, context: { source: "miss" } });
    expect(await counted(service, FORGED)).toBe(0);
  });

  test("services with different secrets use no entry of each other, and report none as forged", async ({ open }) => {
    const [one, other, none] = [await open(SECRET), await open(OTHER_SECRET), await open()];
    await seedWorld(one);
    for (const service of [one, other, none]) {
      expect(await ask(service, "anna")).toMatchObject({ decision: true, context: { source: "miss" } });
      expect(await ask(service, "anna")).toMatchObject({ decision: true, context: { source: "hit" } });
    }
    // while a secret is exchanged both are there: what one does is fresh for all
    const lowered = await one.admin("PUT", "/v1/organizations/sunward/people/otto", { role: "admin" });
    expect(lowered.status).toBe(200);
    await one.admin("PUT", "/v1/organizations/sunward/people/anna", { role: "member" });
    for (const service of [one, other, none]) {
      expect(await ask(service, "anna")).toMatchObject({ decision: false });
      expect(await counted(service, FORGED)).toBe(0);
      expect(service.warned).toEqual([]);
    }
  });

  test("replicas with the same secret answer from each other's entries", async ({ open }) => {
    const [one, other] = [await open(SECRET), await open(SECRET)];
    await seedWorld(one);
    await ask(one, "anna");
    expect(await ask(other, "anna")).toMatchObject({ decision: true, context: { source: "hit" } });
  });
});

test("without CACHE_SECRET a writer of Redis can change decisions", async ({ redis, open }) => {
  const service = await open();
  await seedWorld(service);
  await ask(service, "eva");
  await flip(redis, "eva");
  expect(await ask(service, "eva")).toMatchObject({ decision: true, context: { source: "hit" } });
});
