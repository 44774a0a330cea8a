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
};

/** Which server wrote it: its run, and the replication id that each promotion makes anew. */
export type Epoch = number;

export type Token = { readonly epoch: Epoch; readonly random: number };
export type Entry = {
  readonly answer: Writes;
  readonly token: Token;
  /** Since its fill began. */
  readonly age: number;
};
export type Mark = { readonly epoch: Epoch; readonly left: number };

export type Data = {
  readonly token: Token | undefined;
  readonly entry: Entry | undefined;
  readonly mark: Mark | undefined;
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
  /** Since it got its time in the log. */
  readonly sinceTimed: number;
  readonly sinceCommitted: number;
};

/** A connection: the server that answers, and the epoch that it had when that was read. */
export type Connection = { readonly server: number; readonly epoch: Epoch };

export type Follower = {
  readonly server: number;
  readonly at: "idle" | "read" | "invalidated";
  /** The epoch in which its poll began. */
  readonly epoch: Epoch;
  /** Whether its connection is the one that its last poll began on. */
  readonly isConnected: boolean;
  /** Whether it has finished a poll in this epoch. */
  readonly continues: boolean;
  readonly isDeep: boolean;
  /** Since Redis's time before the poll. */
  readonly sincePoll: number;
  /** Changes that were read in this poll, and those whose scopes were invalidated in one before. */
  readonly read: Writes;
  readonly done: Writes;
  /** Since the last finished poll began, and the last deep one. */
  readonly sinceLast: number;
  readonly sinceDeep: number;
};

export type State = {
  readonly servers: readonly Server[];
  readonly writes: readonly Write[];
  /** Writes that were replied to as effective. */
  readonly effective: Writes;
  readonly follower: Follower;
  /** That of the process which checks and fills. */
  readonly connection: Connection;
  /** An entry that is not stored yet. */
  readonly fill: Entry | undefined;
};

const older = (age: number, most: number) => Math.min(age + 1, most);

/** A tick later. What is at a bound counts like all that is beyond it. */
export function later({ bound, late, ahead, mark: life }: Bounds, state: State): State {
  const { servers, writes, follower, fill } = state;
  const logged = late === 0 ? 0 : bound + late;
  return {
    ...state,
    servers: servers.map(({ entry, mark, ...server }) => ({
      ...server,
      entry: entry && { ...entry, age: older(entry.age, bound) },
      mark: mark && mark.left > 1 ? { ...mark, left: mark.left - 1 } : undefined,
    })),
    writes: writes.map((write) => ({
      ...write,
      sinceTimed: write.at === "idle" || write.at === "leased" ? 0 : older(write.sinceTimed, logged),
      sinceCommitted: write.at === "committed" || write.at === "replied" ? older(write.sinceCommitted, bound) : 0,
    })),
    follower: {
      ...follower,
      sincePoll: follower.at === "idle" ? 0 : older(follower.sincePoll, Math.max(life + ahead, logged)),
      sinceLast: older(follower.sinceLast, logged),
      sinceDeep: older(follower.sinceDeep, logged),
    },
    fill: fill && { ...fill, age: older(fill.age, bound) },
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
 */
export function reduced(state: State, isPast: (epoch: Epoch) => boolean): State {
  const { fill, connection, follower } = state;
  const counts = (epoch: Epoch) => epoch === connection.epoch || !isPast(epoch);
  const servers = state.servers.map(({ token, mark, ...server }) => ({
    ...server,
    token: token && counts(token.epoch) ? token : undefined,
    mark: mark && counts(mark.epoch) ? mark : undefined,
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
  isDeep: false,
  sincePoll: 0,
  read: 0,
  done: 0,
  sinceLast: 0,
  sinceDeep: 0,
};

/** A state as a short string: the same for equal states, another for different ones. */
export function keyOf({ servers, writes, effective, follower, connection, fill }: State): string {
  const token = (of: Token | undefined) => (of === undefined ? "" : `${of.epoch}.${of.random}`);
  const data = servers.map(({ token: held, entry, mark, leases, isMaster, replication }) => {
    const kept = entry && `${entry.answer}${entry.age}${token(entry.token)}`;
    return `${isMaster ? "m" : "r"}${replication}${leases},${token(held)},${kept},${mark?.epoch}.${mark?.left}`;
  });
  const written = writes.map(({ at, sinceTimed, sinceCommitted }) => `${at[0]}${at[1]}${sinceTimed}${sinceCommitted}`);
  const filling = fill && `${token(fill.token)}${fill.age}${fill.answer}`;
  return [
    ...data,
    ...written,
    effective,
    ...Object.values(follower),
    connection.server,
    connection.epoch,
    filling,
  ].join();
}
