/**
 * Two versions of the service at once, as while one replaces the other: each with a model
 * of its own, on one store and one Redis. Each answers by its own model, from its own
 * entries, and what either does is done for both.
 */
import { expect } from "vitest";
import { createClient } from "../../../src/openfga/client.ts";
import { createEngine } from "../../../src/openfga/engine.ts";
import { openStore } from "../../../src/openfga/open-store.ts";
import { createTupleStore } from "../../../src/openfga/tuple-store.ts";
import { doctor } from "../../../src/queries/doctor.ts";
import { answering, ask, test as cacheTest } from "../../support/cache.ts";
import { connection } from "../../support/engine.ts";
import { MODEL } from "../../support/model.ts";
import { cooperate, createService, type Service, seedWorld } from "../../support/service.ts";

/** The newer version's: admins of the owner do not operate any more, and there is something new to ask. */
const NEWER = MODEL.replaceAll(
  /define can_operate: operator or .*/g,
  "define can_operate: operator\n    define can_audit: admin from owner",
);

type Versions = {
  /** The one that was there first. */
  older: Service;
  newer: Service & { modelId: string };
};

const test = cacheTest.extend<Versions>({
  older: async ({ cached }, use) => use(cached),
  newer: async ({ store, connectCache }, use) => {
    const { name = "" } = await createClient(connection()).getStore({ storeId: store.storeId });
    const opened = await openStore({ ...connection(), store: name, model: NEWER, allowPush: true });
    const at = { ...connection(), ...opened };
    const engine = createEngine({ ...at, timeoutMilliseconds: 10_000, connections: 10 });
    const cache = connectCache(opened);
    await answering(cache);
    const service = createService({ tupleStore: createTupleStore(at), engine }, { cache });
    await use({ ...service, modelId: opened.modelId });
    await service.settled();
    await engine.close();
  },
});

test("each answers by its own model, and neither from the other's entries", async ({ older, newer, store, redis }) => {
  expect(newer.modelId).not.toBe(store.modelId);
  await seedWorld(older);
  const operate = (service: Service) => ask(service, "anna", "plant:7", "operate");
  for (const source of ["miss", "hit"]) {
    expect(await operate(older)).toMatchObject({ decision: true, context: { source } });
    expect(await operate(newer)).toMatchObject({ decision: false, context: { source } });
  }
  const entries = (await redis.client.keys("e:*")).filter((entry) => entry.includes(":operate:"));
  expect(entries.map((entry) => entry.split(":")[2]).sort()).toEqual(
    [store.modelId.slice(-8), newer.modelId.slice(-8)].sort(),
  );
  expect(await ask(newer, "anna", "plant:7", "audit")).toMatchObject({ decision: true });
  expect(await ask(older, "anna", "plant:7", "audit")).toMatchObject({
    decision: false,
    context: { code: "unknown_action" },
  });
});

test("a revocation by either holds for both at its reply, cached or not", async ({ older, newer }) => {
  await seedWorld(older);
  const { id, shares } = await cooperate(newer, [{ resource: "plant:7", role: "viewer" }]);
  await older.as("ben", "PUT", `/v1/shares/${shares[0]}/delegations/tom`, { role: "viewer" });
  for (const [action, by, decision] of [
    ["resume", newer, true],
    ["pause", newer, false],
    ["resume", older, true],
    ["pause", older, false],
  ] as const) {
    expect((await by.as("anna", "POST", `/v1/cooperations/${id}/${action}`, {})).status).toBe(200);
    for (const service of [older, newer])
      for (const _ of ["filled", "hit"]) expect(await ask(service, "tom")).toMatchObject({ decision });
  }
  const hit = { context: { source: "hit" } };
  expect([await ask(older, "tom"), await ask(newer, "tom")]).toMatchObject([hit, hit]);
});

test("both write one history, also at the same time, and each accepts the other's entries", async ({
  older,
  newer,
  tupleStore,
}) => {
  await seedWorld(older);
  const { id, shares } = await cooperate(older, [{ resource: "plant:7", role: "technical_manager" }]);
  const path = `/v1/cooperations/${id}`;
  const day = (n: number) => `2099-01-0${n}T00:00:00Z`;
  const done = await Promise.all([
    older.as("anna", "PATCH", path, { expires_at: day(1) }),
    newer.as("anna", "PATCH", path, { expires_at: day(2) }),
    newer.as("ben", "PUT", `/v1/shares/${shares[0]}/delegations/tom`, { role: "viewer" }),
    older.as("ben", "PUT", `/v1/shares/${shares[0]}/delegations/eva`, { role: "viewer" }),
    newer.as("anna", "POST", `${path}/shares`, { resource: "plant:8", role: "viewer" }),
    older.as("anna", "PATCH", `/v1/shares/${shares[0]}`, { role: "asset_manager" }),
  ]);
  expect(done.map(({ status }) => status)).toEqual([200, 200, 201, 201, 201, 200]);
  expect((await newer.as("anna", "DELETE", path)).status).toBe(200);
  await newer.settled();
  const [seen, alike] = await Promise.all(
    [older, newer].map((service) => service.as("anna", "GET", `${path}/history?limit=50`)),
  );
  expect(seen?.body.items).toHaveLength(2 + done.length + 1);
  expect(alike?.body).toEqual(seen?.body);
  expect(await doctor(tupleStore)).toEqual([]);
});
