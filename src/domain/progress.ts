/** How far OpenFGA's changes are read, and when in the cache's time: what one follower of the changes leaves to the next. */

/**
 * A moment of the cache: its own time (milliseconds), a name for the data that it has, and which connection of this
 * process it is of. What was acknowledged in another epoch is lost, and on another connection perhaps.
 */
export type CacheMoment = { epoch: string; connection: number; now: number };

/**
 * How far the changes are read and what they reach is invalidated, as the cache keeps it. Times are the cache's own, and
 * `…InLog` the engine's; milliseconds.
 */
export type ReadProgress = {
  /** When the last poll began, and the last deep one. */
  at: CacheMoment;
  atInLog: number;
  deepAt: number;
  deepAtInLog: number;
  /** The latest that the engine's clock ever was. */
  latestInLog: number;
  /** From when on every change was read: by the pause between two polls no change is missed. */
  since: number;
  /** When a change was last seen late. */
  lateAt?: number | undefined;
};

/**
 * Whether a replica follows the changes, how far they are read, also by others, and the moment of asking. `text`: the
 * progress as the cache has it, readable or not; empty when it has none.
 */
export type Lead = { leads: boolean; progress: ReadProgress | undefined; text: string; at: CacheMoment };
