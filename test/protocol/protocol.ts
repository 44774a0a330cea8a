/** A protocol as a value: its scripts, and what writers and checks do at each point. A variant differs in one of them. */
import type { Step } from "./explore.ts";
import type { Invalidate, Taken } from "./redis.ts";
import type { Entry, Reader, ReaderAt, Redis, Scope, State, WriterAt } from "./state.ts";
import type { World } from "./world.ts";

/** All that can happen next to writer or reader number `who`. */
export type Act = (setting: Setting, state: State, who: number) => Step<State>[];

/** When a check may wait for the question of another one, the leader, instead of asking itself. It never stores. */
export type Coalescing = {
  readonly mayShare: (mine: Reader, leader: Reader) => boolean;
  /** Whether it may join a leader whose fill began longer ago than the TTL. */
  readonly olderThanTtl: boolean;
  /** Whose reading of the owner must have confirmed the guess before the answer counts. */
  readonly confirmedBy: "the leader" | "the joiner" | "nobody";
};

export type Remembering = {
  /** Whether the owner's token must still be the one of then. */
  readonly underToken: boolean;
  /** From when on an entry's life counts. */
  readonly lifeFrom: "confirmation" | "fill";
};

export type Protocol = {
  readonly invalidate: Invalidate;
  readonly lease: (redis: Redis, scopes: readonly Scope[], writer: number) => Redis[];
  readonly release: (redis: Redis, scopes: readonly Scope[], writer: number) => Redis[];
  /** What a request does that finds its Write done by another one. */
  readonly releaseOfRepetition: Invalidate;
  /** Whether each such request releases; or none for what a release behind the same reading was acknowledged for, or for any Write on the same scopes. */
  readonly repetitionsRelease: "each" | "once for a reading" | "once for the scopes";
  readonly take: (redis: Redis, owner: Scope) => Taken[];
  readonly matches: (redis: Redis, entry: Entry) => boolean;
  readonly restart: (redis: Redis) => Redis;
  /** What the reply says of a Write whose release failed. */
  readonly replyWithoutRelease: "effective by now + TTL" | "effective now";
  /** Whether a replica uses the cache while scopes are pending that it could not invalidate. */
  readonly trustsWhilePending: boolean;
  /** From when on an entry's TTL counts. */
  readonly ttlFrom: "fill" | "store";
  /** When a fill reads the owner, and what the guess must share with what it reads. */
  readonly owner:
    | "before the question, by name"
    | "beside the question, by name"
    | "beside the question, by incarnation"
    | "beside the question, by name and incarnation";
  /** In which order a replica reads the two parts of a guess: the owner is never of an earlier moment than the registration, or it may be. */
  readonly guessReads: "registration first" | "at once";
  /** Whether a fill reads no owner where its replica remembers that the guess was confirmed, and how such a fill is bounded. */
  readonly remembering: Remembering | undefined;
  readonly coalescing: Coalescing | undefined;
  readonly writer: Readonly<Partial<Record<WriterAt, Act>>>;
  readonly reader: Readonly<Partial<Record<ReaderAt, Act>>>;
};

/** A protocol in a world. */
export type Setting = { readonly protocol: Protocol; readonly world: World };

export const byName = ({ protocol }: Setting): boolean => protocol.owner !== "beside the question, by incarnation";
export const byIncarnation = ({ protocol }: Setting): boolean => protocol.owner.endsWith("incarnation");
