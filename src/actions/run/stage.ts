/**
 * A staging area over the relationships: actions run on it one after the other, each on
 * what those before it leave behind, and nothing reaches the store. `net` is the one
 * Write that all of it amounts to, with every head's compare-and-swap on what the store
 * held when it was first read. What moves meanwhile is noticed here or by that Write.
 */
import { entryNumber, entryRef } from "../../domain/records.ts";
import { keyText, type Tuple, type TupleKey } from "../../domain/tuples.ts";
import type { ReadFilter, TupleStore, Write } from "../../ports.ts";

/** Somebody else changed what was read for the stage. Nothing was written; stage it anew. */
export class Overtaken extends Error {
  override readonly name = "Overtaken";
}

/** A tuple that the store holds was deleted and then written with another condition: no one Write can do that. */
export class Uncombinable extends Error {
  override readonly name = "Uncombinable";
}

export type Stage = {
  /** The store with everything staged on top. `write` and `erase` only stage; `read` throws Overtaken, `write` Uncombinable. */
  tupleStore: Pick<TupleStore, "read" | "write" | "erase">;
  /** The one Write for all that was staged. What was written and deleted again is not in it. */
  net(): Write;
  /** What the store said when it was first read: each object with its head. */
  heads(): string[];
};

const plainKey = ({ user, relation, object }: TupleKey): TupleKey => ({ user, relation, object });

/** Whether OpenFGA's Read gives this tuple for this filter. */
function matches({ object, relation, user }: ReadFilter, tuple: TupleKey): boolean {
  return (
    (object.endsWith(":") ? tuple.object.startsWith(object) : tuple.object === object) &&
    (relation === undefined || tuple.relation === relation) &&
    (user === undefined || tuple.user === user)
  );
}

const sameCondition = (a: Tuple, b: Tuple) => JSON.stringify(a.condition) === JSON.stringify(b.condition);

/** An empty stage over the store. What it reads of the store it remembers, so it is for one try and no longer. */
export function createStage(store: Pick<TupleStore, "read">): Stage {
  /** What the store has and the net takes away, and what it lacks and the net brings. */
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
    const gone = [...deleted].some(([text, key]) => !there.has(text) && matches(filter, key));
    const came = [...written.keys()].some((text) => there.has(text));
    if (gone || came) throw new Overtaken(`${filter.object} was changed by somebody else`);
    const { object, relation = "head", user } = filter;
    if (relation !== "head" || user !== undefined || object.endsWith(":")) return;
    const head = found.find((tuple) => tuple.relation === "head")?.user;
    // a head that moved between two actions: facts read for the first would be older than the second's
    if (heads.has(object) && heads.get(object) !== head) throw new Overtaken(`${object} has another head`);
    heads.set(object, head);
  }

  function take(key: TupleKey): void {
    const text = keyText(key);
    if (!written.delete(text)) deleted.set(text, plainKey(key));
  }

  function bring(tuple: Tuple): void {
    const text = keyText(tuple);
    if (!deleted.has(text)) return void written.set(text, tuple);
    const before = known.get(text);
    if (before === undefined || !sameCondition(before, tuple))
      throw new Uncombinable(`"${text}" is deleted and written with another condition`);
    deleted.delete(text);
  }

  /** As the engine sees it, as far as it was read: whether a tuple to delete is gone, or one to write is there. */
  function isStale({ deletes, writes }: Write): boolean {
    const isGone = (text: string) => deleted.has(text) && !written.has(text);
    const isThere = (text: string) => written.has(text) || (known.has(text) && !deleted.has(text));
    return deletes.some((key) => isGone(keyText(key))) || writes.some((tuple) => isThere(keyText(tuple)));
  }

  async function isThere(key: TupleKey): Promise<boolean> {
    const text = keyText(key);
    if (written.has(text)) return true;
    return !deleted.has(text) && (known.has(text) || (await store.read(plainKey(key))).length > 0);
  }

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
        write.deletes.forEach(take);
        write.writes.forEach(bring);
        return "committed";
      },
      erase: async (keys) => {
        for (const key of keys) if (await isThere(key)) take(key);
      },
    },
    net: () => ({
      deletes: [...deleted.values()],
      writes: withHeadsInTurn([...deleted.values()], [...written.values()]),
    }),
    heads: () => [...heads].map(([object, head]) => `${object} ${head}`),
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
