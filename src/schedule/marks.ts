/**
 * Marks as they are written. Writing one twice does no harm, and what a crash leaves is a mark more: whoever finds it
 * looks at the thing itself, and does what is due of that.
 */
import { type Dated, type Mark, markTuple, type Slot, slotTuple } from "../domain/schedule.ts";
import { endText, keyOf, type Tuple } from "../domain/tuples.ts";
import { Contended, OutcomeUnknown } from "../faults.ts";
import type { TupleStore } from "../ports.ts";

export type MarkStore = Pick<TupleStore, "read" | "write" | "erase">;

/** Others may write the same marks at the same time. */
const TRIES_MAX = 5;

/** Marks that something is due in a slot, in place of what an earlier mark says of the same. Throws EngineUnavailable, OutcomeUnknown, Contended. */
export async function putMark(store: MarkStore, slot: Slot, dated: Dated, mark: Mark): Promise<void> {
  const [listed, marked] = [slotTuple(slot), markTuple(slot, dated, mark)];
  if (await isWritten(store, [listed, marked])) return;
  // one of the two is there. The slot first: a mark in a slot that no hour lists would never be found
  await isWritten(store, [listed]);
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    if (await isWritten(store, [marked])) {
      // by a clock that is far ahead, another process may have deleted the slot between the two
      await isWritten(store, [listed]);
      return;
    }
    const [found] = await store.read(keyOf(marked));
    if (found !== undefined && endText(found) === endText(marked)) return;
    await store.erase([marked]);
  }
  throw new Contended("others kept writing a mark");
}

/** False where one of them was there before: then none was written. */
async function isWritten(store: MarkStore, writes: Tuple[]): Promise<boolean> {
  const outcome = await store.write({ deletes: [], writes });
  if (outcome === "unknown") throw new OutcomeUnknown("the reply to a mark was lost");
  return outcome === "committed";
}
