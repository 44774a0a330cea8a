/** Reads that are kept: whatever is written through them, they are what the store would give. */
import { expect } from "vitest";
import type { Tuple, TupleKey } from "../../../src/domain/tuples.ts";
import { EngineUnavailable } from "../../../src/faults.ts";
import type { ReadFilter } from "../../../src/ports.ts";
import { keepReads, memoizedReads } from "../../../src/store/kept-reads.ts";
import { test } from "../../support/engine.ts";

const USERS = ["user:a", "user:b", "user:c"];
const OBJECTS = ["organization:x", "organization:y"];
const RELATIONS = ["admin", "person"];
const KEYS: TupleKey[] = USERS.flatMap((user) =>
  OBJECTS.flatMap((object) => RELATIONS.map((relation) => ({ user, relation, object }))),
);
/** Every filter that OpenFGA takes and that one of the keys is found by. */
const FILTERS: ReadFilter[] = [
  ...OBJECTS.flatMap((object) => [
    { object },
    ...RELATIONS.map((relation) => ({ object, relation })),
    ...USERS.map((user) => ({ object, user })),
    ...RELATIONS.flatMap((relation) => USERS.map((user) => ({ object, relation, user }))),
  ]),
  ...USERS.flatMap((user) => [
    { object: "organization:", user },
    ...RELATIONS.map((relation) => ({ object: "organization:", relation, user })),
  ]),
];
const texts = (tuples: readonly Tuple[]) => tuples.map((tuple) => JSON.stringify(tuple)).sort();

test("after every write each filter reads the same as the store, also when a read was in progress", async ({
  tupleStore,
}) => {
  let asked = 0;
  const kept = keepReads({
    ...tupleStore,
    read: (filter) => {
      asked++;
      return tupleStore.read(filter);
    },
  });
  const stored = new Set<TupleKey>();
  for (let round = 0; round < 12; round++) {
    // some go, some come, by a fixed shuffle
    const moved = KEYS.filter((_, n) => (n * 7 + round * 5) % 4 === 0);
    const deletes = moved.filter((key) => stored.has(key));
    const writes = moved.filter((key) => !stored.has(key));
    const meanwhile = FILTERS.map((filter) => kept.read(filter));
    expect(await kept.write({ deletes, writes })).toBe("committed");
    await Promise.all(meanwhile);
    for (const key of deletes) stored.delete(key);
    for (const key of writes) stored.add(key);
    for (const filter of FILTERS)
      expect(texts(await kept.read(filter)), JSON.stringify(filter)).toEqual(texts(await tupleStore.read(filter)));
  }
  expect(stored.size).toBeGreaterThan(0);
  expect(asked).toBe(FILTERS.length);
});

test("after a write that was not committed everything is read again, and a failed read is not kept", async ({
  tupleStore,
}) => {
  let away = false;
  const kept = keepReads({
    ...tupleStore,
    read: (filter) => (away ? Promise.reject(new EngineUnavailable("away")) : tupleStore.read(filter)),
  });
  const [one, other] = KEYS as [TupleKey, TupleKey];
  const read = async () => (await kept.read({ object: "organization:x" })).length;
  expect(await read()).toBe(0);
  await tupleStore.write({ deletes: [], writes: [one] });
  expect(await read()).toBe(0);
  expect(await kept.write({ deletes: [], writes: [one, other] })).toBe("stale");
  away = true;
  await expect(read()).rejects.toBeInstanceOf(EngineUnavailable);
  away = false;
  expect(await read()).toBe(1);
});

test("no reader can change the tuples that another reader gets, before and after a write", async ({ tupleStore }) => {
  const [one, other, third] = KEYS as [TupleKey, TupleKey, TupleKey];
  await tupleStore.write({ deletes: [], writes: [one, other] });
  const filter = { object: "organization:x" };
  const kept = keepReads(tupleStore);
  for (const reads of [kept, memoizedReads(tupleStore)]) {
    const found = (await reads.read(filter)) as Tuple[];
    expect(() => found.push(third)).toThrow(TypeError);
    expect(() => found.sort(() => 1)).toThrow(TypeError);
    expect(texts(await reads.read(filter))).toEqual(texts([one, other]));
  }
  await kept.write({ deletes: [one], writes: [] });
  const found = (await kept.read(filter)) as Tuple[];
  expect(() => found.push(third)).toThrow(TypeError);
  expect(texts(found)).toEqual(texts([other]));
});

test("what is to be forgotten is read again, and nothing else", async ({ tupleStore }) => {
  const asked: string[] = [];
  const kept = keepReads({
    ...tupleStore,
    read: (filter) => {
      asked.push(JSON.stringify(filter));
      return tupleStore.read(filter);
    },
  });
  const isForgotten = ({ object, relation, user }: ReadFilter) =>
    user === "user:a" || (object === "organization:y" && relation === undefined);
  const readAll = () => Promise.all(FILTERS.map((filter) => kept.read(filter)));
  await readAll();
  asked.length = 0;
  kept.forget(isForgotten);
  await readAll();
  expect(asked.sort()).toEqual(
    FILTERS.filter(isForgotten)
      .map((filter) => JSON.stringify(filter))
      .sort(),
  );
  expect(asked.length).toBeGreaterThan(5);
});
