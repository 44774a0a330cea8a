/** What both caches promise, in Redis and in memory alike; and the bound that memory has besides. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect } from "vitest";
import type { CacheScope } from "../../../src/domain/cache-scopes.ts";
import { createMemoryCache } from "../../../src/memory/decision-cache.ts";
import type { CacheEntry, DecisionCache, Lookup, Question, Tokens } from "../../../src/ports.ts";
import { followerKey } from "../../../src/redis/cache-keys.ts";
import { answering, progressOf, questionOf, test as redisTest, TTL_MILLISECONDS } from "../../support/cache.ts";

const memoryTest = redisTest.extend<{ cache: DecisionCache }>({
  cache: async ({ task: _ }, use) => {
    const cache = createMemoryCache({ entriesMax: 100 });
    await use(cache);
    await cache.close();
  },
});

const sealedTest = redisTest.extend<{ cache: DecisionCache }>({
  cache: async ({ connectCache }, use) => {
    const cache = connectCache({ secret: "a secret of the tests that seals entries" });
    await answering(cache);
    await use(cache);
  },
});

const ANNA: CacheScope = "user:anna";
const OWNER: CacheScope = "organization:sunward";
const QUESTION = questionOf("anna");

async function taken(cache: DecisionCache, user: CacheScope = ANNA, owner: CacheScope = OWNER): Promise<Tokens> {
  const tokens = await cache.take(user, owner);
  if (tokens?.kind !== "tokens") throw new Error(tokens?.kind ?? "away");
  return tokens;
}

async function found(cache: DecisionCache, question = QUESTION, owner = OWNER): Promise<Lookup> {
  const lookup = await cache.lookup(question, owner);
  if (lookup === undefined) throw new Error("away");
  return lookup;
}

/** Fills as a check does and waits until the entry is there. */
async function filled(cache: DecisionCache, question: Question = QUESTION): Promise<CacheEntry> {
  const { userToken, ownerToken, now } = await taken(cache, question.user as CacheScope);
  const entry: CacheEntry = { allowed: true, owner: OWNER, userToken, ownerToken, validUntil: 1, filledAt: now };
  cache.store(question, entry, now + TTL_MILLISECONDS);
  await expect.poll(async () => (await found(cache, question)).entry).toEqual(entry);
  return entry;
}

const matches = ({ entry, userToken, ownerToken }: Lookup): boolean =>
  entry !== undefined && entry.userToken === userToken && entry.ownerToken === ownerToken;

describe.each([
  ["Redis", redisTest],
  ["Redis, sealed", sealedTest],
  ["memory", memoryTest],
] as const)("the cache in %s", (where, test) => {
  test("an entry is found as it was stored, together with its tokens; another question has none", async ({ cache }) => {
    const entry = await filled(cache);
    const { userToken, ownerToken } = entry;
    expect(await found(cache)).toEqual({ entry, userToken, ownerToken });
    const other = await found(cache, questionOf("anna", "plant:8"));
    expect(other.entry).toBeUndefined();
    expect(other).toMatchObject({ userToken, ownerToken });
    for (const question of [questionOf("anna", "plant:7", "can_share"), questionOf("otto")])
      expect((await found(cache, question)).entry).toBeUndefined();
  });

  test("without an owner only the user's token is looked up", async ({ cache }) => {
    const { userToken } = await filled(cache);
    const lookup = await cache.lookup(QUESTION, undefined);
    expect(lookup).toMatchObject({ userToken });
    expect((lookup as Lookup).ownerToken).toBeUndefined();
  });

  const invalidates: [name: string, invalidate: (cache: DecisionCache, scope: CacheScope) => Promise<unknown>][] = [
    ["a lease", (cache, scope) => cache.lease("w", [scope])],
    ["a release", (cache, scope) => cache.release("w", [scope])],
    ["an invalidation", (cache, scope) => cache.invalidate([scope])],
    ["an invalidation of all", (cache) => cache.invalidate("all")],
  ];
  for (const [name, invalidate] of invalidates)
    for (const scope of [ANNA, OWNER])
      test(`after ${name} of ${scope} no entry from before matches, and tokens are new`, async ({ cache }) => {
        const before = await filled(cache);
        expect(matches(await found(cache))).toBe(true);
        await invalidate(cache, scope);
        expect(matches(await found(cache))).toBe(false);
        await cache.release("w", [scope]);
        const after = await taken(cache);
        expect([after.userToken, after.ownerToken]).not.toEqual([before.userToken, before.ownerToken]);
        expect(matches(await found(cache))).toBe(false);
        await filled(cache);
        expect(matches(await found(cache))).toBe(true);
      });

  test("an invalidation of other scopes leaves an entry as it is", async ({ cache }) => {
    await filled(cache);
    const others: CacheScope[] = ["user:ann", "user:annaa", "organization:sunwar", "organization:anna", "user:sunward"];
    await cache.lease("w", others);
    await cache.release("w", others);
    await cache.invalidate(others);
    expect(matches(await found(cache))).toBe(true);
  });

  test("an invalidation of nothing is acknowledged and invalidates nothing", async ({ cache }) => {
    await filled(cache);
    await cache.lease("w", []);
    expect(await cache.release("w", [])).toBe(true);
    expect(await cache.invalidate([])).toBe(true);
    expect(matches(await found(cache))).toBe(true);
  });

  test("tokens stay the same until they are invalidated, for every caller", async ({ cache }) => {
    const first = await taken(cache);
    const second = await taken(cache);
    expect({ ...second, now: 0 }).toEqual({ ...first, now: 0 });
    expect((await taken(cache, "user:otto")).ownerToken).toBe(first.ownerToken);
    expect((await taken(cache, "user:otto")).userToken).not.toBe(first.userToken);
  });

  test("missing tokens never match, also not each other", async ({ cache }) => {
    await filled(cache);
    await cache.invalidate([ANNA, OWNER]);
    const { entry, userToken, ownerToken } = await found(cache);
    expect({ userToken, ownerToken }).toEqual({ userToken: undefined, ownerToken: undefined });
    expect(entry?.userToken).toEqual(expect.any(String));
    expect(entry?.ownerToken).toEqual(expect.any(String));
  });

  test("while a scope is leased nobody gets its token, be it a user's or an owner's; other scopes give theirs", async ({
    cache,
  }) => {
    await cache.lease("w", [ANNA]);
    expect(await cache.take(ANNA, OWNER)).toEqual({ kind: "leased" });
    expect(await cache.take("user:otto", OWNER)).toMatchObject({ ownerToken: expect.any(String) });
    await cache.lease("w", [OWNER]);
    expect(await cache.take("user:otto", OWNER)).toEqual({ kind: "leased" });
    expect(await cache.take("user:otto", "organization:brightfix")).toMatchObject({ userToken: expect.any(String) });
  });

  test("a lease is ended only by its own writer", async ({ cache }) => {
    await cache.lease("w1", [ANNA]);
    await cache.lease("w2", [ANNA]);
    await cache.lease("w2", [ANNA]);
    await cache.release("another", [ANNA]);
    await cache.invalidate([ANNA]);
    await cache.invalidate("all");
    expect(await cache.take(ANNA, OWNER)).toEqual({ kind: "leased" });
    await cache.release("w2", [ANNA]);
    expect(await cache.take(ANNA, OWNER)).toEqual({ kind: "leased" });
    await cache.release("w1", [ANNA]);
    expect(await cache.take(ANNA, OWNER)).toMatchObject({ userToken: expect.any(String) });
  });

  test("the lease of a writer that died expires after ten seconds, not before", async ({ cache }) => {
    const { now } = await taken(cache);
    await cache.lease("died", [ANNA]);
    const taking = () => cache.take(ANNA, OWNER);
    expect(await taking()).toEqual({ kind: "leased" });
    await expect.poll(taking, { interval: 100 }).not.toEqual({ kind: "leased" });
    expect((await taken(cache)).now - now).toBeGreaterThanOrEqual(10_000);
  });

  test("an entry is found until it expires, to the millisecond of the cache's clock, and not after", async ({
    cache,
  }) => {
    const seen = { there: 0, gone: 0 };
    // once more where the machine stopped for the whole of its life
    while (seen.there === 0) {
      seen.gone = 0;
      const { userToken, ownerToken, now } = await taken(cache);
      const endsAt = now + 300;
      const entry = { allowed: true, owner: OWNER, userToken, ownerToken, validUntil: 1, filledAt: now };
      cache.store(QUESTION, entry, endsAt);
      while (seen.gone === 0) {
        const before = (await taken(cache)).now;
        const { entry } = await found(cache);
        const after = (await taken(cache)).now;
        if (before > endsAt) {
          expect(entry).toBeUndefined();
          seen.gone++;
        } else if (after < endsAt) {
          expect(entry).toBeDefined();
          seen.there++;
        }
        await sleep(5);
      }
    }
  });

  test("an entry that replaces another is found, and expires when the first would have", async ({ cache }) => {
    const { userToken, ownerToken, now } = await taken(cache);
    const entry: CacheEntry = { allowed: true, owner: OWNER, userToken, ownerToken, validUntil: 1, filledAt: now };
    // longer than a machine stops now and then
    const endsAt = now + 3000;
    cache.store(QUESTION, entry, endsAt);
    cache.store(QUESTION, { ...entry, accessPath: "own" }, "same");
    expect((await found(cache)).entry).toEqual({ ...entry, accessPath: "own" });
    await expect.poll(async () => (await found(cache)).entry).toBeUndefined();
    expect((await taken(cache)).now).toBeGreaterThanOrEqual(endsAt);
    cache.store(QUESTION, { ...entry, accessPath: "own" }, "same");
    cache.store(questionOf("otto"), entry, now + TTL_MILLISECONDS);
    await expect.poll(async () => (await found(cache, questionOf("otto"))).entry).toBeDefined();
    expect((await found(cache)).entry).toBeUndefined();
  });

  test("its time is never ahead of its clock, and advances with it", async ({ cache }) => {
    const endsAt = performance.now() + 1200;
    for (let before = 0; performance.now() < endsAt; await sleep(5)) {
      const time = await cache.time();
      if (time === undefined) throw new Error("away");
      expect(Math.floor(time)).toBeLessThanOrEqual((await taken(cache)).now);
      expect(time).toBeGreaterThan(before);
      before = time;
    }
  });

  test("the leader stays the leader, and the cache keeps how far it has read", async ({ cache }) => {
    const first = await leading(cache);
    expect(first).toMatchObject({ leads: true, progress: undefined });
    const progress = { ...progressOf(first.at), lateAt: first.at.now };
    expect(await cache.lead("r1", progress)).toMatchObject({ leads: true, progress });
    expect(await cache.lead("r1", undefined)).toMatchObject({ leads: true, progress });
  });

  if (where === "Redis") {
    test("one replica leads at a time; another does not, and learns how far the leader has read", async ({ cache }) => {
      const { at } = await leading(cache);
      const [one, other] = [progressOf(at), { ...progressOf(at), since: 1 }];
      await cache.lead("r1", one);
      expect(await cache.lead("r2", other)).toMatchObject({ leads: false, progress: one });
      const { text } = await leading(cache);
      expect(await cache.lead("r1", other, text)).toMatchObject({ leads: true, progress: other });
      expect(await cache.lead("r2", undefined)).toMatchObject({ leads: false, progress: other });
    });

    test("what a replica read does not replace what another one read meanwhile, though that one leads no more", async ({
      cache,
      redis,
    }) => {
      const { at } = await leading(cache);
      await cache.lead("r1", progressOf(at));
      const { text } = await leading(cache);
      const endClaim = () => redis.client.hset(followerKey("store"), "until", 0);
      await endClaim();
      const other = { ...progressOf(at), lateAt: at.now };
      expect(await cache.lead("r2", other, text)).toMatchObject({ leads: true, progress: other });
      await endClaim();
      expect(await cache.lead("r1", progressOf(at), text)).toMatchObject({ leads: false, progress: other });
      expect(await leading(cache)).toMatchObject({ leads: true, progress: other });
      // what cannot be read is replaced as well, by whoever has seen it
      await redis.client.hset(followerKey("store"), "progress", "{}");
      const unread = await leading(cache);
      expect(unread).toMatchObject({ leads: true, progress: undefined });
      expect(await cache.lead("r1", other, unread.text)).toMatchObject({ leads: true, progress: other });
    });

    test("what was read on another connection or in another epoch is not kept, nor believed what is none", async ({
      cache,
      redis,
    }) => {
      const { at } = await leading(cache);
      await cache.lead("r1", progressOf({ ...at, connection: at.connection + 1 }));
      await cache.lead("r1", progressOf({ ...at, epoch: "0123456789" }));
      expect(await cache.lead("r1", undefined)).toMatchObject({ leads: true, progress: undefined });
      const { since: _, ...timeless } = progressOf(at);
      for (const text of [
        "",
        "7",
        "{}",
        JSON.stringify(timeless),
        JSON.stringify({ ...progressOf(at), since: 1e99 }),
      ]) {
        await redis.client.hset(followerKey("store"), "progress", text);
        expect((await cache.lead("r1", undefined))?.progress, text).toBeUndefined();
      }
    });

    test("a claim ends ten seconds after it was renewed, and also when the clock of Redis was set back", async ({
      cache,
      redis,
    }) => {
      const { at } = await leading(cache);
      await cache.lead("r1", progressOf(at));
      const until = Number(await redis.client.hget(followerKey("store"), "until"));
      expect(until - at.now).toBeGreaterThanOrEqual(10_000);
      expect(await cache.lead("r2", undefined)).toMatchObject({ leads: false });
      // as if it had been renewed ten seconds ago, or the clock been an hour ahead then
      for (const claim of [until - 10_000 - 60_000, until + 3_600_000]) {
        await redis.client.hset(followerKey("store"), "replica", "r1", "until", claim);
        expect(await cache.lead("r2", undefined)).toMatchObject({ leads: true, progress: progressOf(at) });
      }
    });

    test("more scopes than one command deletes are invalidated, and no others", async ({ cache, redis }) => {
      const tokens = Array.from({ length: 2600 }, (_, n) => `t:{store}:user:${n}`);
      await redis.client.mset(tokens.flatMap((token) => [token, "1"]));
      expect(await cache.invalidate(tokens.slice(0, 2500).map((_, n) => `user:${n}` as const))).toBe(true);
      expect(await redis.client.exists(tokens)).toBe(100);
    });

    test("an invalidation for writes that were not made here is not kept as pending when it fails", async ({
      cache,
      redis,
    }) => {
      await redis.client.acl("SETUSER", "default", "-del");
      expect(await cache.invalidate(["user:otto"])).toBe(false);
      await redis.client.acl("SETUSER", "default", "+@all");
      expect(await cache.time()).toBeDefined();
    });
  }
});

async function leading(cache: DecisionCache) {
  const follower = await cache.lead("r1", undefined);
  if (follower === undefined) throw new Error("away");
  return follower;
}

redisTest(
  "Redis is asked for its time once a second at most, and anew after it was restarted",
  async ({ cache, redis }) => {
    const asked = async () =>
      Number(/cmdstat_time:calls=(\d+)/.exec(await redis.client.info("commandstats"))?.[1] ?? 0);
    const startedAt = performance.now();
    for (let n = 0; n < 200; n++) await cache.time();
    expect(await asked()).toBeGreaterThan(0);
    expect(await asked()).toBeLessThanOrEqual(1 + Math.ceil((performance.now() - startedAt) / 1000));
    await redis.restart();
    await expect.poll(() => cache.time()).toBeDefined();
    expect(await asked()).toBeGreaterThan(0);
  },
);

redisTest(
  "a user's token expires two TTLs and a minute after it was made, whether or not there is such a user; an owner's does not",
  async ({ cache, redis }) => {
    for (let n = 0; n < 50; n++) await filled(cache, questionOf(`made-up-${n}`));
    const lives = async (pattern: string) =>
      Promise.all((await redis.client.keys(pattern)).map((key) => redis.client.pttl(key)));
    const users = await lives("t:*:user:*");
    expect(users).toHaveLength(50);
    expect(Math.max(...users)).toBeLessThanOrEqual(2 * TTL_MILLISECONDS + 60_000);
    // and outlives the entry that was made with it
    expect(Math.min(...users)).toBeGreaterThan(TTL_MILLISECONDS);
    for (const life of await lives("e:*")) expect(life).toBeLessThanOrEqual(TTL_MILLISECONDS);
    expect(Math.min(...(await lives("t:*:organization:*")))).toBeGreaterThan(3_600_000);
  },
);

describe("the cache in memory", () => {
  memoryTest("keeps no more decisions than its bound and drops the least recently used", async ({ task: _ }) => {
    const cache = createMemoryCache({ entriesMax: 3 });
    const plants = ["plant:1", "plant:2", "plant:3", "plant:4"].map((resource) => questionOf("anna", resource));
    const [first, second, third, fourth] = plants as [Question, Question, Question, Question];
    for (const question of [first, second, third]) await filled(cache, question);
    expect(matches(await found(cache, first))).toBe(true);
    await filled(cache, fourth);
    expect(await Promise.all(plants.map(async (question) => matches(await found(cache, question))))).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });

  memoryTest(
    "keeps no more tokens than its bound, and a dropped token never returns with its old value",
    async ({ task: _ }) => {
      const cache = createMemoryCache({ entriesMax: 3 });
      const before = await filled(cache);
      for (const user of ["a", "b", "c", "d"]) await taken(cache, `user:${user}`, "organization:other");
      expect(matches(await found(cache))).toBe(false);
      const after = await taken(cache);
      expect(after.userToken).not.toBe(before.userToken);
      expect(matches(await found(cache))).toBe(false);
    },
  );
});
