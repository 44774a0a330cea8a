/**
 * One writer's files of an hour, read backwards: block by block from the end, so that what is newest costs what is read
 * of it. Lines are given whole or not at all; what was begun and not ended is none. A file that was deleted is passed over,
 * one that got its name meanwhile is found under it.
 */
import type { FileHandle } from "node:fs/promises";
import type { AccessLine, GapLine } from "../domain/access-log/lines.ts";
import { nameInHour, openToRead } from "./folder.ts";
import type { LineTest } from "./line-test.ts";

const BLOCK_BYTES = 64 * 1024;
/** A longer line is none of ours, and is passed over. */
const LINE_BYTES_MAX = 1024 * 1024;
const NEWLINE = 10;
const TIME = /"(?:last|to|through|at)":"([^"]{20,30})"/;

/** What is not read yet: all before byte `end` of file `part`, and the files before it. */
export type Place = { writer: string; part: number; end: number };

type Found = { line: AccessLine | GapLine; end: number };

export type ReadBack = {
  writer: string;
  /** The newest line that was found and not taken. */
  newest(): AccessLine | GapLine | undefined;
  take(): void;
  /** Where what was not taken begins; undefined where nothing is left. */
  place(): Place | undefined;
  /** How old what was read is, about: by the oldest line of the last block. Undefined before the first. */
  reached(): Date | undefined;
  /** Reads one block more. Gives how many bytes. */
  look(): Promise<number>;
};

/** `parts`: the numbers of the files, the newest first. `from`: where to begin, if it is not the end of the newest. Throws what the file system throws. */
export function readBack(
  { folder, hour, test }: { folder: string; hour: string; test: LineTest },
  writer: string,
  parts: readonly number[],
  from?: Place,
): ReadBack {
  const before = parts.filter((one) => from === undefined || one < from.part);
  const take = () => before.shift();
  let part = from?.part ?? take();
  let at = from?.end ?? Number.MAX_SAFE_INTEGER;
  let found: Found[] = [];
  let oldest: string | undefined;

  /** Whole lines from byte `start` on. */
  function keep(lines: Buffer, start: number): void {
    const firstEnd = lines.indexOf(NEWLINE);
    oldest = TIME.exec(lines.toString("utf8", 0, firstEnd))?.[1] ?? oldest;
    if (!test.mayBeIn(lines)) return;
    for (let begin = 0; begin < lines.length; ) {
      const end = lines.indexOf(NEWLINE, begin) + 1;
      const line = test.find(lines.toString("utf8", begin, end - 1));
      if (line !== undefined) found.push({ line, end: start + end });
      begin = end;
    }
  }

  /** Reads back until there is a whole line, or nothing before. Gives how many bytes. */
  async function readBlock(handle: FileHandle): Promise<number> {
    at = Math.min(at, (await handle.stat()).size);
    let read = 0;
    for (let bytes = BLOCK_BYTES; at > 0; ) {
      const start = Math.max(0, at - bytes);
      const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(at - start), 0, at - start, start);
      read += bytesRead;
      const block = buffer.subarray(0, bytesRead);
      // behind the last line end is a line that was not written whole
      const to = block.lastIndexOf(NEWLINE) + 1;
      const first = start === 0 ? 0 : block.indexOf(NEWLINE) + 1;
      if (first < to) {
        at = start + first;
        keep(block.subarray(first, to), at);
        return read;
      }
      if (to > 0 && to === block.length && bytes < LINE_BYTES_MAX) bytes *= 4;
      else at = to > 0 && to < block.length ? start + to : start;
      if (read >= LINE_BYTES_MAX) break;
    }
    return read;
  }

  return {
    writer,
    newest: () => found.at(-1)?.line,
    take: () => void found.pop(),
    place() {
      const held = found.at(-1);
      if (part === undefined || (held === undefined && at === 0 && before.length === 0)) return undefined;
      return { writer, part, end: held?.end ?? at };
    },
    reached: () => (oldest === undefined ? undefined : new Date(oldest)),
    async look() {
      found = [];
      if (at === 0) {
        part = take();
        at = Number.MAX_SAFE_INTEGER;
      }
      if (part === undefined) return 0;
      const handle = await openToRead(folder, nameInHour(hour, writer, part));
      try {
        if (handle !== undefined) return await readBlock(handle);
        at = 0;
        return 0;
      } finally {
        await handle?.close();
      }
    },
  };
}
