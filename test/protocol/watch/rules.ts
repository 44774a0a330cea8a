/** The rules by which entries live long, as agreed, and what they could be instead. */

import type { Bounds } from "./state.ts";

export type WatchRules = {
  /** What distinguishes a server's data from that of another, or of the same one before a promotion. */
  readonly epoch: "run id and replication id" | "run id";
  /** When an entry without a mark counts: while it is younger than the bound, by its fill or by its store; or always. */
  readonly youngBy: "fill" | "store" | "nothing";
  /** Where the mark is read that makes an older entry count. */
  readonly markReadFrom: "the server of the entry" | "the master";
  /** From when on a mark's life counts. */
  readonly markFrom:
    | "Redis's time before the poll"
    | "Redis's time after the poll"
    | "the follower's clock"
    | "its SET";
  /** What a mark says of the server that it was written for, and whether the server is asked when it is written. */
  readonly markOf: "the epoch of its poll" | "any server";
  /** Whether a poll is finished when an invalidation was not acknowledged. */
  readonly unacknowledged: "is polled again" | "is let be";
  /** What a follower does whose connection was made anew since its poll began: another server may have acknowledged its invalidations. */
  readonly reconnected: "begins anew" | "continues in the same epoch";
  /** Whether an entry counts by a mark whose series of polls began after it: what it may predate was perhaps not read. */
  readonly entriesBefore: "do not count" | "count";
  /** When it is kept how far the follower has read, for itself and for the next one. */
  readonly progressKept: "when all is acknowledged" | "when it is read";
  /** By which time in the log a poll reads on: where it began by the engine's clock, then or as that clock is set now. */
  readonly readsFrom: "the engine's clock as it is set now" | "the engine's clock then";
  /** Whether marks are written while the engine's clock is behind a time it had before: its log does not show what has a time to come. */
  readonly clockBehind: "no mark" | "is not noticed";
  /** What a poll reads again, for Writes that are committed late. */
  readonly readsAgain: "now and then what may be late" | "nothing";
};

export const AGREED_WATCH: WatchRules = {
  epoch: "run id and replication id",
  youngBy: "fill",
  markReadFrom: "the server of the entry",
  markFrom: "Redis's time before the poll",
  markOf: "the epoch of its poll",
  unacknowledged: "is polled again",
  reconnected: "begins anew",
  entriesBefore: "do not count",
  progressKept: "when all is acknowledged",
  readsFrom: "the engine's clock as it is set now",
  clockBehind: "no mark",
  readsAgain: "now and then what may be late",
};

export type WatchWorld = Bounds & {
  /**
   * The Writes: `past` the service; `dies`: its writer leases and dies after the Write; `late`: past the service, and
   * committed up to `late` ticks after its time in the log; `ours`: leased, released, and owed from its reply on.
   */
  readonly writes: readonly ("past" | "dies" | "late" | "ours")[];
  /** Whether a fill may store late. An entry that is stored at once only answers for longer. */
  readonly slowFills: boolean;
  /** Whether the server has a replica, and how often one is promoted. */
  readonly promotions: 0 | 1 | 2;
  readonly rules: WatchRules;
};
