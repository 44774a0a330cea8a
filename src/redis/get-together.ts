/**
 * One MGET for all that is asked in the same turn of the event loop. It is one instant
 * for each of those who ask, it begins after each of them began, and under load it
 * costs a fraction of a command each.
 */
import { createTurnBatch } from "./once-a-turn.ts";

type Values = (string | null)[];
type Waiting = { keys: string[]; resolve: (values: Values | "away") => void };

/** `mget` is asked for at most one list of keys at once a turn; each caller gets the values of their own keys. */
export function createGetter(mget: (keys: string[]) => Promise<Values | "away">) {
  const ask = createTurnBatch(async (asked: Waiting[]) => {
    const values = await mget(asked.flatMap(({ keys }) => keys));
    let start = 0;
    for (const { keys, resolve } of asked) {
      resolve(values === "away" ? values : values.slice(start, start + keys.length));
      start += keys.length;
    }
  });

  return (keys: string[]): Promise<Values | "away"> => new Promise((resolve) => ask({ keys, resolve }));
}
