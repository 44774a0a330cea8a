/**
 * A Write of this process that was committed: the one thing of which it knows that the change log has to show it. A log
 * that was read later and does not show it is behind, by a horizon offset, a lagging database or clocks that differ.
 */
import type { TupleChange } from "../domain/change-log.ts";
import type { TupleStore } from "../ports.ts";

export type CommittedWrite = {
  /** The store, whose Writes are noticed. */
  tupleStore: TupleStore;
  /** The change that a log which is read from now on has to show, of the first Write since the last call of `forget`. */
  expected(): Pick<TupleChange, "operation" | "key"> | undefined;
  /** It was found, or need not be. */
  forget(): void;
};

export function createCommittedWrite(tupleStore: TupleStore): CommittedWrite {
  let expected: Pick<TupleChange, "operation" | "key"> | undefined;
  return {
    tupleStore: {
      ...tupleStore,
      async write(write) {
        const outcome = await tupleStore.write(write);
        const [written] = write.writes;
        const [deleted] = write.deletes;
        if (outcome !== "committed") return outcome;
        if (written !== undefined) expected ??= { operation: "write", key: written };
        else if (deleted !== undefined) expected ??= { operation: "delete", key: deleted };
        return outcome;
      },
    },
    expected: () => expected,
    forget() {
      expected = undefined;
    },
  };
}
