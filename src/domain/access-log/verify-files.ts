/**
 * Verifies files of the access log by themselves and against each other: every line by the hash of its batch, every
 * batch by the record before, every file by its seal and by whoever names its end: the next file, a gap of a process that
 * was killed, and what the store keeps. A line is proved where it is under a signature (proved-lines.ts): what is not is
 * a problem, but for files that are still being written. Pure.
 */
import type { VerifyingKeys } from "../history-keys.ts";
import { type Naming, provedLines } from "./proved-lines.ts";
import { BeginRecord, type KeptSeals } from "./seal.ts";
import { type FileRead, type LogFile, type VerifiedLog, verifyFile } from "./verify-file.ts";

/** A file is being written for an hour. One that was begun so long before the newest record is not any more. */
const OPEN_MILLISECONDS = 2 * 3_600_000;

/** Whether a text is a file of the access log. */
export function isLogFile(text: string): boolean {
  const [line = ""] = text.split("\n", 1);
  try {
    return BeginRecord.safeParse(JSON.parse(line)).success;
  } catch {
    return false;
  }
}

/**
 * Verifies them; without keys no signature, and then only what the store names is proved. `kept`: what the store says was
 * sealed. The files are asked for one after the other, and none is kept.
 */
export function verifyFiles(
  files: Iterable<LogFile>,
  { keys, kept }: { keys?: VerifyingKeys | undefined; kept?: KeptSeals | undefined },
): VerifiedLog {
  const none = { files: 0, lines: 0 };
  const found = { erased: 0, accesses: 0, gaps: [], problems: [], notes: [] };
  const all: VerifiedLog = { ...none, proved: { ...none }, ...found };
  const read: FileRead[] = [];
  for (const file of files) read.push(verifyFile(file, keys, all));
  all.files = read.length;
  if (all.erased > 0)
    all.notes.push(
      `${all.erased} lines have no user any more: it was erased, or somebody took it out who can write to the files`,
    );
  const ofStore = (kept?.seals ?? []).map(
    ({ file, hash }): Naming => ({ by: `the store (day ${kept?.day})`, file, hash, behind: 0 }),
  );
  const namings = [...read.flatMap(({ names }) => names), ...ofStore];
  const ends = new Map(read.map((one) => [one.file, one]));
  const [oldest = ""] = [...ends.keys()].sort();
  for (const { by, file, hash, soFar } of namings) {
    const named = ends.get(file);
    if (named === undefined) {
      const isOlder = read.length === 1 || hourOf(file) < hourOf(oldest);
      (isOlder ? all.notes : all.problems).push(`${file} is named by ${by} and was not given`);
    } else if (hash !== undefined && !(soFar ? named.records.has(hash) : hash === named.end))
      all.problems.push(`${file} does not end as ${by} says: it was changed, cut off, or written anew`);
  }
  const isRoot = ({ state, isSigned }: FileRead) => (keys === undefined ? state === "sealed" : isSigned);
  const backed = provedLines(read, ofStore, isRoot);
  const newest = Math.max(...read.map((one) => one.newest));
  for (const one of read) {
    const { file, state, lines, loose } = one;
    if (state === "sealed") continue;
    const behind = loose === 0 ? "" : `; its last ${loose} lines are in no batch, and nothing proves them`;
    const isNamed = backed.get(one) === lines - loose;
    const isOver = newest - one.begun > OPEN_MILLISECONDS;
    if (state === "open" && !isOver && !isNamed)
      all.notes.push(
        `${file} is still being written, or its process was killed: nothing proves its lines yet${behind}`,
      );
    else if (isNamed) all.notes.push(`${file} ends without a seal, where its process was killed${behind}`);
    else
      all.problems.push(
        `${file} ends without a seal: its process was killed or its end was cut off, and nothing that is signed says which${behind}`,
      );
  }
  const proved = keys === undefined ? provedLines(read, ofStore, () => false) : backed;
  for (const one of read) {
    const lines = proved.get(one);
    all.proved.lines += lines ?? 0;
    if (lines === one.lines && one.loose === 0) all.proved.files++;
  }
  return all;
}

/** `access-20261127T13Z` of a file's name. */
const hourOf = (file: string): string => file.split("-").slice(0, 2).join("-");
