/**
 * Follows the changes in OpenFGA and invalidates the scopes that they reach: the safety net for writes made past the
 * service and for writers that died before they invalidated. One replica at a time reads; when it no longer renews its
 * claim, another takes over. The first poll reads all changes that cached answers may predate, each later poll the new
 * ones and the last seconds again, so that a Write that was committed late is not missed. After a whole poll, and only
 * when all its invalidations were acknowledged, the cache may use older answers for a few seconds more
 * (test/protocol/watch).
 */

import { errorFacts } from "../domain/error-facts.ts";
import type { CacheMoment, Clock, DecisionCache, Meter, TupleChange, TupleStore } from "../ports.ts";
import { resolveScopes } from "./resolve-scopes.ts";

export const FOLLOW_EVERY_MILLISECONDS = 1000;

/**
 * For a Write that was slow to commit, and for clocks that differ: more than the 3 s after which OpenFGA ends a
 * request.
 */
const MARGIN_MILLISECONDS = 5000;

/**
 * A deep poll reads so much again, for a Write whose commit hung. A change that comes later still was made past the
 * service, and answers follow it within the TTL.
 */
const DEEP_MARGIN_MILLISECONDS = 30_000;

/** Of the bound, how often a poll is deep. With half of it for the mark it leaves a fifth. */
const DEEP_EVERY = 0.3;

/** With more changes than this to read again, in an import, deep polls are rare, and older answers are not used. */
const CHANGES_MAX = 10_000;

/** After the log showed a change late, older answers are not used for so long. */
const DISTRUST_MILLISECONDS = 3_600_000;

type FollowerDeps = {
  tupleStore: Pick<TupleStore, "read" | "changes">;
  cache: Pick<DecisionCache, "invalidate" | "lead" | "watched">;
  clock: Clock;
  meter: Pick<Meter, "changesRead">;
  ttlMilliseconds: number;
  /** How old an answer may be at most, whatever fails. */
  unwatchedMilliseconds: number;
  warn: (event: string, facts: object) => void;
  /** The unique name of this replica. */
  replica: string;
};

/** How far the changes are read, in one epoch of the cache. Times in the log are by the engine's clock. */
type Progress = {
  epoch: string;
  /** From when on the next poll reads, and the next deep one; in the log's time. */
  from: number;
  deepFrom: number;
  /** When the last poll began by our clock, and the last deep one by the cache's. */
  startedAt: number;
  deepAt: number;
  /** How far the log's time is ahead of our monotonic one, at least. */
  ahead: number;
};

/** One poll: reads when this replica leads. Never throws; changes that could not be read are read by the next poll. */
export function createFollower(deps: FollowerDeps): () => Promise<void> {
  const { tupleStore, cache, clock, meter, ttlMilliseconds, warn, replica } = deps;
  const deepEvery = deps.unwatchedMilliseconds * DEEP_EVERY;
  /** Whether an entry can grow older than the bound. Where none can, the mark only saves look-ups from asking for the time. */
  const canGrowOld = ttlMilliseconds > deps.unwatchedMilliseconds;
  /** Changes whose scopes were invalidated, and their time in the log. */
  const invalidated = new Map<string, number>();
  let progress: Progress | undefined;
  let readTo: number | undefined;
  let lateAt = Number.NEGATIVE_INFINITY;

  function beginAnew(): void {
    progress = undefined;
    readTo = undefined;
    invalidated.clear();
  }

  async function readOn(at: CacheMoment): Promise<void> {
    const startedAt = clock().getTime();
    const since = performance.now();
    const before = progress;
    const isDeep = before === undefined || (canGrowOld && at.now - before.deepAt >= deepPause());
    const first = startedAt - ttlMilliseconds - DEEP_MARGIN_MILLISECONDS;
    const from = before === undefined ? first : isDeep ? before.deepFrom : before.from;
    const changes = await tupleStore.changes(new Date(from));
    const fresh = changes.filter((change) => !invalidated.has(textOf(change)));
    const scopes = await resolveScopes(
      tupleStore,
      fresh.map(({ key }) => key),
    );
    // not acknowledged: the next poll invalidates them again
    if (scopes.length > 0 && !(await cache.invalidate(scopes))) return;
    for (const change of fresh) invalidated.set(textOf(change), Date.parse(change.at));
    if (canGrowOld && before !== undefined) noticeLate(before.startedAt, fresh);

    const now = performance.now();
    const ahead = changes.reduce(
      (most, change) => Math.max(most, Date.parse(change.at) - now),
      before?.ahead ?? -Infinity,
    );
    // when it began, in the log's time; while no change was ever seen there is none to be read twice
    const began = since + ahead;
    progress = {
      epoch: at.epoch,
      from: Math.max(before?.from ?? first, began - MARGIN_MILLISECONDS),
      deepFrom: Math.max(before?.deepFrom ?? first, isDeep ? began - DEEP_MARGIN_MILLISECONDS : -Infinity),
      startedAt,
      deepAt: isDeep || before === undefined ? at.now : before.deepAt,
      ahead,
    };
    const forgetBefore = canGrowOld ? progress.deepFrom : progress.from;
    for (const [text, time] of invalidated) if (time < forgetBefore) invalidated.delete(text);
    readTo = startedAt;
    meter.changesRead(startedAt);
    const isWhole = at.now - progress.deepAt < deepEvery && now - lateAt > DISTRUST_MILLISECONDS;
    if (isWhole || !canGrowOld) await cache.watched(at);
  }

  const deepPause = () => (invalidated.size > CHANGES_MAX ? DEEP_MARGIN_MILLISECONDS : deepEvery);

  /** A log that shows changes late is behind a horizon offset or a lagging database: then nobody knows what is missing. */
  function noticeLate(lastBegan: number, fresh: readonly TupleChange[]): void {
    const late = fresh.find((change) => Date.parse(change.at) < lastBegan - MARGIN_MILLISECONDS);
    if (late === undefined) return;
    lateAt = performance.now();
    warn("changes_late", { seconds: Math.round((clock().getTime() - Date.parse(late.at)) / 1000) });
  }

  return async () => {
    try {
      const follower = await cache.lead(replica, readTo);
      if (follower === undefined) return;
      const { leads, readTo: leaderReadTo, at } = follower;
      // what another server acknowledged, this one may never have seen
      if (!leads || progress?.epoch !== at.epoch) beginAnew();
      if (leads) await readOn(at);
      else if (leaderReadTo !== undefined) meter.changesRead(leaderReadTo);
    } catch (error) {
      warn("changes_not_read", errorFacts(error));
    }
  };
}

function textOf({ operation, key, at }: TupleChange): string {
  return JSON.stringify([at, operation, key.object, key.relation, key.user]);
}
