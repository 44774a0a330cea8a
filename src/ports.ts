/**
 * The ports: a tuple store, an engine that answers questions, a cache for its answers, and a mailer. Each states its
 * promises; the adapters (`openfga/`, `redis/`, `memory/`, `mail/`) keep them, and no other code uses a client library.
 */
import type { CacheScope } from "./domain/cache-scopes.ts";
import type { ChangeLog, ChangesPage } from "./domain/change-log.ts";
import type { Rewrites } from "./domain/explain/rewrite.ts";
import type { Ref } from "./domain/ids.ts";
import type { Language } from "./domain/language.ts";
import type { CacheMoment, Lead, ReadProgress } from "./domain/progress.ts";
import type { Tuple, TupleKey } from "./domain/tuples.ts";

/** The present, as an argument: nothing below `main.ts` reads a clock of its own. */
export type Clock = () => Date;

/** `type:id`, or `type:` together with a full user; the relation is optional in both (OpenFGA Read). */
export type ReadFilter = { object: Ref; relation?: string; user?: Ref };

/** One atomic Write: all of it or none. */
export type Write = { deletes: TupleKey[]; writes: Tuple[] };

/**
 * `committed`: it was applied. `stale`: a tuple to delete was not there, or one to write
 * was: another writer was first (OpenFGA 400/2017 and 409). `unknown`: the reply was lost.
 */
export type WriteOutcome = "committed" | "stale" | "unknown";

/** The tuples behind the actions and queries. Reads see every Write that was acknowledged before they began. */
export type TupleStore = {
  /** All tuples that match, all pages. Throws EngineUnavailable. */
  read(filter: ReadFilter): Promise<readonly Tuple[]>;
  /** At most `max` of the tuples that match, and whether those are all. Throws EngineUnavailable. */
  readSome(filter: ReadFilter, max: number): Promise<{ tuples: Tuple[]; complete: boolean }>;
  /** At most `max` of the tuples that match, the oldest first, behind `after`: the `next` of the page before. Undefined for an `after` that is no engine's. Throws EngineUnavailable. */
  readPage(filter: ReadFilter, page: { max: number; after?: string | undefined }): Promise<TuplePage | undefined>;
  /** Every tuple of the store, page by page: what is written meanwhile may be in it or not. Throws EngineUnavailable. */
  readAll(): Promise<Tuple[]>;
  /** The same, with each page read when it is needed: for a store that is larger than memory. */
  pages(): AsyncIterable<Tuple[]>;
  /** Never retried here. Throws EngineUnavailable only when nothing can have been written, and EngineRefused. */
  write(write: Write): Promise<WriteOutcome>;
  /** Every change of a tuple since then, by any writer, oldest first; with a type only of its objects. A change that was committed late may appear late. Throws EngineUnavailable. */
  changes(since: Date, type?: string): Promise<ChangeLog>;
  /** A page of the changes behind a place, or from an instant on. Throws EngineUnavailable, and EngineRefused for a place that is none. */
  changesPage(from: string | Date): Promise<ChangesPage>;
  /** Deletes tuples in batches, whether they exist or not: for work that may be interrupted and repeated. Throws EngineUnavailable. */
  erase(keys: readonly TupleKey[]): Promise<void>;
};

export type TuplePage = { tuples: Tuple[]; next?: string | undefined };

/** What only reads by filters. */
export type Reads = Pick<TupleStore, "read">;

/** A question: may `user` (`user:anna`) do `relation` (`can_view`) on `object` (`plant:7`)? */
export type Question = { user: Ref; relation: string; object: Ref };

/** A fault is never a no. */
export type Answer = { allowed: boolean } | { fault: string };
/** Ids as `type:id`. `complete` is false when the engine stopped at its cap or deadline without saying so. */
export type FoundRefs = { refs: string[]; complete: boolean };

/** The engine's answers, each from all that was committed before it was asked. Every question has its `current_time`; all throw EngineUnavailable. */
export type Engine = {
  check(question: Question, at: Date, signal?: AbortSignal): Promise<boolean>;
  /** Answers in the order of the questions, any number of them (asked 50 at a time). */
  batchCheck(questions: Question[], at: Date, signal?: AbortSignal): Promise<Answer[]>;
  /** The users written in a relation of an object, whatever their conditions: a point read, which Read is not on sqlite. Throws ReplyTooLarge where they are too many. */
  expand(of: { object: string; relation: string }, signal?: AbortSignal): Promise<string[]>;
  listObjects(wanted: Omit<Question, "object"> & { type: string }, at: Date, signal?: AbortSignal): Promise<FoundRefs>;
  listUsers(wanted: Omit<Question, "user"> & { type: string }, at: Date, signal?: AbortSignal): Promise<FoundRefs>;
  /** The engine's own HTTP API, for `/stores`. */
  readonly api: EngineApi;
  /** What the pinned model knows: each type with its `can_*` relations. */
  readonly permissions: ReadonlyMap<string, readonly string[]>;
  /** What the pinned model says each relation is made of. */
  readonly rewrites: Rewrites;
  /** Whether the engine answers and holds the pinned model. Never throws. */
  ready(signal?: AbortSignal): Promise<boolean>;
  /** The engine's own time, where it is known. Never throws. */
  time(): Promise<ServerTime | undefined>;
};

/** A server's own time, which lies between the two; milliseconds since the epoch. */
export type ServerTime = { from: number; to: number };

/** A request of OpenFGA's HTTP API on our store: `path` is what comes behind `/stores/{store_id}`, with its query. */
export type ApiRequest = { method: "GET" | "POST"; path: string; body?: object };

/** The engine's own reply, yes or no, and of its headers those that clients read. */
export type ApiReply<Body = string> = { status: number; headers: Record<string, string>; body: Body };

/**
 * OpenFGA's HTTP API as it is, on the one store and the pinned model. What it refuses is a reply and is not thrown; what
 * it could not answer, and its refusal of our own credentials, throws EngineUnavailable.
 */
export type EngineApi = {
  readonly storeId: string;
  readonly modelId: string;
  ask(request: ApiRequest, signal?: AbortSignal): Promise<ApiReply>;
  /** A reply that is read while it is still being made; `ended` resolves when nothing more can come, for whatever reason. */
  stream(
    request: ApiRequest,
    signal?: AbortSignal,
  ): Promise<ApiReply<ReadableStream<Uint8Array>> & { ended: Promise<void> }>;
};

/** How access was granted: to the owner's own people, or through a share. */
export type AccessPath = "own" | { cooperation: string; share: string };

/**
 * A cached decision. It is valid while both tokens are current, the owner is this one, and the clock is before
 * `validUntil` (milliseconds since the epoch, on the clock of the process that filled it). `filledAt`: the cache's own
 * time when its tokens were taken, or a little before; the engine was asked later.
 */
export type CacheEntry = {
  allowed: boolean;
  owner: CacheScope;
  userToken: string;
  ownerToken: string;
  validUntil: number;
  filledAt: number;
  accessPath?: AccessPath | undefined;
};

/** What the cache holds at one instant for a question and its two scopes. A token of another epoch of the server counts as missing. `watchedSince`: what was filled then or later, by the cache's own time, counts however old it is. */
export type Lookup = {
  entry?: CacheEntry | undefined;
  watchedSince?: number | undefined;
} & Partial<Record<"userToken" | "ownerToken", string | undefined>>;

/** Tokens to fill under, and the cache's own time (milliseconds), from which the entry's life is counted. */
export type Tokens = { kind: "tokens"; userToken: string; ownerToken: string; now: number };

/**
 * Decisions, and the tokens and leases that keep them fresh (docs/cache.md). What the cache does not answer in time is `undefined`,
 * never an error: only speed depends on the cache.
 */
export type DecisionCache = {
  /**
   * The entry and both tokens as of one instant; without an owner only the user's token. An entry that was filled longer
   * ago than the bound (CACHE_UNWATCHED_SECONDS) is found only while the changes are watched (`watched`). A token that is found may be
   * filled under: every lease deletes it, and nobody makes it again while its scope is leased.
   */
  lookup(question: Question, owner: CacheScope | undefined): Promise<Lookup | undefined>;
  /** Tokens of both scopes, made where they are missing; `leased` while a writer holds a lease on either. */
  take(user: CacheScope, owner: CacheScope): Promise<Tokens | { kind: "leased" } | undefined>;
  /** The cache's own time (milliseconds) or a little before, for an entry that is filled under tokens that were looked up. */
  time(): Promise<number | undefined>;
  /** Stores an entry until `endsAt` on the cache's own time; `same`: replaces the entry that is there, with its expiry. Not awaited; a failure is only counted. */
  store(question: Question, entry: CacheEntry, endsAt: number | "same"): void;
  /** Before a Write: invalidates the scopes and leases them to the writer (LEASE_MILLISECONDS). A failure is only counted. */
  lease(writer: string, scopes: CacheScope[]): Promise<void>;
  /** After a Write is known to be committed and before its reply: invalidates the scopes and ends the lease. False: not acknowledged, old entries may be valid until they expire. */
  release(writer: string, scopes: CacheScope[]): Promise<boolean>;
  /** Invalidates scopes, with `all` every scope; for writes that were not made here. False as in `release`. */
  invalidate(scopes: CacheScope[] | "all"): Promise<boolean>;
  /**
   * Asks to be the one replica that follows the changes, for the next ten seconds, and says how far it has read them,
   * which is kept where it is of this connection and epoch. It replaces the progress that the cache had as `text` when the
   * poll began; where it has another by now, that one stays, and the replica does not lead.
   */
  lead(replica: string, progress: ReadProgress | undefined, text?: string): Promise<Lead | undefined>;
  /**
   * Says that every change between `since` and that moment was read, and that the invalidation of what it reaches was
   * acknowledged: until half of the bound after the moment, older entries count that were filled at `since` or later.
   * Does nothing in another epoch or on another connection.
   */
  watched(at: CacheMoment, since: number): Promise<void>;
  /** Whether the cache can do for us all that it is for: its own time where that is another clock, or why not, in words without a secret. */
  probe(): Promise<{ kind: "up"; time?: ServerTime } | { kind: "away"; reason: string }>;
  close(): Promise<void>;
};

/** A count of requests for one subject: whether this one is within the limit, how many are left, and when the count begins anew. */
export type Taken = { allowed: boolean; remaining: number; resetSeconds: number };

/** Counts requests by policy and subject, in windows. It delays nobody: a count that no shared store takes in time is kept in this process. */
export type RateLimiter = {
  /** Counts one request. Undefined for an unknown policy. */
  take(policy: string, subject: string): Promise<Taken | undefined>;
  /** Takes back the count of a request that should not have counted; a failure is ignored. */
  giveBack(policy: string, subject: string): void;
  close(): Promise<void>;
};

/** The source of an answer: the cache; the engine, and it is stored unless it ends too soon for that; the engine, and it is not stored. */
export type Source = "hit" | "miss" | "engine";

/** Why an answer was not stored; `overtaken`: the owner changed meanwhile. */
export type Unstored = "away" | "leased" | "no_owner" | "overtaken" | "date";

/** What is counted. Durations in seconds. */
export type Meter = {
  checked(source: Source, seconds: number): void;
  unstored(reason: Unstored): void;
  engineCalled(call: "check" | "batch_check" | "expand" | "list" | "api"): void;
  cacheFailed(operation: string): void;
  /** An entry was found that the service did not seal. */
  cacheForged(): void;
  changesRead(to: number): void;
  rateLimited(policy: string): void;
  cacheUp(isUp: boolean): void;
  eventDelivered(receiver: string, outcome: string): void;
  /** A receiver had every event then (milliseconds since the epoch); undefined where another process delivers. */
  eventsDeliveredTo(receiver: string, at: number | undefined): void;
  /** All that was due was done then (milliseconds since the epoch); undefined where another process does it. */
  scheduledTo(at: number | undefined): void;
  /** How far our clock is ahead. */
  clockOffset(of: "cache" | "engine", seconds: number): void;
};

/** One mail to one address, as text and HTML. Two with one `id` to one address are the same mail, however often it is sent. `unsubscribe`: where its reader chooses their mails. */
export type Mail = Record<"to" | "id" | "subject" | "text" | "html", string> & MailHeaders;
type MailHeaders = { language: Language; unsubscribe?: string | undefined };

/** `send` throws when a mail could not be sent; the action that it belongs to is committed all the same. */
export type Mailer = { send(mail: Mail): Promise<void>; close(): void };
