/**
 * Files of a folder that are replaced as a whole: whoever opens one finds all of the new bytes or all of the old ones,
 * also after the machine stopped. What a process leaves that is killed meanwhile is found by its name and deleted.
 */
import { renameSync } from "node:fs";
import { open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { ulid } from "ulid";
import { isMissing } from "./folder.ts";

/** What the names of files begin with that are not whole yet. */
export const TEMPORARY = ".access-new-";

/**
 * Writes the file. `isSame` is asked last: where it is not, nothing is replaced, and false is given. Between its answer
 * and the replacing nothing else of this process happens, and of another one only what it does in the same moment.
 */
export async function replaceFile(
  folder: string,
  name: string,
  bytes: string | Uint8Array,
  isSame: () => boolean = () => true,
): Promise<boolean> {
  const temporary = join(folder, TEMPORARY + ulid());
  try {
    const handle = await open(temporary, "wx", 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (!isSame()) return false;
    renameSync(temporary, join(folder, name));
  } finally {
    await rm(temporary, { force: true });
  }
  await syncFolder(folder);
  return true;
}

/** Has the names in the folder on the disk. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Deletes what was left, and not touched since then, by the file system's time. */
export async function deleteTemporary(folder: string, since: number): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(TEMPORARY)) continue;
    const path = join(folder, name);
    const found = await stat(path).catch((error) => void isMissing(error));
    if (found !== undefined && found.ctimeMs <= since) await rm(path, { force: true });
  }
}
