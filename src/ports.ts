/**
 * What Concordat asks of the world: an engine that keeps relationships and answers
 * questions, and a way to send mail. Each port says what it promises; the adapters
 * (`openfga/`, `mail/`) keep it, and nothing else in the project names a client.
 */
import type { Tuple, TupleKey } from "./domain/tuples.ts";

/** The present, as an argument: nothing below `main.ts` reads a clock of its own. */
export type Clock = () => Date;

/** `type:id`, or `type:` together with a full user; the relation is optional in both (OpenFGA Read). */
export type ReadFilter = { object: string; relation?: string; user?: string };

/** One atomic Write: all of it or none. */
export type Write = { deletes: TupleKey[]; writes: Tuple[] };

/**
 * `committed`: it stands. `stale`: a tuple to delete was not there, or one to write
 * was: somebody else was first (OpenFGA 400/2017 and 409). `unknown`: the reply was lost.
 */
export type WriteOutcome = "committed" | "stale" | "unknown";

/** The relationships behind the actions and queries. Reads see every Write that was acknowledged before they began. */
export type Relationships = {
  /** All tuples that match, all pages. Throws EngineUnavailable. */
  read(filter: ReadFilter): Promise<Tuple[]>;
  /** Every tuple of the store, page by page: what is written meanwhile may be in it or not. Throws EngineUnavailable. */
  readAll(): Promise<Tuple[]>;
  /** Never retried here. Throws EngineUnavailable only when nothing can have been written. */
  write(write: Write): Promise<WriteOutcome>;
  /** Takes tuples away in batches, whether they are there or not: for what may be interrupted and done again. Throws EngineUnavailable. */
  erase(keys: TupleKey[]): Promise<void>;
};

/** A question: may `user` (`user:anna`) do `relation` (`can_view`) on `object` (`plant:7`)? */
export type Question = { user: string; relation: string; object: string };

/** A fault is never a no. */
export type Answer = { allowed: boolean } | { fault: string };

/** Ids as `type:id`. `complete` is false when the engine stopped at its cap or deadline without saying so. */
export type Found = { refs: string[]; complete: boolean };

/** The engine's answers. Every call sends `current_time`; all throw EngineUnavailable. */
export type Engine = {
  check(question: Question, at: Date, signal?: AbortSignal): Promise<boolean>;
  /** Answers in the order of the questions, any number of them (asked 50 at a time). */
  batchCheck(questions: Question[], at: Date, signal?: AbortSignal): Promise<Answer[]>;
  listObjects(
    question: { user: string; relation: string; type: string },
    at: Date,
    signal?: AbortSignal,
  ): Promise<Found>;
  listUsers(
    question: { object: string; relation: string; type: string },
    at: Date,
    signal?: AbortSignal,
  ): Promise<Found>;
  /** What the pinned model knows: each type with its `can_*` relations. */
  readonly permissions: ReadonlyMap<string, readonly string[]>;
  /** Whether the engine answers and holds the pinned model. Never throws. */
  ready(): Promise<boolean>;
};

/** The engine did not answer, or answered with a fault of its own. Nothing was decided and nothing is known to be written. */
export class EngineUnavailable extends Error {
  override readonly name = "EngineUnavailable";
}

/** One mail to one address, as text. */
export type Mail = { to: string; subject: string; text: string };

/** Hands a mail over. Throws when it could not; the action it belongs to stands all the same. */
export type Mailer = { send(mail: Mail): Promise<void> };
