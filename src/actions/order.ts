/**
 * One order per object inside this process: actions on one cooperation (or
 * organization) wait for each other here instead of losing races at the engine.
 * Across processes the head's compare-and-swap decides, and the loser tries again.
 */
import { Mutex } from "async-mutex";

/** Runs `act` when everything asked before on the same object is done. */
export type Order = <T>(object: string, act: () => Promise<T>) => Promise<T>;

export function createOrder(): Order {
  const mutexes = new Map<string, Mutex>();
  return async (object, act) => {
    const mutex = mutexes.get(object) ?? new Mutex();
    mutexes.set(object, mutex);
    try {
      return await mutex.runExclusive(act);
    } finally {
      if (!mutex.isLocked()) mutexes.delete(object);
    }
  };
}
