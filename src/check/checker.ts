/**
 * What a checker promises and what it is made of: the types that the files of this folder share. A decision is never
 * older than its question (law 13), and a fault throws and is never a "no".
 */
import type { CacheScope } from "../domain/cache-scopes.ts";
import type { AccessPath, Clock, DecisionCache, Engine, Meter, Question, Source } from "../ports.ts";

/** An answer and its source; a cached one also has its expiry on our clock (milliseconds since the epoch). */
export type Checked = {
  allowed: boolean;
  source: Source;
  validUntil?: number;
  accessPath?: AccessPath | undefined;
  /** The owner of the resource, where a cached decision names it. */
  owner?: CacheScope;
  /** Of a cached decision: while both are the same, nothing was written that could change it. */
  userToken?: string;
  ownerToken?: string;
};

/** Ends the work when the caller has gone. Called on a miss alone: an AbortSignal costs as much as a hit. */
export type Signal = () => AbortSignal;

export type Checker = {
  /** Whether the question is allowed now. Throws EngineUnavailable, Overloaded. */
  check(question: Question, signal?: Signal): Promise<Checked>;
  /** The same for many questions, in their order. Throws when one of them has no answer: half a batch is no answer. */
  checkAll(questions: Question[], signal?: Signal): Promise<Checked[]>;
};

/** An answer that somebody was given: to which key, for which request, and for what purpose where the request says so. */
export type AnsweredAccess = {
  question: Question;
  checked: Checked;
  key: string;
  requestId: string;
  purpose?: string | undefined;
};

/** What is to know of answers. It delays none. */
export type AccessRecorder = {
  /** Called before the reply. Throws AuditUnavailable where it had no room for it, and no answer may be lost. */
  record(access: AnsweredAccess): void;
  /** Throws AuditUnavailable while no answer may be given, because it could not be recorded. */
  admit(): void;
};

export type CheckerDeps = {
  engine: Engine;
  cache: DecisionCache;
  clock: Clock;
  meter: Meter;
  /** How long an answer is kept. */
  ttlMilliseconds: number;
  /** How long an answer counts whatever happens: no question is shared for longer, and a yes that ends may be kept so long. */
  unwatchedMilliseconds: number;
  /** The name of the key whose request is being answered. */
  callerNow: () => string;
};
