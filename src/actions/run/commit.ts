/**
 * Sends one Write and finds out whether it is committed. After a lost reply the identical Write is sent again, which
 * the head's compare-and-swap commits at most once, and the entry that is found says whose Write it was.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { errorFacts } from "../../domain/error-facts.ts";
import { entryFrom } from "../../domain/history.ts";
import { keyOf, type TupleKey } from "../../domain/tuples.ts";
import { Contended, EngineUnavailable, type Lost, OutcomeUnknown } from "../../faults.ts";
import type { Write } from "../../ports.ts";
import type { ActionDeps } from "./action.ts";

/** How long an action tries before it throws `Contended`, and how long after a lost reply before it throws `OutcomeUnknown`. */
const PATIENCE_MILLISECONDS = 8000;
export const PAUSE_MILLISECONDS_MAX = 80;

export const patience = (deps: ActionDeps) => deps.patienceMilliseconds ?? PATIENCE_MILLISECONDS;

/** Tries again for a while where the engine does not answer, and warns of each time. Throws what the last attempt threw. */
export async function patiently<T>(deps: ActionDeps, warning: string, attempt: () => Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + patience(deps);
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof EngineUnavailable) || performance.now() > giveUpAt) throw error;
      deps.warn(warning, errorFacts(error));
      await sleep(Math.random() * PAUSE_MILLISECONDS_MAX);
    }
  }
}

/** Deletes tuples before the Write, and again where a reply is lost: what was deleted stays deleted. Throws OutcomeUnknown. */
export async function eraseFirst(deps: ActionDeps, first: TupleKey[]): Promise<void> {
  try {
    await patiently(deps, "erasing_again", () => deps.tupleStore.erase(first));
  } catch (cause) {
    if (!(cause instanceof EngineUnavailable)) throw cause;
    throw new OutcomeUnknown("cut off before all of the tuples were deleted", { cause });
  }
}

/** The error to throw once a part is written: an outage then no longer means that nothing was written. */
export function afterWriting(error: unknown): unknown {
  const isOutage = error instanceof EngineUnavailable || error instanceof Contended;
  return isOutage ? new OutcomeUnknown("it failed after a part of it was written", { cause: error }) : error;
}

/** One Write, and how its scopes are leased before it is sent again. */
type Attempt = { write: Write; lease: () => Promise<void> };

/** Writes, and answers whether it is committed: false when another was first. Throws EngineUnavailable, OutcomeUnknown. */
export async function commit(deps: ActionDeps, attempt: Attempt): Promise<boolean> {
  const outcome = await deps.tupleStore.write(attempt.write);
  return outcome === "committed" || (outcome === "unknown" && (await settle(deps, attempt)));
}

/**
 * Finds out after a lost reply. The first Write may still be running: it and the one sent again write the same
 * entry n + 1, so the second to arrive is stale, and the entry that is found says whose it was.
 */
async function settle(deps: ActionDeps, { write, lease }: Attempt): Promise<boolean> {
  const entry = write.writes.find(({ relation }) => relation === "log");
  const lost = entry && { entry, id: entryFrom(entry).common.id };
  // a patience of its own: the call whose reply was lost may have used up the action's
  const giveUpAt = performance.now() + patience(deps);
  while (performance.now() < giveUpAt) {
    await sleep(Math.random() * PAUSE_MILLISECONDS_MAX);
    // bad/resend-without-lease in test/protocol
    await lease();
    try {
      const outcome = await deps.tupleStore.write(write);
      if (outcome === "committed") return true;
      // an action without an entry is decided again, and then finds that it is so already
      if (outcome === "stale") return lost !== undefined && (await entryIsOurs(deps, lost));
    } catch (error) {
      // while the engine is away the first Write may still be committed
      deps.warn("settling_a_lost_reply", { stamp: lost?.id, ...errorFacts(error) });
    }
  }
  throw new OutcomeUnknown("the reply to an action was lost", lost && { lost });
}

/** Whether the entry in the store is the one that the action wrote. Throws EngineUnavailable. */
export async function entryIsOurs(
  { tupleStore }: Pick<ActionDeps, "tupleStore">,
  { entry, id }: Lost,
): Promise<boolean> {
  const [found] = await tupleStore.read(keyOf(entry));
  return found !== undefined && entryFrom(found).common.id === id;
}
