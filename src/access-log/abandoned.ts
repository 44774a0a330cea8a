/**
 * Files of writers that were killed: each is found once, its gap is written, and then it gets the name of a file that has
 * ended. In this order, so that who is killed in between leaves it to be found again.
 */
import type { FileHandle } from "node:fs/promises";
import type { GapLine } from "../domain/access-log/lines.ts";
import { abandonedIn, renameEnded } from "./folder.ts";

const LOOK_EVERY_MILLISECONDS = 10_000;

export type Abandoned = {
  /** The gaps of files that were not found before, every ten seconds. They are to be in the next batch. */
  look(own: { handle: FileHandle; file: string }, now: Date): Promise<GapLine[]>;
  /** The batch with them is on the disk. */
  written(): Promise<void>;
};

/** `milliseconds`: how long an untouched file has a writer. `random`: between 0 and 1. */
export function createAbandoned(options: { folder: string; milliseconds: number; random: () => number }): Abandoned {
  const { folder, milliseconds, random } = options;
  const reported: string[] = [];
  /** Those whose gap is written, and that have not got their name. */
  const said = new Set<string>();
  let lookedAt: number | undefined;

  return {
    async look(own, now) {
      // several that start at once do not look at once: one of them says it
      lookedAt ??= now.getTime() - LOOK_EVERY_MILLISECONDS * random();
      if (Math.abs(now.getTime() - lookedAt) < LOOK_EVERY_MILLISECONDS) return [];
      lookedAt = now.getTime();
      const present = (await own.handle.stat()).ctimeMs;
      const gaps: GapLine[] = [];
      for (const { file, hash, isSealed, through } of await abandonedIn(folder, own.file, present - milliseconds)) {
        // of one that was sealed, or whose gap is written, only the name is wrong
        if (isSealed || said.has(file)) {
          await renameEnded(folder, file);
          continue;
        }
        reported.push(file);
        const [from, to] = [through.toISOString(), now.toISOString()];
        gaps.push({ kind: "gap", reason: "killed", from, to, lost: null, file, ...(hash && { hash }) });
      }
      return gaps;
    },

    async written() {
      for (const file of reported.splice(0)) said.add(file);
      for (const file of said) {
        await renameEnded(folder, file);
        said.delete(file);
      }
    },
  };
}
