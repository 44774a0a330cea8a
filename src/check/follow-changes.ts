/**
 * Follows the changes in OpenFGA and invalidates the scopes that they reach: the safety net for writes made past the
 * service and for writers that died before they invalidated. One replica at a time reads; when it no longer renews its
 * claim, another takes over and reads on from where the cache says that the changes are read. Each poll reads the new
 * changes and the last seconds again, so that a Write that was committed late is not missed. After a whole poll, and
 * only when all its invalidations were acknowledged, the cache may use older answers for a few seconds more
 * (test/protocol/watch). Durations are by the cache's clock, and times in the log by OpenFGA's: no clock of this process
 * counts.
 */

import type { TupleChange } from "../domain/change-log.ts";
import { errorFacts } from "../domain/error-facts.ts";
import type { CacheMoment, Lead, ReadProgress } from "../domain/progress.ts";
import type { Clock, DecisionCache, Meter, TupleStore } from "../ports.ts";
import type { CommittedWrite } from "./committed-write.ts";
import { resolveScopes } from "./resolve-scopes.ts";

export const FOLLOW_EVERY_MILLISECONDS = 1000;

/** During a poll, a fraction of the claim's life. */
const RENEW_EVERY_MILLISECONDS = 3000;

/**
 * For a Write that was slow to commit, more than the 3 s after which OpenFGA ends a request, and for its servers' clocks
 * that differ a little.
 */
const MARGIN_MILLISECONDS = 5000;

/** A deep poll reads so much again, for a Write whose commit hung, and for clocks that differ more. */
const DEEP_MARGIN_MILLISECONDS = 30_000;

/** Of the bound, how often a poll is deep. With half of it for the mark it leaves a fifth. */
const DEEP_EVERY = 0.3;

/** A change is late half of the bound after its time, and not before: commits may be slow, and OpenFGA's clock is read in whole seconds. */
const LATE_MIN_MILLISECONDS = 4000;

/** By so much two readings of OpenFGA's clock may differ from the time between them: it is read in whole seconds. */
const READING_MILLISECONDS = 2000;

/** With more changes than this to read again, in an import, deep polls are rare, and older answers are not used. */
const CHANGES_MAX = 10_000;

/** A warning that repeats itself is logged so often. */
const WARN_EVERY_MILLISECONDS = 60_000;

/** After the log showed a change late, older answers are not used for so long. */
const DISTRUST_MILLISECONDS = 3_600_000;

/** After a longer pause nobody reads what was missed: answers from before it are too old. */
const PAUSE_MAX_MILLISECONDS = 300_000;

type FollowerDeps = {
  tupleStore: Pick<TupleStore, "read" | "changes">;
  cache: Pick<DecisionCache, "invalidate" | "lead" | "watched">;
  clock: Clock;
  meter: Pick<Meter, "changesRead">;
  /** Of this process, which the log has to show. */
  committed: Pick<CommittedWrite, "expected" | "forget">;
  /** How old an answer may be at most, whatever fails. */
  unwatchedMilliseconds: number;
  warn: (event: string, facts: object) => void;
  /** The unique name of this replica. */
  replica: string;
};

/** The last poll of this process, and the changes that are invalidated on its connection: those that a deep poll may show again. */
type Last = { progress: ReadProgress; known: Set<string> };

/** One poll: reads when this replica leads. Never throws; changes that could not be read are read by the next poll. */
export function createFollower(deps: FollowerDeps): () => Promise<void> {
  const { tupleStore, cache, clock, meter, committed, warn, replica } = deps;
  const deepEvery = deps.unwatchedMilliseconds * DEEP_EVERY;
  const lateAfter = Math.max(deps.unwatchedMilliseconds / 2, LATE_MIN_MILLISECONDS);
  const behindAfter = lateAfter - READING_MILLISECONDS;
  let last: Last | undefined;
  /** Since when the log does not show what this process committed. */
  let missedAt: number | undefined;
  let saidBehindAt = Number.NEGATIVE_INFINITY;

  /** `kept`: how far the changes are read, as the cache has it; `text`: that, to be replaced. */
  async function readOn({ at, progress: kept, text }: Lead): Promise<void> {
    const startedAt = clock().getTime();
    const isOfEpoch = kept?.at.epoch === at.epoch;
    // the cache's clock was set back: marks and entries would live for longer
    if (isOfEpoch && at.now < kept.at.now && !(await cache.invalidate("all"))) return;
    const pause = isOfEpoch ? at.now - kept.at.now : Infinity;
    const before = pause >= 0 && pause < PAUSE_MAX_MILLISECONDS ? kept : undefined;
    // what another server acknowledged, this one may never have seen (bad/poll-on-two-servers)
    const own =
      last?.progress.at.connection === at.connection && last.progress.at.now === before?.at.now ? last : undefined;
    const known = own?.known ?? new Set();
    const deepPause = known.size > CHANGES_MAX ? DEEP_MARGIN_MILLISECONDS : deepEvery;
    const isDeep = before === undefined || own === undefined || at.now - before.deepAt >= deepPause;

    // what was committed before these polls, they need not show
    if (own === undefined) committed.forget();
    const expected = committed.expected();
    const { changes, askedAt, isReread } = await (before === undefined
      ? changesSince(at.now, startedAt, DEEP_MARGIN_MILLISECONDS, at)
      : isDeep
        ? changesSince(before.deepAt, before.deepAtInLog, DEEP_MARGIN_MILLISECONDS, at)
        : changesSince(before.at.now, before.atInLog, MARGIN_MILLISECONDS, at));
    const fresh = changes.filter((change) => !known.has(textOf(change)));
    const scopes = await resolveScopes(
      tupleStore,
      fresh.map(({ key }) => key),
    );
    // not acknowledged: the next poll invalidates them again
    if (scopes.length > 0 && !(await cache.invalidate(scopes))) return;
    for (const change of fresh) known.add(textOf(change));
    // entries from before the first poll was over may predate what it did not read
    const since = before === undefined ? await sinceNow(at) : before.since;
    if (since === undefined) return;

    const isShown = expected === undefined || changes.some((change) => isSame(change, expected));
    missedAt = isShown ? undefined : (missedAt ?? at.now);
    const isMissing = missedAt !== undefined && isDeep && at.now - missedAt >= lateAfter;
    if (isMissing) warn("changes_missing", {});
    if (isShown || isMissing) committed.forget();
    // what was read from an earlier time than ever is older than what is known, and need not be late
    const isComparable = before !== undefined && own !== undefined && !isReread;
    const isLate = isComparable && hasLate(fresh, before, at, askedAt);
    const progress: ReadProgress = {
      at,
      atInLog: askedAt,
      deepAt: isDeep ? at.now : before.deepAt,
      deepAtInLog: isDeep ? askedAt : before.deepAtInLog,
      latestInLog: Math.max(askedAt, latestBefore(before, at)),
      since,
      lateAt: isLate || isMissing ? at.now : kept?.lateAt,
    };
    // another replica may have taken over, if it took long, and have read further
    if (!(await cache.lead(replica, progress, text))?.leads) return;
    // what a deep poll does not show, none shows any more
    last = { progress, known: isDeep ? new Set(changes.map(textOf)) : known };
    meter.changesRead(startedAt);
    if (isShown && isWhole(progress)) await cache.watched(at, since);
  }

  /**
   * The changes since the cache's time was `now` and the log's `inLog`, and some milliseconds before. OpenFGA's clock may
   * have been set back since then, or another server's answers: then by the clock as it is now
   * (bad/read-on-by-the-clock-as-it-was).
   */
  async function changesSince(now: number, inLog: number, margin: number, at: CacheMoment) {
    const log = await tupleStore.changes(new Date(inLog - margin));
    const thenInLog = log.askedAt - (at.now - now);
    const isReread = thenInLog < inLog - READING_MILLISECONDS;
    return { ...(isReread ? await tupleStore.changes(new Date(thenInLog - margin)) : log), isReread };
  }

  /** The cache's time now; undefined when it is another server's. */
  async function sinceNow({ epoch, connection }: CacheMoment): Promise<number | undefined> {
    const at = (await cache.lead(replica, undefined))?.at;
    return at?.epoch === epoch && at.connection === connection ? at.now : undefined;
  }

  /** Whether nothing is missing that the log should show. */
  function isWhole({ at: { now }, deepAt, atInLog, latestInLog, lateAt }: ReadProgress): boolean {
    // behind a time that it had, OpenFGA does not show what it wrote then (bad/mark-while-the-clock-is-behind)
    const behind = latestInLog - atInLog;
    if (behind > behindAfter && Math.abs(now - saidBehindAt) > WARN_EVERY_MILLISECONDS) {
      saidBehindAt = now;
      warn("engine_clock_back", { seconds: Math.round(behind / 1000) });
    }
    const isTrusted = lateAt === undefined || Math.abs(now - lateAt) > DISTRUST_MILLISECONDS;
    return isTrusted && now - deepAt < deepEvery && behind <= behindAfter;
  }

  /** A log that shows changes late is behind a horizon offset or a lagging database: then nobody knows what is missing. */
  function hasLate(fresh: readonly TupleChange[], before: ReadProgress, at: CacheMoment, askedAt: number): boolean {
    const began = Math.min(before.atInLog, askedAt - (at.now - before.at.now));
    const late = fresh.find((change) => Date.parse(change.at) < began - lateAfter);
    if (late === undefined) return false;
    warn("changes_late", { seconds: Math.round((askedAt - Date.parse(late.at)) / 1000) });
    return true;
  }

  return async () => {
    let renewing: NodeJS.Timeout | undefined;
    try {
      const follower = await cache.lead(replica, undefined);
      if (follower === undefined) return;
      const { leads, progress, at } = follower;
      if (leads) {
        renewing = setInterval(() => cache.lead(replica, undefined), RENEW_EVERY_MILLISECONDS);
        await readOn(follower);
      } else {
        last = undefined;
        if (progress !== undefined) meter.changesRead(clock().getTime() - (at.now - progress.at.now));
      }
    } catch (error) {
      warn("changes_not_read", errorFacts(error));
    } finally {
      clearInterval(renewing);
    }
  };
}

/** The latest that the engine's clock was since the last poll, if it went on. */
function latestBefore(before: ReadProgress | undefined, { now }: CacheMoment): number {
  return before === undefined
    ? Number.NEGATIVE_INFINITY
    : Math.max(before.latestInLog, before.atInLog + now - before.at.now);
}

const isSame = (change: TupleChange, { operation, key }: Pick<TupleChange, "operation" | "key">) =>
  change.operation === operation &&
  change.key.object === key.object &&
  change.key.relation === key.relation &&
  change.key.user === key.user;

function textOf({ operation, key, at }: TupleChange): string {
  return JSON.stringify([at, operation, key.object, key.relation, key.user]);
}
