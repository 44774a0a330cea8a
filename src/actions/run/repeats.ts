/**
 * Bounds what a repeated request costs (law 18). A reply that says how things are comes after an invalidation of its
 * scopes, because the writer of what it says may have died before its own (bad/repetition-replies-without-release in
 * test/protocol). One acknowledged invalidation after a head was read serves all who read the same head later: no
 * entry from before its Write is left, and none can be filled any more (good/repetition-releases-once). So there is one
 * for each head, and for the repetitions of one person at most one a second.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { LRUCache } from "lru-cache";
import type { CacheScope } from "../../domain/cache-scopes.ts";

/**
 * `at`: the moment from which every check answers from after the Write. A release that the cache did not acknowledge
 * puts it the bound ahead.
 */
export type Released = { at: Date; acknowledged: boolean };

/** The heads that were read, and the person who asks; services are not slowed down. */
export type Repetition = { heads: readonly string[]; by: string | undefined };

export type Repeats = {
  /** Releases the scopes; or answers `before`, where that was acknowledged after the same heads were read. */
  invalidate(
    repetition: Repetition,
    scopes: CacheScope[],
    release: (scopes: CacheScope[]) => Promise<Released>,
  ): Promise<Released | "before">;
};

const PAUSE_MILLISECONDS = 1000;
/** How many heads and pauses are remembered; what is forgotten costs one more invalidation. */
const KNOWN_MAX = 10_000;

export function createRepeats(pauseMilliseconds = PAUSE_MILLISECONDS): Repeats {
  /** Scopes and a head: they were invalidated after it was read. */
  const done = new LRUCache<string, true>({ max: KNOWN_MAX });
  /** The release that serves a person's next repetition on the same scopes, and when it is due. */
  const due = new LRUCache<string, { at: number; release?: Promise<Released> }>({ max: KNOWN_MAX });

  async function paced(key: string, release: () => Promise<Released>): Promise<Released> {
    const last = due.get(key);
    // one that still waits comes after this reading too
    if (last?.release !== undefined) return last.release;
    const wait = last === undefined ? 0 : last.at - performance.now();
    const releaseWhenDue = async () => {
      if (wait > 0) await sleep(wait);
      // from here on a reading may be newer than the release
      due.set(key, { at: performance.now() + pauseMilliseconds });
      return release();
    };
    const released = releaseWhenDue();
    if (wait > 0) due.set(key, { at: 0, release: released });
    return released;
  }

  return {
    async invalidate({ heads, by }, scopes, release) {
      if (scopes.length === 0) return release(scopes);
      const at = [...scopes].sort().join(" ");
      const reading = heads.map((head) => `${at} ${head}`);
      // where no head was read, nothing says that it is the same
      if (reading.length > 0 && reading.every((head) => done.has(head))) return "before";
      const released = by === undefined ? await release(scopes) : await paced(`${by} ${at}`, () => release(scopes));
      for (const head of released.acknowledged ? reading : []) done.set(head, true);
      return released;
    },
  };
}
