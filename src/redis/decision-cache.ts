/**
 * The decision cache in Redis: one MGET serves all look-ups of a turn of the event loop, five scripts do the rest.
 * Entries and tokens of another epoch of the server count as missing, and so does an entry that is older than the bound
 * while nobody watches the changes. After an invalidation that was not acknowledged nothing is trusted until it was
 * repeated. With a secret, an entry that the service did not seal counts as missing.
 */
import { randomBytes } from "node:crypto";
import { type CacheScope, LEASE_MILLISECONDS, UNWATCHED_MAX_MILLISECONDS } from "../domain/cache-scopes.ts";
import type { CacheEntry, DecisionCache, Lookup, Meter } from "../ports.ts";
import { leaseKey, markKey, RANDOM_BYTES, tokenKey } from "./cache-keys.ts";
import { connect } from "./connection.ts";
import { createEntries } from "./entries.ts";
import { isCount, isOne, isTime, isTokens } from "./reply-shapes.ts";
import { createServerClock } from "./server-clock.ts";
import { createTurnBatch } from "./turn.ts";
import { createWatch } from "./watch.ts";
import { createWatchedGetter } from "./watched-getter.ts";

const OWNER_TOKEN_MILLISECONDS = 86_400_000;
/** A user's token outlives its entries by this: tokens of users whom nobody asks for, real or made up, are soon deleted. */
const USER_TOKEN_SPARE_MILLISECONDS = 60_000;
const SCAN_COUNT = 1000;
/** Tokens that one command deletes: it takes Redis some two milliseconds, and others wait for so long. */
const DELETED_MAX = 1000;

export type RedisCacheOptions = {
  url: string;
  storeId: string;
  modelId: string;
  /** For one trip to Redis; a check makes three at most. */
  timeoutMilliseconds: number;
  /** How long entries live. */
  ttlMilliseconds: number;
  /** How long an entry counts while nobody watches the changes; an invalidation that was missed is harmless after that. */
  unwatchedMilliseconds?: number;
  /** Seals entries, so that nobody else can make one; entries under another secret are not found. */
  secret?: string | undefined;
  meter: Pick<Meter, "cacheFailed" | "cacheForged">;
  warn: (event: string, facts: object) => void;
};

/** Connects in the background. Until then, and whenever Redis does not answer in time, nothing is answered. */
export function createRedisCache(options: RedisCacheOptions): DecisionCache {
  const { storeId, meter, unwatchedMilliseconds = UNWATCHED_MAX_MILLISECONDS } = options;
  const entries = createEntries(options);
  const connection = connect({ ...options, key: markKey(storeId), failed: (name) => meter.cacheFailed(name) });
  const { redis, within } = connection;
  const timeOf = createServerClock(() => within("time", redis.time(), isTime));
  // one pipeline a turn, sent after the replies that are ready in this turn
  const set = createTurnBatch(async (all: (string | number)[][]) => {
    try {
      const answers = await redis.pipeline(all.map((one) => ["set", ...one])).exec();
      for (const [error] of answers ?? []) if (error !== null) meter.cacheFailed("store");
    } catch {
      for (const _ of all) meter.cacheFailed("store");
    }
  });
  const get = createWatchedGetter(markKey(storeId), unwatchedMilliseconds, connection);
  const watch = createWatch(storeId, unwatchedMilliseconds, connection);
  const tokenLives = [2 * options.ttlMilliseconds + USER_TOKEN_SPARE_MILLISECONDS, OWNER_TOKEN_MILLISECONDS];
  /** Scopes whose invalidation was not acknowledged, and since when. */
  const pending = new Map<CacheScope, number>();
  let isRepeating = false;

  /**
   * The epoch that may be trusted now. While invalidations are pending there is none, and they are repeated
   * (bad/pending-not-invalidated in test/protocol).
   */
  function trustedEpoch(): string | undefined {
    const epoch = connection.epoch();
    if (epoch === undefined || pending.size === 0) return epoch;
    if (!isRepeating) {
      isRepeating = true;
      void repeatPending().finally(() => {
        isRepeating = false;
      });
    }
    return undefined;
  }

  async function repeatPending(): Promise<void> {
    const over = performance.now() - Math.min(options.ttlMilliseconds, unwatchedMilliseconds);
    for (const [scope, since] of pending) if (since < over) pending.delete(scope);
    const scopes = [...pending.keys()];
    if (scopes.length > 0) await release("", scopes);
  }

  /** `time` is Redis's own, after the look-up. An entry from later than that was dated before that clock was set back. */
  const isYoung = ({ filledAt }: CacheEntry, time: number | undefined) =>
    time !== undefined && filledAt <= time && time < filledAt + unwatchedMilliseconds;

  const tokensOf = (scopes: readonly CacheScope[]) => scopes.map((scope) => tokenKey(storeId, scope));
  const leasesOf = (scopes: readonly CacheScope[]) => scopes.map((scope) => leaseKey(storeId, scope));

  async function release(writer: string, scopes: CacheScope[]): Promise<boolean> {
    if (scopes.length === 0) return true;
    const sentAt = performance.now();
    const keys = [...leasesOf(scopes), ...tokensOf(scopes)];
    if ((await within("release", redis.releaseScopes(keys.length, ...keys, writer), isOne)) === undefined) {
      for (const scope of scopes) pending.set(scope, performance.now());
      return false;
    }
    // this also repeated what was pending before it was sent
    for (const scope of scopes) if ((pending.get(scope) ?? sentAt) < sentAt) pending.delete(scope);
    return true;
  }

  /** Of what was not written here: no reply says that it is effective, so it is not kept as pending when it fails. */
  async function invalidate(scopes: CacheScope[]): Promise<boolean> {
    for (let start = 0; start < scopes.length; start += DELETED_MAX) {
      const tokens = tokensOf(scopes.slice(start, start + DELETED_MAX));
      const deleted = await within("invalidate", redis.del(tokens), isCount(tokens.length));
      if (deleted === undefined) return false;
    }
    return true;
  }

  async function invalidateAll(): Promise<boolean> {
    const [epoch, connected] = [connection.epoch(), connection.connections()];
    try {
      for await (const keys of redis.scanStream({ match: tokenKey(storeId, "*" as CacheScope), count: SCAN_COUNT }))
        if (keys.length > 0) await redis.unlink(keys);
      // all of it of one server, and of the one that has the data
      if (epoch !== undefined && epoch === connection.epoch() && connected === connection.connections()) return true;
    } catch {}
    meter.cacheFailed("invalidate_all");
    return false;
  }

  return {
    async lookup(question, owner) {
      const epoch = trustedEpoch();
      if (epoch === undefined) return undefined;
      const key = entries.keyOf(question);
      const keys = [key, tokenKey(storeId, question.user as CacheScope)];
      if (owner !== undefined) keys.push(tokenKey(storeId, owner));
      const found = await get(keys);
      if (found === undefined) return undefined;
      const [text, userToken, ownerToken] = found.values;
      const ofEpoch = (token: string | null | undefined) => (token?.startsWith(epoch) ? token : undefined);
      const watchedSince = found.mark?.epoch === epoch ? found.mark.since : undefined;
      const lookup: Lookup = { userToken: ofEpoch(userToken), ownerToken: ofEpoch(ownerToken), watchedSince };
      const entry = text ? entries.entryIn(text, { key, epoch, userToken: lookup.userToken }) : undefined;
      if (entry !== undefined && (watch.isWatched(found.mark, epoch, entry) || isYoung(entry, found.time)))
        lookup.entry = entry;
      return lookup;
    },

    async take(user, owner) {
      const epoch = trustedEpoch();
      if (epoch === undefined) return undefined;
      const keys = [...tokensOf([user, owner]), ...leasesOf([user, owner])];
      const random = randomBytes(RANDOM_BYTES).toString("base64url");
      const answer = await within("take", redis.takeTokens(...keys, epoch, random, ...tokenLives), isTokens);
      if (answer === undefined) return undefined;
      const [userToken, ownerToken, now] = answer;
      return userToken === null || ownerToken === null
        ? { kind: "leased" }
        : { kind: "tokens", userToken, ownerToken, now };
    },

    async time() {
      const epoch = trustedEpoch();
      return epoch === undefined ? undefined : timeOf(epoch);
    },

    store(question, entry, endsAt) {
      if (trustedEpoch() === undefined) return;
      const key = entries.keyOf(question);
      const value = entries.textOf(key, entry);
      set(endsAt === "same" ? [key, value, "KEEPTTL", "XX"] : [key, value, "PXAT", endsAt]);
    },

    async lease(writer, scopes) {
      if (scopes.length === 0) return;
      const keys = [...leasesOf(scopes), ...tokensOf(scopes)];
      await within("lease", redis.leaseScopes(keys.length, ...keys, writer, LEASE_MILLISECONDS));
    },

    release,
    invalidate: (scopes) => (scopes === "all" ? invalidateAll() : invalidate(scopes)),

    lead: watch.lead,
    watched: watch.watched,

    async probe() {
      const epoch = connection.epoch();
      if (epoch === undefined) return { kind: "away", reason: connection.trouble() };
      // every command that is used, on scopes and a question that are nobody's
      const scopes = ["user:", "organization:"] as const;
      const [leases, tokens] = [leasesOf(scopes), tokensOf(scopes)];
      const entry = entries.keyOf({ user: "user:", relation: "can_", object: "plant:" });
      const answers = Promise.all([
        redis.time(),
        redis.leaseScopes(4, ...leases, ...tokens, "probe", LEASE_MILLISECONDS),
        redis.releaseScopes(4, ...leases, ...tokens, "probe"),
        redis.takeTokens(...tokens, ...leases, epoch, "probe", ...tokenLives),
        watch.probe(epoch),
        redis.del(...tokens),
        redis.set(entry, "", "PX", options.ttlMilliseconds),
        redis.mget([entry, ...tokens]),
      ]);
      const answer = await within("probe", answers, ([time]) => isTime(time));
      if (answer === undefined) return { kind: "away", reason: connection.trouble() };
      const [[seconds = 0, microseconds = 0]] = answer;
      const time = Number(seconds) * 1000 + Number(microseconds) / 1000;
      return { kind: "up", time: { from: time, to: time } };
    },

    close: connection.close,
  };
}
