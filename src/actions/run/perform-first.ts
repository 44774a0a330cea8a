/**
 * Steps in their order, in as many Writes as they need: what an import and a batch have in common. A Write holds whole
 * steps, as many as fit, so a step is committed only after all before it; one that is refused changes nothing and stops
 * no other.
 */
import { WRITE_TUPLES_MAX } from "../../domain/plan.ts";
import type { Refusal } from "../../domain/refusal.ts";
import { EngineRefused } from "../../faults.ts";
import type { KeptStore } from "../../store/kept-reads.ts";
import type { ActionDeps, Call, Receipt } from "./action.ts";
import type { Step } from "./draft.ts";
import { performEach } from "./perform.ts";

/** OpenFGA cannot hold what a step says; `message` is for the log. */
type RefusedByEngine = { code: "refused_by_engine"; message: string };

/** What became of a step. */
export type StepOutcome<T> = Receipt<T> | Refusal | RefusedByEngine;

/**
 * What became of the first steps, as many as one Write took. `fitted`: how many a Write can hold. `numbers`: of the heads
 * that were read or written.
 */
type FirstPerformed<T> = {
  outcomes: StepOutcome<T>[];
  fitted: number;
  numbers: ReadonlyMap<string, number>;
};

/**
 * Performs the first of these steps that the engine accepts in one Write: half as many each time it refuses them, until
 * the step that it does not accept is alone and is refused. Throws what `performEach` throws.
 */
export async function performFirst<T>(
  deps: ActionDeps,
  call: Call,
  steps: readonly Step<T>[],
  kept: KeptStore,
): Promise<FirstPerformed<T>> {
  try {
    return await performFitting(deps, call, steps, kept);
  } catch (error) {
    if (!(error instanceof EngineRefused) || steps.length === 0) throw error;
    if (steps.length === 1) {
      const refused: RefusedByEngine = { code: "refused_by_engine", message: error.message };
      return { outcomes: [refused], fitted: 1, numbers: new Map() };
    }
    const first = await performFirst(deps, call, steps.slice(0, Math.ceil(steps.length / 2)), kept);
    return { ...first, fitted: steps.length };
  }
}

/** Performs the first of these steps in one Write: as many as it can hold. */
async function performFitting<T>(
  deps: ActionDeps,
  call: Call,
  steps: readonly Step<T>[],
  kept: KeptStore,
): Promise<FirstPerformed<T>> {
  const batch = await performEach(deps, call, steps, kept);
  if (batch.kind === "refused") throw new Error("a step was refused where refusals are passed over");
  if (batch.kind === "too_large") {
    if (batch.index > 0) return performFitting(deps, call, steps.slice(0, batch.index), kept);
    const refusal: Refusal = { code: "too_many_tuples", tuples: batch.tuples, limit: WRITE_TUPLES_MAX };
    return { outcomes: [refusal], fitted: 1, numbers: new Map() };
  }
  return { outcomes: batch.receipts, fitted: steps.length, numbers: batch.numbers() };
}
