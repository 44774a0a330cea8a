/**
 * The tree follows whatever a model says, not ours alone: on another model, with all
 * that a relation can be made of, and tuples as chance has them, it holds exactly where
 * the engine says yes. And it stops rather than read for ever.
 */
import fc from "fast-check";
import { expect } from "vitest";
import { holds, pruned } from "../../../src/domain/explain/explanation.ts";
import type { Tuple } from "../../../src/domain/tuples.ts";
import { createClient } from "../../../src/openfga/client.ts";
import { createEngine } from "../../../src/openfga/engine.ts";
import { openStore } from "../../../src/openfga/open-store.ts";
import { createTupleStore } from "../../../src/openfga/tuple-store.ts";
import type { ReadFilter, TupleStore } from "../../../src/ports.ts";
import { READS_MAX, walk } from "../../../src/queries/explain/walk.ts";
import { test } from "../../support/engine.ts";
import { startMemoryEngine } from "../../support/memory-engine.ts";

const MODEL = `model
  schema 1.1
type user
type group
  relations
    define member: [user, user:*, user with not_expired, group#member]
type folder
  relations
    define parent: [folder, group]
    define editor: [user, group#member with not_expired]
    define blocked: [user, group#member]
    define viewer: [user:*] or editor or viewer from parent
    define can_view: viewer but not blocked
    define can_edit: editor and (viewer from parent or can_view)
condition not_expired(current_time: timestamp, expires_at: timestamp) {
  current_time < expires_at
}
`;
const NOW = new Date("2027-03-01T12:00:00.500Z");
const DATES = ["2027-03-01T12:00:00Z", "2027-03-01T12:00:01Z"];
const USERS = ["user:a", "user:b", "user:c"];
const OBJECTS = ["folder:1", "folder:2", "folder:3", "group:1", "group:2"];

const dated = (key: Omit<Tuple, "condition">, expires_at: string | undefined): Tuple =>
  expires_at === undefined ? key : { ...key, condition: { name: "not_expired", context: { expires_at } } };
const folder = fc.constantFrom("folder:1", "folder:2", "folder:3");
const group = fc.constantFrom("group:1", "group:2");
const members = group.map((one) => `${one}#member`);
const user = fc.constantFrom(...USERS);
const date = fc.constantFrom(...DATES);
const never = fc.constant(undefined);
const tuple = fc.oneof(
  ...(
    [
      [
        group,
        "member",
        fc.oneof({ weight: 3, arbitrary: user }, { weight: 1, arbitrary: fc.constant("user:*") }),
        never,
      ],
      [group, "member", user, date],
      [group, "member", members, never],
      [folder, "parent", fc.oneof(folder, group), never],
      [folder, "editor", user, never],
      [folder, "editor", members, date],
      [folder, "blocked", fc.oneof(user, members), never],
      [folder, "viewer", fc.constant("user:*"), never],
    ] as const
  ).map(([object, relation, who, until]) =>
    fc.tuple(object, who, until).map(([o, u, at]) => dated({ user: u, relation, object: o }, at)),
  ),
);
// the engine takes no tuple that is so of itself; and where groups hold each other below a `but not` it says no to be safe
const relevant = tuple.filter(
  ({ user: who, object }) => !(object === "group:2" && who.startsWith("group:")) && who !== `${object}#member`,
);
const stores = fc.uniqueArray(relevant, {
  minLength: 1,
  maxLength: 14,
  size: "max",
  selector: ({ user: u, relation, object }) => `${u} ${relation} ${object}`,
});

test("a tree holds exactly where the engine allows, for random models, and pruning changes nothing", async () => {
  const seed = Number(process.env.FC_SEED ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`FC_SEED=${seed}`);
  const memory = await startMemoryEngine();
  const opened = await openStore({ ...memory.at, store: `walk ${Date.now()}`, model: MODEL, allowPush: true });
  const engine = createEngine({ ...memory.at, ...opened, timeoutMilliseconds: 30_000, connections: 4 });
  const tupleStore = createTupleStore({ ...memory.at, ...opened });
  const questions = USERS.flatMap((who) =>
    OBJECTS.flatMap((object) =>
      (object.startsWith("folder") ? ["viewer", "can_view", "can_edit"] : ["member"]).map((relation) => {
        return { user: who, relation, object };
      }),
    ),
  );
  const seen = { yes: 0, no: 0 };
  const property = fc.asyncProperty(stores, async (tuples) => {
    await tupleStore.erase(await tupleStore.readAll());
    expect(await tupleStore.write({ deletes: [], writes: tuples })).toBe("committed");
    const answers = await engine.batchCheck(questions, NOW);
    for (const [n, question] of questions.entries()) {
      const { tree, complete } = await walk(tupleStore, opened.rewrites, question);
      const answer = answers[n];
      expect(complete).toBe(true);
      expect({ allowed: holds(tree, NOW) }, JSON.stringify(question)).toEqual(answer);
      expect(holds(pruned(tree, question.user, NOW), NOW)).toBe(holds(tree, NOW));
      seen[holds(tree, NOW) ? "yes" : "no"] += 1;
    }
  });
  const run = await fc.check(property, { seed, numRuns: Number(process.env.FC_RUNS ?? 50) });
  await engine.close();
  await memory.stop();
  if (run.failed) throw new Error(`FC_SEED=${seed} ${JSON.stringify(run.counterexample)}\n${run.errorInstance}`);
  expect(Math.min(seen.yes, seen.no)).toBeGreaterThan(50);
});

test("a tuple that only an older model allowed counts neither for the tree nor for the engine", async ({ store }) => {
  const before = `model
  schema 1.1
type user
type team
  relations
    define member: [user]
type note
  relations
    define reader: [user, user:*, team, team#member]
    define team: [user, team]
    define can_read: reader or member from team
`;
  const after = before
    .replace(
      "reader: [user, user:*, team, team#member]",
      "reader: [user with not_expired, team#member with not_expired]",
    )
    .replace("team: [user, team]", "team: [team]")
    .concat(
      "condition not_expired(current_time: timestamp, expires_at: timestamp) {\n  current_time < expires_at\n}\n",
    );
  const name = `older ${Date.now()}`;
  const at = { apiUrl: store.apiUrl, ...(store.apiToken && { apiToken: store.apiToken }) };
  const old = await openStore({ ...at, store: name, model: before, allowPush: true });
  const writes = ["user:a", "user:*", "team:x#member"].map((who) => ({
    user: who,
    relation: "reader",
    object: "note:1",
  }));
  const team = { user: "user:b", relation: "member", object: "team:x" };
  expect(await createTupleStore({ ...at, ...old }).write({ deletes: [], writes: [...writes, team] })).toBe("committed");
  for (const [model, allowed] of [
    [before, true],
    [after, false],
  ] as const) {
    const opened = await openStore({ ...at, store: name, model, allowPush: true });
    const engine = createEngine({ ...at, ...opened, timeoutMilliseconds: 10_000, connections: 1 });
    for (const who of ["user:a", "user:b", "user:c"]) {
      const question = { user: who, relation: "can_read", object: "note:1" };
      const { tree } = await walk(createTupleStore({ ...at, ...opened }), opened.rewrites, question);
      expect([holds(tree, NOW), await engine.check(question, NOW)], who).toEqual([allowed, allowed]);
    }
    await engine.close();
  }
  await createClient(at).deleteStore({ storeId: old.storeId });
});

test("a tree stops at its bound and says that something was not examined", async ({ engine, tupleStore }) => {
  const owner = { user: "organization:o", relation: "owner", object: "plant:7" };
  const share = (n: number): Tuple[] => [
    { user: `share:${n}#viewer`, relation: "shared_viewer", object: "plant:7" },
    { user: `cooperation:${n}`, relation: "cooperation", object: `share:${n}` },
  ];
  const many = Array.from({ length: 200 }, (_, n) => share(n)).flat();
  for (const some of [[owner], ...Array.from({ length: 4 }, (_, n) => many.slice(n * 100, n * 100 + 100))])
    expect(await tupleStore.write({ deletes: [], writes: some })).toBe("committed");
  let reads = 0;
  const counted: Pick<TupleStore, "readSome"> = {
    readSome: (filter: ReadFilter, max: number) => {
      reads += 1;
      return tupleStore.readSome(filter, max);
    },
  };
  const question = { user: "user:zoe", relation: "can_view", object: "plant:7" };
  const { tree, complete } = await walk(counted, engine.rewrites, question);
  expect([complete, reads]).toEqual([false, READS_MAX]);
  expect(JSON.stringify(tree)).toContain('"unseen"');
  const few = await walk(counted, engine.rewrites, { ...question, relation: "can_operate" });
  expect(few.complete).toBe(true);
});
