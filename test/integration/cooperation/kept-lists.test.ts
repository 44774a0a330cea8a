/** What a process keeps for lists and searches: bounded, fair between organizations, and right behind whatever happened meanwhile. */
import { expect } from "vitest";
import { createKeyedMutex } from "../../../src/actions/run/keyed-mutex.ts";
import { OrganizationId } from "../../../src/domain/ids.ts";
import type { Tuple } from "../../../src/domain/tuples.ts";
import { EngineUnavailable } from "../../../src/faults.ts";
import type { Engine, TupleStore } from "../../../src/ports.ts";
import { createDirectory } from "../../../src/queries/directory.ts";
import { type Service, test } from "../../support/service.ts";

const WRITE_TUPLES = 100;
const SUNWARD = OrganizationId.parse("sunward");
const BRIGHTFIX = OrganizationId.parse("brightfix");

/** A directory on the service's store that keeps people of whatever organization, and what it asked the engine for. */
function observed(
  { deps: { tupleStore, engine } }: Service,
  limits: { keptMaxBytes?: number; readMax?: number; firstMilliseconds?: number } = {},
) {
  let now = new Date();
  const asked = { expands: 0, names: 0, entries: 0, logs: 0, namesAtOnce: 0 };
  const warnings: string[] = [];
  /** Run before and behind each reading of a role, `Expand member` or `Read member`, and may fail in its place. */
  let hooks = { before: async (_: string): Promise<void> => {}, behind: async (_: string): Promise<void> => {} };
  const roleRead = async <T>(what: string, read: () => Promise<T>): Promise<T> => {
    await hooks.before(what);
    const found = await read();
    await hooks.behind(what);
    return found;
  };
  let namesNow = 0;
  const counted: TupleStore = {
    ...tupleStore,
    read: async (filter) => {
      const isName = filter.relation === "head" && !filter.object?.startsWith("organization:");
      if (isName) asked.names++;
      if (isName) asked.namesAtOnce = Math.max(asked.namesAtOnce, ++namesNow);
      if (filter.relation === "log") asked.entries++;
      const tuples = await tupleStore.read(filter);
      if (isName) namesNow--;
      return tuples;
    },
    readPage: (filter, page) => roleRead(`Read ${filter.relation}`, () => tupleStore.readPage(filter, page)),
    changes: async (since, type) => {
      asked.logs++;
      return tupleStore.changes(since, type);
    },
  };
  const expand: Engine["expand"] = (of) => {
    asked.expands++;
    return roleRead(`Expand ${of.relation}`, () => engine.expand(of));
  };
  const directory = createDirectory(
    {
      tupleStore: counted,
      engine: { expand },
      clock: () => now,
      mutex: createKeyedMutex(),
      warn: (event) => warnings.push(event),
    },
    // what is counted is all that a search reads
    { readMax: 1, firstMilliseconds: 60_000, ...limits },
  );
  return {
    directory,
    warnings,
    /** What `act` asked for. */
    async costOf(act: () => Promise<unknown>) {
      Object.assign(asked, { expands: 0, names: 0, entries: 0, logs: 0, namesAtOnce: 0 });
      await act();
      return { ...asked };
    },
    people: async (organization = SUNWARD) =>
      (await directory.people(organization)).refs.map((ref) => ref.slice("user:".length)),
    find: async (sought: string, organization = SUNWARD) =>
      (await directory.find(organization, "people", sought)).refs.map((ref) => ref.slice("user:".length)),
    pass: (milliseconds: number) => {
      now = new Date(now.getTime() + milliseconds);
    },
    onRoles: (act: typeof hooks) => {
      hooks = act;
    },
  };
}

const path = (user: string, organization: string = SUNWARD) => `/v1/organizations/${organization}/people/${user}`;

/** Organizations with the people p0, p1 and so on, each named Name and their id. */
async function withPeople({ admin }: Service, count: number, ...organizations: string[]): Promise<void> {
  for (const organization of organizations) {
    await admin("PUT", `/v1/organizations/${organization}`, { name: organization });
    for (let n = 0; n < count; n++)
      await admin("PUT", path(`p${n}`, organization), { role: n === 0 ? "admin" : "member", name: `Name p${n}` });
  }
}

const writeAll = async ({ deps: { tupleStore } }: Service, writes: Tuple[]) => {
  for (let start = 0; start < writes.length; start += WRITE_TUPLES)
    await tupleStore.write({ deletes: [], writes: writes.slice(start, start + WRITE_TUPLES) });
};

test("an organization that is too large to be kept is answered, and takes no other's place", async ({ service }) => {
  await withPeople(service, 3, BRIGHTFIX);
  await withPeople(service, 12, SUNWARD);
  const { people, find, costOf } = observed(service, { keptMaxBytes: 2400 });
  expect(await people(BRIGHTFIX)).toEqual(["p0", "p1", "p2"]);
  // unlike this one, whose people take 12 times more than 140 bytes
  const first = await costOf(() => people());
  expect(first.expands).toBeGreaterThan(0);
  expect(await people()).toHaveLength(12);
  expect((await costOf(() => people())).expands).toBe(first.expands);
  expect((await costOf(() => people(BRIGHTFIX))).expands).toBe(0);
  // every one may hold what is sought: no name was read
  expect((await costOf(() => find("p11"))).names).toBe(0);
  expect(await find("p11")).toHaveLength(12);
  expect(await find("p2", BRIGHTFIX)).toEqual(["p2"]);
});

test("names that are too long to be kept are read once, and who is found is everybody", async ({ service }) => {
  await withPeople(service, 3, SUNWARD);
  for (const user of ["p0", "p1", "p2"])
    await service.admin("PUT", path(user), { role: "admin", name: "long".repeat(45) });
  const { find, costOf } = observed(service, { keptMaxBytes: 2000 });
  expect((await costOf(() => find("nobody"))).names).toBe(3);
  expect(await find("nobody")).toEqual(["p0", "p1", "p2"]);
  expect(await costOf(() => find("nobody"))).toMatchObject({ names: 0, expands: 0 });
});

test("of two organizations that do not fit together, the one that was not asked for longest is dropped", async ({
  service,
}) => {
  await withPeople(service, 3, SUNWARD, BRIGHTFIX);
  await withPeople(service, 3, "third");
  const { people, costOf } = observed(service, { keptMaxBytes: 1400 });
  await people(SUNWARD);
  await people(BRIGHTFIX);
  await people(SUNWARD);
  await people(OrganizationId.parse("third"));
  expect((await costOf(() => people(SUNWARD))).expands).toBe(0);
  expect((await costOf(() => people(BRIGHTFIX))).expands).toBeGreaterThan(0);
});

test("what nobody asked for in ten minutes is dropped, and what somebody asked for is not", async ({ service }) => {
  await withPeople(service, 3, SUNWARD, BRIGHTFIX);
  const { people, costOf, pass } = observed(service);
  await people(SUNWARD);
  await people(BRIGHTFIX);
  pass(9 * 60_000);
  expect((await costOf(() => people(SUNWARD))).expands).toBe(0);
  pass(2 * 60_000);
  expect((await costOf(() => people(SUNWARD))).expands).toBe(0);
  expect((await costOf(() => people(BRIGHTFIX))).expands).toBeGreaterThan(0);
});

test("behind ten minutes without a search names are read anew, and the change log is not read back", async ({
  service,
}) => {
  await withPeople(service, 3, SUNWARD);
  const { people, find, costOf, pass } = observed(service);
  expect(await find("name p1")).toEqual(["p1"]);
  expect(await costOf(() => find("name p1"))).toMatchObject({ names: 0, logs: 1 });
  // lists alone keep it, but not its names
  for (const minutes of [6, 6]) {
    pass(minutes * 60_000);
    await people();
  }
  expect(await costOf(() => find("name p1"))).toMatchObject({ names: 3, expands: 0 });
});

test("behind more entries than two hundred people are read anew, and of their names those that were given", async ({
  service,
}) => {
  await withPeople(service, 3, SUNWARD);
  const { people, find, costOf } = observed(service);
  expect(await find("name")).toEqual(["p0", "p1", "p2"]);
  for (let n = 0; n < 10; n++) await service.admin("PUT", path("p1"), { role: n % 2 ? "member" : "external" });
  expect(await costOf(() => people())).toMatchObject({ expands: 0, entries: 10 });
  for (let n = 0; n < 201; n++) await service.admin("PUT", path("p1"), { role: n % 2 ? "member" : "external" });
  await service.admin("PUT", path("p2"), { role: "member", name: "Other" });
  const cost = await costOf(async () => expect(await find("name")).toEqual(["p0", "p1"]));
  expect(cost.entries).toBe(0);
  expect(cost.expands).toBeGreaterThan(0);
  expect(cost.names).toBeLessThan(3);
  expect(await find("other")).toEqual(["p2"]);
});

test("an entry that cannot be read, and one about the organization, have its people read anew", async ({ service }) => {
  await withPeople(service, 3, SUNWARD);
  const { people, costOf } = observed(service);
  await people();
  await service.admin("PUT", `/v1/organizations/${SUNWARD}`, { name: "New name" });
  expect((await costOf(() => people())).expands).toBeGreaterThan(0);
  await service.admin("DELETE", path("p1"));
  const { tupleStore } = service.deps;
  const logs = await tupleStore.read({ object: `organization:${SUNWARD}`, relation: "log" });
  const numberOf = ({ user }: Tuple) => Number(user.split(".").at(-1));
  const last = logs.toSorted((a, b) => numberOf(a) - numberOf(b)).at(-1);
  if (last === undefined) throw new Error("no entry");
  const { user, relation, object } = last;
  await tupleStore.write({ deletes: [{ user, relation, object }], writes: [] });
  expect((await costOf(async () => expect(await people()).toEqual(["p0", "p2"]))).expands).toBeGreaterThan(0);
  expect((await costOf(() => people())).expands).toBe(0);
});

test("a store that was restored from before is read anew", async ({ service }) => {
  await withPeople(service, 3, SUNWARD);
  const { tupleStore } = service.deps;
  const at = async () => await tupleStore.read({ object: `organization:${SUNWARD}` });
  const { people } = observed(service);
  const backup = await at();
  await service.admin("PUT", path("p9"), { role: "member" });
  expect(await people()).toContain("p9");
  const isIn = (tuples: readonly Tuple[], { user, relation }: Tuple) =>
    tuples.some((one) => one.user === user && one.relation === relation);
  const after = await at();
  await tupleStore.write({
    deletes: after
      .filter((one) => !isIn(backup, one))
      .map(({ user, relation, object }) => ({ user, relation, object })),
    writes: backup.filter((one) => !isIn(after, one)),
  });
  expect(await people()).toEqual(["p0", "p1", "p2"]);
});

test("a person whose role changes while the roles are read is on the list, at the new role", async ({ service }) => {
  await withPeople(service, 3, SUNWARD);
  for (const [call, readMax] of [["Expand", 1] as const, ["Read", 100] as const]) {
    await service.admin("PUT", path("p1"), { role: "member" });
    const { directory, onRoles } = observed(service, { readMax });
    const changed = Promise.withResolvers<void>();
    let changes = 0;
    // the new role is read before the change, the old one behind it
    onRoles({
      before: async (what) => (what === `${call} member` ? changed.promise : undefined),
      behind: async (what) => {
        if (what !== `${call} admin`) return;
        if (changes++ === 0) await service.admin("PUT", path("p1"), { role: "admin" });
        changed.resolve();
      },
    });
    const { refs, of } = await directory.people(SUNWARD);
    expect(refs, call).toEqual(["user:p0", "user:p1", "user:p2"]);
    expect(of.get("user:p1")?.role, call).toBe("admin");
    expect(changes, call).toBe(1);
  }
});

test("of somebody with two roles the list shows the one that a GET shows, and nobody who is no person of it", async ({
  service,
}) => {
  await withPeople(service, 3, SUNWARD);
  const object = `organization:${SUNWARD}`;
  await writeAll(service, [
    { user: "user:p0", relation: "external", object },
    { user: "user:stranger", relation: "member", object },
  ]);
  const { body } = await service.admin("GET", `/v1/organizations/${SUNWARD}/people`);
  expect(body.items.map(({ user, role }: { user: string; role: string }) => [user, role])).toEqual([
    ["p0", "admin"],
    ["p1", "member"],
    ["p2", "member"],
  ]);
  expect((await service.admin("GET", path("p0"))).body.role).toBe("admin");
  expect((await service.admin("GET", path("stranger"))).status).toBe(404);
  const { directory } = observed(service);
  expect((await directory.people(SUNWARD)).of.get("user:p0")?.role).toBe("admin");
});

test("people whose ids need more than one reply of OpenFGA are read by pages; an engine that is down is not asked again", async ({
  service,
}) => {
  await withPeople(service, 2, SUNWARD);
  const { directory, warnings, onRoles, costOf } = observed(service);
  const object = `organization:${SUNWARD}`;
  const behind = async () => {};
  onRoles({
    before: async (what) => {
      if (what.startsWith("Expand")) throw new EngineUnavailable("down");
    },
    behind,
  });
  await expect(directory.people(SUNWARD)).rejects.toThrow("down");
  expect(warnings).toEqual([]);
  onRoles({ before: behind, behind });
  // more than 4 MiB, by the longest ids that OpenFGA takes
  const ids = Array.from({ length: 8800 }, (_, n) => `${n}-`.padEnd(505, "x"));
  await writeAll(
    service,
    ids.map((id) => ({ user: `user:${id}`, relation: "external", object })),
  );
  const cost = await costOf(async () => {
    const { refs } = await directory.people(SUNWARD);
    expect(refs).toHaveLength(ids.length + 2);
  });
  expect(cost.expands).toBeGreaterThan(0);
  expect(warnings).toEqual(["people_read_by_pages"]);
});

test("a first search does not wait for all names, shows who may be sought, and leaves out who is known not to be", async ({
  service,
}) => {
  await withPeople(service, 3, SUNWARD);
  const held = Promise.withResolvers<void>();
  const { tupleStore, engine } = service.deps;
  const read: TupleStore["read"] = async (filter) => {
    if (filter.object?.startsWith("user:") && filter.object !== "user:p0") await held.promise;
    return tupleStore.read(filter);
  };
  const { directory } = observed(
    { ...service, deps: { ...service.deps, tupleStore: { ...tupleStore, read }, engine } },
    {
      firstMilliseconds: 500,
    },
  );
  const found = await directory.find(SUNWARD, "people", "p2");
  expect(found.refs).toEqual(["user:p1", "user:p2"]);
  expect(found.refs.filter(found.isLeftOut)).toEqual([]);
  held.resolve();
  await expect.poll(() => found.refs.filter(found.isLeftOut)).toEqual(["user:p1"]);
  expect((await directory.find(SUNWARD, "people", "p2")).refs).toEqual(["user:p2"]);
});

test("first searches of several organizations read no more than sixteen names at a time, together", async ({
  service,
}) => {
  await withPeople(service, 30, SUNWARD, BRIGHTFIX);
  const { find, costOf } = observed(service);
  const cost = await costOf(() => Promise.all([find("p1"), find("p1", BRIGHTFIX)]));
  expect(cost.names).toBe(60);
  expect(cost.namesAtOnce).toBeGreaterThan(1);
  expect(cost.namesAtOnce).toBeLessThanOrEqual(16);
});

test("a resource whose record names another owner is on no list of who has its tuple", async ({ service }) => {
  await withPeople(service, 1, SUNWARD, BRIGHTFIX);
  await service.admin("PUT", "/v1/plants/own", { owner: SUNWARD });
  await service.admin("PUT", "/v1/plants/other", { owner: BRIGHTFIX });
  await writeAll(service, [{ user: `organization:${SUNWARD}`, relation: "owner", object: "plant:other" }]);
  for (const query of ["", "?search=o"]) {
    const { body } = await service.admin("GET", `/v1/organizations/${SUNWARD}/resources${query}`);
    expect(body.items.map(({ resource }: { resource: string }) => resource)).toEqual(["plant:own"]);
  }
});
