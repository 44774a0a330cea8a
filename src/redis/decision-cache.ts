/**
 * The decision cache in Redis: one MGET answers whatever was asked in the same turn of
 * the event loop, three scripts do the rest. An entry or token of another run of the
 * server is not seen, and after an invalidation that was not acknowledged nothing is trusted
 * until it is made up for. With a secret an entry that the service did not seal is not
 * there.
 */
import { randomBytes } from "node:crypto";
import type { CacheScope } from "../domain/cache-scopes.ts";
import type { DecisionCache, Lookup, Meter } from "../ports.ts";
import { followerKey, leaseKey, RANDOM_BYTES, RUN_LENGTH, tokenKey } from "./cache-keys.ts";
import { connect } from "./connection.ts";
import { createEntries } from "./entries.ts";
import { createGetter } from "./get-together.ts";
import { createTurnBatch } from "./once-a-turn.ts";
import { createServerClock } from "./server-clock.ts";

/** Longer than the engine's deadline for a Write, so that a lease ends only after a writer that died. */
const LEASE_MILLISECONDS = 10_000;
const FOLLOWER_MILLISECONDS = 10_000;
const OWNER_TOKEN_MILLISECONDS = 86_400_000;
/** A user's token outlives its entries by as much: what nobody asks for again is soon gone, whoever was made up. */
const USER_TOKEN_SPARE_MILLISECONDS = 60_000;
const SCAN_COUNT = 1000;

export type RedisCacheOptions = {
  url: string;
  storeId: string;
  modelId: string;
  /** For one trip to Redis; a check makes three at most. */
  timeoutMilliseconds: number;
  /** How long entries live: what was not invalidated then is over. */
  ttlMilliseconds: number;
  /** Seals entries, so that nobody else can make one; those under another secret are not met. */
  secret?: string | undefined;
  meter: Pick<Meter, "cacheFailed" | "cacheForged">;
  warn: (event: string, facts: object) => void;
};

/** Connects in the background; until then, and whenever Redis does not answer in time, everything is `away`. */
export function createRedisCache(options: RedisCacheOptions): DecisionCache {
  const { storeId, meter } = options;
  const entries = createEntries(options);
  const connection = connect(options.url, options.timeoutMilliseconds, (name) => meter.cacheFailed(name));
  const { redis, within } = connection;
  const timeOf = createServerClock(() => within("time", redis.time(), isList(2)));
  // in one pipeline, and after the replies that wait in this turn
  const set = createTurnBatch(async (all: (string | number)[][]) => {
    try {
      const answers = await redis.pipeline(all.map((one) => ["set", ...one])).exec();
      for (const [error] of answers ?? []) if (error !== null) meter.cacheFailed("store");
    } catch {
      for (const _ of all) meter.cacheFailed("store");
    }
  });
  const get = createGetter((keys) => within("lookup", redis.mget(keys), isList(keys.length)));
  const tokenLives = [2 * options.ttlMilliseconds + USER_TOKEN_SPARE_MILLISECONDS, OWNER_TOKEN_MILLISECONDS];
  /** Scopes whose invalidation was not acknowledged, and since when. */
  const pending = new Map<CacheScope, number>();
  let makingUp = false;

  /**
   * The run that may be trusted now. While invalidates are pending there is none, and they are made up for
   * (bad/pending-not-invalidated in test/protocol).
   */
  function trustedRun(): string | undefined {
    const run = connection.runId();
    if (run === undefined || pending.size === 0) return run?.slice(0, RUN_LENGTH);
    if (!makingUp) {
      makingUp = true;
      void makeUp().finally(() => {
        makingUp = false;
      });
    }
    return undefined;
  }

  async function makeUp(): Promise<void> {
    const over = performance.now() - options.ttlMilliseconds;
    for (const [scope, since] of pending) if (since < over) pending.delete(scope);
    const scopes = [...pending.keys()];
    if (scopes.length > 0) await invalidate(scopes);
  }

  const keysOf = (scopes: CacheScope[]) => [
    ...scopes.map((scope) => leaseKey(storeId, scope)),
    ...scopes.map((scope) => tokenKey(storeId, scope)),
  ];

  async function end(writer: string, scopes: CacheScope[]): Promise<boolean> {
    const sentAt = performance.now();
    const answer = await within("release", redis.endWrite(scopes.length * 2, ...keysOf(scopes), writer), isOne);
    if (answer === "away") {
      for (const scope of scopes) pending.set(scope, performance.now());
      return false;
    }
    // what was left pending before this was sent is made up for by it
    for (const scope of scopes) if ((pending.get(scope) ?? sentAt) < sentAt) pending.delete(scope);
    return true;
  }

  const invalidate = (scopes: CacheScope[]) => end("", scopes);

  async function invalidateAll(): Promise<boolean> {
    try {
      for await (const keys of redis.scanStream({ match: tokenKey(storeId, "*" as CacheScope), count: SCAN_COUNT }))
        if (keys.length > 0) await redis.unlink(keys);
      return true;
    } catch {
      meter.cacheFailed("invalidate_all");
      return false;
    }
  }

  return {
    async lookup(question, owner) {
      const run = trustedRun();
      if (run === undefined) return "away";
      const key = entries.keyOf(question);
      const keys = [key, tokenKey(storeId, question.user as CacheScope)];
      if (owner !== undefined) keys.push(tokenKey(storeId, owner));
      const values = await get(keys);
      if (values === "away") return values;
      const [entry, userToken, ownerToken] = values;
      const ofRun = (token: string | null | undefined) => (token?.startsWith(run) ? token : undefined);
      const lookup: Lookup = { userToken: ofRun(userToken), ownerToken: ofRun(ownerToken) };
      if (entry) lookup.entry = entries.entryIn(entry, { key, run, userToken: lookup.userToken });
      return lookup;
    },

    async take(user, owner) {
      const run = trustedRun();
      if (run === undefined) return "away";
      const scopes = [user, owner];
      const keys = [
        ...scopes.map((scope) => tokenKey(storeId, scope)),
        ...scopes.map((scope) => leaseKey(storeId, scope)),
      ];
      const random = randomBytes(RANDOM_BYTES).toString("base64url");
      const answer = await within("take", redis.takeTokens(...keys, run, random, ...tokenLives), isList(3));
      if (answer === "away") return answer;
      const [userToken, ownerToken, now] = answer;
      return userToken === null || ownerToken === null ? "leased" : { userToken, ownerToken, now };
    },

    async time() {
      const run = trustedRun();
      return run === undefined ? "away" : timeOf(run);
    },

    store(question, entry, endsAt) {
      if (trustedRun() === undefined) return;
      const key = entries.keyOf(question);
      const value = entries.textOf(key, entry);
      set(endsAt === "same" ? [key, value, "KEEPTTL", "XX"] : [key, value, "PXAT", endsAt]);
    },

    async lease(writer, scopes) {
      if (scopes.length === 0) return;
      await within("lease", redis.beginWrite(scopes.length * 2, ...keysOf(scopes), writer, LEASE_MILLISECONDS));
    },

    release: async (writer, scopes) => scopes.length === 0 || end(writer, scopes),
    invalidate: async (scopes) => (scopes === "all" ? invalidateAll() : scopes.length === 0 || invalidate(scopes)),

    async lead(replica, readTo) {
      const answer = await within(
        "lead",
        redis.leadChanges(followerKey(storeId), replica, FOLLOWER_MILLISECONDS, readTo ?? ""),
        isList(2),
      );
      if (answer === "away") return answer;
      const [leads, read] = answer;
      return { leads: leads === 1, readTo: read === null ? undefined : Number(read) };
    },

    async probe() {
      const run = connection.runId()?.slice(0, RUN_LENGTH);
      if (run === undefined) return { away: connection.trouble() };
      // all that is asked of Redis, about a scope and a question that are nobody's
      const scopes = ["user:", "organization:"] as CacheScope[];
      const tokens = scopes.map((scope) => tokenKey(storeId, scope));
      const leases = scopes.map((scope) => leaseKey(storeId, scope));
      const entry = entries.keyOf({ user: "user:", relation: "can_", object: "plant:" });
      const answers = Promise.all([
        redis.time(),
        redis.beginWrite(4, ...leases, ...tokens, "probe", LEASE_MILLISECONDS),
        redis.endWrite(4, ...leases, ...tokens, "probe"),
        redis.takeTokens(...tokens, ...leases, run, "probe", ...tokenLives),
        redis.leadChanges(`${followerKey(storeId)}:probe`, "probe", LEASE_MILLISECONDS, ""),
        redis.set(entry, "", "PX", options.ttlMilliseconds),
        redis.mget([entry, ...tokens]),
      ]);
      const answer = await within("probe", answers);
      if (answer === "away") return { away: connection.trouble() };
      const [[seconds = 0, microseconds = 0]] = answer;
      const time = Number(seconds) * 1000 + Number(microseconds) / 1000;
      return { time: { from: time, to: time } };
    },

    close: connection.close,
  };
}

const isList = (length: number) => (answer: unknown) => Array.isArray(answer) && answer.length === length;
const isOne = (answer: unknown) => answer === 1;
