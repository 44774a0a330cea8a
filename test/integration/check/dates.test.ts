/** Dates through the cache, by a clock that runs: access ends at its instant, and no entry outlives it. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { decodeEntry, entryKey } from "../../../src/redis/cache-keys.ts";
import { answering, ask, questionOf, test } from "../../support/cache.ts";
import { cooperate, createService, type Service, seedWorld } from "../../support/service.ts";

/** Shorter than the date is away, so that the yes is cached until near its end. */
const TTL_MILLISECONDS = 500;

type Links = { cooperation: string; share: string; delegation: string };
type Dated = {
  name: string;
  user: string;
  date: (service: Service, links: Links, expires_at: string) => Promise<number>;
};

/** A cooperation on plant:7, where tom is a delegate: an access path on which each link may have a date. */
async function shared(service: Service): Promise<Links> {
  const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "technical_manager" }]);
  const delegation = `/v1/shares/${shares[0]}/delegations/tom`;
  expect((await service.as("ben", "PUT", delegation, { role: "viewer" })).status).toBe(201);
  return { cooperation: `/v1/cooperations/${id}`, share: `/v1/shares/${shares[0]}`, delegation };
}

const DATED: Dated[] = [
  {
    name: "a delegation",
    user: "tom",
    date: async (service, { delegation }, expires_at) =>
      (await service.as("ben", "PUT", delegation, { role: "viewer", expires_at })).status,
  },
  {
    name: "a share, for its delegate",
    user: "tom",
    date: async (service, { share }, expires_at) => (await service.as("anna", "PATCH", share, { expires_at })).status,
  },
  {
    name: "a cooperation, for the partner's admin",
    user: "ben",
    date: async (service, { cooperation }, expires_at) =>
      (await service.as("anna", "PATCH", cooperation, { expires_at })).status,
  },
];

for (const { name, user, date } of DATED)
  test(`every check before the end of ${name} is allowed, every check after it is denied, and no allowed answer is cached past it`, async ({
    connectCache,
    tupleStore,
    engine,
    store,
    redis,
  }) => {
    const cache = connectCache({ ...store, ttlMilliseconds: TTL_MILLISECONDS });
    await answering(cache);
    const service = createService({ tupleStore, engine }, { cache, ttlMilliseconds: TTL_MILLISECONDS });
    await seedWorld(service);
    const links = await shared(service);
    // a date has whole seconds; at least a second and a half are left, and a slow machine has one more
    const instant = Math.ceil((Date.now() + 2500) / 1000) * 1000;
    expect(await date(service, links, new Date(instant).toISOString())).toBe(200);
    const seen = { yes: 0, no: 0, hits: 0 };
    while (seen.no < 20) {
      const begun = Date.now();
      const { decision, context } = await ask(service, user);
      const answered = Date.now();
      if (answered < instant) {
        expect(decision, `${instant - answered} ms before`).toBe(true);
        seen.yes++;
        if (context.source === "hit") seen.hits++;
      } else if (begun >= instant) {
        expect(decision, `${begun - instant} ms after`).toBe(false);
        seen.no++;
      }
      const kept = await redis.client.get(entryKey(store.storeId, store.modelId, questionOf(user)));
      const entry = kept === null ? undefined : decodeEntry(kept, "run");
      if (entry?.allowed) expect(entry.validUntil).toBeLessThanOrEqual(instant);
      await sleep(2);
    }
    expect(seen.yes).toBeGreaterThan(0);
    expect(seen.hits).toBeGreaterThan(0);
  });

/** Longer than the short life that a yes which ends is kept for. */
const WHOLE_MILLISECONDS = 60_000;
const NOON = new Date("2030-01-01T12:00:00Z");
const after = (seconds: number) => new Date(NOON.getTime() + seconds * 1000).toISOString();

const until = (seconds: number) => ({ valid_until: after(seconds) });

for (const [name, seconds, first, second] of [
  ["after its whole life is kept for that", 90, { source: "miss", ...until(60) }, { source: "hit", ...until(60) }],
  ["before its whole life is kept for ten seconds", 30, { source: "miss" }, { source: "hit", ...until(10) }],
  ["within ten seconds is not kept", 5, { source: "miss" }, { source: "miss" }],
] as const)
  test(`a yes that ends ${name}, and at its date it is a no`, async ({ connectCache, tupleStore, engine, store }) => {
    const cache = connectCache({ ...store, ttlMilliseconds: WHOLE_MILLISECONDS });
    await answering(cache);
    const service = createService({ tupleStore, engine }, { cache, ttlMilliseconds: WHOLE_MILLISECONDS });
    await seedWorld(service);
    const { share } = await shared(service);
    service.setNow(NOON);
    expect((await service.as("anna", "PATCH", share, { expires_at: after(seconds) })).status).toBe(200);
    expect(await ask(service, "tom")).toEqual({ decision: true, context: first });
    // how long it is kept is asked behind the answer, and a store is not waited for
    await sleep(50);
    await expect.poll(() => ask(service, "tom")).toMatchObject({ decision: true, context: second });
    await sleep(50);
    // a no does not change by itself: it is kept for its whole life, also where the same person was refused before
    service.setNow(new Date(after(seconds)));
    expect(await ask(service, "tom")).toMatchObject({ decision: false, context: { source: "miss" } });
    service.setNow(NOON);
    const path = `${share}/delegations/tom`;
    expect((await service.as("ben", "PUT", path, { role: "viewer", expires_at: after(seconds) })).status).toBe(200);
    expect(await ask(service, "tom")).toMatchObject({ decision: true, context: { source: "miss" } });
  });
