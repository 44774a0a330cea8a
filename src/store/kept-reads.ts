/**
 * Reads kept for a while, for many actions on the same things: each filter is read one time, and what is written
 * through it is added to what was read. Decisions may rely on what is covered by a head that was read before and that the
 * Write replaces: where another changed it since, the Write is stale, and all that was read is forgotten. What no such
 * head covers is for the reader to forget before each Write.
 */
import { keyText, type Tuple, type TupleKey } from "../domain/tuples.ts";
import type { ReadFilter, Reads, TupleStore, Write } from "../ports.ts";

type Acting = Pick<TupleStore, "read" | "write" | "erase">;
type Kept = Map<string, Promise<readonly Tuple[]>>;

/** A tuple store that keeps what it read. `forget`: it reads again, all of it or what is found by these filters. */
export type KeptStore = Acting & { forget(which?: (filter: ReadFilter) => boolean): void };

const textOf = ({ object, relation, user }: ReadFilter) => JSON.stringify([object, relation, user]);

function filterOf(text: string): ReadFilter {
  const [object, relation, user] = JSON.parse(text);
  return { object, relation: relation ?? undefined, user: user ?? undefined };
}

/**
 * A reader that keeps what it read: a list of fifty cooperations names the same organization fifty times. For one reply
 * and no longer; never for a decision.
 */
export function memoizedReads(reads: Reads, kept: Kept = new Map()): Reads {
  return {
    read(filter) {
      const text = textOf(filter);
      const known = kept.get(text);
      if (known !== undefined) return known;
      // all readers share one array: none of them may change it
      const read = reads.read(filter).then((tuples) => Object.freeze(tuples));
      kept.set(text, read);
      read.catch(() => kept.delete(text));
      return read;
    },
  };
}

/** The tuple store with reads that are kept. For one reader and writer, and for as long as reads may be old. */
export function keepReads(tupleStore: Acting): KeptStore {
  const kept: Kept = new Map();

  function change(key: TupleKey, added: Tuple[]): void {
    for (const filter of filtersOf(key)) {
      const changed = kept.get(filter)?.then((tuples) => {
        const others = tuples.filter((tuple) => keyText(tuple) !== keyText(key));
        return Object.freeze([...others, ...added]);
      });
      if (changed === undefined) continue;
      // perhaps nobody asks again for a read that failed meanwhile
      changed.catch(() => {});
      kept.set(filter, changed);
    }
  }

  return {
    ...tupleStore,
    ...memoizedReads(tupleStore, kept),
    forget(which) {
      if (which === undefined) kept.clear();
      else for (const text of kept.keys()) if (which(filterOf(text))) kept.delete(text);
    },
    async write(write: Write) {
      try {
        const outcome = await tupleStore.write(write);
        if (outcome !== "committed") kept.clear();
        else {
          for (const key of write.deletes) change(key, []);
          for (const tuple of write.writes) change(tuple, [tuple]);
        }
        return outcome;
      } catch (error) {
        kept.clear();
        throw error;
      }
    },
  };
}

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
