/**
 * A folder that only the process's own user can enter. Everything the product keeps on
 * disk lies in one: the engine's data, keys, mails. However the folder came to be, it is
 * 0700 and the files directly in it 0600 when this returns, or it is refused.
 */
import { chmodSync, lstatSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join, relative, resolve, sep } from "node:path";
import { FolderNotPrivate } from "./faults.ts";

const OTHERS = 0o077;
const STICKY = 0o1000;

/**
 * Makes the folder where it is missing, closes it and what lies directly in it to others, and checks that this worked.
 * Throws FolderNotPrivate; then nothing was changed, or nothing that the folder's user loses by it.
 */
export function makePrivate(folder: string): void {
  const path = resolve(folder);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const { mode } = statSync(path);
  if ((mode & OTHERS) !== 0 && isSharedPlace(path, mode))
    throw new FolderNotPrivate(
      `The folder ${path} is used for other things too and is open to others. Set CONCORDAT_FOLDER to a folder of its own.`,
    );
  close(path, path);
  for (const name of readdirSync(path)) {
    const entry = join(path, name);
    const stat = lstatSync(entry, { throwIfNoEntry: false });
    // a link's own mode says nothing; what it leads to is not in the folder
    if (stat?.isFile() || stat?.isDirectory()) close(entry, path);
  }
}

/** A folder that others need: the system's, like /tmp, and parents of the home or working folder. */
function isSharedPlace(path: string, mode: number): boolean {
  const contains = (inner: string) => {
    const rest = relative(path, inner);
    return rest === "" || (rest !== ".." && !rest.startsWith(`..${sep}`));
  };
  return (mode & STICKY) !== 0 || contains(homedir()) || contains(process.cwd());
}

function close(path: string, folder: string): void {
  const isOpen = () => ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & OTHERS) !== 0;
  if (!isOpen()) return;
  let reason = "the file system keeps no modes";
  try {
    chmodSync(path, statSync(path).mode & 0o700);
  } catch (error) {
    // a file of the engine's may go at any time
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    reason = (error as Error).message;
  }
  if (isOpen())
    throw new FolderNotPrivate(
      `${path} can be read by other users and cannot be closed to them (${reason}). ` +
        `Give it to the user that runs this, or set CONCORDAT_FOLDER to a new folder, such as ${join(folder, "concordat")}.`,
    );
}
