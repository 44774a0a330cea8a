/**
 * The register of an organization with 2 000 rights on PostgreSQL: complete in every form, and how long it takes. And what
 * it reads: as much in a store that has more of others as in one that has not, and as much behind long histories.
 */
import { afterAll, beforeAll, expect } from "vitest";
import { entryFields, sealEntry } from "../../../src/domain/history.ts";
import { entryRef, headKey, NO_HASH, toFields } from "../../../src/domain/records.ts";
import { tuplesOfSides } from "../../../src/domain/state-tuples.ts";
import type { Tuple } from "../../../src/domain/tuples.ts";
import { createEngine } from "../../../src/openfga/engine.ts";
import { openStore } from "../../../src/openfga/open-store.ts";
import { createTupleStore } from "../../../src/openfga/tuple-store.ts";
import type { TupleStore } from "../../../src/ports.ts";
import { anyId } from "../../support/ids.ts";
import { MODEL } from "../../support/model.ts";
import { type OnPostgres, startOnPostgres } from "../../support/postgres.ts";
import { send } from "../../support/routes.ts";
import { cooperate, createService, KEYS, type Service, seedWorld, test } from "../../support/service.ts";

const WRITE_TUPLES = 100;
const AT = "2026-01-01T00:00:00.000Z";

/** The tuple of an entry, or of a head, with its fields. */
const riding = (key: Omit<Tuple, "condition">, fields: Record<string, string>): Tuple => ({
  ...key,
  condition: { name: "record", context: { fields } },
});

/** A cooperation of two organizations with so many shares, each delegated to these people: its head, its sides and its history. */
function cooperationOf(id: string, initiator: string, partner: string, shares: number, people: string[]): Tuple[] {
  const object = `cooperation:${id}`;
  const record = {
    id: anyId(id),
    status: "active" as const,
    initiator: anyId(initiator),
    partner: anyId(partner),
    invitation: 0,
    spelling: "plain" as const,
    shares,
    created_at: AT,
    created_by: "user:anna",
    accepted_at: AT,
  };
  const made = Array.from({ length: shares }, (_, n) => ({
    id: `${id.slice(0, -4)}${String(n).padStart(4, "0")}`,
    cooperation: id,
    resource: `plant:${id}-${n}`,
    role: "technical_manager",
    spelling: "plain",
    created_at: AT,
  }));
  const steps = [
    { action: "invite", object, after: { ...record, status: "pending", accepted_at: undefined } },
    { action: "accept", object, after: record },
    ...made.map((share) => ({ action: "share", object: `share:${share.id}`, after: share })),
    ...made.flatMap((share) =>
      people.map((user) => ({
        action: "delegate",
        object: `share:${share.id}`,
        after: { share: share.id, user, role: "viewer", spelling: "plain" },
      })),
    ),
  ];
  const logs = steps.map((step, index) => {
    const n = index + 1;
    const entry = sealEntry(NO_HASH, { n, id: `e${n}`, at: AT, actor: "user:anna", request_id: "r", ...step });
    return riding({ user: entryRef(object, n), relation: "log", object }, entryFields(entry));
  });
  return [riding(headKey(object, steps.length), toFields({ ...record })), ...tuplesOfSides(record, "present"), ...logs];
}

async function write(tupleStore: TupleStore, tuples: Tuple[]): Promise<void> {
  for (let start = 0; start < tuples.length; start += WRITE_TUPLES)
    expect(await tupleStore.write({ deletes: [], writes: tuples.slice(start, start + WRITE_TUPLES) })).toBe(
      "committed",
    );
}

/** A partner with an admin and four people, registered through the service; its people. */
async function partnerOf({ admin }: Service, name: string): Promise<string[]> {
  await admin("PUT", `/v1/organizations/${name}`, { name });
  const people = Array.from({ length: 4 }, (_, n) => `${name}-${n}`);
  await admin("PUT", `/v1/organizations/${name}/people/${name}-admin`, { role: "admin" });
  for (const user of people) await admin("PUT", `/v1/organizations/${name}/people/${user}`, { role: "member" });
  return people;
}

const idOf = (n: number) => `01KBD3X4M8N2Q7R5T9V1${String(n).padStart(2, "0")}0000`;
/** So many cooperations of an organization, each with twenty shares of a hundred rights together. */
async function grown(service: Service, organization: string, count: number, from = 0): Promise<void> {
  await service.admin("PUT", `/v1/organizations/${organization}`, { name: organization });
  for (let n = from; n < from + count; n++) {
    const people = await partnerOf(service, `p${n}`);
    await write(service.deps.tupleStore as TupleStore, cooperationOf(idOf(n), organization, `p${n}`, 20, people));
  }
}

/** A store whose reads are counted, in pages of a hundred tuples. */
function counted(tupleStore: TupleStore) {
  let reads = 0;
  const store: TupleStore = {
    ...tupleStore,
    read: async (filter) => {
      const tuples = await tupleStore.read(filter);
      reads += 1 + Math.floor(tuples.length / 100);
      return tuples;
    },
    readPage: (...page) => {
      reads += 1;
      return tupleStore.readPage(...page);
    },
  };
  const costOf = async (act: () => Promise<unknown>) => {
    reads = 0;
    await act();
    return reads;
  };
  return { store, costOf };
}

let onPostgres: OnPostgres | { reason: string };
beforeAll(async () => {
  onPostgres = await startOnPostgres();
});
afterAll(async () => {
  if ("stop" in onPostgres) await onPostgres.stop();
});

test("2 000 rights are all in the register on PostgreSQL, in each form", async () => {
  if ("reason" in onPostgres) return console.log(`No PostgreSQL: ${onPostgres.reason}.`);
  const { apiUrl, apiToken } = onPostgres;
  const at = { apiUrl, ...(apiToken && { apiToken }) };
  const store = await openStore({ ...at, store: "register", model: MODEL, allowPush: false });
  const engine = createEngine({ ...at, ...store, timeoutMilliseconds: 10_000, connections: 10 });
  const tupleStore = createTupleStore({ ...at, ...store });
  const service = createService({ tupleStore, engine });
  await grown(service, "sunward", 20);
  await onPostgres.analyze();
  const path = "/v1/register?organization=sunward";
  const timed = async <T>(what: string, act: () => Promise<T>) => {
    const begin = performance.now();
    const found = await act();
    const milliseconds = Math.round(performance.now() - begin);
    console.log(`register of 2 000 rights, ${what}: ${milliseconds} ms`);
    return found;
  };
  const get = (more: string) => send(service, "GET", path + more, undefined, { key: KEYS.admin });
  const lines = async (more: string) => (await get(`&format=csv${more}`)).text.trimEnd().split("\r\n").length - 1;
  expect(await timed("CSV, the first in this process", () => lines(""))).toBe(2000);
  expect(await timed("CSV", () => lines(""))).toBe(2000);
  expect(await timed("CSV of the past", () => lines(`&at=${new Date().toISOString()}`))).toBe(2000);
  expect((await timed("HTML", () => get("&format=html"))).text.match(/<tr>/g)).toHaveLength(2001);
  expect((await timed("one page of JSON", () => get("&limit=200"))).body.items).toHaveLength(200);
  let count = 0;
  await timed("all pages of JSON", async () => {
    for (let cursor: string | null = ""; cursor !== null; ) {
      const { body } = await get(`&limit=200${cursor && `&cursor=${cursor}`}`);
      count += body.items.length;
      cursor = body.next_cursor;
    }
  });
  expect(count).toBe(2000);
  await engine.close();
});

test("the register of one organization reads nothing of others, however much they have", async ({
  tupleStore,
  engine,
}) => {
  const { store, costOf } = counted(tupleStore);
  const service = createService({ tupleStore: store, engine });
  await grown(service, "sunward", 2);
  const cost = () =>
    costOf(async () => {
      const { body } = await service.admin("GET", "/v1/register?organization=sunward&limit=200");
      expect(body.items).toHaveLength(200);
    });
  const first = await cost();
  const before = await cost();
  await grown(service, "lumen", 3, 50);
  expect(await cost()).toBe(before);
  // the histories alone: each of the cooperations has 102 entries
  expect(before).toBeLessThanOrEqual(first - 6);
  console.log(`register of two cooperations: ${before} reads, the first time ${first}`);
});

test("the register of now costs what is new, however long a partner makes the histories, and many who ask at once cost one replay", async ({
  tupleStore,
  engine,
}) => {
  const { store, costOf } = counted(tupleStore);
  const service = createService({ tupleStore: store, engine });
  await seedWorld(service);
  const { shares } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
  const rights = async (of = service) => (await of.admin("GET", "/v1/register?organization=sunward")).body.items.length;
  const cost = (expected: number) => costOf(async () => expect(await rights()).toBe(expected));
  await cost(1);
  const short = await cost(1);
  const turns = 30;
  for (let turn = 0; turn < turns; turn++) {
    for (const method of ["PUT", "DELETE"]) {
      const { status } = await service.as("ben", method, `/v1/shares/${shares[0]}/delegations/tom`, { role: "viewer" });
      expect(status).toBeLessThan(300);
    }
    await service.admin("PUT", "/v1/organizations/brightfix/people/eva", { role: turn % 2 ? "member" : "moderator" });
  }
  expect(await cost(1)).toBe(short + 3 * turns);
  expect(await cost(1)).toBe(short);

  const other = createService({ tupleStore: store, engine });
  const alone = createService({ tupleStore: store, engine });
  const one = await costOf(() => rights(alone));
  const asked = 8;
  const many = await costOf(async () => {
    const found = await Promise.all(Array.from({ length: asked }, () => rights(other)));
    expect(found).toEqual(Array.from({ length: asked }, () => 1));
  });
  // what is not kept each reads for itself; the two histories are read once
  expect(many).toBe(asked * short + (one - short));
});
