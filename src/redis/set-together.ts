/**
 * One pipeline for all entries that are stored in the same turn of the event loop. They go out when the
 * replies that wait in this turn are written, and before anything that is asked for because of them.
 */

/** A SET's arguments: key, value, and how long it is kept. */
export type Set = (string | number)[];

/** `sets` is asked for at most once a turn; `failed` is told of each that came to nothing. */
export function createSetter(sets: (all: Set[]) => Promise<(Error | null)[]>, failed: () => void) {
  let waiting: Set[] = [];

  async function send(): Promise<void> {
    const all = waiting;
    waiting = [];
    try {
      for (const error of await sets(all)) if (error !== null) failed();
    } catch {
      for (const _ of all) failed();
    }
  }

  return (set: Set): void => {
    if (waiting.length === 0) setImmediate(send);
    waiting.push(set);
  };
}
