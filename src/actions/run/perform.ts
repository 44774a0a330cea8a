/**
 * The one runner of every action: read → decide (who may, and what follows) → begin →
 * one Write → end → receipt. Begin and end invalidate what cached decisions depend on, so
 * that no check answers from before once the reply is there (law 13). Nothing is said
 * to the caller before it is known whether the Write stands.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { CacheScope } from "../../domain/cache-scopes.ts";
import { actorOf, type Caller } from "../../domain/caller.ts";
import type { InvitationLimits } from "../../domain/cooperation/cool-down.ts";
import { type Decision, type Stamp, sizeOf, WRITE_TUPLES_MAX, writeOf } from "../../domain/plan.ts";
import type { Precondition } from "../../domain/precondition.ts";
import type { Head } from "../../domain/records.ts";
import { revealsState } from "../../domain/refusal.ts";
import { isRefusal, type Result } from "../../domain/result.ts";
import type { TupleKey } from "../../domain/tuples.ts";
import { Contended } from "../../faults.ts";
import type { Clock, DecisionCache, Mailer, TupleStore } from "../../ports.ts";
import { commit, eraseFirst, PAUSE_MILLISECONDS_MAX, patience } from "./commit.ts";
import type { KeyedMutex } from "./keyed-mutex.ts";
import { invalidateOnce, type Lease, withLease } from "./lease.ts";
import type { Repeats } from "./repeats.ts";

/** What actions need of the world. `newId` gives ULIDs, `newNonce` 128 random bits. */
export type ActionDeps = {
  tupleStore: Pick<TupleStore, "read" | "write" | "erase">;
  cache: Pick<DecisionCache, "lease" | "release">;
  /** How long an answer may be cached. */
  ttlMilliseconds: number;
  mailer: Mailer;
  clock: Clock;
  mutex: KeyedMutex;
  repeats: Repeats;
  newId: () => string;
  newNonce: () => string;
  /** Does work that no reply waits for; `main.ts` finishes it before it stops. */
  inBackground: (work: () => Promise<unknown>) => void;
  /** Told of mails that could not be sent and sweeps that failed. */
  warn: (event: string, facts: object) => void;
  invitation: { secret: string; url: string; ttlDays: number; limits: InvitationLimits };
  discloseOrganizations: boolean;
  /** Another patience than PATIENCE_MILLISECONDS. */
  patienceMilliseconds?: number;
};

/** Who asks, and how: `expected` is what must be so of what they change; a dry run writes nothing. */
export type Call = {
  caller: Caller;
  requestId: string;
  expected?: Precondition | undefined;
  dryRun?: boolean | undefined;
  /** Told when something is written: what fails from then on, a read for the reply say, is no "nothing was written". */
  onWritten?: () => void;
};

/** `same`: it was so already, nothing was written. `dry_run`: it was only tried. `effective_by`: a check that begins then answers from after it. */
export type Receipt<T> = { outcome: "done" | "same" | "dry_run"; value: T; effective_by: string };

/** An action: the object in whose order it stands, how it reads, how it decides. */
export type ActionOf<S, T> = {
  lock: string;
  read: () => Promise<Result<S>>;
  decide: (state: S, stamp: Stamp) => Decision<T>;
  /** Whose cached answers it may change. */
  scopes: (state: S) => CacheScope[];
  /** Whose answers depend on what its refusals tell, besides. */
  revealedScopes?: (state: S) => CacheScope[];
  /** Tuples to take away before the Write, where one Write cannot hold them (law 4). */
  first?: (value: T) => TupleKey[];
};

/**
 * Performs an action. Throws EngineUnavailable, Contended or OutcomeUnknown; every other "no" is a refusal. Only what
 * is to be written waits for its turn: who may not, or finds it so already, keeps nobody waiting (law 18).
 */
export function perform<S extends object, T>(
  deps: ActionDeps,
  call: Call,
  action: ActionOf<S, T>,
): Promise<Result<Receipt<T>>> {
  return withLease(deps, async (lease) => {
    const first = await look(deps, call, action);
    if (planIn(first.decision) === undefined || call.dryRun) return answer(deps, call, action, lease, first);
    const tried = await deps.mutex(action.lock, (waited) => {
      // behind others, what was read before them is old
      return tryOn(deps, call, action, lease, waited === false ? first : undefined);
    });
    // what came to nothing may be kept waiting (repeats.ts): that is no reason for others to wait behind it
    return "seen" in tried ? answer(deps, call, action, lease, tried.seen) : tried.receipt;
  });
}

/** Whether an action would write something now. */
export async function wouldDo<S extends object, T>(
  deps: ActionDeps,
  call: Call,
  action: ActionOf<S, T>,
): Promise<boolean> {
  return planIn((await look(deps, call, action)).decision) !== undefined;
}

const planIn = <T>(decision: Decision<T>) => (isRefusal(decision) || decision.kind === "same" ? undefined : decision);

/** What was read and what is decided on it; without a state where the reading already said no. */
type Look<S, T> = { state?: S; stamp: Stamp; decision: Decision<T> };

async function look<S extends object, T>(deps: ActionDeps, call: Call, action: ActionOf<S, T>): Promise<Look<S, T>> {
  const state = await action.read();
  const stamp = stampOf(deps, call);
  if (isRefusal(state)) return { stamp, decision: state };
  return { state, stamp, decision: action.decide(state, stamp) };
}

/** Writes what is to be written; or gives back the look by which nothing is. */
async function tryOn<S extends object, T>(
  deps: ActionDeps,
  call: Call,
  action: ActionOf<S, T>,
  lease: Lease,
  first: Look<S, T> | undefined,
): Promise<{ receipt: Receipt<T> } | { seen: Look<S, T> }> {
  // a duration, not a date: the clock argument may be frozen
  const giveUpAt = performance.now() + patience(deps);
  for (let lost = 0; performance.now() < giveUpAt; lost++) {
    if (lost > 0) await sleep(Math.random() * Math.min(PAUSE_MILLISECONDS_MAX, 10 * lost));
    const seen = lost === 0 && first !== undefined ? first : await look(deps, call, action);
    const { state, stamp, decision } = seen;
    const planned = planIn(decision);
    if (planned === undefined || state === undefined) return { seen };
    const { value } = planned;
    const write = writeOf(planned.plan, stamp);
    const tuples = sizeOf(write);
    if (tuples > WRITE_TUPLES_MAX) return { seen };
    const scopes = action.scopes(state);
    await lease.begin(scopes);
    const before = action.first?.(value) ?? [];
    if (before.length > 0) await eraseFirst(deps, call, before);
    const attempt = { write, begin: () => lease.begin(scopes) };
    if (await commit(deps, call, attempt)) return { receipt: receipt("done", value, (await lease.end(scopes)).at) };
  }
  throw new Contended(`others kept changing ${action.lock}`);
}

/** The reply to what writes nothing: a refusal, what is so already, or what a dry run would do. */
async function answer<S extends object, T>(
  deps: ActionDeps,
  call: Call,
  action: ActionOf<S, T>,
  lease: Lease,
  { state, stamp, decision }: Look<S, T>,
): Promise<Result<Receipt<T>>> {
  const scopes = state === undefined ? [] : action.scopes(state);
  const invalidated = (told: CacheScope[]) => invalidateOnce(deps, call, lease, told, headsIn(state));
  if (isRefusal(decision)) {
    if (call.dryRun || state === undefined || !revealsState(decision)) await lease.release();
    else await invalidated([...scopes, ...(action.revealedScopes?.(state) ?? [])]);
    return decision;
  }
  if (decision.kind === "same") {
    // a dry run tells nobody that anything is so
    if (call.dryRun) return receipt("dry_run", decision.value, deps.clock());
    return receipt("same", decision.value, await invalidated(scopes));
  }
  const tuples = sizeOf(writeOf(decision.plan, stamp));
  await lease.release();
  if (tuples > WRITE_TUPLES_MAX) return { code: "too_many_tuples", tuples, limit: WRITE_TUPLES_MAX };
  return receipt("dry_run", decision.value, deps.clock());
}

/** The heads that a state was read with, each with its number: what it says is the same as long as they are. */
function headsIn(state: unknown): string[] {
  if (typeof state !== "object" || state === null) return [];
  const { object, n, hash } = state as Partial<Head<unknown>>;
  const own = typeof object === "string" && typeof n === "number" && typeof hash === "string" ? [`${object} ${n}`] : [];
  return [...own, ...Object.values(state).flatMap(headsIn)];
}

function stampOf(deps: ActionDeps, call: Call): Stamp {
  const { caller, requestId } = call;
  return { id: deps.newId(), now: deps.clock(), actor: actorOf(caller), requestId, nonce: deps.newNonce() };
}

function receipt<T>(outcome: Receipt<T>["outcome"], value: T, effectiveBy: Date): Receipt<T> {
  return { outcome, value, effective_by: effectiveBy.toISOString() };
}
