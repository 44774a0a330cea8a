/**
 * The access log in PostgreSQL, for any number of machines. A batch is one transaction, and one whose outcome nobody
 * knows is tried again until it is there, once. Each process has a row, which it touches every second: whoever finds one
 * that was not touched for fifteen seconds, by the database's clock, writes its gap. A process whose row was taken, since
 * it slept for so long, writes on as another one.
 */
import type { Client, ClientConfig } from "pg";
import { dayTextOf, type Retention } from "../../domain/access-log/retention.ts";
import { errorFacts } from "../../domain/error-facts.ts";
import type { HistoryKeys } from "../../domain/history-keys.ts";
import type { Clock } from "../../ports.ts";
import type { LogBatch, LogSink } from "../sink.ts";
import { connectDatabase } from "./connect.ts";
import { dropOld, makePartitions, type Partition, partitionsAhead } from "./partitions.ts";
import { makeSchema, schemaOf } from "./schema.ts";
import {
  ERASED_FOR_MILLISECONDS,
  noStreams,
  type Prepared,
  prepareBatch,
  prepareGaps,
  prepareNaming,
  prepareSeals,
} from "./streams.ts";
import { endedIn, killedIn, writePrepared } from "./write-prepared.ts";

const TOUCH_MILLISECONDS = 1000;
const LOOK_MILLISECONDS = 10_000;
const KILLED_MILLISECONDS = 15_000;
const HOUR_MILLISECONDS = 3_600_000;
/** A day's lines come until so long after its end. One that comes later is in a file of its own. */
const LATE_MILLISECONDS = 600_000;

type Options = {
  settings: ClientConfig;
  store: string;
  keys?: HistoryKeys | undefined;
  clock: Clock;
  retention: Retention;
  /** A name that no other process has. */
  newWriter: () => string;
  /** Between 0 and 1. */
  random: () => number;
  /** A gap of a killed process was written. */
  found: () => void;
  warn: (event: string, facts: object) => void;
  /** How long a line may wait and be written with its user, where it is not the usual. */
  usersMilliseconds?: number;
};

export function createPostgresSink(options: Options): LogSink {
  const { settings, store, keys, clock, retention, newWriter, random, found, warn } = options;
  const { usersMilliseconds = ERASED_FOR_MILLISECONDS } = options;
  const schema = schemaOf(store);
  const fixed = { store, keys, usersMilliseconds };
  let streams = noStreams(newWriter());
  let isRegistered = false;
  let client: Client | undefined;
  /** The partitions that are there. */
  const known = new Set<string>();
  /** What is being written, for which batch: the same again until its outcome is known. */
  let pending: { batch: LogBatch | undefined; prepared: Prepared } | undefined;
  let tendedAt = Number.NEGATIVE_INFINITY;
  // several that start at once do not look at once
  let lookedAt = clock().getTime() - LOOK_MILLISECONDS * random();
  let keptAt = Number.NEGATIVE_INFINITY;

  /** Does it on the connection, which is given up where it fails. */
  async function connected<T>(act: (client: Client) => Promise<T>): Promise<T> {
    try {
      if (client === undefined) {
        client = await connectDatabase(settings);
        known.clear();
        await makeSchema(client, schema);
      }
      return await act(client);
    } catch (error) {
      const failed = client;
      client = undefined;
      void failed?.end().catch(() => {});
      throw error;
    }
  }

  async function provide(to: Client, wanted: readonly Partition[]): Promise<void> {
    const missing = new Map(wanted.map((one) => [`${one.class} ${one.day}`, one]));
    for (const name of known) missing.delete(name);
    if (missing.size === 0) return;
    await makePartitions(to, schema, [...missing.values()]);
    for (const name of missing.keys()) known.add(name);
  }

  /** Writes what is pending. False where nothing was written and it is to be prepared anew. */
  async function settle(isLast = false): Promise<boolean> {
    if (pending === undefined) return true;
    const { prepared } = pending;
    const outcome = await connected(async (to) => {
      await provide(
        to,
        prepared.lines.filter(({ line }) => line.kind === "access"),
      );
      return writePrepared({ client: to, schema, isRegistered, isLast }, prepared);
    });
    pending = undefined;
    if (outcome === "taken") beginAnew();
    if (outcome !== "written") return false;
    streams = prepared.next;
    isRegistered = true;
    for (const { line } of prepared.lines) if (line.kind === "gap" && line.reason === "killed") found();
    return true;
  }

  /** Its files have an end that another process has written. */
  function beginAnew(): void {
    streams = noStreams(newWriter());
    isRegistered = false;
  }

  /** Whether so long has passed, by a clock that may be set. */
  const isDue = (since: number, milliseconds: number) => Math.abs(clock().getTime() - since) >= milliseconds;

  async function lookForKilled(through: Date): Promise<void> {
    lookedAt = clock().getTime();
    const killed = await connected((to) => killedIn(to, schema, streams.writer, KILLED_MILLISECONDS));
    if (killed.length === 0) return;
    // where another one was first nothing is written, and it is looked again
    pending = { batch: undefined, prepared: prepareGaps(streams, fixed, killed, through, clock()) };
    await settle();
  }

  /** Takes its row. */
  async function register(through: Date): Promise<void> {
    const ended = await connected((to) => endedIn(to, schema));
    pending = { batch: undefined, prepared: prepareNaming(streams, ended, through) };
    await settle();
  }

  /** Says that it lives, and seals files of which it is so. */
  async function touch(through: Date, isOver: (day: string) => boolean, isLast = false): Promise<void> {
    pending = { batch: undefined, prepared: prepareSeals(streams, fixed, through, clock(), isOver) };
    await settle(isLast);
  }

  /** Deletes what is old. Where that fails the log is written all the same. */
  async function deleteOld(): Promise<void> {
    keptAt = clock().getTime();
    await connected((to) => provide(to, partitionsAhead(clock())));
    await connected(async (to) => {
      await dropOld(to, schema, clock(), retention);
    }).catch((error) => warn("access_log_not_deleted", errorFacts(error)));
    // another process may have dropped some
    known.clear();
  }

  return {
    pauseMaxMilliseconds: 5000,

    async write(batch) {
      if (pending !== undefined && pending.batch !== batch) await settle();
      do pending ??= { batch, prepared: prepareBatch(streams, fixed, batch, clock()) };
      while (!(await settle()));
    },

    async tend(through) {
      if (pending === undefined && !isDue(tendedAt, TOUCH_MILLISECONDS)) return [];
      await settle();
      if (!isRegistered) await register(through);
      const present = dayTextOf(new Date(clock().getTime() - LATE_MILLISECONDS));
      await touch(through, (day) => day < present);
      if (isDue(keptAt, HOUR_MILLISECONDS)) await deleteOld();
      if (isDue(lookedAt, LOOK_MILLISECONDS)) await lookForKilled(through);
      tendedAt = clock().getTime();
      return [];
    },

    async close() {
      try {
        await settle();
        if (isRegistered) await touch(clock(), () => true, true);
      } finally {
        await client?.end();
      }
    },
  };
}
