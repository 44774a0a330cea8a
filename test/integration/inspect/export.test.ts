/** Export: the same lines that an import takes, and taken into an empty store they give the owners' people the same. */
import { expect } from "vitest";
import { EngineUnavailable } from "../../../src/faults.ts";
import { createEngine } from "../../../src/openfga/engine.ts";
import { openStore } from "../../../src/openfga/open-store.ts";
import { createTupleStore } from "../../../src/openfga/tuple-store.ts";
import { doctor } from "../../../src/queries/doctor.ts";
import { exportAll, importAll, linesFrom, WORLD } from "../../support/bulk.ts";
import { connection } from "../../support/engine.ts";
import { MODEL } from "../../support/model.ts";
import { cooperate, createService, KEYS, type Service, test } from "../../support/service.ts";

const RESOURCES = ["plant:7", "plant:8", "plant:gone", "portfolio:north", "portfolio:gone"];

/** The owner's world with things that came and went, and a cooperation over it. */
async function live(service: Service): Promise<void> {
  await importAll(service, linesFrom(WORLD));
  const gone = [
    { kind: "organization", id: "gone", name: "Gone" },
    { kind: "person", organization: "sunward", user: "gone", role: "admin", email: "gone@sunward.example" },
    { kind: "plant", id: "gone", owner: "sunward" },
    { kind: "portfolio", id: "gone", owner: "sunward" },
  ];
  expect((await importAll(service, linesFrom(gone))).end).toMatchObject({ done: 4 });
  for (const path of ["organizations/gone", "organizations/sunward/people/gone", "plants/gone", "portfolios/gone"])
    expect((await service.admin("DELETE", `/v1/${path}`)).status, path).toBe(200);
  const { shares } = await cooperate(service, [{ resource: "plant:7", role: "technical_manager" }]);
  expect((await service.as("ben", "PUT", `/v1/shares/${shares[0]}/delegations/tom`, { role: "viewer" })).status).toBe(
    201,
  );
}

/** What everybody may on everything, as the engine answers. */
async function matrix({ engine }: Pick<Service["deps"], "engine">, people: string[]): Promise<Record<string, boolean>> {
  const questions = people.flatMap((user) =>
    RESOURCES.flatMap((object) =>
      (engine.permissions.get(object.split(":")[0] ?? "") ?? []).map((relation) => ({
        user: `user:${user}`,
        relation,
        object,
      })),
    ),
  );
  const answers = await engine.batchCheck(questions, new Date());
  return Object.fromEntries(
    questions.map(({ user, relation, object }, index) => {
      const answer = answers[index];
      if (answer === undefined || "fault" in answer) throw new Error("not answered");
      return [`${user} ${relation} ${object}`, answer.allowed];
    }),
  );
}

/** Another store of the run's engine, empty. */
async function emptyStore() {
  const opened = await openStore({ ...connection(), store: `copy ${Math.random()}`, model: MODEL, allowPush: false });
  const at = { ...connection(), ...opened };
  const engine = createEngine({ ...at, timeoutMilliseconds: 10_000, connections: 4 });
  return { service: createService({ tupleStore: createTupleStore(at), engine }), close: () => engine.close() };
}

const SUSPENSION = "/v1/organizations/brightfix/people/tom/suspension";

test("an export has the imported lines in their order, without deleted objects and without cooperations", async ({
  service,
}) => {
  await live(service);
  const rules = { share_days_max: 90, review_months_max: 6, partners_denied: ["domain:rival.example"] };
  expect((await service.admin("PUT", "/v1/organizations/sunward/policy", rules)).status).toBe(200);
  // one that rules nothing is none
  await service.admin("PUT", "/v1/organizations/brightfix/policy", { highest_role: "viewer" });
  await service.admin("PUT", "/v1/organizations/brightfix/policy", {});
  await service.admin("PUT", SUSPENSION, {});
  expect(
    (await exportAll(service))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { kind: "organization", id: "brightfix", name: "Brightfix Service" },
    { kind: "organization", id: "sunward", name: "Sunward Energy" },
    { kind: "policy", organization: "sunward", ...rules },
    { kind: "person", organization: "brightfix", user: "ben", role: "admin", email: "ben@brightfix.example" },
    { kind: "person", organization: "brightfix", user: "tom", role: "member" },
    { kind: "person", organization: "sunward", user: "anna", role: "admin", email: "anna@sunward.example" },
    { kind: "person", organization: "sunward", user: "otto", role: "member", name: "Otto", language: "de" },
    { kind: "suspension", organization: "brightfix", user: "tom" },
    { kind: "portfolio", id: "north", owner: "sunward", name: "North" },
    { kind: "plant", id: "7", owner: "sunward", name: "Hillside" },
    { kind: "plant", id: "8", owner: "sunward", portfolio: "north" },
    { kind: "job_role", resource: "portfolio:north", user: "otto", role: "asset_manager" },
    { kind: "job_role", resource: "plant:7", user: "otto", role: "operator" },
  ]);
  expect((await importAll(service, await exportAll(service))).end).toMatchObject({ done: 0, same: 13, refused: 0 });
});

test("an export that is imported into an empty store gives the owners' people the same permissions, and partners none", async ({
  service,
}) => {
  await live(service);
  await service.admin("PUT", SUSPENSION, {});
  const text = await exportAll(service);
  const { service: copy, close } = await emptyStore();
  expect((await importAll(copy, text)).end).toMatchObject({ event: "end", done: 12, refused: 0 });
  expect(await exportAll(copy)).toBe(text);
  const owners = await matrix(service.deps, ["anna", "otto", "gone"]);
  expect(await matrix(copy.deps, ["anna", "otto", "gone"])).toEqual(owners);
  expect(Object.values(owners).filter((allowed) => allowed).length).toBeGreaterThan(15);
  expect(Object.values(owners).filter((allowed) => !allowed).length).toBeGreaterThan(15);
  // cooperations travel by a backup of the database
  expect(Object.values(await matrix(service.deps, ["ben"]))).toContain(true);
  expect(Object.values(await matrix(copy.deps, ["ben", "tom"]))).not.toContain(true);
  expect(await doctor(copy.deps.tupleStore)).toEqual([]);
  await close();
});

test("an export is complete with more than a page of each kind", async ({ service }) => {
  const ids = Array.from({ length: 130 }, (_, n) => String(n).padStart(3, "0"));
  const lines = [
    { kind: "organization", id: "big", name: "Big" },
    ...ids.map((n) => ({ kind: "person", organization: "big", user: `u${n}`, role: "member" })),
    ...ids.map((n) => ({ kind: "plant", id: `p${n}`, owner: "big" })),
    ...ids.map((n) => ({ kind: "job_role", resource: `plant:p${n}`, user: `u${n}`, role: "viewer" })),
  ];
  expect((await importAll(service, linesFrom(lines))).end).toMatchObject({ done: lines.length });
  expect(await exportAll(service)).toBe(linesFrom(lines));
});

test("an unreachable engine gives a problem before the first line, and a reply that breaks off after it", async ({
  service: { deps },
}) => {
  const down = { ...deps.tupleStore };
  const service = createService({ tupleStore: down, engine: deps.engine });
  await importAll(service, linesFrom(WORLD));
  const away = () => Promise.reject(new EngineUnavailable("away"));
  down.read = away;
  const headers = { Authorization: `Bearer ${KEYS.admin}` };
  const broken = await service.app.request("/v1/export", { headers });
  await expect(broken.text()).rejects.toThrow();
  down.pages = () => ({ [Symbol.asyncIterator]: () => ({ next: away }) });
  const reply = await service.app.request("/v1/export", { headers });
  expect([reply.status, ((await reply.json()) as { code: string }).code]).toEqual([503, "engine_unavailable"]);
});
