/**
 * Several actions in one Write: each is decided on what those before it leave behind,
 * all of them are committed or none, against every rival and every lost reply; and nothing
 * that an action does besides its Write comes before it.
 */

import canonicalize from "canonicalize";
import { describe, expect } from "vitest";
import { delegate } from "../../../src/actions/delegation.ts";
import { invite } from "../../../src/actions/invite.ts";
import { putOrganization } from "../../../src/actions/organization.ts";
import { putPerson, removePerson } from "../../../src/actions/person.ts";
import { deleteResource, putResource, setJobRole } from "../../../src/actions/resource.ts";
import type { Action, ActionDeps, Call } from "../../../src/actions/run/action.ts";
import { createKeyedMutex } from "../../../src/actions/run/keyed-mutex.ts";
import { type Batch, perform, performAll } from "../../../src/actions/run/perform.ts";
import { createStage, Overtaken } from "../../../src/actions/run/stage.ts";
import { share, unshare } from "../../../src/actions/share.ts";
import type { CacheScope } from "../../../src/domain/cache-scopes.ts";
import { entriesFrom } from "../../../src/domain/history.ts";
import type { ResourceRef } from "../../../src/domain/ids.ts";
import type { JobRole, OrganizationRole } from "../../../src/domain/roles.ts";
import { createTupleStore } from "../../../src/openfga/tuple-store.ts";
import type { DecisionCache, ReadFilter, TupleStore } from "../../../src/ports.ts";
import { doctor } from "../../../src/queries/doctor.ts";
import { startFaultyNetwork } from "../../support/faulty-network.ts";
import { anyId } from "../../support/ids.ts";
import { cooperate, createService, type Service, seedWorld, test } from "../../support/service.ts";

const SERVICE: Call = { caller: { key: "back-office", scopes: ["admin"] }, requestId: "r-1" };
const by = (user: string): Call => ({
  caller: { key: "manager", scopes: ["manage"], user: anyId(user) },
  requestId: "r-1",
});

type AnyAction = Action<unknown, unknown>;

const person = (organization: string, user: string, role: OrganizationRole = "member"): AnyAction =>
  putPerson({ organization: anyId(organization), user: anyId(user), role });
const plant = (id: string, owner: string, portfolio?: string): AnyAction =>
  putResource({
    resource: `plant:${id}`,
    owner: anyId(owner),
    portfolio: portfolio === undefined ? undefined : anyId(portfolio),
  });
const job = (resource: ResourceRef, user: string, role: JobRole | undefined): AnyAction =>
  setJobRole({ resource, user: anyId(user), role });

/** Counts what reaches the store, and gives the batch's result. */
function counting(tupleStore: TupleStore): TupleStore & { writes: number } {
  const counted = {
    ...tupleStore,
    writes: 0,
    write: (one: Parameters<TupleStore["write"]>[0]) => {
      counted.writes++;
      return tupleStore.write(one);
    },
  };
  return counted;
}

const entriesOf = async (tupleStore: TupleStore, object: string) =>
  entriesFrom(await tupleStore.read({ object, relation: "log" })).map(({ common }) => common);

const everything = async (tupleStore: TupleStore) =>
  (await tupleStore.readAll()).map((tuple) => JSON.stringify(tuple)).sort();

function must<T>(batch: Batch<T>): Extract<Batch<T>, { receipts: unknown }> {
  if (!("receipts" in batch)) throw new Error(JSON.stringify(batch));
  return batch;
}

describe("a batch", () => {
  test("is committed as one Write, each action decided after those before it, with every history entry in order", async ({
    service,
    tupleStore,
  }) => {
    await seedWorld(service);
    const counted = counting(tupleStore);
    const before = (await entriesOf(tupleStore, "organization:sunward")).length;
    const batch = must(
      await performAll({ ...service.deps, tupleStore: counted }, SERVICE, [
        putOrganization({ organization: anyId("brief"), name: "Brief" }),
        person("brief", "lena", "admin"),
        person("sunward", "max"),
        putResource({ resource: "portfolio:south", owner: anyId("sunward") }),
        plant("9", "sunward", "south"),
        job("plant:9", "max", "technical_manager"),
        job("plant:7", "max", "viewer"),
        job("plant:7", "max", "operator"),
        person("sunward", "otto", "member"),
      ]),
    );
    expect([batch.kind, counted.writes]).toEqual(["done", 1]);
    expect(batch.receipts.map(({ outcome }) => outcome)).toEqual([...Array(8).fill("done"), "same"]);
    expect(new Set(batch.receipts.map((receipt) => receipt.effective_by))).toEqual(new Set([batch.effective_by]));
    const written = (await entriesOf(tupleStore, "organization:sunward")).slice(before);
    expect(written.map(({ n, action }) => [n, action])).toEqual(
      ["add_person", "register", "register", "give_job_role", "give_job_role", "give_job_role"].map((action, at) => [
        before + 1 + at,
        action,
      ]),
    );
    expect(await doctor(tupleStore)).toEqual([]);
    expect(await service.may("max", "operate", "plant:7")).toBe(true);
    expect(await service.may("max", "operate", "plant:9")).toBe(false);
  });

  test("with a refused action names it, and writes nothing", async ({ service, tupleStore }) => {
    await seedWorld(service);
    const before = await everything(tupleStore);
    const counted = counting(tupleStore);
    const steps = [person("sunward", "max"), job("plant:7", "ben", "viewer"), job("plant:7", "max", "viewer")];
    expect(await performAll({ ...service.deps, tupleStore: counted }, SERVICE, steps)).toEqual({
      kind: "refused",
      index: 1,
      refusal: { code: "not_own_person", organization: "sunward", user: "ben" },
    });
    expect([counted.writes, await everything(tupleStore)]).toEqual([0, before]);
    // the same without the action that was refused
    expect((await performAll(service.deps, SERVICE, steps.toSpliced(1, 1))).kind).toBe("done");
  });

  test("is reported as too large at the first action that no longer fits", async ({ service, tupleStore }) => {
    await seedWorld(service);
    const before = await everything(tupleStore);
    const steps = Array.from({ length: 40 }, (_, n) => person("sunward", `p${n}`));
    const batch = await performAll(service.deps, SERVICE, steps);
    if (batch.kind !== "too_large") throw new Error(batch.kind);
    expect(batch.tuples).toBeGreaterThan(100);
    expect(await everything(tupleStore)).toEqual(before);
    must(await performAll(service.deps, SERVICE, steps.slice(0, batch.index)));
    expect(await doctor(tupleStore)).toEqual([]);
  });

  test("that would change the condition of a tuple is reported as too large: one Write cannot do that", async ({
    service,
    tupleStore,
  }) => {
    await seedWorld(service);
    const { shares } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
    const until = (expires_at: string): AnyAction =>
      delegate({ share: anyId(shares[0] ?? ""), user: anyId("tom"), role: "viewer", expires_at });
    const [first, second, third] = ["2040-01-01T00:00:00Z", "2041-01-01T00:00:00Z", "2042-01-01T00:00:00Z"].map(until);
    if (!first || !second || !third) throw new Error();
    must(await performAll(service.deps, by("ben"), [first]));
    // to the other spelling and back again: the net is what was there, then a date that no one Write can bring
    must(await performAll(service.deps, by("ben"), [second, first]));
    expect(await performAll(service.deps, by("ben"), [second, third])).toMatchObject({ kind: "too_large", index: 1 });
    expect(await doctor(tupleStore)).toEqual([]);
  });

  test("that changes nothing writes nothing, and neither does a dry run of one that would", async ({
    service,
    tupleStore,
  }) => {
    await seedWorld(service);
    const counted = counting(tupleStore);
    const deps = { ...service.deps, tupleStore: counted };
    expect((await performAll(deps, SERVICE, [person("sunward", "otto")])).kind).toBe("same");
    expect((await performAll(deps, SERVICE, [])).kind).toBe("same");
    const dry = must(
      await performAll(deps, { ...SERVICE, dryRun: true }, [person("sunward", "max"), job("plant:7", "max", "viewer")]),
    );
    expect([dry.kind, dry.receipts.length, counted.writes]).toEqual(["dry_run", 2, 0]);
  });

  test("removes a person together with what they hold, and gives it to another", async ({ service, tupleStore }) => {
    await seedWorld(service);
    must(
      await performAll(service.deps, SERVICE, [job("plant:7", "otto", "operator"), job("plant:8", "otto", "viewer")]),
    );
    must(
      await performAll<unknown>(service.deps, SERVICE, [
        job("plant:7", "otto", undefined),
        removePerson({ organization: anyId("sunward"), user: anyId("otto") }),
        deleteResource({ resource: "plant:8" }),
        plant("8", "brightfix"),
        job("plant:8", "tom", "operator"),
      ]),
    );
    expect(await doctor(tupleStore)).toEqual([]);
    expect(await service.may("tom", "operate", "plant:8")).toBe(true);
    expect(await service.may("otto", "view", "plant:7")).toBe(false);
  });
});

describe("the stage", () => {
  const FILTERS: ReadFilter[] = [
    { object: "organization:sunward" },
    { object: "organization:sunward", relation: "head" },
    { object: "organization:sunward", relation: "admin" },
    { object: "organization:sunward", user: "user:max" },
    { object: "organization:", relation: "person", user: "user:max" },
    { object: "plant:", user: "user:max" },
    { object: "plant:", user: "organization:sunward" },
    { object: "plant:7", relation: "viewer", user: "user:max" },
    { object: "plant:9" },
    { object: "share:", user: "user:max" },
    { object: "user:max", relation: "head" },
  ];

  test("reads the same as the store does once its changes are committed", async ({ service, tupleStore }) => {
    await seedWorld(service);
    const stage = createStage(tupleStore);
    const deps: ActionDeps = { ...service.deps, tupleStore: stage.tupleStore };
    for (const step of [person("sunward", "max"), plant("9", "sunward", "north"), job("plant:7", "max", "operator")])
      expect(await perform(deps, SERVICE, step)).toMatchObject({ outcome: "done" });
    const text = (tuples: readonly object[]) => tuples.map((tuple) => canonicalize(tuple) ?? "").sort();
    const answers = async (reads: Pick<TupleStore, "read">) => {
      const all: string[][] = [];
      for (const filter of FILTERS) all.push(text(await reads.read(filter)));
      return all;
    };
    const staged = await answers(stage.tupleStore);
    expect(staged.filter((one) => one.length > 0).length).toBeGreaterThan(8);
    expect(await tupleStore.write(stage.net())).toBe("committed");
    // a head without a history counts Writes: max was touched twice
    const turned = (all: string[][]) => all.map((one) => one.map((line) => line.replace("user.max.2", "user.max.1")));
    expect(turned(staged)).toEqual(await answers(tupleStore));
  });

  test("detects a head that changes between two reads, and a staged tuple that exists already", async ({
    service,
    tupleStore,
  }) => {
    await seedWorld(service);
    const head: ReadFilter = { object: "organization:sunward", relation: "head" };
    const moved = createStage(tupleStore);
    await moved.tupleStore.read(head);
    await service.admin("PUT", "/v1/organizations/sunward/people/max", { role: "member" });
    await expect(moved.tupleStore.read(head)).rejects.toThrow(Overtaken);
    await expect(moved.tupleStore.read({ object: "organization:sunward" })).rejects.toThrow(Overtaken);

    const brought = createStage(tupleStore);
    const tuple = { user: "user:max", relation: "viewer", object: "plant:7" };
    expect(await brought.tupleStore.write({ deletes: [], writes: [tuple] })).toBe("committed");
    expect(await brought.tupleStore.write({ deletes: [], writes: [tuple] })).toBe("stale");
    await service.admin("PUT", "/v1/plants/7/roles/max", { role: "viewer" });
    await expect(brought.tupleStore.read({ object: "plant:7" })).rejects.toThrow(Overtaken);
    expect(await tupleStore.write(brought.net())).toBe("stale");

    const taken = createStage(tupleStore);
    expect(await taken.tupleStore.read(tuple)).toEqual([tuple]);
    expect(await taken.tupleStore.write({ deletes: [], writes: [tuple] })).toBe("stale");
    expect(await taken.tupleStore.write({ deletes: [tuple], writes: [] })).toBe("committed");
    expect(await taken.tupleStore.read(tuple)).toEqual([]);
    expect(await taken.tupleStore.write({ deletes: [tuple], writes: [] })).toBe("stale");
    await taken.tupleStore.erase([tuple, { ...tuple, relation: "operator" }]);
    expect(taken.net()).toEqual({ deletes: [tuple], writes: [] });
  });
});

describe("racing batches", () => {
  const ROUNDS = 6;

  for (const shared of [true, false])
    test(`on one organization, ${shared ? "in one process" : "in two replicas"}, are each committed whole`, async ({
      service,
      tupleStore,
      engine,
    }) => {
      await seedWorld(service);
      const rival = shared ? service : createService({ tupleStore, engine }, { mutex: createKeyedMutex() });
      const counted = counting(tupleStore);
      for (let round = 0; round < ROUNDS; round++) {
        const steps = (name: string) => [
          person("sunward", `${name}${round}`),
          plant(`${name}${round}`, "sunward"),
          job(`plant:${name}${round}`, `${name}${round}`, "operator"),
          person("brightfix", `new${round}`, name === "a" ? "member" : "external"),
        ];
        const ends = await Promise.all([
          performAll({ ...service.deps, tupleStore: counted }, SERVICE, steps("a")),
          performAll({ ...rival.deps, tupleStore: counted }, SERVICE, steps("b")),
          rival.admin("PUT", `/v1/organizations/sunward/people/new${round}`, { role: "member" }),
          rival.as("anna", "PUT", `/v1/plants/7/roles/otto`, { role: round % 2 ? "viewer" : "operator" }),
        ]);
        expect(ends.map((end) => ("kind" in end ? end.kind : end.status))).toEqual([
          "done",
          "done",
          201,
          round ? 200 : 201,
        ]);
      }
      expect(await doctor(tupleStore)).toEqual([]);
      const added = (await entriesOf(tupleStore, "organization:sunward")).filter(
        ({ action }) => action === "add_person",
      );
      expect(added).toHaveLength(2 + 3 * ROUNDS);
      expect(counted.writes).toBeGreaterThanOrEqual(2 * ROUNDS);
    });

  test("on two organizations in opposite order do not deadlock", async ({ service, tupleStore }) => {
    await seedWorld(service);
    for (let round = 0; round < ROUNDS; round++) {
      const there = [person("sunward", `x${round}`), person("brightfix", `y${round}`)];
      const back = [person("brightfix", `z${round}`), person("sunward", `w${round}`)];
      const ends = await Promise.all([there, back].map((steps) => performAll(service.deps, SERVICE, steps)));
      expect(ends.map(({ kind }) => kind)).toEqual(["done", "done"]);
    }
    expect(await doctor(tupleStore)).toEqual([]);
  });

  test("do not both add a new person, whose head one of them replaces twice", async ({ service, tupleStore }) => {
    await seedWorld(service);
    const rival = createService(service.deps);
    let once = false;
    // after the batch was staged, and before its Write; the two have nothing else in common
    const mutex: ActionDeps["mutex"] = async (_, act) => {
      if (!once)
        expect((await rival.admin("PUT", "/v1/organizations/sunward/people/zoe", { role: "member" })).status).toBe(201);
      once = true;
      // nobody was waited for, so the batch is not staged again
      return act(false);
    };
    const steps = [person("brightfix", "zoe"), plant("9", "brightfix"), job("plant:9", "zoe", "viewer")];
    must(await performAll({ ...service.deps, mutex }, SERVICE, steps));
    expect(await tupleStore.read({ object: "user:zoe", relation: "head" })).toHaveLength(1);
    expect(await doctor(tupleStore)).toEqual([]);
  });

  test("decide again under the new owner's lock when a resource changed its owner meanwhile", async ({
    service,
    tupleStore,
  }) => {
    await seedWorld(service);
    must(await performAll(service.deps, SERVICE, [person("brightfix", "otto")]));
    const rival = createService(service.deps);
    const asked: string[] = [];
    let once = false;
    const mutex: ActionDeps["mutex"] = async (object, act) => {
      asked.push(object);
      if (!once) {
        once = true;
        expect((await rival.admin("DELETE", "/v1/plants/7")).status).toBe(200);
        expect((await rival.admin("PUT", "/v1/plants/7", { owner: "brightfix" })).status).toBe(201);
      }
      return act(false);
    };
    const batch = await performAll({ ...service.deps, mutex }, SERVICE, [job("plant:7", "otto", "viewer")]);
    expect(must(batch).kind).toBe("done");
    const written = (await entriesOf(tupleStore, "organization:brightfix")).at(-1);
    expect(written).toMatchObject({ action: "give_job_role", object: "plant:7" });
    // then in the order of both, since either may be whose it is
    expect(asked).toEqual(["organization:sunward", "organization:brightfix", "organization:sunward"]);
    expect(await doctor(tupleStore)).toEqual([]);
  });
});

describe("the side effects of a batch", () => {
  const recorded = (service: Service) => {
    const log: string[] = [];
    const cache: DecisionCache = {
      ...service.deps.cache,
      lease: async (_, scopes) => void log.push(`begin ${[...scopes].sort().join(" ")}`),
      release: async (_, scopes) => {
        log.push(`end ${[...scopes].sort().join(" ")}`);
        return true;
      },
    };
    const tupleStore = {
      ...service.deps.tupleStore,
      write: (one: Parameters<TupleStore["write"]>[0]) => {
        log.push("write");
        return service.deps.tupleStore.write(one);
      },
    };
    return { log, deps: { ...service.deps, cache, tupleStore } };
  };

  test("invalidate the scopes of all actions, once before the Write and once after", async ({ service }) => {
    await seedWorld(service);
    const { log, deps } = recorded(service);
    const steps = [person("sunward", "max"), plant("9", "sunward"), job("plant:9", "otto", "viewer")];
    const all = (["organization:sunward", "user:max", "user:otto"] satisfies CacheScope[]).join(" ");
    must(await performAll(deps, SERVICE, steps));
    expect(log.splice(0)).toEqual([`begin ${all}`, "write", `end ${all}`]);
    // after a reply without effect, checks are answered from after the change
    must(await performAll(deps, SERVICE, steps));
    expect(log.splice(0)).toEqual([`end ${all}`]);
    // the same holds for a refusal that shows the state; a stranger invalidates nothing
    const refused = await performAll(deps, SERVICE, [person("sunward", "zoe"), job("plant:9", "ben", "viewer")]);
    expect([refused.kind, log.splice(0)]).toEqual(["refused", ["end user:ben user:zoe"]]);
    expect((await performAll(deps, by("zoe"), [person("sunward", "max", "admin")])).kind).toBe("refused");
    expect(
      (
        await performAll(
          deps,
          SERVICE,
          Array.from({ length: 40 }, (_, n) => person("sunward", `p${n}`)),
        )
      ).kind,
    ).toBe("too_large");
    expect(log).toEqual([]);
  });

  test("send mails and sweep after the Write, and not at all without one", async ({ service, tupleStore }) => {
    await seedWorld(service);
    const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
    service.mails.length = 0;
    const steps: AnyAction[] = [
      unshare({ share: anyId(shares[0] ?? "") }),
      share({ cooperation: id, resource: "plant:7", role: "asset_manager" }),
      invite({ initiator: anyId("sunward"), email: "ida@else.example" }),
    ];
    const no = unshare({ share: anyId("01HZZZZZZZZZZZZZZZZZZZZZZZ") });
    const before = await everything(tupleStore);
    expect((await performAll(service.deps, by("anna"), [...steps, no])).kind).toBe("refused");
    await service.settled();
    expect([service.mails, await everything(tupleStore)]).toEqual([[], before]);
    const { receipts } = must(await performAll(service.deps, by("anna"), steps));
    expect(service.mails, "no reply waits for them").toEqual([]);
    expect(await receipts.at(-1)?.after).toBe("sent");
    await service.settled();
    expect(service.mails.map(({ to }) => to)).toEqual(["ida@else.example"]);
    expect(await tupleStore.read({ object: `share:${shares[0]}` })).toEqual([]);
    expect(await doctor(tupleStore)).toEqual([]);
    expect(await service.may("ben", "manage_commercial", "plant:7")).toBe(true);
  });
});

for (const fate of ["lose_reply", "lose_request"] as const)
  test(`with ${fate} at its first sending, a batch is committed once and reported so`, async ({
    service,
    store,
    tupleStore,
  }) => {
    await seedWorld(service);
    const network = await startFaultyNetwork(store.apiUrl, 3000);
    const far = createTupleStore({ ...store, apiUrl: network.apiUrl, timeoutMilliseconds: 1500 });
    let fated = 0;
    network.fate = ({ isWrite, sending }) => {
      if (!isWrite || sending > 1) return "pass";
      fated++;
      return fate;
    };
    const before = (await entriesOf(tupleStore, "organization:sunward")).length;
    const steps = [person("sunward", "max"), plant("9", "sunward"), job("plant:9", "max", "viewer")];
    expect((await performAll({ ...service.deps, tupleStore: far }, SERVICE, steps)).kind).toBe("done");
    expect(fated).toBe(1);
    expect(await entriesOf(tupleStore, "organization:sunward")).toHaveLength(before + 3);
    expect(await doctor(tupleStore)).toEqual([]);
    await network.close();
  });
