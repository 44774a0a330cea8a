/**
 * What an action is, what it needs of the world and what it comes back with. The verbs beside this folder
 * (`share`, `delegate`, …) make actions; `perform.ts` commits one of them, or many in one Write.
 */
import type { CacheScope } from "../../domain/cache-scopes.ts";
import type { Caller } from "../../domain/caller.ts";
import type { InvitationLimits } from "../../domain/cooperation/cool-down.ts";
import type { Decision, Stamp } from "../../domain/plan.ts";
import type { Precondition } from "../../domain/precondition.ts";
import type { Result } from "../../domain/result.ts";
import type { TupleKey } from "../../domain/tuples.ts";
import type { Clock, DecisionCache, Mailer, Reads, TupleStore } from "../../ports.ts";
import type { KeyedMutex } from "./keyed-mutex.ts";
import type { Repeats } from "./repeats.ts";

/** What actions need of the world. `newId` gives ULIDs, `newNonce` 128 random bits. */
export type ActionDeps = {
  tupleStore: Pick<TupleStore, "read" | "write" | "erase">;
  cache: Pick<DecisionCache, "lease" | "release">;
  /** How long an answer from before an invalidation that was not acknowledged may count. */
  ttlMilliseconds: number;
  mailer: Pick<Mailer, "send">;
  clock: Clock;
  mutex: KeyedMutex;
  repeats: Repeats;
  newId: () => string;
  newNonce: () => string;
  /** Does work that no reply waits for; `main.ts` finishes it before it stops. */
  inBackground: (work: () => Promise<unknown>) => void;
  /** Reports mails that could not be sent and sweeps that failed. */
  warn: (event: string, facts: object) => void;
  invitation: { secret: string; url: string; ttlDays: number; limits: InvitationLimits };
  /** The page of a cooperation, with places for the ids (APP_URL). */
  appUrl?: string | undefined;
  discloseOrganizations: boolean;
  /** How long an action is tried, where it is not PATIENCE_MILLISECONDS. */
  patienceMilliseconds?: number;
  /** How long a reply waits for its mails, where it is not a second (letters.ts). */
  mailWaitMilliseconds?: number;
};

/** Who asks, and how: `expected` is the precondition (If-Match) on what they change; a dry run writes nothing. */
export type Call = {
  caller: Caller;
  requestId: string;
  expected?: Precondition | undefined;
  dryRun?: boolean | undefined;
};

/** What an action reads with. In a batch `reads` shows the store as the actions before it leave it. */
export type Reading = Pick<ActionDeps, "newId" | "invitation" | "discloseOrganizations"> & {
  reads: Reads;
  caller: Caller;
  expected?: Precondition | undefined;
};

/** An action on a state `S` that results in `T`. `A` is what its later work gives, `R` what it refuses with besides a refusal. */
export type Action<S, T, A = unknown, R = never> = {
  /** Reads the state, every head before the facts that it covers; or refuses. */
  read(on: Reading): Promise<Result<S>>;
  /** The object whose actions wait for each other in this process. */
  lock(state: S): string;
  /** Decides on the state alone. */
  decide(state: S, stamp: Stamp): Decision<T> | NoInfer<R>;
  /** The scopes whose cached answers it may change. */
  scopes(state: S): CacheScope[];
  /** Further scopes, those that its refusals say something about. */
  revealedScopes?(state: S): CacheScope[];
  /** Tuples to delete before the Write, where one Write cannot hold all of them (law 4). */
  first?(value: T): TupleKey[];
  /** Work in the background once the Write is committed: mails, sweeps. */
  after?(deps: ActionDeps, value: T, state: S): Promise<A>;
};

/**
 * `same`: it was so already, nothing was written. `dry_run`: it was only tried; `would` says which of the others it would
 * be. `effective_by`: a check that begins then answers from after it. `shown`: what the caller is shown, read before the
 * Write as it is after the Write; it rejects where the store is damaged. `after`: the work that the action started in the
 * background.
 */
export type Receipt<T, A = unknown, V = unknown> = {
  outcome: "done" | "same" | "dry_run";
  would: "done" | "same";
  value: T;
  effective_by: string;
  shown?: Promise<V> | undefined;
  after?: Promise<A> | undefined;
};
