/** What is given in one turn of the event loop is taken together at its end, in the order in which it came. */

/** `take` is called at most once a turn, and never with nothing. */
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
