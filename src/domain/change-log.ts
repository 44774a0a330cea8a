/** OpenFGA's log of changes (ReadChanges) as it is read: what was changed, when by its clock, and from where the next page is read. */
import type { Tuple } from "./tuples.ts";

/** A tuple that was written, or the key of one that was deleted, and when; a time that the engine took before it committed. */
export type TupleChange = { operation: "write" | "delete"; key: Tuple; at: string };

/** `askedAt`: the engine's own time when it was asked, or up to a second before; milliseconds since the epoch. */
export type ChangeLog = { changes: TupleChange[]; askedAt: number };

/** `place`: the place behind these changes, empty at the beginning of the log; `isLast`: there were no more. */
export type ChangesPage = ChangeLog & { place: string; isLast: boolean };
