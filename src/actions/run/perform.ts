/**
 * The one runner: it commits one action, or many in one atomic Write. Stage (read and decide) → lock → lease → one
 * Write → release → receipt. The lease and the release invalidate what cached decisions depend on, so that no check
 * answers from before once the reply is there (law 13). The caller hears nothing before it is known whether the
 * Write is committed. Only what writes waits for a lock: a refusal, and what is so already, wait for nobody (law 18).
 */

import { setTimeout as sleep } from "node:timers/promises";
import { sizeOf, WRITE_TUPLES_MAX } from "../../domain/plan.ts";
import { type Refusal, revealsState } from "../../domain/refusal.ts";
import type { Result } from "../../domain/result.ts";
import { Contended, OutcomeUnknown } from "../../faults.ts";
import type { Reads } from "../../ports.ts";
import type { KeptStore } from "../../store/kept-reads.ts";
import type { Action, ActionDeps, Call, Receipt } from "./action.ts";
import { afterWriting, commit, eraseFirst, PAUSE_MILLISECONDS_MAX, patience } from "./commit.ts";
import { type Draft, draftOf, type NotStaged, type Staging, type Step } from "./draft.ts";
import type { KeyedMutex } from "./keyed-mutex.ts";
import { invalidateOnce, type Lease, withLease } from "./lease.ts";
import { readListAhead, TOGETHER } from "./read-ahead.ts";
import type { Released } from "./repeats.ts";

/**
 * What a batch resulted in: all of it is committed, or nothing. `P`: what is in the place of a receipt where a step did
 * not stop the batch. `numbers`: of the heads that it read or wrote, as it leaves them.
 */
export type Batch<T, R = never, P = never> =
  | {
      kind: "done" | "same" | "dry_run";
      receipts: (Receipt<T> | P)[];
      effective_by: string;
      numbers: () => ReadonlyMap<string, number>;
    }
  | NotStaged<R>;

/**
 * Performs an action. `show` reads what the caller is shown, from the store as it is after the Write. Throws
 * EngineUnavailable, Contended, OutcomeUnknown or StoreDamaged; every other "no" is a refusal.
 */
export async function perform<S, T, A, V>(
  deps: ActionDeps,
  call: Call,
  action: Action<S, T, A>,
  show?: (value: T, reads: Reads) => Promise<V>,
): Promise<Result<Receipt<T, A, V>>> {
  const batch = await run<T, never>(deps, call, [action as Step<T>], { alone: true, show });
  if (batch.kind === "refused") return batch.refusal;
  if (batch.kind === "too_large") return { code: "too_many_tuples", tuples: batch.tuples, limit: WRITE_TUPLES_MAX };
  return batch.receipts[0] as Receipt<T, A, V>;
}

/**
 * Performs steps in their order as one Write of at most WRITE_TUPLES_MAX tuples, each on top of the earlier ones.
 * Preconditions do not apply. Throws what `perform` throws.
 */
export function performAll<T, R extends { code: string } = never>(
  deps: ActionDeps,
  call: Call,
  steps: readonly Step<T, R>[],
): Promise<Batch<T, R>> {
  return run(deps, call, steps, {}) as Promise<Batch<T, R>>;
}

/** The same, where a refusal stops no other step: it is in the place of the step's receipt. `kept`: what it reads with. */
export function performEach<T>(
  deps: ActionDeps,
  call: Call,
  steps: readonly Step<T>[],
  kept?: KeptStore,
): Promise<Batch<T, never, Refusal>> {
  return run<T, never>(deps, call, steps, { passRefused: true, kept });
}

/** Whether an action would write something now. */
export async function wouldDo<S, T>(deps: ActionDeps, call: Call, action: Action<S, T>): Promise<boolean> {
  for (;;) {
    const draft = await draftOf(deps, call, [action as Action<unknown, T>], { alone: true });
    if (draft.outcome.kind !== "overtaken") return writes(draft, call);
  }
}

function run<T, R extends { code: string }>(
  deps: ActionDeps,
  call: Call,
  steps: readonly Step<T, R>[],
  staging: Staging<T>,
): Promise<Batch<T, R, R | Refusal>> {
  return withLease(deps, async (lease) => {
    const { kept } = staging;
    const restage = async () => {
      // what was read before is what others have changed since
      kept?.forget();
      // at the same time, because others wait for the locks
      if (kept !== undefined) await readListAhead(deps, call, steps.slice(0, TOGETHER), { kept });
      return draftOf(deps, call, steps, staging);
    };
    const writer = kept === undefined ? deps : { ...deps, tupleStore: kept };
    const held = new Set<string>();
    // the draft says which locks it needs, so the first is made without any
    let draft = await draftOf(deps, call, steps, staging);
    while (writes(draft, call)) {
      for (const lock of draft.locks) held.add(lock);
      const latest = draft;
      const tried = await withLocks(deps.mutex, [...held].sort(), (waited) =>
        // behind others, what was read before them is old
        commitDraft(writer, { restage, held, lease, call }, waited ? undefined : latest),
      );
      draft = tried.draft;
      if (tried.committed !== undefined) return receiptsOf(deps, draft, "done", tried.committed.at);
    }
    // outside the locks: it may be made to wait (repeats.ts)
    return answer(deps, call, lease, draft);
  });
}

/** Whether there is something to write, or to stage again. */
function writes<T, R>({ outcome, stage }: Draft<T, R>, { dryRun }: Call): boolean {
  if (outcome.kind === "overtaken") return true;
  return outcome.kind === "staged" && !dryRun && sizeOf(stage.net()) > 0;
}

type Attempts<T, R> = { restage: () => Promise<Draft<T, R>>; held: Set<string>; lease: Lease; call: Call };

/**
 * Commits the draft, or stages others until one is committed. Returns the draft uncommitted where it writes nothing,
 * or needs a lock that is not held.
 */
async function commitDraft<T, R>(
  deps: ActionDeps,
  { restage, held, lease, call }: Attempts<T, R>,
  first: Draft<T, R> | undefined,
): Promise<{ draft: Draft<T, R>; committed?: Released }> {
  // a duration, not a date: the clock argument may be frozen
  const giveUpAt = performance.now() + patience(deps);
  let isErased = false;
  try {
    for (let lost = 0; performance.now() < giveUpAt; lost++) {
      if (lost > 0) await sleep(Math.random() * Math.min(PAUSE_MILLISECONDS_MAX, 10 * lost));
      const draft = lost === 0 && first !== undefined ? first : await restage();
      if (!writes(draft, call) || [...draft.locks].some((lock) => !held.has(lock))) return { draft };
      if (draft.outcome.kind === "overtaken") continue;
      const scopes = [...draft.scopes];
      await lease.take(scopes);
      if (draft.first.length > 0) {
        isErased = true;
        await eraseFirst(deps, draft.first);
      }
      const attempt = { write: draft.stage.net(), lease: () => lease.take(scopes) };
      if (await commit(deps, attempt)) return { draft, committed: await lease.release(scopes) };
    }
    throw new Contended(`others kept changing ${[...held].join(", ")}`);
  } catch (error) {
    if (!isErased) throw error;
    // no Write is running any more, unless its outcome is unknown
    if (!(error instanceof OutcomeUnknown)) await lease.drop();
    throw afterWriting(error);
  }
}

/** The reply where nothing is written: a refusal, what is so already, or what a dry run would do. */
async function answer<T, R extends { code: string }>(
  deps: ActionDeps,
  call: Call,
  lease: Lease,
  draft: Draft<T, R>,
): Promise<Batch<T, R, R | Refusal>> {
  const { outcome, scopes, heads } = draft;
  const isRefused = outcome.kind === "refused" || outcome.kind === "too_large";
  if (call.dryRun || (isRefused && !("refusal" in outcome && revealsState(outcome.refusal)))) {
    await lease.drop();
    return isRefused ? outcome : receiptsOf(deps, draft, "dry_run", deps.clock());
  }
  const at = await invalidateOnce(deps, call, lease, [...scopes], heads);
  return isRefused ? outcome : receiptsOf(deps, draft, "same", at);
}

/** The receipts, and the start of what the actions do once their Write is committed. */
function receiptsOf<T, R extends { code: string }>(
  deps: ActionDeps,
  { outcome, stage }: Draft<T, R>,
  kind: "done" | "same" | "dry_run",
  at: Date,
): Batch<T, R, R | Refusal> {
  const effective_by = at.toISOString();
  const results = outcome.kind === "staged" ? outcome.results : [];
  const receipts = results.map((result) => {
    if ("code" in result) return result;
    const { outcome: would, value, shown, after } = result;
    let work: Promise<unknown> | undefined;
    if (kind === "done" && would === "done" && after)
      deps.inBackground(() => {
        work = after(deps);
        return work;
      });
    return { outcome: kind === "dry_run" ? kind : would, would, value, effective_by, shown, after: work };
  });
  return { kind, receipts, effective_by, numbers: stage.numbers };
}

/** Runs `act` with all of the locks, and says whether one of them was waited for. All callers take them in sorted order, so no two wait for each other. */
function withLocks<T>(
  mutex: KeyedMutex,
  [first, ...rest]: string[],
  act: (waited: boolean) => Promise<T>,
  hasWaited = false,
): Promise<T> {
  if (first === undefined) return act(hasWaited);
  return mutex(first, (waited) => withLocks(mutex, rest, act, hasWaited || waited !== false));
}
