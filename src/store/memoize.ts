/** One read of each filter for one reply: a list of fifty cooperations names the same organization fifty times. */
import type { TupleStore } from "../ports.ts";

/** A reader that keeps what it read. For one reply and no longer; never for a decision. */
export function memoizedReads(reads: Pick<TupleStore, "read">): Pick<TupleStore, "read"> {
  const known = new Map<string, ReturnType<TupleStore["read"]>>();
  return {
    read(filter) {
      const key = JSON.stringify([filter.object, filter.relation, filter.user]);
      // all readers share one array: none of them may change it
      const found = known.get(key) ?? reads.read(filter).then((tuples) => Object.freeze(tuples));
      known.set(key, found);
      return found;
    },
  };
}
