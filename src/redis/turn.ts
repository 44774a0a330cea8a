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
