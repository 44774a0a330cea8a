/**
 * One Write and what became of it. A lost reply is settled before anybody is told: the
 * identical Write is sent again, which the head's compare-and-swap lets in at most
 * once, and whose entry stands is read.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { errorFacts } from "../../domain/error-facts.ts";
import { entryFrom } from "../../domain/history.ts";
import type { TupleKey } from "../../domain/tuples.ts";
import { Contended, EngineUnavailable, type Lost, OutcomeUnknown } from "../../faults.ts";
import type { Write } from "../../ports.ts";
import type { ActionDeps } from "./action.ts";

/**
 * How long an action tries to get through before it gives up with `Contended`, and how long from a lost
 * reply on it tries to settle that before it gives up with `OutcomeUnknown`.
 */
const PATIENCE_MILLISECONDS = 8000;
export const PAUSE_MILLISECONDS_MAX = 80;

export const patience = (deps: ActionDeps) => deps.patienceMilliseconds ?? PATIENCE_MILLISECONDS;

/** Takes away what goes before the Write, again where the reply is lost: what was taken stays taken. */
export async function eraseFirst(deps: ActionDeps, first: TupleKey[]): Promise<void> {
  const giveUpAt = performance.now() + patience(deps);
  for (;;) {
    try {
      return await deps.tupleStore.erase(first);
    } catch (error) {
      if (!(error instanceof EngineUnavailable)) throw error;
      if (performance.now() > giveUpAt)
        throw new OutcomeUnknown("cut off before all of it was taken away", { cause: error });
      deps.warn("erasing_again", errorFacts(error));
      await sleep(Math.random() * PAUSE_MILLISECONDS_MAX);
    }
  }
}

/** What an error means once something is written: an outage is then no "nothing was written". */
export function afterWriting(error: unknown): unknown {
  const isOutage = error instanceof EngineUnavailable || error instanceof Contended;
  return isOutage ? new OutcomeUnknown("it failed after a part of it was written", { cause: error }) : error;
}

/** One Write with an entry in it, and the begin before it is sent again. */
type Attempt = { write: Write; begin: () => Promise<void> };

/** Writes, and finds out whether it stands: false when somebody else was first. Throws EngineUnavailable, OutcomeUnknown. */
export async function commit(deps: ActionDeps, attempt: Attempt): Promise<boolean> {
  const outcome = await deps.tupleStore.write(attempt.write);
  return outcome === "committed" || (outcome === "unknown" && (await settle(deps, attempt)));
}

/**
 * After a lost reply. The first Write may still be under way: it and the one sent again name the same entry
 * n + 1, so whichever comes second is stale, and the entry that stands says whose it was.
 */
async function settle(deps: ActionDeps, { write, begin }: Attempt): Promise<boolean> {
  const entry = write.writes.find(({ relation }) => relation === "log");
  const lost = entry && { entry, id: entryFrom(entry).common.id };
  // its own patience: the call whose reply was lost may have used up the action's
  const giveUpAt = performance.now() + patience(deps);
  while (performance.now() < giveUpAt) {
    await sleep(Math.random() * PAUSE_MILLISECONDS_MAX);
    // bad/resend-without-begin in test/protocol
    await begin();
    try {
      const outcome = await deps.tupleStore.write(write);
      if (outcome === "committed") return true;
      // an action without an entry is one that may be decided again: done by then it is so already
      if (outcome === "stale") return lost !== undefined && (await entryIsOurs(deps, lost));
    } catch (error) {
      // while the engine is away the first Write may still stand
      deps.warn("settling_a_lost_reply", { stamp: lost?.id, ...errorFacts(error) });
    }
  }
  throw new OutcomeUnknown("the reply to an action was lost", lost && { lost });
}

/** Whether the entry that stands there is that of the action. Throws EngineUnavailable. */
export async function entryIsOurs(
  { tupleStore }: Pick<ActionDeps, "tupleStore">,
  { entry: { user, relation, object }, id }: Lost,
): Promise<boolean> {
  const [stands] = await tupleStore.read({ user, relation, object });
  return stands !== undefined && entryFrom(stands).common.id === id;
}
