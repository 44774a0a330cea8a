/**
 * Once a day the newest seals of a folder are kept in the store, which proves the files: what was removed or written
 * anew is not what the store names. Of several processes the second to say so finds it done.
 */
import { type FileEnd, SEALS, type Seals, SealsRecord, sealsOf } from "../domain/access-log/seal.ts";
import { errorFacts } from "../domain/error-facts.ts";
import { headWrite } from "../domain/plan.ts";
import { headFrom } from "../domain/records.ts";
import type { Clock, TupleStore } from "../ports.ts";

/** How often it is looked whether a new day has come. */
const LOOK_EVERY_MILLISECONDS = 600_000;
/** The newest writers: what a record in the store holds. */
const SEALS_MAX = 64;

const dayOf = (at: Date): string => at.toISOString().slice(0, 10);

/** `newest`: so many seals, of the writers who wrote last. */
type SealsDeps = {
  newest: (max: number) => Promise<readonly FileEnd[]>;
  store: Pick<TupleStore, "read" | "write">;
  clock: Clock;
};

/** Keeps them, unless that was done today or nothing is sealed. Throws EngineUnavailable, and what reading the log throws. */
export async function keepSeals({ newest, store, clock }: SealsDeps): Promise<"kept" | "nothing"> {
  const head = headFrom<Seals>(SEALS, await store.read({ object: SEALS, relation: "head" }), SealsRecord);
  const now = clock();
  if (head.value !== undefined && dayOf(new Date(head.value.sealed_at)) === dayOf(now)) return "nothing";
  const seals = await newest(SEALS_MAX);
  if (seals.length === 0) return "nothing";
  // where it is not committed another process was first, or it is looked again
  return (await store.write(headWrite(head, sealsOf(now, seals)))) === "committed" ? "kept" : "nothing";
}

/** Does so again and again in the one replica that leads, until the signal aborts. */
export function keepSealsDaily(
  deps: SealsDeps & { leads: () => Promise<boolean>; warn: (event: string, facts: object) => void },
  signal: AbortSignal,
): void {
  const look = async () => {
    try {
      if (await deps.leads()) await keepSeals(deps);
    } catch (error) {
      deps.warn("seals_not_kept", errorFacts(error));
    }
  };
  const looking = setInterval(look, LOOK_EVERY_MILLISECONDS);
  signal.addEventListener("abort", () => clearInterval(looking));
  void look();
}
