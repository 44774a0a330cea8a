/**
 * The follower: what was written past the service is seen by the cached check after one
 * poll, one replica at a time follows, and a change of unknown scope invalidates everything.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished } from "vitest";
import { type CommittedWrite, createCommittedWrite } from "../../../src/check/committed-write.ts";
import { createFollower } from "../../../src/check/follow-changes.ts";
import type { CacheScope } from "../../../src/domain/cache-scopes.ts";
import type { Tuple, TupleKey } from "../../../src/domain/tuples.ts";
import { EngineUnavailable } from "../../../src/faults.ts";
import { createTupleStore } from "../../../src/openfga/tuple-store.ts";
import type { Clock, DecisionCache, TupleStore } from "../../../src/ports.ts";
import { followerKey } from "../../../src/redis/cache-keys.ts";
import { answering, ask, test as cacheTest } from "../../support/cache.ts";
import { startFaultyNetwork } from "../../support/faulty-network.ts";
import { cooperate, type Service, seedWorld } from "../../support/service.ts";

/** A replica's follower; what it invalidated, how far it says the changes are read, and what it warned of. */
type Follower = {
  poll: () => Promise<void>;
  invalidated: (CacheScope[] | "all")[];
  readTo: number[];
  /** How often it said that older answers count, and from when on it had read all changes then. */
  marks: number;
  since: number[];
  warnings: string[];
};

type Fixtures = {
  follow: (
    replica: string,
    changes?: { cache?: DecisionCache; tupleStore?: TupleStore; clock?: Clock; committed?: CommittedWrite },
  ) => Follower;
  /** A follower that took over and has polled once; its log shows otto's job role, which was written then, only once `shows` says so. */
  followLate: (shows: () => boolean) => Promise<Follower>;
  /** The replica that follows has said nothing for ten seconds. */
  endClaim: () => Promise<void>;
  /** A service on the seeded world, with plant:7 shared to brightfix and delegated to tom; polled until nothing is left. */
  world: Service & { cooperation: string; share: string; follower: Follower };
};

const test = cacheTest.extend<Fixtures>({
  follow: async ({ cached, tupleStore }, use) => {
    await use((replica, changes = {}) => {
      const follower: Follower = {
        poll: async () => {},
        invalidated: [],
        readTo: [],
        marks: 0,
        since: [],
        warnings: [],
      };
      const cache = changes.cache ?? cached.deps.cache;
      follower.poll = createFollower({
        tupleStore: changes.tupleStore ?? tupleStore,
        cache: {
          lead: cache.lead,
          watched: async (at, since) => {
            follower.marks++;
            follower.since.push(since);
            await cache.watched(at, since);
          },
          invalidate: (scopes) => {
            follower.invalidated.push(scopes);
            return cache.invalidate(scopes);
          },
        },
        clock: changes.clock ?? (() => new Date()),
        committed: changes.committed ?? createCommittedWrite(tupleStore),
        meter: { changesRead: (to) => void follower.readTo.push(to) },
        unwatchedMilliseconds: 10_000,
        warn: (event) => void follower.warnings.push(event),
        replica,
      });
      return follower;
    });
  },
  followLate: async ({ world: _, follow, tupleStore, redis, store }, use) => {
    await use(async (shows) => {
      const changes: TupleStore["changes"] = async (since) => {
        const log = await tupleStore.changes(since);
        return { ...log, changes: log.changes.filter(({ key: { user } }) => user !== "user:otto" || shows()) };
      };
      await redis.client.del(followerKey(store.storeId));
      const follower = follow("r3", { tupleStore: { ...tupleStore, changes } });
      await follower.poll();
      await tupleStore.write(written(key("user:otto", "viewer", "plant:7")));
      return follower;
    });
  },
  endClaim: async ({ redis, store }, use) => {
    await use(async () => {
      await redis.client.hset(followerKey(store.storeId), "until", 0);
    });
  },
  world: async ({ cached, follow }, use) => {
    await seedWorld(cached);
    const { id, shares } = await cooperate(cached, [{ resource: "plant:7", role: "technical_manager" }]);
    const share = shares[0] as string;
    const delegated = await cached.as("ben", "PUT", `/v1/shares/${share}/delegations/tom`, { role: "viewer" });
    expect(delegated.status).toBe(201);
    const follower = follow("r1");
    await follower.poll();
    follower.invalidated.length = 0;
    await use({ ...cached, cooperation: id, share, follower });
  },
});

const key = (user: string, relation: string, object: string): TupleKey => ({ user, relation, object });
const written = (...writes: Tuple[]) => ({ deletes: [], writes });
const deleted = (...deletes: TupleKey[]) => ({ deletes, writes: [] });

describe("a tuple written directly to OpenFGA", () => {
  type Case = {
    name: string;
    user: string;
    before: boolean;
    write: (world: { cooperation: string; share: string }) => { deletes: TupleKey[]; writes: Tuple[] };
    invalidates: CacheScope[];
  };
  const sunward: CacheScope[] = ["organization:sunward"];
  const cases: Case[] = [
    {
      name: "a delegation",
      user: "eva",
      before: false,
      write: ({ share }) => written(key("user:eva", "delegated_viewer", `share:${share}`)),
      invalidates: ["user:eva"],
    },
    {
      name: "a delegation taken away",
      user: "tom",
      before: true,
      write: ({ share }) => deleted(key("user:tom", "delegated_viewer", `share:${share}`)),
      invalidates: ["user:tom"],
    },
    {
      name: "a cooperation no longer in force",
      user: "ben",
      before: true,
      write: ({ cooperation }) => deleted(key("organization:brightfix", "in_force", `cooperation:${cooperation}`)),
      invalidates: sunward,
    },
    {
      name: "a share taken off its resource",
      user: "tom",
      before: true,
      write: ({ share }) => deleted(key(`share:${share}#viewer`, "shared_viewer", "plant:7")),
      invalidates: sunward,
    },
    {
      name: "a share's link to its cooperation taken away",
      user: "ben",
      before: true,
      write: ({ share, cooperation }) => deleted(key(`cooperation:${cooperation}`, "cooperation", `share:${share}`)),
      invalidates: sunward,
    },
    {
      name: "a job role",
      user: "otto",
      before: false,
      write: () => written(key("user:otto", "viewer", "plant:7")),
      invalidates: ["user:otto"],
    },
    {
      name: "an admin",
      user: "otto",
      before: false,
      write: () => written(key("user:otto", "admin", "organization:sunward")),
      invalidates: ["user:otto"],
    },
    {
      name: "a portfolio that has the plant, in which somebody has a job role",
      user: "otto",
      before: false,
      write: () =>
        written(key("user:otto", "viewer", "portfolio:north"), key("portfolio:north", "portfolio", "plant:7")),
      invalidates: ["user:otto", ...sunward],
    },
  ];
  for (const { name, user, before, write, invalidates } of cases)
    test(`is seen by the cached check after one poll: ${name}`, async ({ world, tupleStore }) => {
      const { follower } = world;
      await ask(world, user);
      expect(await ask(world, user)).toMatchObject({ decision: before, context: { source: "hit" } });
      expect(await tupleStore.write(write(world))).toBe("committed");
      // the net is what sees it: without a poll it is cached
      expect(await ask(world, user)).toMatchObject({ decision: before, context: { source: "hit" } });
      await follower.poll();
      expect(await ask(world, user)).toMatchObject({ decision: !before, context: { source: "miss" } });
      expect(follower.invalidated.map((scopes) => (scopes === "all" ? scopes : new Set(scopes)))).toEqual([
        new Set(invalidates),
      ]);
    });

  test("is invalidated once: the next polls keep what was cached since", async ({ world, tupleStore }) => {
    const { follower } = world;
    await tupleStore.write(written(key("user:otto", "viewer", "plant:7")));
    await follower.poll();
    expect(follower.invalidated).toEqual([["user:otto"]]);
    await ask(world, "otto");
    await follower.poll();
    await follower.poll();
    expect(follower.invalidated).toHaveLength(1);
    expect((await ask(world, "otto")).context.source).toBe("hit");
  });

  test("is read again for some seconds and no longer, unless its invalidation failed", async ({
    world,
    follow,
    tupleStore,
    redis,
    store,
  }) => {
    const asked: { since: number; askedAt?: number }[] = [];
    let away = false;
    const changes: TupleStore["changes"] = async (since) => {
      const read: (typeof asked)[number] = { since: since.getTime() };
      asked.push(read);
      if (away) throw new EngineUnavailable("away");
      const log = await tupleStore.changes(since);
      read.askedAt = log.askedAt;
      return log;
    };
    await redis.client.del(followerKey(store.storeId));
    const { poll } = follow("r1", { tupleStore: { ...tupleStore, changes } });
    const before = Date.now();
    await poll();
    await poll();
    away = true;
    await poll();
    away = false;
    await poll();
    const [first, second, third, fourth] = asked;
    // the first reads what a commit that hung left; our clock and the engine's are one here
    expect(first?.since).toBeGreaterThanOrEqual(before - 30_000);
    // by the engine's time; once in a while it reads more again
    const deep = (first?.askedAt ?? 0) - 30_000;
    expect([(first?.askedAt ?? 0) - 5000, deep]).toContain(second?.since);
    // the third read nothing
    for (const one of [third, fourth]) expect([(second?.askedAt ?? 0) - 5000, deep]).toContain(one?.since);
    expect(world.follower.warnings).toEqual([]);
  });

  test("that is deleted at once invalidates for both changes", async ({ world, tupleStore }) => {
    const { follower } = world;
    const job = key("user:otto", "viewer", "plant:7");
    for (let n = 0; n < 2; n++) {
      await tupleStore.write(written(job));
      await follower.poll();
      await ask(world, "otto");
      await tupleStore.write(deleted(job));
      await follower.poll();
      expect((await ask(world, "otto")).decision).toBe(false);
    }
    expect(follower.invalidated).toHaveLength(4);
  });

  test("whose owner cannot be determined invalidates everything", async ({ world, tupleStore }) => {
    const { follower } = world;
    await ask(world, "anna");
    await ask(world, "anna");
    await tupleStore.write(written(key("cooperation:gone", "cooperation", "share:lost")));
    await follower.poll();
    expect(follower.invalidated).toEqual(["all"]);
    expect((await ask(world, "anna")).context.source).toBe("miss");
  });

  test("that went with its owner invalidates that owner: a plant that was deleted with its portfolio", async ({
    world,
  }) => {
    const { follower } = world;
    expect((await world.admin("PUT", "/v1/portfolios/south", { owner: "sunward", name: "South" })).status).toBe(201);
    const plant = { owner: "sunward", portfolio: "south" };
    expect((await world.admin("PUT", "/v1/plants/70", plant)).status).toBe(201);
    await follower.poll();
    follower.invalidated.length = 0;
    for (const path of ["/v1/plants/70", "/v1/portfolios/south"])
      expect((await world.admin("DELETE", path)).status).toBeLessThan(300);
    await follower.poll();
    expect(follower.invalidated).toEqual([["organization:sunward"]]);
  });

  test("that makes a new organization invalidates nothing", async ({ world }) => {
    const { follower } = world;
    await ask(world, "anna");
    await ask(world, "anna");
    expect((await world.admin("PUT", "/v1/organizations/brief", { name: "Brief" })).status).toBe(201);
    await follower.poll();
    expect(follower.invalidated).toEqual([]);
    expect((await ask(world, "anna")).context.source).toBe("hit");
  });
});

describe("of several replicas", () => {
  test("one follows the changes; when it stops another does, and the others learn how far it has read", async ({
    world,
    follow,
    tupleStore,
    connectCache,
    store,
    redis,
  }) => {
    const first = world.follower;
    const cache = connectCache(store);
    await answering(cache);
    const second = follow("r2", { cache });
    await tupleStore.write(written(key("user:otto", "viewer", "plant:7")));
    await second.poll();
    expect(second.invalidated).toEqual([]);
    await first.poll();
    expect(first.invalidated).toEqual([["user:otto"]]);
    // how far the first has read is known with its next report
    const before = Date.now();
    await first.poll();
    await first.poll();
    await second.poll();
    expect(second.readTo.at(-1)).toBeGreaterThanOrEqual(before);

    // the end of the first one's life: it says nothing for as long
    await redis.client.del(followerKey(store.storeId));
    await ask(world, "eva");
    await tupleStore.write(written(key("user:eva", "viewer", "plant:7")));
    await second.poll();
    expect(second.invalidated.flat()).toContain("user:eva");
    expect((await ask(world, "eva")).decision).toBe(true);
    await first.poll();
    expect(first.invalidated).toHaveLength(1);
  });
});

describe("an outage", () => {
  test("of OpenFGA is logged and never thrown; the next poll reads what was missed", async ({
    world,
    follow,
    tupleStore,
  }) => {
    let away = true;
    const changes: TupleStore["changes"] = async (since) => {
      if (away) throw new EngineUnavailable("away");
      return tupleStore.changes(since);
    };
    const follower = follow("r1", { tupleStore: { ...tupleStore, changes } });
    await ask(world, "otto");
    await tupleStore.write(written(key("user:otto", "viewer", "plant:7")));
    await follower.poll();
    expect([follower.warnings, follower.invalidated, follower.readTo]).toEqual([["changes_not_read"], [], []]);
    away = false;
    await follower.poll();
    expect(follower.invalidated.flat()).toContain("user:otto");
    expect((await ask(world, "otto")).decision).toBe(true);
    expect(follower.readTo).toHaveLength(1);
  });

  test("of the engine's time, by a proxy that gives another, is named; a time that is to come by the engine's own shows nothing", async ({
    world: _,
    store,
  }) => {
    const network = await startFaultyNetwork(store.apiUrl, 0);
    onTestFinished(() => network.close());
    const { changes } = createTupleStore({ ...store, apiUrl: network.apiUrl });
    const toCome = new Date(Date.now() + 3_600_000);
    expect((await changes(toCome)).changes).toEqual([]);
    network.aheadMilliseconds = 7_200_000;
    await expect(changes(toCome)).rejects.toThrow(/^OpenFGA 400 .* a proxy/);
    expect((await changes(new Date(0))).changes).not.toEqual([]);
  });

  test("of Redis, once it leads, leaves the change for the next poll", async ({ world, tupleStore, redis }) => {
    const { follower } = world;
    await ask(world, "otto");
    expect((await ask(world, "otto")).context.source).toBe("hit");
    await tupleStore.write(written(key("user:otto", "viewer", "plant:7")));
    const read = follower.readTo.length;
    await redis.client.acl("SETUSER", "default", "-del");
    await follower.poll();
    expect(follower.invalidated).toEqual([["user:otto"]]);
    expect(follower.readTo).toHaveLength(read);
    await redis.client.acl("SETUSER", "default", "+@all");
    await follower.poll();
    expect(follower.invalidated).toEqual([["user:otto"], ["user:otto"]]);
    await expect.poll(async () => (await ask(world, "otto")).decision).toBe(true);
  });
});

describe("older answers count", () => {
  test("after a poll that read everything and whose invalidations were acknowledged, and not after any other", async ({
    world,
    tupleStore,
    redis,
  }) => {
    const { follower } = world;
    const { marks } = follower;
    await follower.poll();
    expect(follower.marks).toBe(marks + 1);
    await tupleStore.write(written(key("user:otto", "viewer", "plant:7")));
    await redis.client.acl("SETUSER", "default", "-del");
    await follower.poll();
    expect([follower.marks, follower.invalidated]).toEqual([marks + 1, [["user:otto"]]]);
    await redis.client.acl("SETUSER", "default", "+@all");
    await follower.poll();
    expect([follower.marks, follower.invalidated]).toEqual([marks + 2, [["user:otto"], ["user:otto"]]]);
  });

  test("not while the changes cannot be read, nor by a replica that does not lead", async ({
    world,
    follow,
    connectCache,
    store,
    tupleStore,
  }) => {
    const cache = connectCache(store);
    await answering(cache);
    const second = follow("r2", { cache });
    await second.poll();
    expect(second.marks).toBe(0);
    const changes = async () => Promise.reject(new EngineUnavailable("away"));
    const blind = follow("r1", { tupleStore: { ...tupleStore, changes } });
    await blind.poll();
    expect([blind.marks, blind.warnings]).toEqual([0, ["changes_not_read"]]);
    expect(world.follower.warnings).toEqual([]);
  });

  test("a change that the log shows seconds late is invalidated all the same; from then on they do not count, also with the next follower, and a warning says why", async ({
    followLate,
    follow,
    endClaim,
  }) => {
    let isShown = false;
    const follower = await followLate(() => isShown);
    const writtenAt = Date.now();
    while (Date.now() < writtenAt + 7000) {
      await follower.poll();
      await sleep(500);
    }
    expect(follower.invalidated.flat()).not.toContain("user:otto");
    expect(follower.marks).toBeGreaterThan(1);
    isShown = true;
    await expect
      .poll(async () => {
        await follower.poll();
        return follower.invalidated.flat();
      })
      .toContain("user:otto");
    expect(follower.warnings).toEqual(["changes_late"]);
    const { marks } = follower;
    await follower.poll();
    expect(follower.marks).toBe(marks);
    await endClaim();
    const next = follow("r4");
    await next.poll();
    await next.poll();
    expect([next.readTo.length, next.marks, next.warnings]).toEqual([2, 0, []]);
  });

  test("by all that was read since the first of several followers; after a pause only by what is read since then", async ({
    world,
    follow,
    endClaim,
    tupleStore,
    redis,
    store,
  }) => {
    const { follower } = world;
    await follower.poll();
    await endClaim();
    await tupleStore.write(written(key("user:otto", "viewer", "plant:7")));
    const second = follow("r2");
    await second.poll();
    expect(second.invalidated.flat()).toContain("user:otto");
    expect(second.since).toEqual([follower.since[0]]);
    expect(new Set(follower.since).size).toBe(1);
    await second.poll();

    const hash = followerKey(store.storeId);
    const progress = JSON.parse((await redis.client.hget(hash, "progress")) ?? "");
    progress.at.now -= 301_000;
    await redis.client.hset(hash, "progress", JSON.stringify(progress));
    await endClaim();
    const third = follow("r3");
    await third.poll();
    expect(third.since[0]).toBeGreaterThan(second.since[0] ?? Infinity);
  });

  test("not by a follower that has lost its claim in the middle of a poll", async ({
    world: _,
    follow,
    tupleStore,
    redis,
    store,
    endClaim,
  }) => {
    await endClaim();
    const changes: TupleStore["changes"] = async (since) => {
      const log = await tupleStore.changes(since);
      await redis.client.hset(followerKey(store.storeId), "replica", "r3");
      return log;
    };
    const second = follow("r2", { tupleStore: { ...tupleStore, changes } });
    await second.poll();
    expect([second.marks, second.readTo]).toEqual([0, []]);
  });

  test("not by a follower that slept in the middle of a poll while another one read on; how far that one has read is kept", async ({
    world: _,
    follow,
    tupleStore,
    redis,
    store,
    endClaim,
  }) => {
    await endClaim();
    const third = follow("r3");
    const progress = () => redis.client.hget(followerKey(store.storeId), "progress");
    let kept: string | null = null;
    let sleeps = true;
    const changes: TupleStore["changes"] = async (since) => {
      const log = await tupleStore.changes(since);
      if (!sleeps) return log;
      await endClaim();
      await third.poll();
      kept = await progress();
      await endClaim();
      return log;
    };
    const second = follow("r2", { tupleStore: { ...tupleStore, changes } });
    await second.poll();
    expect([second.marks, second.readTo, third.marks]).toEqual([0, [], 1]);
    expect(await progress()).toBe(kept);
    sleeps = false;
    await second.poll();
    expect(second.marks).toBe(1);
    expect(await progress()).not.toBe(kept);
  });

  test("again once the engine's clock has caught up after it was set back: what was then read again is not late", async ({
    world: _,
    follow,
    tupleStore,
    redis,
    store,
    endClaim,
  }) => {
    await endClaim();
    let back = 0;
    // from before all that is read while the clock is right, and long before the clock as it is then
    const old = {
      operation: "write",
      key: key("user:zoe", "viewer", "plant:7"),
      at: new Date(Date.now() - 70_000).toISOString(),
    } as const;
    const changes: TupleStore["changes"] = async (since) => {
      const log = await tupleStore.changes(since);
      const shown = since.getTime() < Date.parse(old.at) ? [old, ...log.changes] : log.changes;
      return { changes: shown, askedAt: log.askedAt - back };
    };
    await redis.client.del(followerKey(store.storeId));
    const follower = follow("r2", { tupleStore: { ...tupleStore, changes } });
    await follower.poll();
    expect([follower.marks, follower.invalidated.flat()]).toEqual([1, expect.not.arrayContaining(["user:zoe"])]);
    // the next poll is a deep one
    const hash = followerKey(store.storeId);
    const progress = JSON.parse((await redis.client.hget(hash, "progress")) ?? "");
    progress.deepAt -= 4000;
    progress.deepAtInLog -= 4000;
    await redis.client.hset(hash, "progress", JSON.stringify(progress));
    back = 60_000;
    await follower.poll();
    expect(follower.invalidated.flat()).toContain("user:zoe");
    back = 0;
    await follower.poll();
    expect([follower.marks, follower.warnings]).toEqual([2, ["engine_clock_back"]]);
  });

  test("not until the engine's clock has caught up after it was set back; what is written then is invalidated as always", async ({
    world,
    follow,
    tupleStore,
    endClaim,
  }) => {
    await endClaim();
    let back = 0;
    // the log of an engine whose clock is as much behind
    const changes: TupleStore["changes"] = async (since) => {
      const log = await tupleStore.changes(new Date(since.getTime() + back));
      const set = (at: string) => new Date(Date.parse(at) - back).toISOString();
      return {
        changes: log.changes.map((change) => ({ ...change, at: set(change.at) })),
        askedAt: log.askedAt - back,
      };
    };
    const follower = follow("r2", { tupleStore: { ...tupleStore, changes } });
    await follower.poll();
    await ask(world, "otto");
    const { marks } = follower;
    expect(marks).toBe(1);
    back = 60_000;
    await tupleStore.write(written(key("user:otto", "viewer", "plant:7")));
    await follower.poll();
    expect(follower.invalidated.flat()).toContain("user:otto");
    expect((await ask(world, "otto")).decision).toBe(true);
    await follower.poll();
    expect([follower.marks, follower.warnings]).toEqual([marks, ["engine_clock_back"]]);
    back = 0;
    await follower.poll();
    expect(follower.marks).toBe(marks + 1);
  });

  test("not while the log does not show what this process committed; after seconds not for an hour, and a warning says why", async ({
    world: _,
    follow,
    tupleStore,
    endClaim,
  }) => {
    await endClaim();
    const committed = createCommittedWrite(tupleStore);
    let shows = true;
    const changes: TupleStore["changes"] = async (since) => {
      const log = await tupleStore.changes(since);
      return { ...log, changes: log.changes.filter(({ key: { user } }) => user !== "user:otto" || shows) };
    };
    const follower = follow("r2", { committed, tupleStore: { ...tupleStore, changes } });
    await follower.poll();
    const job = key("user:otto", "viewer", "plant:7");
    await committed.tupleStore.write(written(job));
    expect(committed.expected()).toMatchObject({ operation: "write", key: job });
    await follower.poll();
    expect([follower.marks, committed.expected()]).toEqual([2, undefined]);
    shows = false;
    await committed.tupleStore.write(deleted(job));
    await follower.poll();
    await follower.poll();
    expect([follower.marks, follower.warnings]).toEqual([2, []]);
    await expect
      .poll(async () => {
        await follower.poll();
        return follower.warnings;
      })
      .toEqual(["changes_missing"]);
    shows = true;
    await follower.poll();
    await follower.poll();
    expect(follower.marks).toBe(2);
  });

  test("whatever the clock of the process says", async ({ world, follow, tupleStore, endClaim }) => {
    for (const ahead of [3_600_000, -3_600_000]) {
      await endClaim();
      const follower = follow(`r${ahead}`, { clock: () => new Date(Date.now() + ahead) });
      await follower.poll();
      await ask(world, "otto");
      const job = key("user:otto", "viewer", "plant:7");
      await tupleStore.write(ahead > 0 ? written(job) : deleted(job));
      await follower.poll();
      expect((await ask(world, "otto")).decision).toBe(ahead > 0);
      expect([follower.marks, follower.warnings]).toEqual([2, []]);
    }
  });

  test("none from before Redis's clock was set back: everything is invalidated", async ({
    world,
    redis,
    store,
    endClaim,
    follow,
  }) => {
    const { follower } = world;
    await follower.poll();
    const hash = followerKey(store.storeId);
    const progress = JSON.parse((await redis.client.hget(hash, "progress")) ?? "");
    progress.at.now += 60_000;
    await redis.client.hset(hash, "progress", JSON.stringify(progress));
    await endClaim();
    const second = follow("r2");
    await second.poll();
    expect(second.invalidated[0]).toBe("all");
    expect(second.since[0]).toBeGreaterThan(follower.since[0] ?? Infinity);
  });

  test("what one server acknowledged counts for nothing on the next: all is read and invalidated again", async ({
    world,
    tupleStore,
    redis,
  }) => {
    const { follower } = world;
    await tupleStore.write(written(key("user:otto", "viewer", "plant:7")));
    await follower.poll();
    await follower.poll();
    expect(follower.invalidated).toEqual([["user:otto"]]);
    await redis.restart();
    await expect.poll(() => world.deps.cache.time()).toBeDefined();
    await follower.poll();
    expect(follower.invalidated.slice(1).flat()).toContain("user:otto");
  });
});
