/**
 * Bounds what a repetition costs (law 18). Whoever is told that something stands already
 * is told behind an end of its scopes, because its writer may have died before its own
 * (bad/repetition-replies-without-end in test/protocol). One acknowledged end after the
 * reading of a head is enough for all who read it later: entries from before its Write are
 * gone, and none can be filled from before any more (good/repetition-ends-once). So it is
 * done once for each head, and for one person's repetitions at most once a second.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { CacheScope } from "../../domain/cache-scopes.ts";

/**
 * `at`: the moment from which every check answers from after the Write. A release that the cache did not acknowledge
 * puts it a TTL ahead.
 */
export type Released = { at: Date; acknowledged: boolean };

/** What was read, and which person is to be told; services are not slowed down. */
export type Repetition = { heads: readonly string[]; by: string | undefined };

export type Repeats = {
  /** Ends the scopes, or answers `before`: an end after the same reading was acknowledged. */
  invalidate(
    told: Repetition,
    scopes: CacheScope[],
    end: (scopes: CacheScope[]) => Promise<Released>,
  ): Promise<Released | "before">;
};

const PAUSE_MILLISECONDS = 1000;
/** Readings and pauses that are remembered; what is forgotten is ended once more. */
const KNOWN_MAX = 10_000;

export function createRepeats(pauseMilliseconds = PAUSE_MILLISECONDS): Repeats {
  /** Scopes and a head: they were ended after it was read. */
  const done = new Set<string>();
  /** The end that a person's next repetition on the same scopes comes with, and when it is due. */
  const due = new Map<string, { at: number; end: Promise<Released> | undefined }>();

  async function paced(key: string, end: () => Promise<Released>): Promise<Released> {
    const last = due.get(key);
    // one that waits has not ended yet: its end is behind this reading too
    if (last?.end !== undefined) return last.end;
    const wait = last === undefined ? 0 : last.at - performance.now();
    const begin = async () => {
      if (wait > 0) await sleep(wait);
      // from here on a reading may be newer than the end
      forget(due);
      due.delete(key);
      due.set(key, { at: performance.now() + pauseMilliseconds, end: undefined });
      return end();
    };
    const ended = begin();
    if (wait > 0) due.set(key, { at: 0, end: ended });
    return ended;
  }

  return {
    async invalidate({ heads, by }, scopes, end) {
      if (scopes.length === 0) return end(scopes);
      const at = [...scopes].sort().join(" ");
      const reading = heads.map((head) => `${at} ${head}`);
      // where no head was read, nothing says that it is the same
      if (reading.length > 0 && reading.every((head) => done.has(head))) return "before";
      const ended = by === undefined ? await end(scopes) : await paced(`${by} ${at}`, () => end(scopes));
      for (const head of ended.acknowledged ? reading : []) {
        forget(done);
        done.add(head);
      }
      return ended;
    },
  };
}

/** Makes room: the oldest goes. */
function forget(known: Set<string> | Map<string, unknown>): void {
  const [oldest] = known.keys();
  if (known.size >= KNOWN_MAX && oldest !== undefined) known.delete(oldest);
}
