/**
 * The world in which entries live long: one cached question, whose two scopes are one here, a Redis server and where it
 * has one its replica, the engine and its change log, the follower, a check and a fill. Time passes in ticks, for
 * everybody alike; what is older than every bound is equally old. Everything is a plain value and nothing is changed in
 * place.
 */
import type { Writes } from "../state.ts";

/** How long things last, in ticks. */
export type Bounds = {
  /** How long an entry counts without a mark, and how old an answer may be at most (CACHE_UNWATCHED_SECONDS). */
  readonly bound: number;
  /** How long a mark lives from Redis's time before its poll. */
  readonly mark: number;
  /** How much older than its time a Write may be when the change log shows it: for so long deep polls read again. */
  readonly late: number;
  /** How long after a deep poll marks are written. Together with `mark` it is less than the bound. */
  readonly deepEvery: number;
  /** How far the follower's clock is ahead of Redis's. */
  readonly ahead: number;
  /** By how much the engine's clock is set back, once; 0: never. */
  readonly setBack: number;
};

/** Which server wrote it: its run, and the replication id that each promotion makes anew. */
export type Epoch = number;

export type Token = { readonly epoch: Epoch; readonly random: number };
export type Entry = {
  readonly answer: Writes;
  readonly token: Token;
  /** Since its fill began. */
  readonly age: number;
  /** Whether it was filled before the time from which on all changes are read in its epoch. */
  readonly isBefore: boolean;
};
export type Mark = { readonly epoch: Epoch; readonly left: number };

/** How far a series of polls has come, as Redis holds it. `…InLog` is by the engine's clock, which may be set back. */
export type Progress = {
  readonly epoch: Epoch;
  /** What the log showed, where nothing is missed for its time. */
  readonly seen: Writes;
  /** Since the last finished poll began, and the last deep one. */
  readonly sincePoll: number;
  readonly sinceDeep: number;
  readonly sincePollInLog: number;
  readonly sinceDeepInLog: number;
  /** How far the engine's clock is behind where it would be if it had always gone on: a poll compares it with Redis's. */
  readonly behind: number;
};

export type Data = {
  readonly token: Token | undefined;
  readonly entry: Entry | undefined;
  readonly mark: Mark | undefined;
  readonly progress: Progress | undefined;
  /** The Writes whose writers lease the scope. */
  readonly leases: Writes;
};

export type Server = Data & {
  readonly isMaster: boolean;
  /** Its promotions, and the one whose data it replicates. */
  readonly replication: number;
};

export type Write = {
  /** `timed`: it has its time in the log, and is not committed. */
  readonly at: "idle" | "leased" | "timed" | "committed" | "replied";
  /** Since it got its time in the log, by the engine's clock. The log does not show a time that is still to come. */
  readonly sinceTimed: number;
  readonly sinceCommitted: number;
};

/** A connection: the server that answers, and the epoch that it had when that was read. */
export type Connection = { readonly server: number; readonly epoch: Epoch };

export type Follower = {
  readonly server: number;
  readonly at: "idle" | "read" | "invalidated" | "kept";
  /** The epoch in which its poll began. */
  readonly epoch: Epoch;
  /** Whether its connection is the one that its last poll began on. */
  readonly isConnected: boolean;
  /** Whether it has invalidated `done` on this connection, in this epoch. */
  readonly continues: boolean;
  /** Changes whose scopes were invalidated in a poll before. */
  readonly done: Writes;
  /** Those that were read in this poll, and what its progress will be. */
  readonly read: Writes;
  readonly poll: Progress | undefined;
  /** Whether no poll of this epoch has finished before. */
  readonly isFirst: boolean;
  /** Whether the engine's clock was behind when the poll began. */
  readonly isBehind: boolean;
};

export type State = {
  readonly servers: readonly Server[];
  readonly writes: readonly Write[];
  /** Writes that were replied to as effective. */
  readonly effective: Writes;
  /** Whether the engine's clock may still be set back. */
  readonly mayBeSetBack: boolean;
  readonly follower: Follower;
  /** That of the process which checks and fills. */
  readonly connection: Connection;
  /** An entry that is not stored yet. */
  readonly fill: Entry | undefined;
};

const older = (age: number, most: number) => Math.min(age + 1, most);

/** Times by the engine's clock, a tick later or `by` ticks back. What is longer ago than all that is read again is equally old. */
const inLog = ({ bound, late, setBack }: Bounds, since: number, by: number) =>
  Math.max(Math.min(since + by, bound + late + setBack), -setBack);

/** A tick later. What is at a bound counts like all that is beyond it. */
export function later(bounds: Bounds, state: State): State {
  const { bound } = bounds;
  const { servers, writes, follower, fill } = state;
  return {
    ...state,
    servers: servers.map(({ entry, mark, progress, ...server }) => ({
      ...server,
      entry: entry && { ...entry, age: older(entry.age, bound) },
      mark: mark && mark.left > 1 ? { ...mark, left: mark.left - 1 } : undefined,
      progress: progress && (hasWindows(bounds) ? laterProgress(bounds, progress) : progress),
    })),
    writes: writes.map((write) => ({
      ...write,
      sinceTimed: isTimed(write) && hasWindows(bounds) ? inLog(bounds, write.sinceTimed, 1) : 0,
      sinceCommitted: write.at === "committed" || write.at === "replied" ? older(write.sinceCommitted, bound) : 0,
    })),
    follower: { ...follower, poll: follower.poll && laterProgress(bounds, follower.poll) },
    fill: fill && { ...fill, age: older(fill.age, bound) },
  };
}

const isTimed = ({ at }: Write) => at !== "idle" && at !== "leased";

/** A log that shows each Write at once, by a clock that is not set, shows what there is: nothing is missed for its time. */
export const hasWindows = ({ late, setBack }: Bounds) => late > 0 || setBack > 0;

function laterProgress(bounds: Bounds, progress: Progress): Progress {
  const { bound, late, ahead, mark, setBack } = bounds;
  if (!hasWindows(bounds)) return { ...progress, sincePoll: older(progress.sincePoll, mark + ahead) };
  return {
    ...progress,
    sincePoll: older(progress.sincePoll, bound + late + setBack),
    sinceDeep: older(progress.sinceDeep, bound + late + setBack),
    sincePollInLog: inLog(bounds, progress.sincePollInLog, 1),
    sinceDeepInLog: inLog(bounds, progress.sinceDeepInLog, 1),
    behind: Math.max(progress.behind - 1, 0),
  };
}

/** The engine's clock is set back: all that it timed before is as much younger, or still to come. */
export function setBack(bounds: Bounds, state: State): State {
  const by = -bounds.setBack;
  const shifted = (progress: Progress): Progress => ({
    ...progress,
    sincePollInLog: inLog(bounds, progress.sincePollInLog, by),
    sinceDeepInLog: inLog(bounds, progress.sinceDeepInLog, by),
    behind: bounds.setBack,
  });
  const { follower } = state;
  return {
    ...state,
    mayBeSetBack: false,
    servers: state.servers.map((server) => ({ ...server, progress: server.progress && shifted(server.progress) })),
    writes: state.writes.map((write) => ({
      ...write,
      sinceTimed: isTimed(write) ? inLog(bounds, write.sinceTimed, by) : 0,
    })),
    follower: { ...follower, poll: follower.poll && shifted(follower.poll) },
  };
}

/**
 * The one state that represents all that behave like it.
 *
 * 1. Of a random token only sameness counts: tokens are numbered in the order in which the state holds them.
 * 2. A token that no server holds does not come back, and a server's token and entry are replaced by those of another
 *    server only together: an entry or a fill under a token that is lost is none.
 * 3. `isPast` says of an epoch that it is no server's and will be none's. Where the process does not believe in it
 *    either, its tokens and marks count as missing.
 * 4. A follower that begins anew with its next poll knows nothing.
 * 5. `isOf` says whether a server may have an epoch. Another server's progress is none.
 */
export function reduced(
  state: State,
  isPast: (epoch: Epoch) => boolean,
  isOf: (server: number, epoch: Epoch) => boolean,
): State {
  const { fill, connection, follower } = state;
  const counts = (epoch: Epoch) => epoch === connection.epoch || !isPast(epoch);
  const servers = state.servers.map(({ token, mark, progress, ...server }, at) => ({
    ...server,
    token: token && counts(token.epoch) ? token : undefined,
    mark: mark && counts(mark.epoch) ? mark : undefined,
    progress: progress && !isPast(progress.epoch) && isOf(at, progress.epoch) ? progress : undefined,
  }));
  const isHeld = ({ random }: Token) => servers.some(({ token }) => token?.random === random);
  const numbers = new Map<number, number>();
  const number = <T extends Token | undefined>(token: T): T => {
    if (token === undefined) return token;
    const random = numbers.get(token.random) ?? numbers.size;
    numbers.set(token.random, random);
    return { ...token, random };
  };
  return {
    ...state,
    servers: servers.map(({ token, entry, ...server }) => ({
      ...server,
      token: number(token),
      entry: entry && entry.token.random === token?.random ? { ...entry, token: number(entry.token) } : undefined,
    })),
    fill: fill && isHeld(fill.token) ? { ...fill, token: number(fill.token) } : undefined,
    follower: follower.at === "idle" && !follower.continues ? { ...IDLE, server: follower.server } : follower,
  };
}

/** A follower as it starts. What is only set by a poll has one value before it. */
export const IDLE: Follower = {
  server: 0,
  at: "idle",
  epoch: -1,
  isConnected: true,
  continues: false,
  done: 0,
  read: 0,
  poll: undefined,
  isFirst: false,
  isBehind: false,
};

/** A state as a short string: the same for equal states, another for different ones. */
export function keyOf({ servers, writes, effective, mayBeSetBack, follower, connection, fill }: State): string {
  const token = (of: Token | undefined) => (of === undefined ? "" : `${of.epoch}.${of.random}`);
  const read = (of: Progress | undefined) => of && Object.values(of).join(".");
  const data = servers.map(({ token: held, entry, mark, progress, leases, isMaster, replication }) => {
    const kept = entry && `${entry.answer}${entry.age}${entry.isBefore}${token(entry.token)}`;
    const marked = mark && Object.values(mark).join(".");
    return `${isMaster ? "m" : "r"}${replication}${leases},${token(held)},${kept},${marked},${read(progress)}`;
  });
  const written = writes.map(({ at, sinceTimed, sinceCommitted }) => `${at[0]}${at[1]}${sinceTimed}${sinceCommitted}`);
  const filling = fill && `${token(fill.token)}${fill.age}${fill.isBefore}${fill.answer}`;
  const { poll, ...rest } = follower;
  return [
    ...data,
    ...written,
    effective,
    mayBeSetBack ? 1 : 0,
    ...Object.values(rest),
    read(poll),
    connection.server,
    connection.epoch,
    filling,
  ].join();
}
