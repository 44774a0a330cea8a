/**
 * A staging area over the tuple store: what is written here only changes what is read here. `net` is the one Write of
 * all of it, with every head's compare-and-swap on what the store held when it was first read. What others change
 * meanwhile is noticed here, or makes that Write stale.
 */
import { entryNumber, entryRef } from "../../domain/records.ts";
import { keyOf, keyText, type Tuple, type TupleKey } from "../../domain/tuples.ts";
import type { ReadFilter, TupleStore, Write } from "../../ports.ts";

/** Another action changed what was read for the stage. Nothing was written; it is to be staged again. */
export class Overtaken extends Error {
  override readonly name = "Overtaken";
}

/** A tuple that the store holds was deleted and then written with another condition, which one Write cannot do. */
export class Uncombinable extends Error {
  override readonly name = "Uncombinable";
}

export type Stage = {
  /** The store with everything staged on top. `write` and `erase` only stage; `read` throws Overtaken, `write` Uncombinable. */
  tupleStore: Pick<TupleStore, "read" | "write" | "erase">;
  /** The one Write of all that was staged, without what was written and deleted again. */
  net(): Write;
  /** Each object whose head was read, with the head that the store had at first. */
  heads(): string[];
  /** The number of each head that was read or staged, as the one Write leaves it. */
  numbers(): ReadonlyMap<string, number>;
};

/** Whether OpenFGA's Read gives this tuple for this filter. */
function matches({ object, relation, user }: ReadFilter, tuple: TupleKey): boolean {
  return (
    (object.endsWith(":") ? tuple.object.startsWith(object) : tuple.object === object) &&
    (relation === undefined || tuple.relation === relation) &&
    (user === undefined || tuple.user === user)
  );
}

const sameCondition = (a: Tuple, b: Tuple) => JSON.stringify(a.condition) === JSON.stringify(b.condition);

/**
 * An empty stage over the store, for one attempt: it remembers what it read of the store. `onlyTried`: nothing of it is
 * written, so it takes what would need several Writes.
 */
export function createStage(store: Pick<TupleStore, "read">, { onlyTried = false } = {}): Stage {
  /** What the net deletes of the store, and what it writes into it. */
  const deleted = new Map<string, TupleKey>();
  const written = new Map<string, Tuple>();
  /** Tuples as the store gave them, and the head of each object when it was first read. */
  const known = new Map<string, Tuple>();
  const heads = new Map<string, string | undefined>();

  function noteStore(filter: ReadFilter, found: readonly Tuple[]): void {
    const there = new Set<string>();
    for (const tuple of found) {
      there.add(keyText(tuple));
      known.set(keyText(tuple), tuple);
    }
    const isGone = [...deleted].some(([text, key]) => !there.has(text) && matches(filter, key));
    const isAdded = [...written.keys()].some((text) => there.has(text) && !deleted.has(text));
    if (isGone || isAdded) throw new Overtaken(`${filter.object} was changed by somebody else`);
    const { object, relation = "head", user } = filter;
    if (relation !== "head" || user !== undefined || object.endsWith(":")) return;
    const head = found.find((tuple) => tuple.relation === "head")?.user;
    // facts read for an earlier action would be older than those for a later one
    if (heads.has(object) && heads.get(object) !== head) throw new Overtaken(`${object} has another head`);
    heads.set(object, head);
  }

  function remove(key: TupleKey): void {
    const text = keyText(key);
    if (!written.delete(text)) deleted.set(text, keyOf(key));
  }

  function add(tuple: Tuple): void {
    const text = keyText(tuple);
    if (!deleted.has(text)) return void written.set(text, tuple);
    const before = known.get(text);
    if (before !== undefined && sameCondition(before, tuple)) return void deleted.delete(text);
    if (!onlyTried) throw new Uncombinable(`"${text}" is deleted and written with another condition`);
    written.set(text, tuple);
  }

  /** Whether the engine would refuse it, as far as the store was read: a tuple to delete is missing, or one to write exists. */
  function isStale({ deletes, writes }: Write): boolean {
    const isGone = (text: string) => deleted.has(text) && !written.has(text);
    const isThere = (text: string) => written.has(text) || (known.has(text) && !deleted.has(text));
    return deletes.some((key) => isGone(keyText(key))) || writes.some((tuple) => isThere(keyText(tuple)));
  }

  async function isThere(key: TupleKey): Promise<boolean> {
    const text = keyText(key);
    if (written.has(text)) return true;
    return !deleted.has(text) && (known.has(text) || (await store.read(keyOf(key))).length > 0);
  }

  const net = (): Write => ({
    deletes: [...deleted.values()],
    writes: withHeadsInTurn([...deleted.values()], [...written.values()]),
  });

  return {
    tupleStore: {
      read: async (filter) => {
        const found = await store.read(filter);
        noteStore(filter, found);
        return [
          ...found.filter((tuple) => !deleted.has(keyText(tuple))),
          ...[...written.values()].filter((tuple) => matches(filter, tuple)),
        ];
      },
      write: async (write) => {
        if (isStale(write)) return "stale";
        write.deletes.forEach(remove);
        write.writes.forEach(add);
        return "committed";
      },
      erase: async (keys) => {
        for (const key of keys) if (await isThere(key)) remove(key);
      },
    },
    net,
    heads: () => [...heads].map(([object, head]) => `${object} ${head}`),
    numbers: () =>
      new Map([
        ...[...heads].map(([object, head]) => [object, head === undefined ? 0 : entryNumber(head)] as const),
        ...net().writes.flatMap(({ relation, object, user }) =>
          relation === "head" ? [[object, entryNumber(user)] as const] : [],
        ),
      ]),
  };
}

/**
 * Where an object keeps a history, the entries between its old and its new head are what two writers collide on
 * when it is new. Where it keeps none there is only the head: it counts Writes, so that both would write the same one.
 */
function withHeadsInTurn(deletes: TupleKey[], writes: Tuple[]): Tuple[] {
  const logged = new Set(writes.filter(({ relation }) => relation === "log").map(({ object }) => object));
  const before = new Map(
    deletes.filter(({ relation }) => relation === "head").map(({ object, user }) => [object, entryNumber(user)]),
  );
  return writes.map((tuple) => {
    const { relation, object } = tuple;
    if (relation !== "head" || logged.has(object)) return tuple;
    return { ...tuple, user: entryRef(object, (before.get(object) ?? 0) + 1) };
  });
}
