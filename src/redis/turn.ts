/**
 * Batches by turn of the event loop: what is asked in one turn is one command at its end. A batch begins after each of
 * its callers began and is one instant for all of them, and under load it costs each a fraction of a command.
 */

/** Collects items; `take` is called at the end of a turn with all of that turn, in their order, never with none. */
export function createTurnBatch<T>(take: (all: T[]) => unknown): (one: T) => void {
  let waiting: T[] = [];

  function takeAll(): void {
    const all = waiting;
    waiting = [];
    take(all);
  }

  return (one) => {
    if (waiting.length === 0) setImmediate(takeAll);
    waiting.push(one);
  };
}

type Values = (string | null)[];

/** Reads keys with at most one `mget` a turn; each caller gets the values of its own keys, undefined when there was no answer. */
export function createGetter(mget: (keys: string[]) => Promise<Values | undefined>) {
  type Waiting = { keys: string[]; resolve: (values: Values | undefined) => void };
  const ask = createTurnBatch(async (asked: Waiting[]) => {
    const values = await mget(asked.flatMap(({ keys }) => keys));
    let start = 0;
    for (const { keys, resolve } of asked) {
      resolve(values?.slice(start, start + keys.length));
      start += keys.length;
    }
  });

  return (keys: string[]): Promise<Values | undefined> => new Promise((resolve) => ask({ keys, resolve }));
}
