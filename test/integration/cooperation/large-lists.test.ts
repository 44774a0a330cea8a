/** Lists and searches of large organizations: they read no more than those of small ones, and show what was acknowledged before. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { ResourceRef } from "../../../src/domain/ids.ts";
import { tuplesOfPerson, tuplesOfResource } from "../../../src/domain/state-tuples.ts";
import type { Tuple } from "../../../src/domain/tuples.ts";
import type { TupleStore } from "../../../src/ports.ts";
import { anyId } from "../../support/ids.ts";
import { createService, type Service, seedWorld, test } from "../../support/service.ts";

const WRITE_TUPLES = 100;

/** A record as its `head` tuple, the first of its object. */
const headOf = (type: string, id: string, fields: Record<string, string>): Tuple => ({
  user: `entry:${type}.${id}.1`,
  relation: "head",
  object: `${type}:${id}`,
  condition: { name: "record", context: { fields } },
});

/** An organization with so many people and plants, by its own record and tuples that no action wrote. */
async function grown({ admin, deps }: Service, organization: string, count: number): Promise<void> {
  expect((await admin("PUT", `/v1/organizations/${organization}`, { name: organization })).status).toBe(201);
  const tuples = Array.from({ length: count }, (_, n) => `${organization}-${n}`).flatMap((id) => {
    const plant: ResourceRef = `plant:${id}`;
    const owner = anyId(organization);
    return [
      ...tuplesOfPerson(owner, anyId(id), "member"),
      headOf("user", id, { name: `Name ${id}` }),
      ...tuplesOfResource(plant, { owner }),
      headOf("plant", id, { owner, name: `Plant ${id}` }),
    ];
  });
  for (let start = 0; start < tuples.length; start += WRITE_TUPLES)
    await deps.tupleStore.write({ deletes: [], writes: tuples.slice(start, start + WRITE_TUPLES) });
}

/** A store that counts its reads, and the tuples that they gave. */
function counting(tupleStore: TupleStore) {
  const counts = { reads: 0, tuples: 0 };
  const note = (tuples: readonly Tuple[]) => {
    counts.reads++;
    counts.tuples += tuples.length;
  };
  const counted: TupleStore = {
    ...tupleStore,
    read: async (filter) => {
      const tuples = await tupleStore.read(filter);
      note(tuples);
      return tuples;
    },
    readPage: async (filter, page) => {
      const found = await tupleStore.readPage(filter, page);
      note(found?.tuples ?? []);
      return found;
    },
  };
  return {
    counted,
    async costOf(act: () => Promise<unknown>) {
      Object.assign(counts, { reads: 0, tuples: 0 });
      await act();
      return { ...counts };
    },
  };
}

test("a page of people or resources and a search read no more in a large organization than in one a quarter its size", async ({
  tupleStore,
  engine,
}) => {
  const { counted, costOf } = counting(tupleStore);
  const service = createService({ tupleStore: counted, engine });
  const costs = new Map<string, object[]>();
  for (const [organization, count] of [["smaller", 150] as const, ["larger", 600] as const]) {
    await grown(service, organization, count);
    for (const list of ["people", "resources"]) {
      const path = `/v1/organizations/${organization}/${list}?limit=20`;
      const get = async (query: string) => {
        const { status, body } = await service.admin("GET", path + query);
        expect(status, path + query).toBe(200);
        return body;
      };
      const note = async (what: string, query: string) => {
        const name = `${list}, ${what}`;
        costs.set(name, [...(costs.get(name) ?? []), await costOf(() => get(query))]);
      };
      // a process reads more for the first one who asks
      let page = await get("");
      const sought = `&search=${organization}-149`;
      // names may be read on behind the first search
      await expect.poll(async () => (await costOf(() => get(sought))).reads).toBeLessThan(20);
      let last = "";
      for (let items = page.items.length; page.next_cursor !== null; items += page.items.length) {
        if (items === count - 20 || items === count - 10) last = `&cursor=${page.next_cursor}`;
        page = await get(`&cursor=${page.next_cursor}`);
      }
      await note("first page", "");
      await note("page in the middle", `&cursor=${(await get("")).next_cursor}`);
      expect((await get(last)).next_cursor).toBeNull();
      await note("search", sought);
      expect((await get(sought)).items).toHaveLength(1);
    }
  }
  for (const [what, [smaller, larger]] of costs) expect(larger, what).toEqual(smaller);
  expect(costs.size).toBe(6);
});

test("a first search of a large organization ends after seconds with a cursor, and the pages behind it have all that is sought, once", async ({
  tupleStore,
  engine,
}) => {
  const reads = { names: 0 };
  const slow: TupleStore = {
    ...tupleStore,
    read: async (filter) => {
      const isName = filter.relation === "head" && /^(user|plant):/.test(filter.object ?? "");
      if (isName) reads.names++;
      if (isName) await sleep(300);
      return tupleStore.read(filter);
    },
  };
  const service = createService({ tupleStore: slow, engine });
  await grown(createService({ tupleStore, engine }), "huge", 200);
  for (const [list, one] of [["people", "user"] as const, ["resources", "resource"] as const]) {
    const search = async (cursor = "") => {
      const { body } = await service.admin("GET", `/v1/organizations/huge/${list}?limit=2&search=huge-9${cursor}`);
      return { found: body.items.map((item: Record<string, string>) => item[one]), next: body.next_cursor };
    };
    const pages = [await search()];
    expect(pages[0]).toMatchObject({ found: [], next: expect.any(String) });
    for (let { next } = pages[0] ?? {}; next; next = pages.at(-1)?.next) pages.push(await search(`&cursor=${next}`));
    const prefix = list === "people" ? "" : "plant:";
    const sought = ["9", ...Array.from({ length: 10 }, (_, n) => `9${n}`)].map((n) => `${prefix}huge-${n}`);
    expect(pages.flatMap(({ found }) => found)).toEqual(sought);
    // every name is known from then on
    await search();
    reads.names = 0;
    expect((await search()).found).toEqual(sought.slice(0, 2));
    expect(reads.names).toBeLessThan(10);
  }
});

test("the people of a large organization are each on one page, whoever joins, leaves and changes role meanwhile", async ({
  service,
}) => {
  await grown(service, "large", 130);
  const path = "/v1/organizations/large/people";
  const walk = async (between = async () => {}) => {
    const found: { user: string; role: string }[] = [];
    for (let cursor = ""; ; ) {
      const { body } = await service.admin("GET", `${path}?limit=50${cursor}`);
      found.push(...body.items);
      if (cursor === "") await between();
      if (body.next_cursor === null) return found;
      cursor = `&cursor=${body.next_cursor}`;
    }
  };
  const ids = Array.from({ length: 130 }, (_, n) => `large-${n}`);
  expect((await walk()).map(({ user }) => user)).toEqual([...ids].sort());
  const found = await walk(async () => {
    await service.admin("PUT", `${path}/zoe`, { role: "admin" });
    await service.admin("DELETE", `${path}/large-99`);
    await service.admin("PUT", `${path}/large-98`, { role: "external" });
  });
  expect(found.map(({ user }) => user)).toEqual([...ids.filter((id) => id !== "large-99").sort(), "zoe"]);
  expect(found.filter(({ role }) => role !== "member")).toEqual([
    expect.objectContaining({ user: "large-98", role: "external" }),
    expect.objectContaining({ user: "zoe", role: "admin" }),
  ]);
});

test("a search on any replica finds what was acknowledged before it: who joined, was renamed, left, and what was registered", async ({
  service,
  tupleStore,
  engine,
}) => {
  await seedWorld(service);
  const other = createService({ tupleStore, engine });
  const find = async (list: string, text: string, organization = "sunward") => {
    const { body } = await other.admin("GET", `/v1/organizations/${organization}/${list}?search=${text}`);
    return body.items.map(({ user, resource }: { user?: string; resource?: string }) => user ?? resource);
  };
  const people = "/v1/organizations/sunward/people";
  expect([await find("people", "mira"), await find("resources", "windmill")]).toEqual([[], []]);
  await service.admin("PUT", `${people}/m1`, { role: "member", name: "Mira" });
  await service.admin("PUT", "/v1/plants/new", { owner: "sunward", name: "Windmill" });
  expect([await find("people", "mira"), await find("resources", "windmill")]).toEqual([["m1"], ["plant:new"]]);
  await service.admin("PUT", `${people}/m1`, { role: "external", name: "Nora" });
  await service.admin("PUT", "/v1/plants/new", { owner: "sunward", name: "Quarry" });
  expect([await find("people", "mira"), await find("people", "nora")]).toEqual([[], ["m1"]]);
  expect([await find("resources", "windmill"), await find("resources", "quarry")]).toEqual([[], ["plant:new"]]);
  // through an organization whose history this one's search does not read
  await service.admin("PUT", "/v1/organizations/brightfix/people/m1", { role: "member", name: "Olga" });
  await expect.poll(() => find("people", "olga")).toEqual(["m1"]);
  expect(await find("people", "nora")).toEqual([]);
  await service.admin("DELETE", `${people}/m1`);
  await service.admin("DELETE", "/v1/plants/new");
  expect([await find("people", "olga"), await find("resources", "quarry")]).toEqual([[], []]);
  expect(await find("people", "olga", "brightfix")).toEqual(["m1"]);
});

test("a cursor that was changed, or is another list's, is refused and reaches no engine", async ({ service }) => {
  await seedWorld(service);
  const path = "/v1/organizations/sunward/resources";
  const { next_cursor } = (await service.admin("GET", `${path}?limit=1`)).body;
  expect(next_cursor).not.toBeNull();
  await service.admin("PUT", "/v1/plants/second", { owner: "sunward" });
  const plants = (await service.admin("GET", `${path}?limit=1&type=plant`)).body;
  expect(plants.next_cursor).not.toBeNull();
  const partsOf = (cursor: string) => JSON.parse(Buffer.from(cursor, "base64url").toString());
  const changed = (change: (position: string) => string) => {
    const [query, position] = partsOf(next_cursor);
    return Buffer.from(JSON.stringify([query, change(position)])).toString("base64url");
  };
  expect((await service.admin("GET", `${path}?limit=1&cursor=${changed((same) => same)}`)).status).toBe(200);
  const forged = [
    changed((position) => `${position.split("|")[0]}|0 \u0000`),
    changed((position) => position.replace("|0 ", "|1 ")),
    changed(() => "0 AAAA"),
    changed(() => ""),
    // sealed, but for another list
    changed(() => partsOf(plants.next_cursor)[1]),
  ];
  for (const cursor of forged) {
    const { status, body } = await service.admin("GET", `${path}?limit=1&cursor=${cursor}`);
    expect([status, body.code]).toEqual([400, "invalid_request"]);
  }
  expect((await service.admin("GET", `${path}?limit=1&type=plant&cursor=${next_cursor}`)).status).toBe(400);
});
