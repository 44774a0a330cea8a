/**
 * Several actions in one atomic Write, each decided on what those before it leave
 * behind: stage them all → begin → one Write → end → receipts. All of them stand or none
 * does. Whatever an action does besides its Write (invalidating cached answers, mails, sweeps)
 * waits for that Write; an order is kept for every object that one of them stands in.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { CacheScope } from "../../domain/cache-scopes.ts";
import { sizeOf, WRITE_TUPLES_MAX } from "../../domain/plan.ts";
import { type Refusal, revealsState } from "../../domain/refusal.ts";
import { Contended } from "../../faults.ts";
import { commit, PAUSE_MILLISECONDS_MAX, patience } from "./commit.ts";
import type { KeyedMutex } from "./keyed-mutex.ts";
import { invalidateOnce, type Lease, withLease } from "./lease.ts";
import type { ActionDeps, Call, Receipt } from "./perform.ts";
import { createStage, Overtaken, type Stage, Uncombinable } from "./stage.ts";

/** An action on the deps and with the call that it is given; it may read there first, and may refuse for reasons of its own. */
export type BatchStep<T, R extends { code: string } = Refusal> = (
  deps: ActionDeps,
  call: Call,
) => Promise<Receipt<T> | R>;

/**
 * `too_large`: with the step at `index` it is more than one Write can hold, or nothing that one Write can do; the
 * steps before it fit. `refused`: by the first step that said no. In both nothing was written.
 */
export type Batch<T, R = Refusal> =
  | { kind: "done" | "same" | "dry_run"; receipts: Receipt<T>[]; effective_by: string }
  | { kind: "refused"; index: number; refusal: R }
  | { kind: "too_large"; index: number; tuples: number };

/**
 * Performs steps in their order as one Write of at most 100 tuples. Every receipt says what its step came to on top
 * of the earlier ones. A step's own If-Match and dry run are not known: the call's dry run is for all of them.
 * Throws EngineUnavailable, Contended or OutcomeUnknown.
 */
export function performAll<T, R extends { code: string } = Refusal>(
  deps: ActionDeps,
  call: Call,
  steps: readonly BatchStep<T, R>[],
): Promise<Batch<T, R>> {
  return withLease(deps, async (lease) => {
    // what is staged says in whose order it stands, so the first time it is staged in none
    let draft = await draw(deps, call, steps);
    let orders: string[] = [];
    for (;;) {
      orders = [...new Set([...orders, ...draft.orders])].sort();
      // what writes nothing waits for nobody: a "no", what is so already, a dry run
      const isIdle = draft.outcome.kind !== "overtaken" && (call.dryRun || sizeOf(draft.stage.net()) === 0);
      const held = isIdle || ["refused", "too_large"].includes(draft.outcome.kind) ? [] : orders;
      const end = await inOrders(deps.mutex, held, () => commitDraft(deps, call, steps, { draft, held, lease }));
      if ("kind" in end) return end;
      draft = end;
    }
  });
}

/** Everything that staging the steps once came to. */
type Draft<T, R> = {
  stage: Stage;
  orders: Set<string>;
  scopes: Set<CacheScope>;
  later: (() => Promise<unknown>)[];
  outcome:
    | { kind: "drawn"; receipts: Receipt<T>[] }
    | { kind: "overtaken" }
    | Extract<Batch<T, R>, { kind: "refused" | "too_large" }>;
};

async function draw<T, R extends { code: string }>(
  deps: ActionDeps,
  { caller, requestId }: Call,
  steps: readonly BatchStep<T, R>[],
): Promise<Draft<T, R>> {
  const stage = createStage(deps.tupleStore);
  const later: Draft<T, R>["later"] = [];
  const draft = { stage, orders: new Set<string>(), scopes: new Set<CacheScope>(), later };
  const collect = (scopes: CacheScope[]) => {
    for (const scope of scopes) draft.scopes.add(scope);
  };
  const staged: ActionDeps = {
    ...deps,
    tupleStore: stage.tupleStore,
    cache: {
      lease: async (_, scopes) => collect(scopes),
      release: async (_, scopes) => {
        collect(scopes);
        return true;
      },
    },
    mutex: (object, act) => {
      draft.orders.add(object);
      return act(false);
    },
    // nothing is invalidated while it is only staged
    repeats: { invalidate: (_, scopes, end) => end(scopes) },
    inBackground: (work) => void later.push(work),
  };
  const receipts: Receipt<T>[] = [];
  for (const [index, step] of steps.entries()) {
    try {
      const receipt = await step(staged, { caller, requestId });
      if ("code" in receipt) return { ...draft, outcome: { kind: "refused", index, refusal: receipt } };
      receipts.push(receipt);
    } catch (error) {
      if (error instanceof Overtaken) return { ...draft, outcome: { kind: "overtaken" } };
      if (!(error instanceof Uncombinable)) throw error;
      return { ...draft, outcome: { kind: "too_large", index, tuples: sizeOf(stage.net()) } };
    }
    const tuples = sizeOf(stage.net());
    if (tuples > WRITE_TUPLES_MAX) return { ...draft, outcome: { kind: "too_large", index, tuples } };
  }
  return { ...draft, outcome: { kind: "drawn", receipts } };
}

type Attempt<T, R> = { draft: Draft<T, R>; held: string[]; lease: Lease };

/** Commits a draft, or draws others until one stands; gives back the first that stands in an order that is not held. */
async function commitDraft<T, R extends { code: string }>(
  deps: ActionDeps,
  call: Call,
  steps: readonly BatchStep<T, R>[],
  { draft: first, held, lease }: Attempt<T, R>,
): Promise<Batch<T, R> | Draft<T, R>> {
  let draft = first;
  // a duration, not a date: the clock argument may be frozen
  const giveUpAt = performance.now() + patience(deps);
  for (let lost = 0; performance.now() < giveUpAt; lost++) {
    if (lost > 0) {
      await sleep(Math.random() * Math.min(PAUSE_MILLISECONDS_MAX, 10 * lost));
      draft = await draw(deps, call, steps);
      if ([...draft.orders].some((order) => !held.includes(order))) return draft;
    }
    const { outcome, scopes: reached, stage } = draft;
    const scopes = [...reached];
    if (outcome.kind === "overtaken") continue;
    if (outcome.kind !== "drawn") {
      const tells = outcome.kind === "refused" && revealsState(outcome.refusal) && !call.dryRun;
      if (tells) await invalidateOnce(deps, call, lease, scopes, stage.heads());
      else await lease.release();
      return outcome;
    }
    const ended = (kind: "done" | "same" | "dry_run", at: Date): Batch<T, R> => {
      const effective_by = at.toISOString();
      return { kind, receipts: outcome.receipts.map((receipt) => ({ ...receipt, effective_by })), effective_by };
    };
    if (call.dryRun) return ended("dry_run", deps.clock());
    const write = stage.net();
    if (sizeOf(write) === 0) return ended("same", await invalidateOnce(deps, call, lease, scopes, stage.heads()));
    await lease.begin(scopes);
    if (!(await commit(deps, call, { write, begin: () => lease.begin(scopes) }))) continue;
    const { at } = await lease.end(scopes);
    finish(deps, draft);
    return ended("done", at);
  }
  throw new Contended(`others kept changing ${held.join(", ")}`);
}

/** What the actions left for afterwards, mails and sweeps, on the store as it now is. */
function finish<T, R>(deps: ActionDeps, { stage, later }: Draft<T, R>): void {
  stage.release();
  for (const work of later) deps.inBackground(work);
}

/** Runs `act` in all of these orders. They are taken one by one in their sorted order, by everybody, so nobody waits in a circle. */
function inOrders<T>(order: KeyedMutex, [first, ...rest]: string[], act: () => Promise<T>): Promise<T> {
  return first === undefined ? act() : order(first, () => inOrders(order, rest, act));
}
