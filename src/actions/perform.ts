/**
 * The one runner of every action: read → decide (who may, and what follows) → begin →
 * one Write → end → receipt. Begin and end raise what cached decisions depend on, so
 * that no check answers from before once the reply is there (law 13). Nothing is said
 * to the caller before it is known whether the Write stands.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { actorOf, type Caller } from "../domain/caller.ts";
import { type Decision, type Stamp, sizeOf, WRITE_TUPLES_MAX, writeOf } from "../domain/plan.ts";
import type { Precondition } from "../domain/precondition.ts";
import { isRefusal, type Refusal, tellsWhatStands } from "../domain/refusal.ts";
import type { Scope } from "../domain/scopes.ts";
import type { TupleKey } from "../domain/tuples.ts";
import type { Clock, DecisionCache, Mailer, Relationships } from "../ports.ts";
import { type Lease, withLease } from "./lease.ts";
import { Contended, type Order } from "./order.ts";
import { eraseFirst, PAUSE_MILLISECONDS_MAX, patience, stands } from "./write.ts";

/** What actions need of the world. `newId` gives ULIDs, `newNonce` 128 random bits. */
export type ActionDeps = {
  relationships: Pick<Relationships, "read" | "write" | "erase">;
  cache: Pick<DecisionCache, "begin" | "end">;
  /** How long an answer may be cached. */
  ttlMilliseconds: number;
  mailer: Mailer;
  clock: Clock;
  order: Order;
  newId: () => string;
  newNonce: () => string;
  /** Does work that no reply waits for; `main.ts` finishes it before it stops. */
  afterwards: (work: () => Promise<unknown>) => void;
  /** Told of mails that could not be sent and sweeps that failed. */
  warn: (event: string, facts: object) => void;
  invitation: { secret: string; url: string; ttlDays: number };
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
  order: string;
  read: () => Promise<S | Refusal>;
  decide: (state: S, stamp: Stamp) => Decision<T>;
  /** Whose cached answers it may change. */
  scopes: (state: S) => Scope[];
  /** Whose answers depend on what its refusals tell, besides. */
  toldOf?: (state: S) => Scope[];
  /** Tuples to take away before the Write, where one Write cannot hold them (law 4). */
  first?: (value: T) => TupleKey[];
};

/** Performs an action. Throws EngineUnavailable, Contended or OutcomeUnknown; every other "no" is a refusal. */
export function perform<S extends object, T>(
  deps: ActionDeps,
  call: Call,
  action: ActionOf<S, T>,
): Promise<Receipt<T> | Refusal> {
  return deps.order(action.order, () => withLease(deps, (lease) => tryOn(deps, call, action, lease)));
}

async function tryOn<S extends object, T>(
  deps: ActionDeps,
  call: Call,
  action: ActionOf<S, T>,
  lease: Lease,
): Promise<Receipt<T> | Refusal> {
  // a duration, not a date: the clock argument may be frozen
  const giveUpAt = performance.now() + patience(deps);
  for (let lost = 0; performance.now() < giveUpAt; lost++) {
    if (lost > 0) await sleep(Math.random() * Math.min(PAUSE_MILLISECONDS_MAX, 10 * lost));
    const state = await action.read();
    if (isRefusal(state)) return refused(lease, state, []);
    const scopes = action.scopes(state);
    const stamp = stampOf(deps, call);
    const decision = action.decide(state, stamp);
    if (decision.kind === "refused")
      return refused(lease, decision.refusal, [...scopes, ...(action.toldOf?.(state) ?? [])]);
    const { value } = decision;
    // a dry run tells nobody that anything is so
    if (call.dryRun && decision.kind === "same") return receipt("dry_run", value, deps.clock());
    if (decision.kind === "same") return receipt("same", value, await lease.end(scopes));
    const write = writeOf(decision.plan, stamp);
    const tuples = sizeOf(write);
    if (tuples > WRITE_TUPLES_MAX)
      return refused(lease, { code: "too_many_tuples", tuples, limit: WRITE_TUPLES_MAX }, []);
    if (call.dryRun) return receipt("dry_run", value, deps.clock());
    await lease.begin(scopes);
    const first = action.first?.(value) ?? [];
    if (first.length > 0) await eraseFirst(deps, call, first);
    const attempt = { write, begin: () => lease.begin(scopes) };
    if (await stands(deps, call, attempt)) return receipt("done", value, await lease.end(scopes));
  }
  throw new Contended(`others kept changing ${action.order}`);
}

function stampOf(deps: ActionDeps, call: Call): Stamp {
  const { caller, requestId } = call;
  return { id: deps.newId(), now: deps.clock(), actor: actorOf(caller), requestId, nonce: deps.newNonce() };
}

function receipt<T>(outcome: Receipt<T>["outcome"], value: T, effectiveBy: Date): Receipt<T> {
  return { outcome, value, effective_by: effectiveBy.toISOString() };
}

/** A refusal, with the end behind it of what was begun and of what it tells. */
async function refused(lease: Lease, refusal: Refusal, scopes: Scope[]): Promise<Refusal> {
  if (tellsWhatStands(refusal)) await lease.end(scopes);
  else await lease.release();
  return refusal;
}
