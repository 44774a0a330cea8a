/**
 * Reads kept for a while, for many actions on the same things: each filter is read one time, and what is written
 * through it is added to what was read. Decisions may rely on it, because each replaces a head that was read before
 * what it relies on: where another changed anything since, the Write is stale, and all that was read is forgotten.
 */
import { keyText, type Tuple, type TupleKey } from "../domain/tuples.ts";
import type { ReadFilter, TupleStore, Write } from "../ports.ts";

type Acting = Pick<TupleStore, "read" | "write" | "erase">;

const textOf = ({ object, relation, user }: ReadFilter) => JSON.stringify([object, relation, user]);

/** The tuple store with reads that are kept. For one reader and writer, and for as long as reads may be old. */
export function keepReads(tupleStore: Acting): Acting {
  const kept = new Map<string, Promise<readonly Tuple[]>>();

  function apply({ deletes, writes }: Write): void {
    for (const key of deletes)
      for (const filter of filtersOf(key)) change(filter, (tuples) => tuples.filter((tuple) => !isOf(key, tuple)));
    for (const key of writes)
      for (const filter of filtersOf(key))
        change(filter, (tuples) => [...tuples.filter((tuple) => !isOf(key, tuple)), key]);
  }
  function change(filter: string, to: (tuples: readonly Tuple[]) => Tuple[]): void {
    const tuples = kept.get(filter);
    if (tuples === undefined) return;
    const changed = tuples.then((before) => Object.freeze(to(before)));
    // perhaps nobody asks again for a read that failed meanwhile
    changed.catch(() => {});
    kept.set(filter, changed);
  }

  return {
    ...tupleStore,
    read(filter) {
      const text = textOf(filter);
      const known = kept.get(text);
      if (known !== undefined) return known;
      // all readers share one array: none of them may change it
      const read = tupleStore.read(filter).then((tuples) => Object.freeze(tuples));
      kept.set(text, read);
      read.catch(() => kept.delete(text));
      return read;
    },
    async write(write) {
      try {
        const outcome = await tupleStore.write(write);
        if (outcome === "committed") apply(write);
        else kept.clear();
        return outcome;
      } catch (error) {
        kept.clear();
        throw error;
      }
    },
  };
}

const isOf = (key: TupleKey, tuple: TupleKey) => keyText(key) === keyText(tuple);

/** Every filter that a tuple is found by. */
function filtersOf({ object, relation, user }: TupleKey): string[] {
  const type = object.slice(0, object.indexOf(":") + 1);
  return [
    { object },
    { object, relation },
    { object, user },
    { object, relation, user },
    { object: type, user },
    { object: type, relation, user },
  ].map(textOf);
}
