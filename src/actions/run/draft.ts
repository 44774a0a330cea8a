/**
 * Actions staged one after the other, each decided on the store as those before it leave it: what they result in,
 * the one Write that this takes, and what committing it needs. Nothing is written here.
 */
import { setImmediate as turn } from "node:timers/promises";
import type { CacheScope } from "../../domain/cache-scopes.ts";
import { actorOf } from "../../domain/caller.ts";
import { type Stamp, sizeOf, WRITE_TUPLES_MAX, writeOf } from "../../domain/plan.ts";
import { type Refusal, revealsState } from "../../domain/refusal.ts";
import { isRefusal, type Result } from "../../domain/result.ts";
import type { TupleKey } from "../../domain/tuples.ts";
import { EngineUnavailable } from "../../faults.ts";
import type { Reads } from "../../ports.ts";
import { type KeptStore, keepReads } from "../../store/kept-reads.ts";
import type { Action, ActionDeps, Call, Reading } from "./action.ts";
import { createStage, Overtaken, type Stage, Uncombinable } from "./stage.ts";

type AnyAction<T, R> = Action<unknown, T, unknown, R>;

/** An action, or the choice of one by what it reads. */
export type Step<T, R = never> = AnyAction<T, R> | ((on: Reading) => Promise<Result<AnyAction<T, R>>>);

export type Staging<T> = {
  /** The only step of its request: what one Write cannot hold is deleted before it. */
  alone?: boolean;
  /** A step that is refused changes nothing and stops no other. A dry run tries all steps then, however many Writes they take. */
  passRefused?: boolean;
  /** What is read of the store, kept for the steps of several Writes. */
  kept?: KeptStore | undefined;
  /** Reads what the caller is shown, from the store as it is after the Write. */
  show?: ((value: T, reads: Reads) => Promise<unknown>) | undefined;
};

/** How many steps that wait for nothing are staged in one turn of the event loop. */
const TURN_STEPS = 8;

/** What one step results in, before it is known whether the Write is committed. */
export type StagedStep<T> = {
  outcome: "done" | "same";
  value: T;
  shown: Promise<unknown> | undefined;
  after: ((deps: ActionDeps) => Promise<unknown>) | undefined;
};

/**
 * `refused`: by the first step that said no. `too_large`: with the step at `index` it is more than one Write can
 * hold, or nothing that one Write can do; the steps before it fit.
 */
export type NotStaged<R> =
  | { kind: "refused"; index: number; refusal: R | Refusal }
  | { kind: "too_large"; index: number; tuples: number };

/** What committing the staged steps needs. */
type Tally = {
  stage: Stage;
  /** Tuples to delete before the Write. */
  first: TupleKey[];
  /** The scopes that the Write changes answers of, or that a reply without a Write says something about. */
  scopes: Set<CacheScope>;
  /** The objects to lock. */
  locks: Set<string>;
  /** The heads that the decisions were made on, each with its number. */
  heads: string[];
};

/** `overtaken`: another action changed what was read. */
export type Draft<T, R> = Tally & {
  outcome: { kind: "staged"; results: (StagedStep<T> | R | Refusal)[] } | { kind: "overtaken" } | NotStaged<R>;
};

/** Stages the steps. Throws EngineUnavailable, and StoreDamaged where a state cannot be read. */
export async function draftOf<T, R extends { code: string }>(
  deps: ActionDeps,
  call: Call,
  steps: readonly Step<T, R>[],
  staging: Staging<T>,
): Promise<Draft<T, R>> {
  const onlyTried = call.dryRun === true && staging.passRefused === true;
  const stage = createStage(staging.kept ?? deps.tupleStore, { onlyTried });
  const draft: Tally = { stage, first: [], scopes: new Set(), locks: new Set(), heads: [] };
  const results: (StagedStep<T> | R | Refusal)[] = [];
  const ended = (outcome: Draft<T, R>["outcome"]): Draft<T, R> => ({ ...draft, outcome });
  for (const [index, step] of steps.entries()) {
    // one that is only tried may have read all before and wait for nothing: others have their turn in between
    if (onlyTried && index % TURN_STEPS === TURN_STEPS - 1) await turn();
    try {
      const result = await stageStep(deps, call, { step, draft, staging });
      if ("code" in result && !staging.passRefused) return ended({ kind: "refused", index, refusal: result });
      results.push(result);
    } catch (error) {
      if (error instanceof Overtaken) return ended({ kind: "overtaken" });
      if (!(error instanceof Uncombinable)) throw error;
      return ended({ kind: "too_large", index, tuples: sizeOf(stage.net()) });
    }
    const tuples = onlyTried ? 0 : sizeOf(stage.net());
    if (tuples > WRITE_TUPLES_MAX) return ended({ kind: "too_large", index, tuples });
  }
  return ended({ kind: "staged", results });
}

async function stageStep<T, R extends { code: string }>(
  deps: ActionDeps,
  call: Call,
  { step, draft, staging: { alone, show } }: { step: Step<T, R>; draft: Tally; staging: Staging<T> },
): Promise<StagedStep<T> | R | Refusal> {
  // what an action alone has read need not be read again for what is shown of it
  const staged = alone ? keepReads(draft.stage.tupleStore) : draft.stage.tupleStore;
  const on: Reading = { ...deps, reads: staged, caller: call.caller, expected: alone ? call.expected : undefined };
  const action = typeof step === "function" ? await step(on) : step;
  draft.heads = draft.stage.heads();
  if (isRefusal(action)) return action;
  const state = await action.read(on);
  draft.heads = draft.stage.heads();
  if (isRefusal(state)) return state;
  const stamp = stampOf(deps, call);
  const decision = action.decide(state, stamp);
  const collect = (scopes: CacheScope[] = []) => {
    for (const scope of scopes) draft.scopes.add(scope);
  };
  if ("code" in decision) {
    if (revealsState(decision)) collect([...action.scopes(state), ...(action.revealedScopes?.(state) ?? [])]);
    return decision;
  }
  collect(action.scopes(state));
  const { value } = decision;
  if (decision.kind === "planned") {
    draft.locks.add(action.lock(state));
    const first = action.first?.(value) ?? [];
    if (alone) draft.first = first;
    else await staged.erase(first);
    // a dry run says what is decided; that this could not be written now is for the action itself to find
    if ((await staged.write(writeOf(decision.plan, stamp))) === "stale" && !call.dryRun)
      throw new Overtaken("a tuple to delete is missing, or one to write is there");
  }
  const shown = call.dryRun ? undefined : show?.(value, staged);
  // damage, or a fault of ours, in what is only shown keeps no action from being done; the reply fails then
  await shown?.catch((error: unknown) => {
    if (error instanceof EngineUnavailable || error instanceof Overtaken) throw error;
  });
  return {
    outcome: decision.kind === "planned" ? "done" : "same",
    value,
    shown,
    after: action.after && ((later) => action.after?.(later, value, state) ?? Promise.resolve()),
  };
}

function stampOf(deps: ActionDeps, call: Call): Stamp {
  const { caller, requestId } = call;
  return { id: deps.newId(), now: deps.clock(), actor: actorOf(caller), requestId, nonce: deps.newNonce() };
}
