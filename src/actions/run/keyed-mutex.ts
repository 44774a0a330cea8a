/**
 * A mutex for each object, inside this process: actions on one cooperation (or organization) wait for each other
 * here instead of losing races at the engine. Across processes the head's compare-and-swap decides, and the loser
 * tries again.
 */
import { E_TIMEOUT, Mutex, withTimeout } from "async-mutex";
import { Contended } from "../../faults.ts";

/**
 * Runs `act` when everything asked before on the same object is done. `waited` is false where nothing was: otherwise
 * what was read before may be old. Throws Contended when the wait takes too long, so that no queue grows without
 * bound behind an engine that hangs.
 */
export type KeyedMutex = <T>(
  object: string,
  act: (waited?: boolean) => Promise<T>,
  waitMilliseconds?: number,
) => Promise<T>;

/** Longer than one action may take, its patience and that after a lost reply together. */
const WAIT_MILLISECONDS = 20_000;

export function createKeyedMutex(longestMilliseconds = WAIT_MILLISECONDS): KeyedMutex {
  const mutexes = new Map<string, { mutex: Mutex; asking: number }>();
  return async (object, act, waitMilliseconds = longestMilliseconds) => {
    const entry = mutexes.get(object) ?? { mutex: new Mutex(), asking: 0 };
    mutexes.set(object, entry);
    entry.asking++;
    try {
      const waited = entry.mutex.isLocked();
      return await withTimeout(entry.mutex, waitMilliseconds).runExclusive(() => act(waited));
    } catch (error) {
      // made where it is thrown: an error takes its stack when it is made
      if (error === E_TIMEOUT) throw new Contended(`${object} was kept busy for ${waitMilliseconds} ms`);
      throw error;
    } finally {
      entry.asking--;
      if (entry.asking === 0) mutexes.delete(object);
    }
  };
}
