/**
 * The scopes of one action, from the first begin to the end. Nobody is told that
 * something stands before the end behind it (bad/no-invalidation-after-write and
 * bad/repetition-replies-without-end in test/protocol).
 */
import type { CacheScope } from "../../domain/cache-scopes.ts";
import { OutcomeUnknown } from "../../faults.ts";
import type { ActionDeps, Call } from "./action.ts";
import type { Released } from "./repeats.ts";

export type Lease = {
  /** Before every Write: cached answers about the scopes go, and none is stored for a while. */
  begin(scopes: CacheScope[]): Promise<void>;
  /** After a Write is known to stand. */
  end(scopes: CacheScope[]): Promise<Released>;
  /** Ends what was begun and came to nothing. */
  release(): Promise<void>;
  hasBegun(): boolean;
};

/**
 * The end behind a reply that tells what stands already, though nothing was written: whoever wrote it may have died
 * before the end. Once for what `heads` say, in this process (`repeats.ts`).
 */
export async function invalidateOnce(
  { repeats, clock }: Pick<ActionDeps, "repeats" | "clock">,
  { caller }: Pick<Call, "caller">,
  lease: Lease,
  scopes: CacheScope[],
  heads: string[],
): Promise<Date> {
  // what this one began itself, before another was first, only its own end lets go
  if (lease.hasBegun()) return (await lease.end(scopes)).at;
  const ended = await repeats.invalidate({ heads, by: caller.user }, scopes, lease.end);
  return ended === "before" ? clock() : ended.at;
}

/** Runs `act` with a lease of its own, which ends with it also when it throws. */
export async function withLease<T>(deps: ActionDeps, act: (lease: Lease) => Promise<T>): Promise<T> {
  const lease = createLease(deps, deps.newId());
  try {
    return await act(lease);
  } catch (error) {
    // what may still come to stand is kept back until the lease ends by itself
    if (!(error instanceof OutcomeUnknown)) await lease.release();
    throw error;
  }
}

/** The lease of one writer; `writer` is nobody else's. */
function createLease(
  { cache, clock, ttlMilliseconds }: Pick<ActionDeps, "cache" | "clock" | "ttlMilliseconds">,
  writer: string,
): Lease {
  const begun = new Set<CacheScope>();
  return {
    async begin(scopes) {
      for (const scope of scopes) begun.add(scope);
      await cache.lease(writer, scopes);
    },
    async end(scopes) {
      const acknowledged = await cache.release(writer, [...new Set([...begun, ...scopes])]);
      // entries from before may be good until they end by themselves (bad/reply-now-though-unreachable)
      return { at: new Date(clock().getTime() + (acknowledged ? 0 : ttlMilliseconds)), acknowledged };
    },
    hasBegun: () => begun.size > 0,
    async release() {
      if (begun.size > 0) await cache.release(writer, [...begun]);
    },
  };
}
