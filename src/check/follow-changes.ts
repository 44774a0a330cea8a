/**
 * Follows the changes in OpenFGA and invalidates what they reach: the net behind writes made
 * past the service and behind writers that died before their end. One replica at a
 * time reads; when it stops saying so, another takes over. The first poll reads all that
 * may still be cached, each after it what came since, and the last seconds again, so that
 * what was committed late is not missed.
 */

import type { CacheScope } from "../domain/cache-scopes.ts";
import { errorFacts } from "../domain/error-facts.ts";
import type { Clock, DecisionCache, Meter, TupleChange, TupleStore } from "../ports.ts";
import { resolveScopes } from "./resolve-scopes.ts";

export const FOLLOW_EVERY_MILLISECONDS = 1000;

/**
 * For a Write that was slow to commit, and clocks that differ: more than the 3 s after which OpenFGA ends a
 * request. What is later still was written past the service, and is seen by the TTL.
 */
const MARGIN_MILLISECONDS = 5000;

type TailDeps = {
  tupleStore: Pick<TupleStore, "read" | "changes">;
  cache: Pick<DecisionCache, "invalidate" | "lead">;
  clock: Clock;
  meter: Pick<Meter, "changesRead">;
  ttlMilliseconds: number;
  warn: (event: string, facts: object) => void;
  /** This replica; nobody else's name. */
  replica: string;
};

/** One poll: reads when it is this replica's turn. Never throws; what could not be read now is read by the next. */
export function createFollower(deps: TailDeps): () => Promise<void> {
  const { tupleStore, cache, clock, meter, ttlMilliseconds, warn, replica } = deps;
  /** Changes invalidated already, with when they were seen. */
  const invalidated = new Map<string, number>();
  let readTo: number | undefined;

  async function readOn(): Promise<void> {
    const startedAt = clock().getTime();
    // an import makes thousands of changes a second: reading them again for as long as they may be cached would be most of the work
    const from = Math.max(startedAt - ttlMilliseconds, readTo ?? 0) - MARGIN_MILLISECONDS;
    const changes = await tupleStore.changes(new Date(from));
    const fresh = changes.filter((change) => !invalidated.has(textOf(change)));
    const scopes = await resolveScopes(
      tupleStore,
      fresh.map(({ key }) => key),
    );
    // not acknowledged: they stay fresh, and the next poll invalidates them
    if (!(await invalidateAll(scopes))) return;
    for (const change of fresh) invalidated.set(textOf(change), startedAt);
    for (const [text, seenAt] of invalidated) if (seenAt < from) invalidated.delete(text);
    readTo = startedAt;
    meter.changesRead(startedAt);
  }

  async function invalidateAll(scopes: CacheScope[] | "all"): Promise<boolean> {
    return scopes.length === 0 || (await cache.invalidate(scopes));
  }

  return async () => {
    try {
      const follower = await cache.lead(replica, readTo);
      if (follower === "away") return;
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
