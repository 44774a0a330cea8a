/**
 * The files of one process in PostgreSQL: a chain of records for each class and day of its lines, so that deleting a
 * class of a day deletes whole files and everything that is left verifies. A file names the ends of those before it. What
 * is written together is prepared here with the state behind it, which counts when it was written. Pure.
 */
import type { AccessLine, GapLine } from "../../domain/access-log/lines.ts";
import { sealedText, withoutUser } from "../../domain/access-log/pseudonym.ts";
import { dayTextOf } from "../../domain/access-log/retention.ts";
import type { FileEnd } from "../../domain/access-log/seal.ts";
import type { HistoryKeys } from "../../domain/history-keys.ts";
import { batchOf, beginOf, type Chain, sealOf } from "../chain.ts";
import type { LogBatch } from "../sink.ts";
import { CLASSES, type LineClass, type Partition } from "./partitions.ts";

/** For so long it is known who was erased; a line that is older when it is written is written without its user. */
export const ERASED_FOR_MILLISECONDS = 86_400_000;

type OpenFile = Partition & { file: string; chain: Chain };

/** `files`: those that are being written, by class and day. `ended`: ends that no file names yet. */
export type Streams = {
  writer: string;
  part: number;
  files: ReadonlyMap<string, OpenFile>;
  ended: Readonly<Record<LineClass, readonly FileEnd[]>>;
};

/** A process that has ended: everything before `through` is written, and nobody names `ends`. `lived` is the database's text. */
export type Gone = { writer: string; through: Date; lived: string; ends: readonly ClassEnd[] };
export type ClassEnd = FileEnd & { class: LineClass };

type Place = Partition & { file: string; n: number };
export type RecordRow = Place & { record: string };
export type LineRow<Line = AccessLine | GapLine> = Place & { i: number; text: string; line: Line };

/** What is written in one transaction, and what is so behind it. `gone`: those whose rows it replaces. */
export type Prepared = { records: RecordRow[]; lines: LineRow[]; gone: readonly Gone[]; through: Date; next: Streams };

/** `usersMilliseconds`: a line that is older when it is written has no user. */
type Fixed = { store: string; keys?: HistoryKeys | undefined; usersMilliseconds: number };

export const noStreams = (writer: string): Streams => ({
  writer,
  part: 0,
  files: new Map(),
  ended: { shared: [], own: [] },
});

/** The ends that nobody names: of files that have ended, and of those that are being written. */
export const endsOf = ({ files, ended }: Streams): ClassEnd[] => [
  ...CLASSES.flatMap((one) => ended[one].map((end) => ({ class: one, ...end }))),
  ...[...files.values()].map((one) => ({ class: one.class, file: one.file, hash: one.chain.previous })),
];

const endsIn = (gone: readonly Gone[], wanted: LineClass): FileEnd[] =>
  gone.flatMap(({ ends }) => ends.filter((end) => end.class === wanted).map(({ file, hash }) => ({ file, hash })));

/** A line's class, and the day that it is kept by. */
function partitionOf(line: AccessLine | GapLine): Partition {
  if (line.kind === "gap") return { class: "shared", day: dayTextOf(new Date(line.to)) };
  return { class: line.path === "own" ? "own" : "shared", day: dayTextOf(new Date(line.first)) };
}

const keyOf = (of: Partition): string => `${of.class} ${of.day}`;

/** Adds to what is prepared. */
function preparing(streams: Streams, { store, keys }: Fixed, now: Date) {
  const files = new Map(streams.files);
  const ended = { ...streams.ended };
  let { part } = streams;
  const records: RecordRow[] = [];
  const lines: LineRow[] = [];

  function begin(of: Partition, more: readonly FileEnd[] = []): OpenFile {
    const file = `${of.class}-${of.day.replaceAll("-", "")}-${streams.writer}-${String(++part).padStart(6, "0")}`;
    const follows = [...ended[of.class], ...more];
    const { record, chain } = beginOf({ writer: streams.writer, file, part, store, follows }, now);
    ended[of.class] = [];
    records.push({ ...of, file, n: 0, record });
    return { ...of, file, chain };
  }

  function add(to: OpenFile, own: readonly { text: string; line: AccessLine | GapLine }[], through: Date): OpenFile {
    const place = { class: to.class, day: to.day, file: to.file, n: to.chain.n };
    const { record, chain } = batchOf(to.chain, { lines: own.map(({ text }) => text), through });
    records.push({ ...place, record });
    for (const [i, one] of own.entries()) lines.push({ ...place, i, ...one });
    return { ...to, chain };
  }

  function seal(of: OpenFile): void {
    const { record, chain } = sealOf(of.chain, of.file, now, keys);
    records.push({ class: of.class, day: of.day, file: of.file, n: of.chain.n, record });
    ended[of.class] = [...ended[of.class], { file: of.file, hash: chain.previous }];
  }

  const done = (through: Date, gone: readonly Gone[] = []): Prepared => {
    return { records, lines, gone, through, next: { writer: streams.writer, part, files, ended } };
  };
  return { files, begin, add, seal, done };
}

/** Lines, each in the file of its class and day. */
export function prepareBatch(streams: Streams, fixed: Fixed, { lines, through }: LogBatch, now: Date): Prepared {
  const { files, begin, add, done } = preparing(streams, fixed, now);
  const parsed = lines.map((text) => writtenAt(text, now.getTime() - fixed.usersMilliseconds));
  for (const [key, own] of Map.groupBy(parsed, ({ line }) => keyOf(partitionOf(line)))) {
    const [{ line }] = own as [(typeof own)[number]];
    files.set(key, add(files.get(key) ?? begin(partitionOf(line)), own, through));
  }
  return done(through);
}

/** A line, and without its user where it is so late that nobody knows any more whether they were erased since. */
function writtenAt(text: string, since: number): { text: string; line: AccessLine | GapLine } {
  const line = JSON.parse(text) as AccessLine | GapLine;
  const isLate = line.kind === "access" && Date.parse(line.first) < since;
  return isLate ? { text: sealedText(text), line: withoutUser(line) } : { text, line };
}

/** That the process lives, with the seals of files of which it is so. */
export function prepareSeals(
  streams: Streams,
  fixed: Fixed,
  through: Date,
  now: Date,
  isOver: (day: string) => boolean,
): Prepared {
  const { files, seal, done } = preparing(streams, fixed, now);
  for (const [key, one] of [...files].filter(([, { day }]) => isOver(day))) {
    seal(one);
    files.delete(key);
  }
  return done(through);
}

/** That the next files name the ends of processes that have ended by themselves. */
export function prepareNaming(streams: Streams, gone: readonly Gone[], through: Date): Prepared {
  const { shared, own } = streams.ended;
  const ended = { shared: [...shared, ...endsIn(gone, "shared")], own: [...own, ...endsIn(gone, "own")] };
  return { records: [], lines: [], gone, through, next: { ...streams, ended } };
}

/** The gaps of processes that were killed, in a file of its own, which names the ends of theirs and is sealed at once. */
export function prepareGaps(
  streams: Streams,
  fixed: Fixed,
  killed: readonly Gone[],
  through: Date,
  now: Date,
): Prepared {
  const { begin, add, seal, done } = preparing(streams, fixed, now);
  const day = dayTextOf(now);
  const gaps = killed.map((one) => gapOf(one, now)).map((line) => ({ text: JSON.stringify(line), line }));
  seal(add(begin({ class: "shared", day }, endsIn(killed, "shared")), gaps, through));
  const own = endsIn(killed, "own");
  if (own.length > 0) seal(begin({ class: "own", day }, own));
  return done(through, killed);
}

function gapOf({ through, ends }: Gone, now: Date): GapLine {
  const last = ends.findLast((end) => end.class === "shared") ?? ends.at(-1);
  // its clock may be ahead
  const to = new Date(Math.max(now.getTime(), through.getTime()));
  const missing = { from: through.toISOString(), to: to.toISOString(), lost: null };
  return { kind: "gap", reason: "killed", ...missing, ...(last && { file: last.file, hash: last.hash }) };
}
