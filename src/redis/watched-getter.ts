/**
 * Look-ups by turn of the event loop, each turn's with the watch mark in the same MGET, so that mark, entries and tokens
 * are of one instant. Without a mark also Redis's own time from after it, by which the age of an entry is judged: no
 * clock of this process is asked, which may have been asleep.
 */
import { decodeMark, type WatchMark } from "./cache-keys.ts";
import type { RedisConnection } from "./connection.ts";
import { isTime, isValues } from "./reply-shapes.ts";
import { createTurnBatch } from "./turn.ts";

type Values = (string | null)[];
/** Redis's TIME: seconds, and microseconds of the second. */
type Time = (number | string)[];
type Found = { values: Values; mark: WatchMark | undefined; time: number | undefined };
type Waiting = { keys: string[]; resolve: (found: Found | undefined) => void };

type Connection = Pick<RedisConnection, "redis" | "within" | "connections">;

/**
 * Reads keys with at most one MGET a turn; each caller gets the values of its own keys, undefined when there was no answer.
 * The mark of a follower with a larger bound counts as missing.
 */
export function createWatchedGetter(markKey: string, bound: number, { redis, within, connections }: Connection) {
  /** Whether the last turn found a mark: then the time is not asked for beforehand. */
  let isWatched = true;

  function markIn(text: string | null | undefined): WatchMark | undefined {
    const mark = text ? decodeMark(text) : undefined;
    return mark !== undefined && mark.bound <= bound ? mark : undefined;
  }

  async function read(keys: string[]): Promise<{ values: Values; time?: Time | undefined } | undefined> {
    const areValues = isValues(keys.length);
    if (!isWatched) {
      // in this order: the time is from after the values
      const both = Promise.all([redis.mget(keys), redis.time()]);
      const found = await within("lookup", both, ([values, time]) => areValues(values) && isTime(time));
      return found && { values: found[0], time: found[1] };
    }
    const connection = connections();
    const values = await within("lookup", redis.mget(keys), areValues);
    if (values === undefined || markIn(values[0]) !== undefined) return values && { values };
    const time = await within("time", redis.time(), isTime);
    // another server's clock says nothing of these entries
    return connection === connections() ? { values, time } : { values };
  }

  const ask = createTurnBatch(async (asked: Waiting[]) => {
    const answer = await read([markKey, ...asked.flatMap(({ keys }) => keys)]);
    const mark = markIn(answer?.values[0]);
    if (answer !== undefined) isWatched = mark !== undefined;
    const time = answer?.time && millisecondsOf(answer.time);
    let start = 1;
    for (const { keys, resolve } of asked) {
      resolve(answer && { values: answer.values.slice(start, start + keys.length), mark, time });
      start += keys.length;
    }
  });

  return (keys: string[]): Promise<Found | undefined> => new Promise((resolve) => ask({ keys, resolve }));
}

const millisecondsOf = ([seconds, microseconds]: Time): number => Number(seconds) * 1000 + Number(microseconds) / 1000;
