/**
 * Reads the access log back from the files of one folder, of all writers, without an index: hour by hour from the newest,
 * in an hour by the ends of its files. A cursor says how far each file was read, so no line is in two pages, and none is
 * left out that was written when the first page was read, whatever is appended, ended or renamed meanwhile. One page is
 * read at a time, in blocks, and within a bounded effort: checks do not wait for it.
 */
import type { AccessLine, GapLine } from "../domain/access-log/lines.ts";
import { AuditUnavailable } from "../faults.ts";
import { marksIn } from "./erasure-marks.ts";
import { type FilePosition, fileCursor, readFileCursor, WRITERS_AT_ONCE } from "./file-cursor.ts";
import { namesIn, newestHour, writersIn } from "./folder.ts";
import { type LineFilter, type LineTest, lineTest } from "./line-test.ts";
import { type ReadBack, readBack } from "./read-back.ts";
import type { AccessLogReader, LastUsed } from "./reader.ts";

const HOUR_MILLISECONDS = 3_600_000;
const MINUTE_MILLISECONDS = 60_000;
/** Pages that are read for when what was last used. */
const LAST_USED_PAGES = 4;
const LAST_USED_LINES = 1000;

type Effort = { bytes: number; milliseconds: number };
const EFFORT: Effort = { bytes: 32 * 1024 * 1024, milliseconds: 300 };

/** Writers of an hour that are merged. `lowest`: those below it are read behind them. */
type Group = { hour: string; lowest: string; tails: ReadBack[] };

/** `reached`: whatever is newer, about, was read; undefined where all was. */
type Read = { lines: (AccessLine | GapLine)[]; next: string | undefined; reached: Date | undefined };

/** `effort`: what a page may cost, where it is not the usual. */
export function createFileReader({ folder, effort = EFFORT }: { folder: string; effort?: Effort }): AccessLogReader {
  let turn: Promise<unknown> = Promise.resolve();

  /** One page behind the other: together they would keep checks waiting. */
  function inTurn(filter: LineFilter, limit: number, after?: string): Promise<Read | undefined> {
    const reading = turn.then(() => readPage(filter, limit, after));
    turn = reading.catch(() => {});
    return reading;
  }

  async function readPage(filter: LineFilter, limit: number, after?: string): Promise<Read | undefined> {
    const from = after === undefined ? undefined : readFileCursor(after);
    if (after !== undefined && from === undefined) return undefined;
    try {
      const names = await namesIn(folder);
      const marks = names.length === 0 ? [] : await marksIn(folder, "erase");
      const test = lineTest(filter, marks);
      return await readFrom({ folder, names, test, since: filter.from, limit, effort }, from);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      throw new AuditUnavailable(`the access log cannot be read (${code})`, { cause: error });
    }
  }

  return {
    async page(filter, limit, after) {
      const read = await inTurn(filter, limit, after);
      return read && { lines: read.lines, next: read.next };
    },

    async lastUsed(cooperations) {
      const used = new Map<string, LastUsed>();
      // blocks without a cooperation are passed over as a whole, where it is one
      const only = cooperations.length === 1 ? cooperations[0] : undefined;
      const filter = { cooperation: only, among: new Set(cooperations), decision: true, own: false };
      let read: Read | undefined;
      for (let pages = 0; pages < LAST_USED_PAGES; pages++) {
        read = await inTurn(filter, LAST_USED_LINES, read?.next);
        for (const line of read?.lines ?? []) {
          if (line.kind !== "access" || line.path !== "cooperation") continue;
          const { cooperation, share, user } = line;
          const at = new Date(line.last);
          if (user === undefined) continue;
          const key = `${cooperation} ${share} ${user}`;
          const known = used.get(key);
          if (known === undefined || known.at < at) used.set(key, { cooperation, share, user, at });
        }
        if (read?.next === undefined) break;
      }
      return { used: [...used.values()], since: read?.reached };
    },
  };
}

type Reading = {
  folder: string;
  names: readonly string[];
  test: LineTest;
  since: Date | undefined;
  limit: number;
  effort: Effort;
};

async function readFrom(reading: Reading, from: FilePosition | undefined): Promise<Read> {
  const { since, limit, effort } = reading;
  const startedAt = performance.now();
  let bytes = 0;
  /** Whether the next page begins elsewhere than this one: each does, whatever it costs. */
  let hasMoved = false;
  const isSpent = () => hasMoved && (bytes >= effort.bytes || performance.now() - startedAt >= effort.milliseconds);
  const lines: (AccessLine | GapLine)[] = [];

  /** Has the newest line of each file ready. False where that takes too much effort. */
  async function ready(tails: readonly ReadBack[]): Promise<boolean> {
    for (const tail of tails)
      while (tail.newest() === undefined && tail.place() !== undefined) {
        if (isSpent()) return false;
        bytes += await tail.look();
        hasMoved ||= tail.newest() === undefined;
      }
    return true;
  }

  let group = from === undefined ? groupBelow(reading) : groupAt(reading, from);
  while (group !== undefined && !isOlder(group.hour, since)) {
    const { tails } = group;
    for (;;) {
      const isReady = await ready(tails);
      const newest = isReady ? newestOf(tails) : undefined;
      if (isReady && newest === undefined) break;
      const line = newest?.newest();
      if (newest === undefined || line === undefined || lines.length === limit)
        return { lines, next: cursorOf(group), reached: reachedBy(reading, group) };
      lines.push(line);
      newest.take();
      hasMoved = true;
    }
    hasMoved = true;
    group = groupBelow(reading, group);
  }
  return { lines, next: undefined, reached: undefined };
}

/** When a line is read: by its last access, and by its writer where that is the same. */
const orderOf = (tail: ReadBack): string => {
  const line = tail.newest();
  return line === undefined ? "" : `${line.kind === "gap" ? line.to : line.last} ${tail.writer}`;
};

const newestOf = (tails: readonly ReadBack[]): ReadBack | undefined =>
  tails.reduce<ReadBack | undefined>(
    (newest, tail) => (orderOf(tail) > (newest === undefined ? "" : orderOf(newest)) ? tail : newest),
    undefined,
  );

/** The writers behind a group: of its hour, or of the newest one before. Without a group: the newest. */
function groupBelow(reading: Reading, group?: Pick<Group, "hour" | "lowest">): Group | undefined {
  const { names } = reading;
  const rest = group === undefined ? undefined : groupOf(reading, group.hour, group.lowest);
  if (rest !== undefined) return rest;
  const hour = newestHour(names, group?.hour);
  return hour === undefined ? undefined : groupOf(reading, hour);
}

function groupOf(reading: Reading, hour: string, below?: string): Group | undefined {
  const writers = [...writersIn(reading.names, hour)]
    .filter(([writer]) => below === undefined || writer < below)
    .sort(([a], [b]) => (a > b ? -1 : 1))
    .slice(0, WRITERS_AT_ONCE);
  const lowest = writers.at(-1)?.[0];
  if (lowest === undefined) return undefined;
  return { hour, lowest, tails: writers.map(([writer, parts]) => readBack({ ...reading, hour }, writer, parts)) };
}

/** A group where a page left it: files that were begun since are newer, and not in it. */
function groupAt(reading: Reading, { hour, lowest, places }: FilePosition): Group {
  const parts = writersIn(reading.names, hour);
  const tails = places.map((place) =>
    readBack({ ...reading, hour }, place.writer, parts.get(place.writer) ?? [], place),
  );
  return { hour, lowest, tails };
}

const cursorOf = ({ hour, lowest, tails }: Group): string =>
  fileCursor({ hour, lowest, places: tails.flatMap((tail) => tail.place() ?? []) });

const startOf = (hour: string): number =>
  Date.parse(`${hour.slice(0, 4)}-${hour.slice(4, 6)}-${hour.slice(6, 8)}T${hour.slice(9)}:00:00Z`);

/** Whether nothing in the files of an hour is so new. What is being written when the hour ends is still in them: so an hour more. */
const isOlder = (hour: string, since: Date | undefined): boolean =>
  since !== undefined && startOf(hour) + 2 * HOUR_MILLISECONDS <= since.getTime();

/** Since when, about, everything is read: lines are written within a minute, mostly. */
function reachedBy(reading: Reading, { hour, lowest, tails }: Group): Date {
  const end = startOf(hour) + HOUR_MILLISECONDS;
  const isRest = [...writersIn(reading.names, hour).keys()].some((writer) => writer < lowest);
  const left = tails.filter((tail) => tail.place() !== undefined);
  const times = left.map((tail) => (tail.reached()?.getTime() ?? end) + MINUTE_MILLISECONDS);
  return new Date(Math.min(end, Math.max(startOf(hour), isRest ? end : 0, ...times)));
}
