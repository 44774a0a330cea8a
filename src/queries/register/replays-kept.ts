/**
 * What histories say of now, as this process keeps it: replayed from a whole history when somebody first asks for it,
 * and brought up to its end before each answer, so that an answer has what was acknowledged before it was asked for, and
 * costs what is new. What is kept is bounded; what is too large for that is replayed for each answer. A history is read
 * in parts, so no memory depends on its length, and who asks for it meanwhile waits for the same replay.
 */
import { LRUCache } from "lru-cache";
import { entriesFrom, type HistoryEntry } from "../../domain/history.ts";
import type { Ref } from "../../domain/ids.ts";
import { EngineUnavailable } from "../../faults.ts";
import type { TupleStore } from "../../ports.ts";
import { type ChainEnd, entriesOf, historyEnd } from "../../store/history.ts";

/** What of all objects is kept together, in parts as `sizeOf` counts them: some 200 bytes each. */
const SIZE_MAX = 250_000;
/** Behind more new entries than these the whole history is read: a hundred at once instead of one by one. */
const ENTRIES_MAX = 200;
const PAGE_MAX = 100;

export type ReplayReads = Pick<TupleStore, "read" | "readPage">;

/** How a history is replayed: `step` changes the state by the next entry, or gives another one. */
export type Replay<S> = { begin: () => S; step: (state: S, entry: HistoryEntry) => S; sizeOf: (state: S) => number };

/** A state up to entry `n`, whose hash it has: another history of the object is read anew. */
type Kept<S> = { n: number; hash: string; state: S };

/**
 * Gives the state of an object's history at its end. It is changed by later answers: who was given it reads it at once.
 * Throws EngineUnavailable, and StoreDamaged where the history cannot be read.
 */
export function createReplaysKept<S>(
  tupleStore: ReplayReads,
  { begin, step, sizeOf }: Replay<S>,
  sizeMax = SIZE_MAX,
): (object: Ref) => Promise<S> {
  const kept = new LRUCache<Ref, Kept<S>>({ maxSize: sizeMax, sizeCalculation: ({ state }) => 1 + sizeOf(state) });
  const running = new Map<Ref, { n: number; done: Promise<Kept<S>> }>();

  /** Replays what is new behind what is known; undefined where the history is not continued, or by more than is read one by one. */
  async function continued({ n, hash, state }: Kept<S>, end: ChainEnd): Promise<Kept<S> | undefined> {
    if (end.n < n || end.n - n > ENTRIES_MAX) return undefined;
    const entries = await entriesOf(tupleStore, end.object, { n, to: end.n });
    const [first] = entries;
    const isWhole = entries.length === end.n - n && (first === undefined || first.previous === hash);
    return isWhole ? { ...end, state: entries.reduce(step, state) } : undefined;
  }

  async function whole(end: ChainEnd): Promise<Kept<S>> {
    let [state, n, after] = [begin(), 0, undefined as string | undefined];
    // a store that was filled from a copy may have a history in another order than that of its numbers
    const early = new Map<number, HistoryEntry>();
    const take = (entry: HistoryEntry) => {
      state = step(state, entry);
      n = entry.common.n;
    };
    do {
      const page = await tupleStore.readPage({ object: end.object, relation: "log" }, { max: PAGE_MAX, after });
      if (page === undefined) throw new EngineUnavailable("the engine does not know the page that it named");
      for (const entry of entriesFrom(page.tuples)) early.set(entry.common.n, entry);
      for (let next = early.get(n + 1); next !== undefined && n < end.n; next = early.get(n + 1)) {
        early.delete(n + 1);
        take(next);
      }
      after = page.next;
    } while (after !== undefined && n < end.n);
    const behindGap = [...early.values()].filter(({ common }) => common.n <= end.n);
    for (const entry of behindGap.sort((a, b) => a.common.n - b.common.n)) take(entry);
    return { ...end, state };
  }

  async function replayed(end: ChainEnd, before: Promise<unknown> | undefined): Promise<Kept<S>> {
    await before?.catch(() => {});
    const known = kept.get(end.object);
    if (known?.n === end.n && known.hash === end.hash) return known;
    // what is changed here is kept by nobody until it is whole
    kept.delete(end.object);
    const made = (known && (await continued(known, end))) ?? (await whole(end));
    kept.set(end.object, made);
    return made;
  }

  return async (object) => {
    const end = await historyEnd(tupleStore, object);
    const other = running.get(object);
    if (other !== undefined && other.n >= end.n) return (await other.done).state;
    const known = kept.get(object);
    if (known?.n === end.n && known.hash === end.hash) return known.state;
    const mine = { n: end.n, done: replayed(end, other?.done) };
    running.set(object, mine);
    try {
      return (await mine.done).state;
    } finally {
      if (running.get(object) === mine) running.delete(object);
    }
  };
}
