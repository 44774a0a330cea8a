/**
 * Giving a store a new model: what it changes is shown, what gives anybody more is
 * refused and leaves everything as it was, and scratch stores are removed however it ends.
 */

import { randomUUID } from "node:crypto";
import { test as base, describe, expect, onTestFinished } from "vitest";
import { measure } from "../../../scripts/permissions/measure.ts";
import { SITUATIONS } from "../../../scripts/permissions/situations.ts";
import { SCRATCH } from "../../../scripts/push-model/answers.ts";
import { type PushOptions, pushModel } from "../../../scripts/push-model/push.ts";
import { tuplesOfJobRole, tuplesOfPerson, tuplesOfResource } from "../../../src/domain/state-tuples.ts";
import type { Tuple } from "../../../src/domain/tuples.ts";
import { createClient, type OpenFgaConnection } from "../../../src/openfga/client.ts";
import { createEngine } from "../../../src/openfga/engine.ts";
import { newestModel, type OpenStore, openStore } from "../../../src/openfga/open-store.ts";
import { createTupleStore } from "../../../src/openfga/tuple-store.ts";
import type { Engine, Question } from "../../../src/ports.ts";
import { put, textsOf } from "../../support/damage.ts";
import { environmentOf } from "../../support/engine.ts";
import { anyId } from "../../support/ids.ts";
import { startMemoryEngine } from "../../support/memory-engine.ts";
import { MODEL } from "../../support/model.ts";
import { runScript } from "../../support/program.ts";

/** One of them all: to be asked in every one takes a minute and more. */
const FEW = SITUATIONS.filter(({ title }) => title === "plant shared at viewer");

/** model.fga with one text in place of another. Throws when it is not there. */
function changed(...changes: [from: string, to: string][]): string {
  return changes.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`model.fga has no "${from}"`);
    return text.replaceAll(from, to);
  }, MODEL);
}
const WIDER = changed(["define can_operate: operator or (", "define can_operate: operator or shared_viewer or ("]);
const NARROWER = changed([
  "define can_share: acting_admin from owner",
  "define can_share: operator and acting_admin from owner",
]);

type Pushing = {
  at: OpenFgaConnection;
  store: OpenStore & { name: string };
  /** Writes tuples into the store, under another model where it is given. */
  hold: (tuples: Tuple[], modelId?: string) => Promise<void>;
  /** Pushes to this test's store, in few situations. */
  push: (model: string, more?: Partial<PushOptions>) => Promise<{ outcome: string; lines: string[] }>;
  /** The newest model, all tuples and whatever scratch stores there are. */
  everything: () => Promise<{ model: string | undefined; models: number; tuples: string[]; scratch: string[] }>;
};

const test = base.extend<Pushing>({
  at: [
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the parameter which fixtures this one needs
    async ({}, use) => {
      // thousands of questions: in memory the same engine answers them three times as fast
      const engine = await startMemoryEngine();
      await use(engine.at);
      await engine.stop();
    },
    { scope: "file" },
  ],
  store: async ({ at }, use) => {
    const name = `pushed to ${randomUUID()}`;
    const opened = await openStore({ ...at, store: name, model: MODEL, allowPush: false });
    await use({ ...opened, name });
    await createClient(at).deleteStore({ storeId: opened.storeId });
  },
  hold: async ({ at, store }, use) => {
    await use((tuples, modelId = store.modelId) => put(createTupleStore({ ...at, ...store, modelId }), [], tuples));
  },
  push: async ({ at, store }, use) => {
    await use(async (model, more = {}) => {
      const lines: string[] = [];
      const say = (line: string) => void lines.push(line);
      const given = { connection: at, store: store.name, model, situations: FEW, allowWidening: false, dryRun: false };
      return { outcome: await pushModel({ ...given, say, ...more }), lines };
    });
  },
  everything: async ({ at, store }, use) => {
    const client = createClient(at);
    const tupleStore = createTupleStore({ ...at, ...store });
    await use(async () => {
      const { authorization_models } = await client.readAuthorizationModels({ storeId: store.storeId });
      const { stores } = await client.listStores();
      return {
        model: authorization_models[0]?.id,
        models: authorization_models.length,
        tuples: textsOf(await tupleStore.readAll()),
        scratch: stores.map(({ name }) => name).filter((one) => one.startsWith(SCRATCH)),
      };
    });
  },
});

/** What every store here holds at first. */
const OWNED = [
  ...tuplesOfPerson(anyId("sunward"), anyId("anna"), "admin"),
  ...tuplesOfResource("plant:7", { owner: anyId("sunward") }),
  ...tuplesOfJobRole("plant:7", anyId("otto"), "operator"),
];

describe("a model that gives more access", () => {
  test("is refused with the answers that change, and nothing is written; with --allow-widening it is pushed", async ({
    hold,
    push,
    everything,
  }) => {
    await hold(OWNED);
    const before = await everything();
    const refused = await push(WIDER);
    expect(refused.outcome).toBe("refused");
    expect(refused.lines).toContain("  no → yes  plant shared at viewer: partner: admin | plant | can_operate");
    expect(refused.lines.join("\n")).toMatch(
      /^ {2}~ plant#can_operate: operator or \(.*\) → operator or shared_viewer/m,
    );
    expect(refused.lines.at(-1)).toMatch(/--allow-widening/);
    expect(await everything()).toEqual(before);

    const pushed = await push(WIDER, { allowWidening: true });
    expect(pushed.outcome).toBe("written");
    const after = await everything();
    expect(after).toEqual({ ...before, model: after.model, models: before.models + 1 });
    expect(pushed.lines.at(-1)).toContain(after.model);
  });

  test("is refused too where it would count tuples that an older model left in the store", async ({
    at,
    store,
    hold,
    push,
    everything,
  }) => {
    await hold(OWNED);
    const model = changed(["define viewer: [user]\n", "define viewer: [user, user:*]\n"]);
    const older = await openStore({ ...at, store: store.name, model, allowPush: true });
    await hold([{ user: "user:*", relation: "viewer", object: "plant:7" }], older.modelId);
    const back = await push(MODEL);
    expect([back.outcome, back.lines]).toEqual([
      "written",
      expect.arrayContaining(["  plant#viewer of user:*: 1, as plant:7 viewer user:*"]),
    ]);
    const before = await everything();
    const again = await push(model);
    expect(again.outcome).toBe("refused");
    expect(again.lines).toContain("Tuples that do not count now and would begin to: 1.");
    expect(await everything()).toEqual(before);
    expect(store.modelId).not.toBe(before.model);
  });
});

test("a model that gives less is pushed, and the answers that change and the tuples that become invalid are shown", async ({
  hold,
  push,
  everything,
}) => {
  await hold(OWNED);
  const model = changed(
    ["define operator: [user]", "define operator: [organization#admin]"],
    ["    define can_invite: acting_admin\n", ""],
    ["type twin", "type robot\n\ntype twin"],
  );
  const before = await everything();
  const { outcome, lines } = await push(model);
  expect(outcome).toBe("written");
  expect(lines).toEqual(
    expect.arrayContaining([
      "  - organization#can_invite: acting_admin",
      "  + type robot",
      "  ~ plant#operator: [user] → [organization#admin]",
      `Tuples that would stop fitting, and count no more: 1 of ${before.tuples.length}.`,
      "  plant#operator of user: 1, as plant:7 operator user:otto",
      "  yes → no  plant shared at viewer: owner: operator of the plant | plant | can_operate",
    ]),
  );
  expect(lines.join("\n")).not.toContain("no → yes");
  expect((await everything()).models).toBe(before.models + 1);
});

test("a new permission is counted separately, because nobody was denied it before", async ({ push }) => {
  const model = changed([
    "define can_share: acting_admin from owner",
    "define can_share: acting_admin from owner\n    define can_sell: admin from owner",
  ]);
  const { outcome, lines } = await push(model);
  expect(outcome).toBe("written");
  expect(lines.some((line) => /^[1-9]\d* are yes to permissions that the old model has not/.test(line))).toBe(true);
});

test("the model from before ended cooperations were kept apart is replaced without giving more access", async ({
  at,
  store,
  hold,
  push,
}) => {
  const former = changed(
    ["    define former_initiator: [organization]\n    define former_partner: [organization]\n", ""],
    ["acting_admin from initiator or acting_admin from former_initiator", "acting_admin from initiator"],
    ["acting_admin from partner or acting_admin from former_partner", "acting_admin from partner"],
    ["type invitation\n  relations\n    define head: [entry with record]\n", ""],
    ["define pending: [cooperation, share, organization]", "define pending: [cooperation, share]"],
  );
  const { modelId } = await openStore({ ...at, store: store.name, model: former, allowPush: true });
  await hold([...OWNED, { user: "organization:sunward", relation: "initiator", object: "cooperation:over" }], modelId);
  const situations = SITUATIONS.filter(({ title }) => title === "ended: left, before the sweep");
  const { outcome, lines } = await push(MODEL, { situations });
  expect(lines.filter((line) => /→ (yes|no)/.test(line))).toEqual([]);
  expect(lines.join("\n")).toMatch(/^Of [1-9]\d* answers 0 turn from no to yes and 0 from yes to no\.$/m);
  expect([outcome, situations.length]).toEqual(["written", 1]);
});

test("the model from before people could be suspended is replaced without a change for anybody who is not", async ({
  at,
  store,
  hold,
  push,
}) => {
  const former = changed(
    ["    define suspended: [user]\n    define own_person: person or suspended\n", ""],
    ["    define acting_admin: admin and person\n", ""],
    ["own_person", "person"],
    ["define can_delegate: partner_admin and partner_person", "define can_delegate: partner_admin"],
    ["acting_admin", "admin"],
  );
  const { modelId } = await openStore({ ...at, store: store.name, model: former, allowPush: true });
  await hold(OWNED, modelId);
  const titles = ["plant shared at technical_manager", "portfolio shared at viewer", "paused"];
  const situations = SITUATIONS.filter(({ title }) => titles.includes(title));
  const { outcome, lines } = await push(MODEL, { situations });
  expect(lines.join("\n")).toMatch(/^Of [1-9]\d* answers 0 turn from no to yes and 0 from yes to no\.$/m);
  expect([outcome, situations.length]).toEqual(["written", 3]);
});

test("a dry run shows the same and writes nothing, not even a store", async ({ at, push, everything }) => {
  const before = await everything();
  expect((await push(NARROWER, { dryRun: true })).outcome).toBe("shown");
  expect((await push(WIDER, { dryRun: true })).outcome).toBe("refused");
  expect(await everything()).toEqual(before);
  const missing = "concordat of nobody";
  expect((await push(MODEL, { dryRun: true, store: missing })).outcome).toBe("shown");
  expect((await createClient(at).listStores({ name: missing })).stores).toEqual([]);
});

test("a model that is current already is not written again, and no question is asked", async ({ push, everything }) => {
  const before = await everything();
  const { outcome, lines } = await push(`# said otherwise\n\n${MODEL}`);
  expect([outcome, lines.length]).toEqual(["same", 1]);
  expect(await everything()).toEqual(before);
});

test("a model that appears meanwhile and was not compared is not replaced", async ({ at, store, push, everything }) => {
  const asked = (line: string) => line.startsWith("Asking both models");
  let other: Promise<{ modelId: string }> | undefined;
  const say = (line: string) => {
    if (asked(line)) other = openStore({ ...at, store: store.name, model: WIDER, allowPush: true });
  };
  await expect(push(NARROWER, { say })).rejects.toThrow(/meanwhile/);
  expect((await everything()).model).toBe((await other)?.modelId);
});

test("a store that was empty at the comparison and no longer is, is not changed either", async ({ at, store }) => {
  const options = { ...at, store: store.name, model: WIDER, allowPush: true, replaces: "" };
  await expect(openStore(options)).rejects.toThrow(/meanwhile/);
  expect((await newestModel({ ...at, store: store.name }))?.model.id).toBe(store.modelId);
});

test("scratch stores are removed also when the comparison fails", async ({ push, everything }) => {
  const before = await everything();
  const [one] = FEW;
  if (one === undefined) expect.fail("no situation");
  // a second name for the same people: writing them twice is refused
  const broken = [{ ...one, people: { "owner: admin": { owner: "admin" as const } } }];
  await expect(push(NARROWER, { situations: broken })).rejects.toThrow();
  expect(before.scratch).toEqual([]);
  expect(await everything()).toEqual(before);
});

test("a question without an answer is asked again and never counts as denied; one that never gets an answer ends the comparison", async ({
  at,
  store,
}) => {
  const engine = createEngine({ ...at, ...store, timeoutMilliseconds: 30_000, connections: 4 });
  onTestFinished(() => engine.close());
  const { permissions } = engine;
  let batches = 0;
  const faulty: Pick<Engine, "batchCheck" | "permissions"> = {
    permissions,
    batchCheck: async (questions, when) => {
      batches++;
      const answers = await engine.batchCheck(questions, when);
      return answers.map((answer, n) => (batches < 3 && n % 3 === 0 ? { fault: "deadline_exceeded" } : answer));
    },
  };
  const [whole] = await measure(FEW, engine, createTupleStore({ ...at, ...store }));
  const nobody = { write: async () => "committed" as const };
  const [patient] = await measure(FEW, faulty, nobody);
  expect(batches).toBe(3);
  expect(patient?.answers).toEqual(whole?.answers);
  const silent = {
    permissions,
    batchCheck: async (all: Question[]) => all.map(() => ({ fault: "deadline_exceeded" })),
  };
  await expect(measure(FEW, silent, nobody)).rejects.toThrow(/no answer/);
});

const command = (at: OpenFgaConnection, store: string, ...args: string[]) =>
  runScript("push-model", args, { ...environmentOf(at), OPENFGA_STORE: store });

test("the command's exit code says what was done", async ({ at, store, hold, everything }) => {
  await hold(OWNED);
  // under a model without permissions nothing counts, and there is nobody to ask about
  await openStore({ ...at, store: store.name, model: "model\n  schema 1.1\ntype user\n", allowPush: true });
  const before = await everything();
  const refused = await command(at, store.name);
  expect([refused.code, refused.stdout]).toEqual([1, expect.stringContaining("would begin to: 7.")]);
  expect(await command(at, store.name, "--alow-widening")).toMatchObject({ code: 2, stdout: "" });
  expect(await command({ apiUrl: "http://127.0.0.1:1" }, store.name)).toMatchObject({ code: 2, stdout: "" });
  expect(await command(at, store.name, "--dry-run", "--allow-widening")).toMatchObject({ code: 0 });
  expect(await everything()).toEqual(before);

  const pushed = await command(at, store.name, "--allow-widening");
  expect([pushed.code, pushed.stdout]).toEqual([0, expect.stringContaining("as its newest now")]);
  const after = await everything();
  expect(pushed.stdout).toContain(`model ${after.model}\n`);
  expect(await command(at, store.name)).toMatchObject({ code: 0, stdout: expect.stringContaining("already") });
  expect((await everything()).model).toBe(after.model);
});
