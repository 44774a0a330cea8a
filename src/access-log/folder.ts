/**
 * The files of the access log in one folder, which several processes write to, each its own. `….ndjson.open` is being
 * written; without `.open` it has ended. A writer's name is a ULID, and its files are numbered: they sort by name.
 */
import { type FileHandle, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { BeginRecord, ControlRecord, type FileEnd, hashOfLines } from "../domain/access-log/seal.ts";

const OPEN = ".open";
/** Where the hour is in a name. */
const HOUR_AT = "access-".length;
const HOUR_LENGTH = "20261127T13".length;
const FILE = /^access-(\d{8}T\d{2})Z-([0-9A-Z]{26})-(\d{6})\.ndjson(\.open)?$/;

/** Of so many writers, the newest, the ends are looked for. */
const WRITERS_MAX = 1000;
/** Of a file's end: what a seal takes, and more than a batch and its record do. */
const SEAL_BYTES = 64 * 1024;
const END_BYTES = 4 * 1024 * 1024;
/** Of its beginning: what most first lines take, and what one that names many ends does. */
const SHORT_BYTES = 4096;
const BEGIN_BYTES = 256 * 1024;

/** `20261127T13`: the hour that a file is of. */
export const hourText = (at: Date): string => at.toISOString().slice(0, 13).replaceAll("-", "");

/** The name of a file of that hour once it has ended. */
export const nameInHour = (hour: string, writer: string, part: number): string =>
  `access-${hour}Z-${writer}-${String(part).padStart(6, "0")}.ndjson`;

/** The name of a file that begins then, once it has ended. */
export const fileName = (at: Date, writer: string, part: number): string => nameInHour(hourText(at), writer, part);

export const openName = (file: string): string => `${file}${OPEN}`;

type Named = { file: string; hour: string; writer: string; part: number; isOpen: boolean };

/** The files of a folder, by their writers, each in its order. */
export async function filesIn(folder: string): Promise<Named[]> {
  const found = (await readdir(folder)).flatMap((name): Named[] => {
    const [, hour, writer, part, suffix] = FILE.exec(name) ?? [];
    if (hour === undefined || writer === undefined) return [];
    const isOpen = suffix !== undefined;
    return [{ file: isOpen ? name.slice(0, -OPEN.length) : name, hour, writer, part: Number(part), isOpen }];
  });
  // not by the hour in the name: a clock may be set back
  return found.sort((a, b) => (a.writer === b.writer ? a.part - b.part : a.writer < b.writer ? -1 : 1));
}

/** The names in a folder; none where it is missing. A file that gets its name meanwhile is among them under one of its names at least. */
export async function namesIn(folder: string): Promise<string[]> {
  const list = () =>
    readdir(folder).catch((error): string[] => {
      isMissing(error);
      return [];
    });
  // a long folder is read in parts: one reading may miss a file that is renamed, and two do not miss the same
  return [...(await list()), ...(await list())];
}

/** The newest hour that files of these names are of, and before `below` where it is given; undefined where there is none. */
export function newestHour(names: readonly string[], below?: string): string | undefined {
  let newest: string | undefined;
  for (const name of names) {
    const hour = name.slice(HOUR_AT, HOUR_AT + HOUR_LENGTH);
    const isNewer = (newest === undefined || hour > newest) && (below === undefined || hour < below);
    if (isNewer && FILE.test(name)) newest = hour;
  }
  return newest;
}

/** The writers of the files of an hour, each with the numbers of its files, the newest first. */
export function writersIn(names: readonly string[], hour: string): Map<string, number[]> {
  const found = new Map<string, Set<number>>();
  for (const name of names) {
    if (!name.startsWith(hour, HOUR_AT)) continue;
    const [, , writer, part] = FILE.exec(name) ?? [];
    if (writer !== undefined) found.set(writer, (found.get(writer) ?? new Set()).add(Number(part)));
  }
  return new Map([...found].map(([writer, parts]) => [writer, [...parts].sort((a, b) => b - a)]));
}

/** Opens a file under the name that it has now; undefined where it was deleted. */
export async function openToRead(folder: string, file: string): Promise<FileHandle | undefined> {
  // once more: it may have ended between the two
  for (const name of [file, openName(file), file]) {
    const handle = await open(join(folder, name), "r").catch((error) => void isMissing(error));
    if (handle !== undefined) return handle;
  }
  return undefined;
}

/** The lines of the beginning or the end of a file; the first or last may be a part of one. */
async function linesOf(path: string, bytes: number, isEnd: boolean): Promise<string[]> {
  const handle = await open(path, "r");
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, bytes);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, isEnd ? size - length : 0);
    return buffer.toString("utf8", 0, bytesRead).split("\n");
  } finally {
    await handle.close();
  }
}

function read<T>(parse: (json: unknown) => T | undefined, line: string): T | undefined {
  try {
    return parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

async function firstLine(path: string): Promise<string> {
  const [line = "", ...more] = await linesOf(path, SHORT_BYTES, false);
  return more.length > 0 ? line : ((await linesOf(path, BEGIN_BYTES, false))[0] ?? "");
}

/** The last control record of a file, whole or torn, and whether it is a seal. */
async function lastRecord(path: string): Promise<{ hash: string; isSeal: boolean } | undefined> {
  for (const bytes of [SEAL_BYTES, END_BYTES]) {
    const lines = await linesOf(path, bytes, true);
    for (const line of lines.reverse()) {
      const record = read((json) => ControlRecord.safeParse(json).data, line);
      if (record !== undefined) return { hash: hashOfLines([line]), isSeal: record.kind === "seal" };
    }
  }
  return undefined;
}

/** The newest sealed file of each of the writers who wrote last, the newest file last. */
export async function newestSeals(folder: string, writersMax = WRITERS_MAX): Promise<FileEnd[]> {
  const ended = (await filesIn(folder)).filter(({ isOpen }) => !isOpen);
  const last = [...new Map(ended.map((one) => [one.writer, one])).values()];
  const ends: FileEnd[] = [];
  for (const { file } of last.sort((a, b) => (a.file > b.file ? -1 : 1))) {
    if (ends.length === writersMax) break;
    const record = await lastRecord(join(folder, file)).catch(() => undefined);
    if (record?.isSeal) ends.push({ file, hash: record.hash });
  }
  return ends.reverse();
}

/** The ends of files that no later file names: what the first file of a process begins with. */
export async function unnamedEnds(folder: string): Promise<FileEnd[]> {
  const firsts = (await filesIn(folder)).filter(({ part }) => part === 1).slice(-WRITERS_MAX);
  const named = new Set<string>();
  for (const { file, isOpen } of firsts) {
    const path = join(folder, isOpen ? openName(file) : file);
    const line = await firstLine(path).catch(() => "");
    const begin = read((json) => BeginRecord.safeParse(json).data, line);
    for (const one of begin?.follows ?? []) named.add(one.file);
  }
  return (await newestSeals(folder)).filter(({ file }) => !named.has(file));
}

/** Deletes the files that have ended and were begun in an hour before that of the instant. */
export async function removeBegunBefore(folder: string, at: Date): Promise<void> {
  for (const { file, hour, isOpen } of await filesIn(folder))
    if (!isOpen && hour < hourText(at)) await rm(join(folder, file), { force: true });
}

/** A file that nobody writes any more and that has not its name. `through`: everything before was written. */
export type LeftFile = { file: string; hash: string | undefined; isSealed: boolean; through: Date };

/**
 * Those in a folder, but for one's own, that were not touched since: by ctime, which is the file system's own time and
 * which nobody changes by reading.
 */
export async function abandonedIn(folder: string, own: string, since: number): Promise<LeftFile[]> {
  const found: LeftFile[] = [];
  for (const { file, isOpen } of await filesIn(folder)) {
    if (!isOpen || file === own) continue;
    const path = join(folder, openName(file));
    const times = await stat(path).catch(() => undefined);
    // it was ended in between, or is being written
    if (times === undefined || times.ctimeMs > since) continue;
    const record = await lastRecord(path).catch(() => undefined);
    found.push({ file, hash: record?.hash, isSealed: record?.isSeal === true, through: times.mtime });
  }
  return found;
}

/** Gives a file the name of one that has ended. Nothing happens where it has it, or was deleted. */
export const renameEnded = async (folder: string, file: string): Promise<void> =>
  void (await rename(join(folder, openName(file)), join(folder, file)).catch(isMissing));

/** Throws an error that says anything else. */
export function isMissing(error: NodeJS.ErrnoException): true {
  if (error.code !== "ENOENT") throw error;
  return true;
}
