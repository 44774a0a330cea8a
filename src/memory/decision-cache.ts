/**
 * The decision cache in this process, for a single replica: the same protocol as in Redis, bounded, and lost with the
 * process. It always answers; an entry that was evicted is a miss, never an old answer.
 */
import { LRUCache } from "lru-cache";
import { type CacheScope, LEASE_MILLISECONDS, UNWATCHED_MAX_MILLISECONDS } from "../domain/cache-scopes.ts";
import type { ReadProgress } from "../domain/progress.ts";
import { startTimer } from "../elapsed.ts";
import type { CacheEntry, DecisionCache, Question } from "../ports.ts";

type Options = {
  /** Bounds the decisions and, separately, the tokens. */
  entriesMax: number;
  /** How long an entry counts while nobody watches the changes. */
  unwatchedMilliseconds?: number;
};

/** What it keeps is of one process, and so of one epoch. */
const EPOCH = "memory";

export function createMemoryCache({
  entriesMax,
  unwatchedMilliseconds = UNWATCHED_MAX_MILLISECONDS,
}: Options): DecisionCache {
  const entries = new LRUCache<string, { entry: CacheEntry; endsAt: number }>({ max: entriesMax });
  const tokens = new LRUCache<CacheScope, string>({ max: entriesMax });
  const leases = new Map<CacheScope, Map<string, number>>();
  let made = 0;
  let kept: ReadProgress | undefined;
  let watched = { since: Number.POSITIVE_INFINITY, until: Number.NEGATIVE_INFINITY };

  // monotonic, and not stopped while the machine is suspended
  const now = startTimer();

  const keyOf = ({ user, relation, object }: Question) => JSON.stringify([user, relation, object]);

  function tokenOf(scope: CacheScope): string {
    const token = tokens.get(scope) ?? `${++made}`;
    tokens.set(scope, token);
    return token;
  }

  function isLeased(scope: CacheScope): boolean {
    const writers = leases.get(scope);
    if (writers === undefined) return false;
    for (const [writer, deadline] of writers) if (deadline < now()) writers.delete(writer);
    if (writers.size === 0) leases.delete(scope);
    return writers.size > 0;
  }

  function release(writer: string, scopes: CacheScope[]): boolean {
    for (const scope of scopes) {
      tokens.delete(scope);
      leases.get(scope)?.delete(writer);
      isLeased(scope);
    }
    return true;
  }

  return {
    async lookup(question, owner) {
      const found = entries.get(keyOf(question));
      const at = now();
      const watchedSince = at < watched.until ? watched.since : undefined;
      const filledAt = found?.entry.filledAt ?? 0;
      const isWatched = watchedSince !== undefined && filledAt >= watchedSince;
      const counts = found && at < found.endsAt && (isWatched || at < filledAt + unwatchedMilliseconds);
      return {
        entry: counts ? found.entry : undefined,
        userToken: tokens.get(question.user as CacheScope),
        ownerToken: owner && tokens.get(owner),
        watchedSince,
      };
    },

    async take(user, owner) {
      if (isLeased(user) || isLeased(owner)) return { kind: "leased" };
      return { kind: "tokens", userToken: tokenOf(user), ownerToken: tokenOf(owner), now: now() };
    },

    time: async () => now(),

    store(question, entry, endsAt) {
      const key = keyOf(question);
      if (endsAt !== "same") entries.set(key, { entry, endsAt });
      else {
        const found = entries.get(key);
        if (found !== undefined) entries.set(key, { entry, endsAt: found.endsAt });
      }
    },

    async lease(writer, scopes) {
      for (const scope of scopes) {
        tokens.delete(scope);
        const writers = leases.get(scope) ?? new Map<string, number>();
        writers.set(writer, now() + LEASE_MILLISECONDS);
        leases.set(scope, writers);
      }
    },

    release: async (writer, scopes) => release(writer, scopes),

    async invalidate(scopes) {
      if (scopes === "all") tokens.clear();
      else release("", scopes);
      return true;
    },

    async lead(_replica, progress) {
      kept = progress ?? kept;
      return { leads: true, progress: kept, text: "", at: { epoch: EPOCH, connection: 0, now: now() } };
    },

    async watched(at, since) {
      watched = { since, until: at.now + unwatchedMilliseconds / 2 };
    },

    probe: async () => ({ kind: "up" }),
    close: async () => {},
  };
}
