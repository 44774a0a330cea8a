/**
 * Has one process at a time do something in a folder, so that not each of them does it. It is thrift and no protection:
 * a lock that nobody touched for so long is taken from its holder, who may only have slept.
 */
import { open, rm, stat } from "node:fs/promises";
import { isMissing } from "./folder.ts";

/** Does it, unless another process does: then it gives false. `touch` keeps the lock and gives the file system's time. */
export type FolderLock = (act: (touch: () => Promise<number>) => Promise<void>) => Promise<boolean>;

/** `path`: of a file that is there while it is done. */
export function createFolderLock(path: string, staleMilliseconds: number): FolderLock {
  /** Another one's lock as it was seen first. No two clocks are compared. */
  let seen: { ctimeMs: number; since: number } | undefined;

  async function lookAtOther(): Promise<void> {
    const ctimeMs = (await stat(path).catch((error) => void isMissing(error)))?.ctimeMs;
    if (ctimeMs === undefined) return;
    if (seen?.ctimeMs !== ctimeMs) seen = { ctimeMs, since: performance.now() };
    else if (performance.now() - seen.since >= staleMilliseconds) await rm(path, { force: true });
  }

  return async (act) => {
    const handle = await open(path, "wx", 0o600).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
    if (handle === undefined) {
      await lookAtOther();
      return false;
    }
    try {
      await act(async () => {
        await handle.utimes(0, 0);
        return (await handle.stat()).ctimeMs;
      });
    } finally {
      await handle.close();
      await rm(path, { force: true });
    }
    return true;
  };
}
