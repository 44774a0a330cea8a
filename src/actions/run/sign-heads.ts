/**
 * The tuple store with every head signed as it is written, once for each Write however many actions are in it. The
 * signature of a head is verified before the head is replaced: what was rewritten past the service is never signed
 * over, or the next action would make a forged history a valid one.
 */
import { LRUCache } from "lru-cache";
import { type HistoryKeys, headSignature, signatureProblem, signHead } from "../../domain/history-keys.ts";
import { keyOf, keyText, type Tuple, type TupleKey } from "../../domain/tuples.ts";
import { StoreDamaged } from "../../faults.ts";
import type { TupleStore } from "../../ports.ts";

/** `refuse`: a head without a signature is not replaced, since somebody may have removed it. `allow`: it is, and signed from then on. */
export type Unsigned = "refuse" | "allow";

/** How many heads are remembered from when actions read them; one that is not is read again before it is replaced. */
const REMEMBERED_MAX = 10_000;

const isHead = ({ relation }: TupleKey) => relation === "head";

/** A tuple store over another. Its `write` throws StoreDamaged for a head that it may not replace; nothing was written then. */
export function signHeads(tupleStore: TupleStore, keys: HistoryKeys, unsigned: Unsigned): TupleStore {
  /** As they were read last: actions decide on that. */
  const remembered = new LRUCache<string, Tuple>({ max: REMEMBERED_MAX });

  function remember<T extends readonly Tuple[]>(tuples: T): T {
    for (const tuple of tuples.filter(isHead)) remembered.set(keyText(tuple), tuple);
    return tuples;
  }

  async function verify(key: TupleKey): Promise<void> {
    const text = keyText(key);
    const tuple = remembered.get(text) ?? (await tupleStore.read(keyOf(key)))[0];
    // somebody else was first: the Write is stale
    if (tuple === undefined) return;
    const state = headSignature(keys.verifying, tuple);
    const problem = state === "missing" && unsigned === "allow" ? undefined : signatureProblem(state);
    if (problem !== undefined) throw new StoreDamaged(key.object, problem);
  }

  return {
    ...tupleStore,
    read: async (filter) => remember(await tupleStore.read(filter)),
    write: async ({ deletes, writes }) => {
      for (const key of deletes.filter(isHead)) await verify(key);
      const outcome = await tupleStore.write({
        deletes,
        writes: writes.map((tuple) => (isHead(tuple) ? signHead(keys, tuple) : tuple)),
      });
      for (const key of deletes.filter(isHead)) remembered.delete(keyText(key));
      return outcome;
    },
  };
}
