/**
 * What steps need of the store, read before they are performed and at the same time, into reads that are kept. It decides
 * nothing: what cannot be read is read again by the step that needs it.
 */
import { isRefusal } from "../../domain/result.ts";
import type { KeptStore } from "../../store/kept-reads.ts";
import type { ActionDeps, Call } from "./action.ts";
import type { Step } from "./draft.ts";

/** How many steps of a long list are read ahead at the same time. */
const AT_ONCE = 8;
/** About as many steps as one Write holds: a delegation takes four tuples. */
export const TOGETHER = 24;

/** Reads all that steps need, at the same time, and says whether that could be read. */
export async function readAhead<T, R>(
  deps: ActionDeps,
  { caller }: Call,
  steps: readonly Step<T, R>[],
  kept: KeptStore,
): Promise<boolean> {
  const on = { ...deps, reads: kept, caller };
  const read = await Promise.allSettled(
    steps.map(async (step) => {
      const action = typeof step === "function" ? await step(on) : step;
      return isRefusal(action) ? action : action.read(on);
    }),
  );
  return read.every(({ status }) => status === "fulfilled");
}

/**
 * The same for a list, a few steps at a time. It ends early where something could not be read, as all others would wait
 * for that too, and before a further round where `stopping` says why; that is what it returns.
 */
export async function readListAhead<T, R, W = never>(
  deps: ActionDeps,
  call: Call,
  steps: readonly Step<T, R>[],
  { kept, stopping }: { kept: KeptStore; stopping?: () => W | undefined },
): Promise<W | undefined> {
  for (let start = 0; start < steps.length; start += AT_ONCE) {
    const stop = start === 0 ? undefined : stopping?.();
    if (stop !== undefined) return stop;
    if (!(await readAhead(deps, call, steps.slice(start, start + AT_ONCE), kept))) return undefined;
  }
  return undefined;
}
