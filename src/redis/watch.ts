/**
 * Who follows the changes, how far they are read, and the mark that lets older entries count. All of it is of one epoch
 * and one connection: between two connections another server may have acknowledged what this one never saw
 * (bad/poll-on-two-servers in test/protocol/watch).
 */
import type { CacheEntry, DecisionCache } from "../ports.ts";
import { decodeProgress, encodeMark, followerKey, markKey, type WatchMark } from "./cache-keys.ts";
import type { RedisConnection } from "./connection.ts";
import { isLead } from "./reply-shapes.ts";

/** How long a replica follows the changes after it last said so, and how long what it says is kept: as long as any distrust. */
const CLAIM_MILLISECONDS = 10_000;
const PROGRESS_MILLISECONDS = 3_600_000;

export type ChangeWatch = Pick<DecisionCache, "lead" | "watched"> & {
  /** Whether a mark says of an entry that all changes since it was filled are read. */
  isWatched(mark: WatchMark | undefined, epoch: string, entry: CacheEntry): boolean;
  /** All that the others do in Redis, on keys that are nobody's. */
  probe(epoch: string): Promise<unknown>;
};

export function createWatch(storeId: string, unwatchedMilliseconds: number, connection: RedisConnection): ChangeWatch {
  const { redis, within, connections } = connection;
  const [follower, mark] = [followerKey(storeId), markKey(storeId)];

  return {
    async lead(replica, progress, before = "") {
      const connected = connections();
      const [text, of] =
        progress?.at.connection === connected ? [JSON.stringify(progress), progress.at.epoch] : ["", ""];
      const asked = redis.leadChanges(follower, replica, CLAIM_MILLISECONDS, PROGRESS_MILLISECONDS, text, of, before);
      const answer = await within("lead", asked, isLead);
      if (answer === undefined) return undefined;
      const [leads, kept, now, epoch] = answer;
      const at = { epoch, connection: connected, now };
      const read = kept === null ? undefined : decodeProgress(kept);
      return { leads: leads === 1, progress: read, text: kept ?? "", at };
    },

    async watched({ epoch, connection: connected, now }, since) {
      if (connected !== connections()) return;
      const endsAt = Math.floor(now + unwatchedMilliseconds / 2);
      const value = encodeMark({ epoch, since: Math.ceil(since), bound: unwatchedMilliseconds });
      await within("watched", redis.markWatched(mark, epoch, endsAt, value));
    },

    isWatched: (found, epoch, { filledAt }) => found?.epoch === epoch && filledAt >= found.since,

    probe: (epoch) =>
      Promise.all([
        redis.leadChanges(`${follower}:probe`, "probe", CLAIM_MILLISECONDS, CLAIM_MILLISECONDS, "", epoch, ""),
        redis.markWatched(`${mark}:probe`, epoch, Date.now() + CLAIM_MILLISECONDS, ""),
      ]),
  };
}
