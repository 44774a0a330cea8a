/**
 * The one runner of every action: read → decide (who may, and what follows) → one
 * Write → receipt. It says nothing to the caller before it is known whether the
 * Write stands: a lost reply is settled by sending the identical Write again, which
 * the head's compare-and-swap lets in at most once, and reading whose entry stands.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { actorOf, type Caller } from "../domain/caller.ts";
import { entryFrom } from "../domain/history.ts";
import { type Decision, type Plan, type Stamp, sizeOf, WRITE_TUPLES_MAX, writeOf } from "../domain/plan.ts";
import { entryRef } from "../domain/records.ts";
import { isRefusal, type Refusal } from "../domain/refusal.ts";
import type { TupleKey } from "../domain/tuples.ts";
import { type Clock, EngineUnavailable, type Mailer, type Relationships, type Write } from "../ports.ts";
import { Contended, type Order } from "./order.ts";

/** What actions need of the world. `newId` gives ULIDs, `newNonce` 128 random bits. */
export type ActionDeps = {
  relationships: Relationships;
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

/** Who asks, and how: `expectedN` is the head that If-Match names; a dry run writes nothing. */
export type Call = {
  caller: Caller;
  requestId: string;
  expectedN?: number | undefined;
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
  /** Tuples to take away before the Write, where one Write cannot hold them (law 4). */
  first?: (value: T) => TupleKey[];
};

/** The Write may stand or not; reading the object again will tell. */
export class OutcomeUnknown extends Error {
  override readonly name = "OutcomeUnknown";
}

/**
 * How long an action tries to get through before it gives up with `Contended`, and how long from a lost
 * reply on it tries to settle that before it gives up with `OutcomeUnknown`.
 */
const PATIENCE_MILLISECONDS = 8000;
const PAUSE_MILLISECONDS_MAX = 80;

/** Performs an action. Throws EngineUnavailable, Contended or OutcomeUnknown; every other "no" is a refusal. */
export function perform<S extends object, T>(
  deps: ActionDeps,
  call: Call,
  action: ActionOf<S, T>,
): Promise<Receipt<T> | Refusal> {
  return deps.order(action.order, async () => {
    // a duration, not a date: the clock argument may be frozen
    const giveUpAt = performance.now() + patience(deps);
    for (let lost = 0; performance.now() < giveUpAt; lost++) {
      if (lost > 0) await sleep(Math.random() * Math.min(PAUSE_MILLISECONDS_MAX, 10 * lost));
      const state = await action.read();
      if (isRefusal(state)) return state;
      const stamp = stampOf(deps, call);
      const decision = action.decide(state, stamp);
      if (decision.kind === "refused") return decision.refusal;
      if (decision.kind === "same") return receipt(deps, call.dryRun ? "dry_run" : "same", decision.value);
      const write = writeOf(decision.plan, stamp);
      const tuples = sizeOf(write);
      if (tuples > WRITE_TUPLES_MAX) return { code: "too_many_tuples", tuples, limit: WRITE_TUPLES_MAX };
      if (call.dryRun) return receipt(deps, "dry_run", decision.value);
      const first = action.first?.(decision.value) ?? [];
      if (first.length > 0) await eraseFirst(deps, call, first);
      if (await stands(deps, call, write, decision.plan, stamp)) return receipt(deps, "done", decision.value);
    }
    throw new Contended(`others kept changing ${action.order}`);
  });
}

function stampOf(deps: ActionDeps, call: Call): Stamp {
  const { caller, requestId } = call;
  return { id: deps.newId(), now: deps.clock(), actor: actorOf(caller), requestId, nonce: deps.newNonce() };
}

function receipt<T>(deps: ActionDeps, outcome: Receipt<T>["outcome"], value: T): Receipt<T> {
  return { outcome, value, effective_by: deps.clock().toISOString() };
}

const patience = (deps: ActionDeps) => deps.patienceMilliseconds ?? PATIENCE_MILLISECONDS;

/** Takes away what goes before the Write, again where the reply is lost: what was taken stays taken. */
async function eraseFirst(deps: ActionDeps, call: Call, first: TupleKey[]): Promise<void> {
  call.onWritten?.();
  const giveUpAt = performance.now() + patience(deps);
  for (;;) {
    try {
      return await deps.relationships.erase(first);
    } catch (error) {
      if (!(error instanceof EngineUnavailable)) throw error;
      if (performance.now() > giveUpAt)
        throw new OutcomeUnknown("cut off before all of it was taken away", { cause: error });
      deps.warn("erasing_again", { error: String(error) });
      await sleep(Math.random() * PAUSE_MILLISECONDS_MAX);
    }
  }
}

/** Writes, and finds out whether it stands: false when somebody else was first. */
async function stands(deps: ActionDeps, call: Call, write: Write, plan: Plan, stamp: Stamp): Promise<boolean> {
  const outcome = await deps.relationships.write(write);
  const stood = outcome === "committed" || (outcome === "unknown" && (await settle(deps, write, plan, stamp)));
  if (stood) call.onWritten?.();
  return stood;
}

/**
 * After a lost reply. The first Write may still be under way: it and the one sent again name the same entry
 * n + 1, so whichever comes second is stale, and the entry that stands says whose it was.
 */
async function settle(deps: ActionDeps, write: Write, plan: Plan, stamp: Stamp): Promise<boolean> {
  // its own patience: the call whose reply was lost may have used up the action's
  const giveUpAt = performance.now() + patience(deps);
  while (performance.now() < giveUpAt) {
    await sleep(Math.random() * PAUSE_MILLISECONDS_MAX);
    try {
      const outcome = await deps.relationships.write(write);
      if (outcome === "committed") return true;
      if (outcome === "stale") return await entryIsOurs(deps, plan, stamp);
    } catch (error) {
      // while the engine is away the first Write may still stand
      deps.warn("settling_a_lost_reply", { stamp: stamp.id, error: String(error) });
    }
  }
  throw new OutcomeUnknown(`the reply to action ${stamp.id} was lost`);
}

async function entryIsOurs(deps: ActionDeps, plan: Plan, stamp: Stamp): Promise<boolean> {
  const touch = plan.touches.find((one) => one.entry !== undefined);
  if (touch === undefined) throw new Error("an action without an entry");
  const { object, n } = touch.head;
  const [tuple] = await deps.relationships.read({ object, relation: "log", user: entryRef(object, n + 1) });
  return tuple !== undefined && entryFrom(tuple).common.id === stamp.id;
}
