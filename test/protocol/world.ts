/** What happens to the cache in one scenario: who writes what, what may fail, and what answers must keep. */
import { O1, type Scope } from "./state.ts";

export type Write = {
  /** The scopes that its writer invalidates: those whose answers it may change. */
  readonly touches: readonly Scope[];
  /** A registration: who owns the resource from then on. NOBODY: the resource is deleted. */
  readonly gives?: Scope;
  /** It can only be decided once that Write is committed. */
  readonly after?: number;
  /** Made past the service: no lease and no release; the follower finds it. */
  readonly past?: boolean;
};

// "TTL" is here how long an entry counts whatever happens: CACHE_UNWATCHED_SECONDS. What makes it count for longer is
// explored in `watch`.
export const FAULTS = [
  "crash", // of a writer, at any step
  "lost reply", // to a Write; the Write itself may come through, now or later
  "lost Write", // sent, and not yet at the engine
  "repetition", // of a request: it finds the Write done by reading the head, and replies too
  "refusal", // another writer was first
  "unreachable Redis", // for a writer, at any step
  "lost lease", // expired early or evicted
  "lease ran out", // by its deadline, which lies behind that of the Write it was taken for
  "evicted token",
  "evicted entry",
  "empty restart", // of Redis
  "old restart", // of Redis, from a snapshot or as a replica that lagged
  "forged entry", // by somebody who may write to Redis: made up, changed, or another question's moved here
  "put back", // by the same: tokens, and an entry that was sealed under them
] as const;
export type Fault = (typeof FAULTS)[number];

/**
 * `fresh` is law 13: an answer shows every Write that was effective when the check began. `monotonic`: and what a
 * finished check has shown. `own replica`: and on the writer's own replica what was replied to as effective later.
 * `contained`: once all is quiet, no entry is stale. `live`: from everywhere a hit can be reached again.
 */
export type Law = "fresh" | "monotonic" | "own replica" | "contained" | "live";

export type World = {
  readonly writes: readonly Write[];
  readonly faults: readonly Fault[];
  readonly law: Law;
  /** How many checks run at a time. */
  readonly readers: number;
  /** Who owns the resource at first. */
  readonly owner: Scope;
  /** Who owned it before, at some time: a replica may still guess so. */
  readonly pastOwners: readonly Scope[];
  /** Whether a Write waits until the one before it (`after`) is effective, and not only until it is committed. */
  readonly waits: boolean;
  /** `in order`: a Write is owed only once the registrations before it are effective as well. */
  readonly owed: "each" | "in order";
  /** The engine reads the user's part of an answer and the owner's part at two moments. */
  readonly torn: boolean;
};

export const WORLD: World = {
  writes: [],
  faults: [],
  law: "fresh",
  readers: 2,
  owner: O1,
  pastOwners: [],
  waits: false,
  owed: "each",
  torn: false,
};

/** Whether the resource changes hands. Where it does not, its owner need not be read. */
export const transfers = (world: World): boolean => world.writes.some(({ gives }) => gives !== undefined);
