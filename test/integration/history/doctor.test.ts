/**
 * Doctor finds nothing in what the service wrote, and each kind of damage that a write
 * past the service can do. Every damage is done to the real store, and repaired or not.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ulid } from "ulid";
import { describe, expect } from "vitest";
import { repair } from "../../../src/actions/repair.ts";
import { sweep } from "../../../src/actions/sweep.ts";
import { FINDING_KINDS, type Finding } from "../../../src/domain/doctor/finding.ts";
import { WRITTEN } from "../../../src/domain/relations.ts";
import { keyText, type Tuple } from "../../../src/domain/tuples.ts";
import { createClient } from "../../../src/openfga/client.ts";
import { openStore } from "../../../src/openfga/open-store.ts";
import { createTupleStore } from "../../../src/openfga/tuple-store.ts";
import type { TupleStore } from "../../../src/ports.ts";
import { diagnose, doctor, isDamage, viewOf } from "../../../src/queries/doctor.ts";
import { damages, liveALot, put, repairDeps, restore, textsOf } from "../../support/damage.ts";
import { connection, connectionOf, environmentOf } from "../../support/engine.ts";
import { MODEL } from "../../support/model.ts";
import { runScript } from "../../support/program.ts";
import { cooperate, createService, seedWorld, test } from "../../support/service.ts";

/** What a repair would take away for these. */
const takenFor = (findings: Finding[]) =>
  findings.flatMap(({ remedy }) => (remedy && "erase" in remedy ? remedy.erase.map(keyText) : []));

/** What is neither a record nor a line in a history: those a repair replaces and adds. */
const isFact = ({ relation }: Tuple) => relation !== "head" && relation !== "log";

test("doctor finds nothing in a store that only the service wrote", async ({ service, tupleStore }) => {
  await liveALot(service);
  expect(await doctor(tupleStore)).toEqual([]);
});

test("each damage from outside the service is found, named, and repaired where that removes no valid access", {
  timeout: 600_000,
}, async ({ service, tupleStore }) => {
  const world = await liveALot(service);
  const healthy = await tupleStore.readAll();
  const list = damages(healthy, world);
  for (const [sentence, repaired, kind, object, deletes, writes] of list) {
    await put(tupleStore, deletes, writes);
    const { done, left } = await repair(repairDeps(tupleStore));
    const findings = [...done.map(({ finding }) => finding), ...left];
    expect(findings.map(viewOf), sentence).toContainEqual(expect.objectContaining({ kind, object }));
    expect(findings.filter(isDamage).length, sentence).toBeGreaterThan(0);

    const outcome = done.length === 0 ? "no" : left.length === 0 ? "whole" : "part";
    expect(outcome, `${sentence}: ${JSON.stringify(left)}`).toBe(repaired);
    const after = await tupleStore.readAll();
    const taken = new Set(deletes.map(keyText));
    // the store as it was but for the damage, and where nothing was repaired with the damage in it
    const should = healthy.filter((tuple) => !taken.has(keyText(tuple))).concat(done.length === 0 ? writes : []);
    expect(textsOf(after.filter(isFact)), sentence).toEqual(textsOf(should.filter(isFact)));
    if (done.length === 0) expect(textsOf(after), sentence).toEqual(textsOf(should));
    await restore(tupleStore, healthy);
  }
  expect(await doctor(tupleStore)).toEqual([]);
  const kinds = new Set<string>(list.map(([, , kind]) => kind));
  expect([...kinds].sort()).toEqual(
    Object.keys(FINDING_KINDS)
      // signatures are looked at with keys alone: signed-history.test.ts
      .filter((kind) => kind !== "leftover" && kind !== "signature")
      .sort(),
  );
});

test("an unexpected tuple between existing objects is found, whatever its form", async ({ service, tupleStore }) => {
  await liveALot(service);
  const healthy = await tupleStore.readAll();
  const there = new Set(healthy.map(keyText));
  const refs = [...new Set(healthy.flatMap(({ user, object }) => [user.split("#", 1)[0] ?? user, object]))];
  const ofType = (type: string) => refs.filter((ref) => ref.startsWith(`${type}:`));
  const tuples: Tuple[] = [];
  for (const [type, relations] of Object.entries(WRITTEN))
    for (const [relation, forms] of Object.entries(relations))
      for (const form of forms) {
        const [who = "", condition] = form.split(" with ");
        const [userType = "", rung] = who.split("#");
        const context = condition === "record" ? { fields: {} } : { expires_at: "2099-01-01T00:00:00Z" };
        for (const object of type === "sweep" ? ["sweep:all", "sweep:other"] : ofType(type))
          for (const ref of ofType(userType)) {
            const user = rung === undefined ? ref : `${ref}#${rung}`;
            tuples.push({
              user,
              relation,
              object,
              ...(condition && { condition: { name: condition, context } }),
            } as Tuple);
          }
      }
  const strays = tuples.filter((tuple) => !there.has(keyText(tuple)));
  expect(strays.length).toBeGreaterThan(3000);
  // every seventh: all of them take minutes
  for (const tuple of strays.filter((_, n) => n % 7 === 0)) {
    const findings = diagnose([...healthy, tuple]);
    expect(findings.length, keyText(tuple)).toBeGreaterThan(0);
    expect(new Set([keyText(tuple), ...takenFor(findings)]).size, `a repair of ${keyText(tuple)} takes more`).toBe(1);
  }
});

test("missing tuples are not repaired by deleting others, neither for one tuple nor for all of an object", async ({
  service,
  tupleStore,
}) => {
  await liveALot(service);
  const healthy = await tupleStore.readAll();
  for (const tuple of healthy) {
    const findings = diagnose(healthy.filter((one) => one !== tuple));
    expect(takenFor(findings), `${keyText(tuple)} is missing`).toEqual([]);
  }
  for (const object of new Set(healthy.map((tuple) => tuple.object))) {
    const findings = diagnose(healthy.filter((one) => one.object !== object));
    expect(takenFor(findings), `${object} is missing`).toEqual([]);
  }
});

describe("the remains of a removal", () => {
  test("are distinguished from damage while a sweep is due, complete or interrupted, and absent after it", async ({
    service: { deps },
    tupleStore,
  }) => {
    const service = createService(deps, { inBackground: () => {} });
    const { as } = service;
    await seedWorld(service);
    const first = await cooperate(service, [{ resource: "plant:7", role: "technical_manager" }]);
    const share = `/v1/shares/${first.shares[0]}`;
    await as("ben", "PUT", `${share}/delegations/tom`, { role: "technical_manager" });
    expect((await as("anna", "DELETE", share)).status).toBe(200);
    const second = await cooperate(service, [{ resource: "plant:8", role: "asset_manager" }]);
    await as("ben", "PUT", `/v1/shares/${second.shares[0]}/delegations/eva`, { role: "asset_manager" });
    expect((await as("ben", "POST", `/v1/cooperations/${second.id}/leave`, {})).status).toBe(200);
    const leftovers = [`cooperation:${second.id}`, `share:${first.shares[0]}`].map((object) => {
      return { kind: "leftover", object, detail: expect.any(String), repair: true };
    });
    expect((await doctor(tupleStore)).map(viewOf)).toEqual(leftovers);

    // a sweep that is cut off after each of its erasures
    for (let erasures = 1; erasures <= 5; erasures++) {
      let left = erasures;
      const cut: TupleStore = {
        ...tupleStore,
        erase: async (keys) => {
          if (left-- <= 0) throw new Error("cut off");
          await tupleStore.erase(keys);
        },
      };
      await sweep({ tupleStore: cut, warn: () => {} });
      expect((await doctor(tupleStore)).filter(isDamage), `after ${erasures}`).toEqual([]);
    }
    await sweep({ tupleStore, warn: () => {} });
    expect(await doctor(tupleStore)).toEqual([]);
    const rest = (await tupleStore.readAll()).filter(({ object }) => object.startsWith("share:"));
    expect(rest.map(keyText)).toEqual([]);
  });

  test("are damage when no sweep is due", async ({ service: { deps }, tupleStore }) => {
    const service = createService(deps, { inBackground: () => {} });
    await seedWorld(service);
    const { shares } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
    await service.as("anna", "DELETE", `/v1/shares/${shares[0]}`);
    const marks = await tupleStore.read({ object: "sweep:all", relation: "pending" });
    await tupleStore.erase(marks);
    const finding = { kind: "relation", object: `share:${shares[0]}`, detail: "was removed and no sweep is to come" };
    expect((await doctor(tupleStore)).map(viewOf)).toEqual([{ ...finding, repair: true }]);
    const { done, left } = await repair(repairDeps(tupleStore));
    expect([done.map(({ finding }) => viewOf(finding)), left]).toEqual([[{ ...finding, repair: true }], []]);
    const rest = (await tupleStore.readAll()).filter(({ object }) => /^(share|sweep):/.test(object));
    expect(rest).toEqual([]);
  });

  test("are marked for the sweep, but a mark alone deletes nothing: a live object stays, and doctor names the mark", async ({
    service,
    tupleStore,
  }) => {
    await seedWorld(service);
    const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
    await service.as("ben", "PUT", `/v1/shares/${shares[0]}/delegations/tom`, { role: "viewer" });
    const healthy = await tupleStore.readAll();
    const marks = [`share:${shares[0]}`, `cooperation:${id}`].map((user) => {
      return { user, relation: "pending", object: "sweep:all" };
    });
    await put(tupleStore, [], marks);
    const warned: object[] = [];
    expect(await sweep({ tupleStore, warn: (event, facts) => void warned.push({ event, ...facts }) })).toBe(0);
    expect(warned).toHaveLength(2);
    expect(textsOf(await tupleStore.readAll())).toEqual(textsOf([...healthy, ...marks]));
    const { done, left } = await repair(repairDeps(tupleStore));
    expect([done.length, left]).toEqual([2, []]);
    expect(await service.may("tom", "view", "plant:7")).toBe(true);
  });
});

const runDoctor = (env: NodeJS.ProcessEnv) => runScript("doctor", [], env);

test("the command prints one finding a line and fails, and also fails where there is no store", async ({
  service,
  tupleStore,
  store,
}) => {
  await seedWorld(service);
  const { name = "" } = await createClient(connection()).getStore({ storeId: store.storeId });
  const at = (OPENFGA_STORE: string) => ({ ...environmentOf(connection()), OPENFGA_STORE });
  expect(await runDoctor(at(name))).toMatchObject({ code: 0, stdout: "" });
  await tupleStore.write({
    deletes: [],
    writes: [{ user: "user:tom", relation: "admin", object: "organization:brightfix" }],
  });
  const found = await runDoctor(at(name));
  expect(found.code).toBe(1);
  expect(found.stdout).toMatch(/^person organization:brightfix: user:tom has 2 roles: admin, member\n$/);
  const missing = `no store ${ulid()}`;
  expect(await runDoctor(at(missing))).toMatchObject({ code: 2, stderr: expect.stringContaining(missing) });
  expect((await createClient(connection()).listStores({ name: missing })).stores).toEqual([]);
});

test("the command uses the embedded engine where it runs, and starts it where it does not", async ({ ownServer }) => {
  const { apiUrl, folder } = ownServer;
  const at = connectionOf(ownServer);
  const opened = await openStore({ ...at, store: "concordat", model: MODEL, allowPush: true });
  const holder: Tuple = { user: "user:tom", relation: "holder", object: "email:abc" };
  await createTupleStore({ ...at, ...opened }).write({ deletes: [], writes: [holder] });
  const env = { OPENFGA_API_URL: "", OPENFGA_API_TOKEN: "", OPENFGA_STORE: "", CONCORDAT_FOLDER: folder };
  const line = "relation email:abc: holder user:tom is required by no record\n";
  expect(await runDoctor(env)).toMatchObject({ code: 1, stdout: line });
  expect((await fetch(`${apiUrl}/healthz`)).ok).toBe(true);
  await ownServer.stop();
  expect(await runDoctor(env)).toMatchObject({ code: 1, stdout: line });
  const empty = { ...env, CONCORDAT_FOLDER: join(folder, "none") };
  expect(await runDoctor(empty)).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("no engine") });
  expect(existsSync(empty.CONCORDAT_FOLDER)).toBe(false);
});
