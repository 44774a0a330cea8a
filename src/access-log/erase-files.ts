/**
 * Takes users out of the files of a folder that have ended. Each file is replaced as a whole and every line stays where
 * it was, so who reads meanwhile, or is killed in the middle, has a file that verifies. Who finds that another process
 * replaced a file begins with it again. Where two do so in the same moment, one brings back what the other one erased: the
 * file is touched then, so it is looked at again as long as there is a mark.
 */
import { type Stats, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import type { AccessLine } from "../domain/access-log/lines.ts";
import { erasedText } from "../domain/access-log/pseudonym.ts";
import { type FoundMark, isErasedBy } from "./erasure-marks.ts";
import { filesIn, isMissing } from "./folder.ts";
import { replaceFile } from "./replace-file.ts";

/** Its writer may be asleep, and write a seal behind a file that another process took for its last. */
const UNSEALED_MILLISECONDS = 3_600_000;
const LINE_END = 0x0a;
const SPACE = 0x20;
const SEAL = '{"kind":"seal"';
/** Lines that are read before others have their turn. */
const LINES_AT_ONCE = 200;

/** `marks`: whose lines. `isOld`: of which hours all lines. */
type Wanted = { marks: readonly FoundMark[]; isOld: (hour: string) => boolean };

/** What could not be erased yet: of open files and those that may still be written, the oldest hour; and since when, by the file system's time, files are to be looked at again. */
type Left = { oldestHour: string | undefined; since: number };

/** Erases what is wanted. `touch` is called before each file and gives the file system's time. */
export async function eraseInFiles(
  folder: string,
  { marks, isOld }: Wanted,
  touch: () => Promise<number>,
): Promise<Left> {
  const left: Left = { oldestHour: undefined, since: await touch() };
  const leave = (hour: string) => {
    if (left.oldestHour === undefined || hour < left.oldestHour) left.oldestHour = hour;
  };
  for (const { file, hour, isOpen } of await filesIn(folder)) {
    if (isOpen) leave(hour);
    for (let isDone = isOpen || (marks.length === 0 && !isOld(hour)); !isDone; ) {
      const now = await touch();
      const result = await eraseInFile(folder, file, marks, isOld(hour), now);
      if (typeof result === "number") {
        leave(hour);
        left.since = Math.min(left.since, result);
      }
      isDone = result !== "again";
    }
  }
  return left;
}

/** A number, the time when it was touched, where it may still be written. */
async function eraseInFile(
  folder: string,
  file: string,
  marks: readonly FoundMark[],
  isOld: boolean,
  now: number,
): Promise<"done" | "again" | number> {
  const path = join(folder, file);
  const found = await readWhere(path, ({ ctimeMs }) => {
    const due = marks.filter(({ lookedAt = 0 }) => ctimeMs >= lookedAt);
    return isOld || due.length > 0;
  });
  if (found === undefined) return "done";
  const { bytes, stats } = found;
  const end = bytes.lastIndexOf(LINE_END) + 1;
  const last = bytes.lastIndexOf(LINE_END, end - 2) + 1;
  const isSealed = bytes.toString("utf8", last, last + SEAL.length) === SEAL;
  if (!isSealed && now - stats.ctimeMs < UNSEALED_MILLISECONDS) return stats.ctimeMs;
  const needles = isOld ? ['"user":'] : marks.map(({ user }) => `"user":${JSON.stringify(user)}`);
  const hasErased = await eraseLines(bytes, needles, (line) => isOld || isErasedBy(marks, line));
  // a line that was not written whole, of which nobody can say whose it is
  const torn = bytes.subarray(end);
  const isTorn = torn.some((byte) => byte !== SPACE);
  if (!hasErased && !isTorn) return "done";
  torn.fill(SPACE);
  const isSame = () => {
    const present = statSync(path, { throwIfNoEntry: false });
    return present?.ino === stats.ino && present.ctimeMs === stats.ctimeMs;
  };
  return (await replaceFile(folder, file, bytes, isSame)) ? "done" : "again";
}

/** A file's bytes, where it is there and is one of those. */
async function readWhere(path: string, is: (stats: Stats) => boolean) {
  const handle = await open(path, "r").catch((error) => void isMissing(error));
  if (handle === undefined) return undefined;
  try {
    const stats = await handle.stat();
    return is(stats) ? { stats, bytes: await handle.readFile() } : undefined;
  } finally {
    await handle.close();
  }
}

/** Erases lines in their place, and says whether there was one. Checks do not wait for it. */
async function eraseLines(
  bytes: Buffer,
  needles: readonly string[],
  isDue: (line: AccessLine) => boolean,
): Promise<boolean> {
  let hasErased = false;
  let count = 0;
  for (const needle of needles)
    for (let at = bytes.indexOf(needle); at !== -1; ) {
      const end = bytes.indexOf(LINE_END, at);
      if (end === -1) break;
      const start = bytes.lastIndexOf(LINE_END, at) + 1;
      const text = bytes.toString("utf8", start, end);
      const erased = erasedText(text);
      if (erased !== undefined && isDue(JSON.parse(text))) {
        bytes.write(erased, start);
        hasErased = true;
      }
      if (++count % LINES_AT_ONCE === 0) await turn();
      at = bytes.indexOf(needle, end);
    }
  return hasErased;
}
