/**
 * A repair beside a running service: concurrent changes are not undone, cached
 * checks answer from after it, and histories say what it deleted. The command prints what
 * it did and what it left, in its exit code too.
 */
import { expect } from "vitest";
import { repair } from "../../../src/actions/repair.ts";
import type { CacheScope } from "../../../src/domain/cache-scopes.ts";
import { keyText, type Tuple } from "../../../src/domain/tuples.ts";
import { EngineUnavailable } from "../../../src/faults.ts";
import { createClient } from "../../../src/openfga/client.ts";
import { openStore } from "../../../src/openfga/open-store.ts";
import { createTupleStore } from "../../../src/openfga/tuple-store.ts";
import type { TupleStore } from "../../../src/ports.ts";
import { doctor } from "../../../src/queries/doctor.ts";
import { ask, questionOf, test } from "../../support/cache.ts";
import { put, repairDeps, textsOf } from "../../support/damage.ts";
import { connection, environmentOf } from "../../support/engine.ts";
import { MODEL } from "../../support/model.ts";
import { runScript } from "../../support/program.ts";
import { cooperate, KEYS, seedWorld } from "../../support/service.ts";

const key = (user: string, relation: string, object: string): Tuple => ({ user, relation, object });
const OPERATOR = ["viewer", "asset_manager", "technical_manager", "operator"].map((rung) =>
  key("user:otto", rung, "plant:7"),
);

/** The same relationships, with something that happens just before their first Write. */
function interrupted(tupleStore: TupleStore, first: () => Promise<unknown>): TupleStore {
  let due = true;
  return {
    ...tupleStore,
    write: async (write) => {
      if (due) {
        due = false;
        await first();
      }
      return tupleStore.write(write);
    },
  };
}

test("tuples that an action makes valid between examination and repair are not deleted", async ({
  service,
  tupleStore,
}) => {
  await seedWorld(service);
  await put(tupleStore, [], OPERATOR.slice(0, 1));
  // the viewer's rung that nobody gave becomes part of a role that somebody gives
  const given = () => service.as("anna", "PUT", "/v1/plants/7/roles/otto", { role: "technical_manager" });
  const { done, left } = await repair(repairDeps(interrupted(tupleStore, given)));
  expect([done, left]).toEqual([[], []]);
  expect((await service.as("anna", "GET", "/v1/plants/7/roles")).body.items).toEqual([
    { user: "otto", role: "technical_manager" },
  ]);
});

test("tuples that were deleted meanwhile are reported as they are", async ({ service, tupleStore }) => {
  await seedWorld(service);
  await put(tupleStore, [], OPERATOR);
  const taken = () => tupleStore.erase(OPERATOR);
  const { done, left } = await repair(repairDeps(interrupted(tupleStore, taken)));
  expect([done, left]).toEqual([[], []]);
});

test("many repairs of one object and of one history follow each other, and the chain holds", async ({
  service,
  tupleStore,
}) => {
  await seedWorld(service);
  const { id } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
  await service.as("anna", "POST", `/v1/cooperations/${id}/pause`, {});
  const damage = [
    ...OPERATOR,
    key("user:ben", "viewer", "plant:7"),
    key("user:tom", "viewer", "plant:8"),
    key("user:tom", "admin", "organization:sunward"),
    key("user:tom", "person", "organization:sunward"),
    key("organization:brightfix", "in_force", `cooperation:${id}`),
    key("twin:brightfix", "in_force", `cooperation:${id}`),
  ];
  await put(tupleStore, [], damage);
  const { done, left } = await repair(repairDeps(tupleStore));
  expect(left).toEqual([]);
  expect(done.flatMap(({ took }) => took.map(keyText)).sort()).toEqual(damage.map(keyText).sort());
  expect(await doctor(tupleStore)).toEqual([]);

  const history = (await service.as("anna", "GET", `/v1/cooperations/${id}/history?limit=2`)).body.items;
  expect(history).toMatchObject([
    { n: 5, action: "repair", actor: "service:doctor", object: `cooperation:${id}`, after: { status: "paused" } },
    { n: 4, action: "repair", before: { taken: [expect.stringMatching(/in_force/)] } },
  ]);
  // and actions work again: the in_force that prevented them is deleted
  expect((await service.as("anna", "POST", `/v1/cooperations/${id}/resume`, {})).status).toBe(200);
  expect(await service.may("ben", "view", "plant:7")).toBe(true);
});

test("a date that differs from its record is repaired by setting another, and a missing tuple by writing it", async ({
  service,
  tupleStore,
}) => {
  await seedWorld(service);
  const [soon, late] = ["2098-01-01T00:00:00Z", "2099-01-01T00:00:00Z"];
  const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "viewer", expires_at: soon }]);
  const share = `/v1/shares/${shares[0]}`;
  await service.as("anna", "PATCH", `/v1/cooperations/${id}`, { expires_at: soon });
  await service.as("ben", "PUT", `${share}/delegations/tom`, { role: "viewer", expires_at: soon });
  const dated = (await tupleStore.readAll()).filter(({ condition }) => condition?.name === "not_expired");
  const stopped = dated.map((tuple) => {
    const context = { expires_at: soon, current_time: "2020-01-01T00:00:00Z" };
    return { ...tuple, condition: { name: "not_expired", context } } as Tuple;
  });
  await put(tupleStore, dated, stopped);
  expect((await repair(repairDeps(tupleStore))).left).toHaveLength(3);
  for (const expires_at of [late, soon]) {
    await service.as("anna", "PATCH", `/v1/cooperations/${id}`, { expires_at });
    await service.as("anna", "PATCH", share, { expires_at });
    await service.as("ben", "PUT", `${share}/delegations/tom`, { role: "viewer", expires_at });
  }
  expect(await doctor(tupleStore)).toEqual([]);

  const [inForce] = await tupleStore.read({ object: `cooperation:${id}`, relation: "in_force" });
  if (inForce === undefined) expect.fail("not in force");
  await put(tupleStore, [inForce], []);
  const named = `in_force ${inForce.user} is missing, with the date ${soon}`;
  expect((await repair(repairDeps(tupleStore))).left).toMatchObject([{ detail: named }]);
  await put(tupleStore, [], [inForce]);
  expect(await doctor(tupleStore)).toEqual([]);
});

test("a store that is in order is not written to", async ({ service, tupleStore }) => {
  await seedWorld(service);
  const before = textsOf(await tupleStore.readAll());
  const never = async () => expect.fail("wrote");
  const { done, left } = await repair(repairDeps({ ...tupleStore, write: never, erase: never }));
  expect([done, left]).toEqual([[], []]);
  expect(textsOf(await tupleStore.readAll())).toEqual(before);
});

test("a repair invalidates cached permissions that a foreign tuple gave, also those cached under another owner", async ({
  cached,
  tupleStore,
  connectCache,
  store,
}) => {
  await seedWorld(cached);
  const invalidated: (CacheScope[] | "all")[] = [];
  const other = connectCache(store);
  await expect.poll(() => other.lookup(questionOf("nobody"), undefined)).toBeDefined();
  const deps = repairDeps(tupleStore, (scopes) => invalidated.push(scopes));
  const invalidate = async (scopes: CacheScope[] | "all") => {
    await deps.invalidate(scopes);
    expect(await other.invalidate(scopes)).toBe(true);
  };
  for (const [user, damage] of [
    ["tom", key("user:tom", "viewer", "plant:7")],
    ["ben", key("organization:brightfix", "owner", "plant:7")],
  ] as const) {
    await put(tupleStore, [], [damage]);
    expect(await ask(cached, user)).toMatchObject({ decision: true });
    const { done } = await repair({ ...deps, invalidate });
    expect(done.map(({ took }) => took.map(keyText))).toEqual([[keyText(damage)]]);
    expect(await ask(cached, user)).toMatchObject({ decision: false });
  }
  expect(invalidated).toEqual([
    ["user:tom"],
    expect.arrayContaining(["organization:brightfix", "organization:sunward"]),
  ]);
});

test("many repairs invalidate once, all where one reaches an unknown owner; also when a later one fails", async ({
  service,
  tupleStore,
}) => {
  await seedWorld(service);
  const invalidated: (CacheScope[] | "all")[] = [];
  const deps = repairDeps(tupleStore, (scopes) => invalidated.push(scopes));
  const jobs = ["7", "8", "9"].map((plant) => key("user:tom", "viewer", `plant:${plant}`));
  const lost = ["01ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAW"].map((id) =>
    key(`cooperation:${id}`, "cooperation", `share:${id}`),
  );
  await put(tupleStore, [], [...jobs, ...lost]);
  const { done, left } = await repair(deps);
  expect(left).toEqual([]);
  expect(done.length).toBeGreaterThan(3);
  expect(invalidated).toEqual(["all"]);

  invalidated.length = 0;
  await put(tupleStore, [], jobs);
  let writes = 0;
  const write: TupleStore["write"] = async (one) => {
    if (++writes === 3) throw new EngineUnavailable("away");
    return tupleStore.write(one);
  };
  await expect(repair({ ...deps, tupleStore: { ...tupleStore, write } })).rejects.toThrow(EngineUnavailable);
  expect(invalidated).toEqual([["user:tom"]]);
});

test("tuples that another model allowed and ours does not are named and deleted", async ({
  service,
  tupleStore,
  store,
}) => {
  await seedWorld(service);
  const model = MODEL.replaceAll("define operator: [user]", "define operator: [user, share#viewer]");
  const other = await openStore({ ...connection(), store: await nameOf(store), model, allowPush: true });
  const crossing = key("share:01ARZ3NDEKTSV4RRFFQ69G5FAV#viewer", "operator", "plant:7");
  await put(createTupleStore({ ...connection(), ...other }), [], [crossing]);
  expect(await doctor(tupleStore)).toContainEqual(expect.objectContaining({ kind: "stray", object: "plant:7" }));
  const { done, left } = await repair(repairDeps(tupleStore));
  expect([done.flatMap(({ took }) => took), left]).toEqual([[crossing], []]);
});

const nameOf = async ({ storeId }: { storeId: string }) =>
  (await createClient(connection()).getStore({ storeId })).name ?? "";

const runDoctor = (name: string, args: string[], more: NodeJS.ProcessEnv = {}) =>
  runScript("doctor", args, { ...environmentOf(connection()), OPENFGA_STORE: name, ...more });

test("the command prints what it deleted and what it left, invalidates the cache, and its exit code says whether damage is left", async ({
  cached,
  tupleStore,
  store,
  redis,
}) => {
  await seedWorld(cached);
  const name = await nameOf(store);
  await put(tupleStore, [], [key("user:tom", "viewer", "plant:7")]);
  await put(tupleStore, [{ user: "portfolio:north", relation: "portfolio", object: "plant:8" }], []);
  expect(await ask(cached, "tom")).toMatchObject({ decision: true });

  const looked = await runDoctor(name, ["--json"]);
  expect([looked.code, JSON.parse(looked.stdout)]).toEqual([
    1,
    {
      store: name,
      damaged: 2,
      findings: [
        { kind: "job_role", object: "plant:7", detail: expect.any(String), repair: true },
        {
          kind: "relation",
          object: "plant:8",
          detail: "portfolio portfolio:north is missing",
          repair: false,
        },
      ],
    },
  ]);

  const first = await runDoctor(name, ["--repair"], { REDIS_URL: redis.url });
  expect(first).toMatchObject({
    code: 1,
    stdout:
      "repaired job_role plant:7: user:tom is viewer and no person of the owner: took plant:7 viewer user:tom\n" +
      "left relation plant:8: portfolio portfolio:north is missing\n",
    stderr: `The store "${name}": 1 repaired, 1 damaged, 0 left to sweep.\n`,
  });
  expect(await ask(cached, "tom")).toMatchObject({ decision: false });

  // a Redis that is away stops no repair
  await put(tupleStore, [], [key("user:tom", "viewer", "plant:7")]);
  const away = await runDoctor(name, ["--repair"], { REDIS_URL: "redis://127.0.0.1:1" });
  expect([away.code, away.stdout]).toEqual([1, expect.stringContaining("took plant:7 viewer user:tom")]);
  expect(away.stderr).toMatch(/^Redis does not answer/);

  await put(tupleStore, [], [{ user: "portfolio:north", relation: "portfolio", object: "plant:8" }]);
  const second = await runDoctor(name, ["--repair", "--json"]);
  expect([second.code, JSON.parse(second.stdout)]).toEqual([
    0,
    { store: name, damaged: 0, findings: [], repaired: [] },
  ]);
  expect(await runDoctor(name, ["--mend"])).toMatchObject({ code: 2, stderr: expect.stringContaining("--mend") });
});

test("the command refuses a store whose newest model is another version's, because its tuples would look like damage", async ({
  store,
}) => {
  const name = await nameOf(store);
  await openStore({
    ...connection(),
    store: name,
    model: MODEL.replace("type sweep", "type robot\n\ntype sweep"),
    allowPush: true,
  });
  expect(await runDoctor(name, ["--repair"])).toMatchObject({
    code: 2,
    stdout: "",
    stderr: expect.stringContaining("another version's"),
  });
});

test("over HTTP a service reads the findings; concurrent requests share one examination, and none repairs", async ({
  service,
  tupleStore,
}) => {
  await seedWorld(service);
  const look = (options = {}) => service.admin("GET", "/v1/doctor", undefined, options);
  expect((await look()).body).toEqual({ began_at: expect.any(String), damaged: 0, findings: [] });
  await put(tupleStore, [], [key("user:tom", "viewer", "plant:7")]);
  const before = textsOf(await tupleStore.readAll());

  let readings = 0;
  const { readAll } = tupleStore;
  tupleStore.readAll = () => {
    readings++;
    return readAll();
  };
  const replies = await Promise.all([look(), look(), look()]);
  expect(readings).toBe(2);
  const detail = "user:tom is viewer and no person of the owner";
  for (const { status, body } of replies)
    expect([status, body]).toEqual([
      200,
      {
        began_at: replies[0]?.body.began_at,
        damaged: 1,
        findings: [{ kind: "job_role", object: "plant:7", detail, repair: true }],
      },
    ]);
  await look();
  expect(readings).toBe(4);
  expect(textsOf(await readAll())).toEqual(before);
  for (const options of [{ key: KEYS.manage, headers: { "Acting-User": "user:anna" } }])
    expect((await look(options)).body.code).toBe("insufficient_scope");
});
