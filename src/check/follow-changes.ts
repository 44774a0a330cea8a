/**
 * Follows the changes in OpenFGA and invalidates the scopes that they reach: the safety net for writes made past the
 * service and for writers that died before they invalidated. One replica at a time reads; when it no longer renews its
 * claim, another takes over. The first poll reads all changes that cached answers may predate, each later poll the new
 * ones and the last seconds again, so that a Write that was committed late is not missed.
 */

import { errorFacts } from "../domain/error-facts.ts";
import type { Clock, DecisionCache, Meter, TupleChange, TupleStore } from "../ports.ts";
import { resolveScopes } from "./resolve-scopes.ts";

export const FOLLOW_EVERY_MILLISECONDS = 1000;

/**
 * For a Write that was slow to commit, and for clocks that differ: more than the 3 s after which OpenFGA ends a
 * request. A change that comes later still was made past the service, and answers follow it within the TTL.
 */
const MARGIN_MILLISECONDS = 5000;

type FollowerDeps = {
  tupleStore: Pick<TupleStore, "read" | "changes">;
  cache: Pick<DecisionCache, "invalidate" | "lead">;
  clock: Clock;
  meter: Pick<Meter, "changesRead">;
  ttlMilliseconds: number;
  warn: (event: string, facts: object) => void;
  /** The unique name of this replica. */
  replica: string;
};

/** One poll: reads when this replica leads. Never throws; changes that could not be read are read by the next poll. */
export function createFollower(deps: FollowerDeps): () => Promise<void> {
  const { tupleStore, cache, clock, meter, ttlMilliseconds, warn, replica } = deps;
  /** Changes whose scopes were invalidated, and when they were read. */
  const invalidated = new Map<string, number>();
  let readTo: number | undefined;

  async function readOn(): Promise<void> {
    const startedAt = clock().getTime();
    // an import makes thousands of changes a second: reading a whole TTL again in every poll would be most of the work
    const from = Math.max(startedAt - ttlMilliseconds, readTo ?? 0) - MARGIN_MILLISECONDS;
    const changes = await tupleStore.changes(new Date(from));
    const fresh = changes.filter((change) => !invalidated.has(textOf(change)));
    const scopes = await resolveScopes(
      tupleStore,
      fresh.map(({ key }) => key),
    );
    // not acknowledged: the next poll invalidates them again
    if (scopes.length > 0 && !(await cache.invalidate(scopes))) return;
    for (const change of fresh) invalidated.set(textOf(change), startedAt);
    for (const [text, seenAt] of invalidated) if (seenAt < from) invalidated.delete(text);
    readTo = startedAt;
    meter.changesRead(startedAt);
  }

  return async () => {
    try {
      const follower = await cache.lead(replica, readTo);
      if (follower === undefined) return;
      if (follower.leads) await readOn();
      else {
        readTo = undefined;
        if (follower.readTo !== undefined) meter.changesRead(follower.readTo);
      }
    } catch (error) {
      warn("changes_not_read", errorFacts(error));
    }
  };
}

function textOf({ operation, key, at }: TupleChange): string {
  return JSON.stringify([at, operation, key.object, key.relation, key.user]);
}
