/**
 * Who is being erased from the files of a folder: a mark for each person, which is on the disk before the person is
 * erased elsewhere, so that no crash forgets it. It has the person's id, so it is deleted when it is done.
 */
import { hash } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { AccessLine } from "../domain/access-log/lines.ts";
import { isMissing } from "./folder.ts";
import { replaceFile } from "./replace-file.ts";

/** `asked`: nobody knows yet whether the person is erased. `erase`: they are. */
type Kind = "asked" | "erase";

/**
 * `at`: of accesses until then. `lookedAt`: every file that was not touched since then, by the file system's time, was
 * looked through.
 */
const Mark = z.strictObject({ user: z.string(), at: z.iso.datetime(), lookedAt: z.number().optional() });
type Mark = z.infer<typeof Mark>;

/** A mark in its file: as it was read, to see whether it is another one now. */
export type FoundMark = Mark & { name: string; text: string };

const nameOf = (kind: Kind, user: string): string => `.access-${kind}-${hash("sha256", user)}`;

/** Keeps a mark; one of the same person is replaced. */
export const keepMark = (folder: string, kind: Kind, mark: Mark): Promise<boolean> =>
  replaceFile(folder, nameOf(kind, mark.user), JSON.stringify(mark));

/** Replaces or, without a new one, deletes a mark, unless it is another one meanwhile. */
export async function changeMark(folder: string, { name, text }: FoundMark, mark?: Mark): Promise<void> {
  const path = join(folder, name);
  const isSame = () => existsSync(path) && readFileSync(path, "utf8") === text;
  if (mark !== undefined) await replaceFile(folder, name, JSON.stringify(mark), isSame);
  else if (isSame()) rmSync(path, { force: true });
}

/** The marks of a folder. Throws where one cannot be read. */
export async function marksIn(folder: string, kind: Kind): Promise<FoundMark[]> {
  const marks: FoundMark[] = [];
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`.access-${kind}-`)) continue;
    const text = await textOf(folder, name);
    if (text !== undefined) marks.push({ ...Mark.parse(JSON.parse(text)), name, text });
  }
  return marks;
}

const textOf = (folder: string, name: string): Promise<string | undefined> =>
  readFile(join(folder, name), "utf8").catch((error) => void isMissing(error));

/** Whether the user of a line is being erased: then nobody is shown who it was. */
export const isErasedBy = (
  marks: readonly Pick<Mark, "user" | "at">[],
  line: Pick<AccessLine, "user" | "first">,
): boolean => marks.some(({ user, at }) => user === line.user && Date.parse(line.first) <= Date.parse(at));
