/**
 * The access log in files of one folder: NDJSON, a new file for each hour in which something was written and for each
 * 64 MiB, closed to other users. What was written is on the disk. A batch that could not be written whole leaves nothing.
 * A file is touched several times a second, so that whoever finds it unsealed knows up to when nothing is missing: its
 * ctime is when its writer lived last, its mtime when everything had been written.
 */
import { type FileHandle, mkdir, open, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { AccessLine, GapLine } from "../domain/access-log/lines.ts";
import { keptSince } from "../domain/access-log/retention.ts";
import type { FileEnd } from "../domain/access-log/seal.ts";
import { errorFacts } from "../domain/error-facts.ts";
import type { HistoryKeys } from "../domain/history-keys.ts";
import type { Clock } from "../ports.ts";
import { createAbandoned } from "./abandoned.ts";
import { batchOf, beginOf, type Chain, sealOf } from "./chain.ts";
import { fileName, hourText, isMissing, openName, removeBegunBefore, renameEnded, unnamedEnds } from "./folder.ts";
import type { LogSink } from "./sink.ts";

const FILE_BYTES_MAX = 64 * 1024 * 1024;
const ABANDONED_MILLISECONDS = 15_000;
const HOUR_MILLISECONDS = 3_600_000;

type Options = {
  /** Made private before. */
  folder: string;
  /** No other process has the same. */
  writer: string;
  store: string;
  keys?: HistoryKeys | undefined;
  clock: Clock;
  /** How long files are kept; undefined: for ever. */
  days?: number | undefined;
  warn?: (event: string, facts: object) => void;
  /** The size at which a file ends, and how long an untouched one has a writer, where these are not the usual. */
  fileBytesMax?: number;
  abandonedMilliseconds?: number;
  /** Between 0 and 1. */
  random?: () => number;
};

/** What is appended to: its size, and up to when everything was written. */
type Target = { handle: FileHandle; size: number; through: Date };
/** The file that is being written: the chain in it, and what would be missing without it. */
type Current = Target & { file: string; begunAt: Date; chain: Chain; counted: Counted };

/** What would be missing without some lines: the oldest instant, and how many accesses they count or say are missing, where that is known. */
type Counted = { from: string; lost: number | null };

function countedIn(lines: readonly string[], before: Counted): Counted {
  return lines.reduce(({ from, lost }, text) => {
    const line = JSON.parse(text) as AccessLine | GapLine;
    const [oldest, more] = line.kind === "access" ? [line.first, line.count] : [line.from, line.lost];
    const sum = lost === null || more === null ? null : lost + more;
    // as text, in which they sort
    return { from: [oldest, from].sort()[0] ?? from, lost: sum };
  }, before);
}

export function createFileSink(options: Options): LogSink {
  const { folder, writer, store, keys, clock, days, warn } = options;
  const { fileBytesMax = FILE_BYTES_MAX, abandonedMilliseconds = ABANDONED_MILLISECONDS } = options;
  const { random = Math.random } = options;
  const abandoned = createAbandoned({ folder, milliseconds: abandonedMilliseconds, random });
  let current: Current | undefined;
  let part = 0;
  /** The file before, which the next one names. */
  let end: FileEnd | undefined;
  /** What failed when a batch was on the disk already. */
  let trouble: unknown;
  /** What was missing when the next file could not begin. */
  const missing: GapLine[] = [];
  let deletedAt = Number.NEGATIVE_INFINITY;

  /** Appends all of it, or nothing: where even that cannot be had the file is given up, and found as abandoned. */
  async function append(to: Target, text: string): Promise<void> {
    const { handle, size, through } = to;
    const bytes = Buffer.from(text);
    try {
      await handle.appendFile(bytes);
      await handle.datasync();
      to.size = size + bytes.length;
    } catch (error) {
      await handle.truncate(size).catch(() => giveUp(to));
      // its writer lives
      await handle.utimes(through, through).catch(() => {});
      throw error;
    }
  }

  async function giveUp(to: Target): Promise<void> {
    if (to !== current) return;
    current = undefined;
    // nobody knows how it ends
    end = undefined;
    await to.handle.close().catch(() => {});
  }

  async function begin(): Promise<Current> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const begunAt = clock();
    const follows = end === undefined ? await unnamedEnds(folder) : [end];
    const file = fileName(begunAt, writer, part + 1);
    const path = join(folder, openName(file));
    const handle = await open(path, "ax", 0o600);
    try {
      const { text, chain } = beginOf({ writer, file, part: part + 1, store, follows }, begunAt);
      const counted = { from: begunAt.toISOString(), lost: 0 };
      const begun: Current = { handle, size: 0, through: begunAt, file, begunAt, chain, counted };
      await append(begun, text);
      part++;
      current = begun;
      return begun;
    } catch (error) {
      await handle.close();
      await rm(path, { force: true });
      throw error;
    }
  }

  async function seal(ending: Current): Promise<void> {
    const { text, chain } = sealOf(ending.chain, ending.file, clock(), keys);
    await append(ending, text);
    current = undefined;
    end = { file: ending.file, hash: chain.previous };
    await ending.handle.close();
    // somebody else took it for abandoned, or deleted it
    await renameEnded(folder, ending.file);
  }

  /** Takes away a file without lines: the next one begins as it did. */
  async function discard({ handle, file }: Current): Promise<void> {
    current = undefined;
    part--;
    await handle.close();
    await rm(join(folder, openName(file)), { force: true });
  }

  /**
   * What is missing where the file was deleted. Where another process took it for abandoned, because this one
   * slept, it is sealed: nobody would find it any more. In both cases the next one begins.
   */
  async function lookForOwn(): Promise<void> {
    if (current === undefined) return;
    const { file, counted, chain, handle } = current;
    if ((await handle.stat()).nlink > 0) {
      const isTaken = await stat(join(folder, openName(file))).then(() => false, isMissing);
      return isTaken ? seal(current) : undefined;
    }
    current = undefined;
    end = { file, hash: chain.previous };
    await handle.close();
    missing.push({ kind: "gap", reason: "removed", ...counted, to: clock().toISOString(), file });
  }

  /** Once an hour. The log is written all the same where it fails. */
  async function deleteOld(now: Date): Promise<void> {
    if (days === undefined || Math.abs(now.getTime() - deletedAt) < HOUR_MILLISECONDS) return;
    deletedAt = now.getTime();
    // one that was begun an hour before has nothing younger: it ends with its hour
    const before = new Date(keptSince(now, days).getTime() - HOUR_MILLISECONDS);
    await removeBegunBefore(folder, before).catch((error) => warn?.("access_log_not_deleted", errorFacts(error)));
  }

  return {
    pauseMaxMilliseconds: 1000,

    async write(batch) {
      const to = current ?? (await begin());
      const { text, chain } = batchOf(to.chain, batch);
      await append(to, text);
      to.chain = chain;
      to.counted = countedIn(batch.lines, to.counted);
      to.through = batch.through;
      // it is written: what fails now is no reason to write it again
      try {
        await to.handle.utimes(batch.through, batch.through);
        await abandoned.written();
      } catch (error) {
        trouble = error;
      }
    },

    async tend(through) {
      if (trouble !== undefined) {
        const error = trouble;
        trouble = undefined;
        throw error;
      }
      const now = clock();
      await lookForOwn();
      const isOver =
        current !== undefined && (hourText(now) !== hourText(current.begunAt) || current.size >= fileBytesMax);
      if (isOver && current !== undefined) await (current.chain.lines > 0 ? seal(current) : discard(current));
      const to = current ?? (await begin());
      to.through = through;
      await to.handle.utimes(through, through);
      await deleteOld(now);
      return [...(await abandoned.look(to, now)), ...missing.splice(0)];
    },

    async close() {
      if (current !== undefined) await (current.chain.lines > 0 ? seal(current) : discard(current));
    },
  };
}
