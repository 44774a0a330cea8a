/**
 * The lease of one writer on the scopes of its actions, from before the first Write until after the last. Nobody
 * learns that something is committed before these scopes are invalidated after it (bad/no-invalidation-after-write
 * and bad/repetition-replies-without-release in test/protocol).
 */
import type { CacheScope } from "../../domain/cache-scopes.ts";
import { OutcomeUnknown } from "../../faults.ts";
import type { ActionDeps, Call } from "./action.ts";
import type { Released } from "./repeats.ts";

export type Lease = {
  /** Before every Write: invalidates the scopes, and keeps answers about them from being cached for a while. */
  take(scopes: CacheScope[]): Promise<void>;
  /** After a committed Write: invalidates the scopes, and all that were leased, and gives them free. */
  release(scopes: CacheScope[]): Promise<Released>;
  /** Gives free what was leased where nothing was committed. */
  drop(): Promise<void>;
  isTaken(): boolean;
};

/**
 * Invalidates the scopes behind a reply that says how things are though nothing was written: whoever wrote them may
 * have died before its own release. In this process it happens once for the same `heads` (repeats.ts).
 */
export async function invalidateOnce(
  { repeats, clock }: Pick<ActionDeps, "repeats" | "clock">,
  { caller }: Pick<Call, "caller">,
  lease: Lease,
  scopes: CacheScope[],
  heads: string[],
): Promise<Date> {
  // scopes that this writer leased before it lost to another are free only by its own release
  if (lease.isTaken()) return (await lease.release(scopes)).at;
  const released = await repeats.invalidate({ heads, by: caller.user }, scopes, lease.release);
  return released === "before" ? clock() : released.at;
}

/** Runs `act` with a lease of its own. What it throws drops the lease. */
export async function withLease<T>(deps: ActionDeps, act: (lease: Lease) => Promise<T>): Promise<T> {
  const lease = createLease(deps, deps.newId());
  try {
    return await act(lease);
  } catch (error) {
    // the Write may still be committed: the scopes stay leased until the lease expires
    if (!(error instanceof OutcomeUnknown)) await lease.drop();
    throw error;
  }
}

/** The lease of one writer; no other has the same `writer`. */
function createLease(
  { cache, clock, ttlMilliseconds }: Pick<ActionDeps, "cache" | "clock" | "ttlMilliseconds">,
  writer: string,
): Lease {
  const leased = new Set<CacheScope>();
  return {
    async take(scopes) {
      for (const scope of scopes) leased.add(scope);
      await cache.lease(writer, scopes);
    },
    async release(scopes) {
      const acknowledged = await cache.release(writer, [...new Set([...leased, ...scopes])]);
      // without an acknowledgement older entries may count until the bound (bad/reply-now-though-unreachable)
      return { at: new Date(clock().getTime() + (acknowledged ? 0 : ttlMilliseconds)), acknowledged };
    },
    isTaken: () => leased.size > 0,
    async drop() {
      if (leased.size > 0) await cache.release(writer, [...leased]);
    },
  };
}
