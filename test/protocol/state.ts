/**
 * The world in which the protocol runs: one cached question (may the user do this on the resource?), one Redis,
 * the engine, some writers and some checks. Everything is a plain value and nothing is changed in place.
 */

/** What an answer depends on: the user, and the organization that owns the resource. `l:` and `t:` exist per scope. */
export type Scope = number;
export const USER: Scope = 0;
export const O1: Scope = 1;
export const O2: Scope = 2;
export const SCOPES = [USER, O1, O2];
/** No organization owns the resource: it is not registered. */
export const NOBODY: Scope = -1;

/** A set of writers' Writes, a bit each. An answer is described by the Writes whose effect it shows. */
export type Writes = number;

/** A token: a random number, of which only sameness counts. MISSING is the absent key. */
export type Token = number;
export const MISSING: Token = 0;

/** Which registration made the owner the owner: its writer's number. Each registration is its own, none comes back. */
export type Incarnation = number;
/** The registration from before the beginning. */
export const FIRST: Incarnation = 90;
/** One that is over. */
export const PAST: Incarnation = 91;
/** The owner is known, but not by which registration. */
export const UNKNOWN: Incarnation = 92;

export type Tokens = { readonly user: Token; readonly owner: Token };

export type Entry = {
  readonly answer: Writes;
  readonly owner: Scope;
  readonly tokens: Tokens;
  /** Writes that had their late reply before this entry's fill began: the entry ends later than their TTL. */
  readonly youngerThan: Writes;
  /** Made by somebody who may write to Redis, and not by a fill. */
  readonly forged?: true;
};

export type Redis = {
  /** Per scope. */
  readonly tokens: readonly Token[];
  /** Per scope, the writers that lease it. */
  readonly leases: readonly Writes[];
  readonly entry: Entry | undefined;
  /** What a restart or a replica may bring back. */
  readonly saved: { readonly tokens: readonly Token[]; readonly entry: Entry | undefined } | undefined;
};

export type Engine = {
  /** The committed Writes, in their order. */
  readonly log: readonly number[];
  readonly owner: Scope;
  readonly incarnation: Incarnation;
};

export type WriterAt =
  | "idle"
  | "only leased" // by a variant that leases and invalidates in two scripts
  | "leased"
  | "sent"
  | "outcome unknown"
  | "committed"
  | "invalidated" // by such a variant: again, and the leases are still held
  | "refused"
  | "replied"
  | "gone";

export type Writer = {
  readonly at: WriterAt;
  /** Where its Write is: a copy of it may still reach the engine, or it is committed. */
  readonly write: "not sent" | "in flight" | "committed";
};

/** Who owns the resource, as a replica believes; and by which registration, if it has read that from the engine. */
export type Guess = { readonly owner: Scope; readonly incarnation: Incarnation };
export const NO_GUESS: Guess = { owner: NOBODY, incarnation: UNKNOWN };

/** That a check of the replica read who owns the resource while it held this token of the owner: the replica may remember it. */
export type Confirmed = { readonly owner: Scope; readonly token: Token; readonly youngerThan: Writes };

export type ReaderAt =
  | "idle"
  | "looking"
  | "guessing"
  | "filling"
  | "asking"
  | "half asked" // the engine has read the user's part of the answer, not yet the owner's
  | "joined"
  | "owner's token" // a variant reads it only now
  | "checked again"; // a variant looks at tokens and leases once more before it stores

/** A guess names the owner, and by which registration. */
export type GuessPart = "owner" | "incarnation";

export type Reader = {
  readonly name: string;
  readonly at: ReaderAt;
  /** What the check is owed: the Writes effective when it began. */
  readonly owed: Writes;
  readonly guess: Guess;
  /** From the fill's script; undefined: store nothing. */
  readonly tokens: Tokens | undefined;
  readonly ownerRead: boolean;
  /** What of the guess was confirmed, where it takes two reads that are not of one moment. */
  readonly partRead: GuessPart | undefined;
  /** Whether it reads no owner because its replica remembers one. */
  readonly remembers: boolean;
  readonly answer: Writes | undefined;
  readonly youngerThan: Writes;
  /** The fill began longer ago than the TTL. */
  readonly tooOld: boolean;
};

export type State = {
  readonly redis: Redis;
  readonly engine: Engine;
  readonly writers: readonly Writer[];
  readonly readers: readonly Reader[];
  readonly confirmed: Confirmed | undefined;
  /** Writes whose `effective_by` is past. */
  readonly effective: Writes;
  /** Writes that were replied to as effective by now + TTL, which is not past yet. */
  readonly late: Writes;
  /** Writes that were committed when a repetition was last released, where its protocol remembers that. */
  readonly repeated: Writes;
  /** Writes that some finished check has shown; kept only where the law asks for it. */
  readonly shown: Writes;
};

export const has = (writes: Writes, write: number): boolean => ((writes >> write) & 1) === 1;
export const plus = (writes: Writes, write: number): Writes => writes | (1 << write);
export const minus = (writes: Writes, write: number): Writes => writes & ~(1 << write);

/** An array with the element at each of `places` made anew. */
export function changed<T>(
  array: readonly T[],
  places: readonly number[],
  change: (value: T, place: number) => T,
): T[] {
  return array.map((value, place) => (places.includes(place) ? change(value, place) : value));
}

export const namesOf = (writes: Writes): string =>
  `{${[0, 1, 2, 3, 4, 5]
    .filter((w) => has(writes, w))
    .map((w) => `W${w + 1}`)
    .join(",")}}`;
export const scopeNames = (scopes: readonly Scope[]): string =>
  scopes.map((scope) => (scope === USER ? "user" : `O${scope}`)).join(" and ");
