/**
 * One order per object inside this process: actions on one cooperation (or
 * organization) wait for each other here instead of losing races at the engine.
 * Across processes the head's compare-and-swap decides, and the loser tries again.
 */
import { Mutex, withTimeout } from "async-mutex";
import { Contended } from "../../faults.ts";

/**
 * Runs `act` when everything asked before on the same object is done; `waited` tells whether there was anything, so
 * that what was read before may be old. Throws Contended when that takes too long: behind an engine that hangs no
 * queue may grow without end.
 */
export type KeyedMutex = <T>(object: string, act: (waited?: boolean) => Promise<T>) => Promise<T>;

/** Longer than one action may take with its patience and a lost reply to settle. */
const WAIT_MILLISECONDS = 20_000;

export function createKeyedMutex(waitMilliseconds = WAIT_MILLISECONDS): KeyedMutex {
  const mutexes = new Map<string, { mutex: Mutex; asking: number }>();
  return async (object, act) => {
    const entry = mutexes.get(object) ?? { mutex: new Mutex(), asking: 0 };
    mutexes.set(object, entry);
    entry.asking++;
    try {
      const busy = new Contended(`${object} was kept busy for ${waitMilliseconds} ms`);
      const waited = entry.mutex.isLocked();
      return await withTimeout(entry.mutex, waitMilliseconds, busy).runExclusive(() => act(waited));
    } finally {
      entry.asking--;
      if (entry.asking === 0) mutexes.delete(object);
    }
  };
}
