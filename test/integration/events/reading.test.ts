/** Reading events: everything once, in order, across restarts and late commits; and nobody sees more than histories show. */
import { hash } from "node:crypto";
import { describe, expect, test as unit } from "vitest";
import type { ChangesPage, TupleChange } from "../../../src/domain/change-log.ts";
import { EVENT_TYPES, eventTypeOf } from "../../../src/domain/events/event-types.ts";
import { entryFields, sealEntry } from "../../../src/domain/history.ts";
import { entryRef, NO_HASH } from "../../../src/domain/records.ts";
import { type EventPlace, eventsBehind, placeFrom, placeText } from "../../../src/store/events.ts";
import { ask, ROUTES, seedRoutes } from "../../support/routes.ts";
import { cooperate, createService, type Reply, type Service, seedWorld, test } from "../../support/service.ts";

type Event = { id: string; type: string; data: { n: number; reason?: string; object: string; proof: object } };

/** Follows the feed to its end, `limit` items at a time. */
async function readAll(get: (path: string) => Promise<Reply>, query = "", limit = 200) {
  const events: Event[] = [];
  let after = "";
  for (;;) {
    const { status, body } = await get(`/v1/events?limit=${limit}${query}${after}`);
    expect(status, JSON.stringify(body)).toBe(200);
    events.push(...body.items);
    after = `&after=${body.next_cursor}`;
    if (!body.more) return { events, after };
  }
}
const byService = (service: Service) => (path: string) => service.admin("GET", path);
const by = (service: Service, user: string) => (path: string) => service.as(user, "GET", path);

/** Every entry in the store, as `<history>/<n>`. */
async function entriesOf({ deps }: Service): Promise<string[]> {
  const logs = (await deps.tupleStore.readAll()).filter(({ relation }) => relation === "log");
  return logs.map(({ object, user }) => `${object}/${user.slice(user.lastIndexOf(".") + 1)}`).sort();
}

function expectInOrder(events: readonly Event[]) {
  for (const [history, own] of Map.groupBy(events, ({ id }) => id.slice(0, id.lastIndexOf("/")))) {
    const numbers = own.map(({ data }) => data.n);
    expect(numbers, history).toEqual(numbers.toSorted((a, b) => a - b));
  }
}

test("a service reads every entry of every history once and in order, in pages of any size", async ({ service }) => {
  await seedWorld(service);
  await cooperate(service, [{ resource: "plant:7", role: "asset_manager" }]);
  const entries = await entriesOf(service);
  for (const limit of [1, 7, 200]) {
    const { events } = await readAll(byService(service), "", limit);
    expect(events.map(({ id }) => id).sort()).toEqual(entries);
    expectInOrder(events);
  }
});

test("every kind of entry that an action writes has a type in the table", async ({ service }) => {
  const world = await seedRoutes(service);
  for (const name of Object.keys(ROUTES)) await ask(service, world, name);
  const { events } = await readAll(byService(service));
  const types = new Set<string>(EVENT_TYPES.map(({ type }) => type));
  expect(events.filter(({ type }) => !types.has(type))).toEqual([]);
  // most kinds have happened, so that this was no test of a few
  expect(new Set(events.map(({ type }) => type)).size).toBeGreaterThan(20);
  expect(types.has(eventTypeOf("cooperation:x", "unheard_of"))).toBe(false);
});

test("a cursor continues behind what was read, also at another process, and finds nothing twice", async ({
  service,
}) => {
  await seedWorld(service);
  const first = await readAll(byService(service));
  await service.admin("PUT", "/v1/plants/9", { owner: "sunward" });
  const { tupleStore, engine } = service.deps;
  const other = createService({ tupleStore, engine });
  const { body } = await other.admin("GET", `/v1/events?limit=200${first.after}`);
  expect(body.items.map(({ type, data }: Event) => [type, data.object])).toEqual([
    ["concordat.resource.registered", "plant:9"],
  ]);
  const again = await other.admin("GET", `/v1/events?after=${body.next_cursor}`);
  expect([again.body.items, again.body.more]).toEqual([[], false]);
});

test("types are filtered, and a date-time begins later", async ({ service }) => {
  await seedWorld(service);
  const { events } = await readAll(byService(service), "&types=concordat.person.added,concordat.resource.registered");
  expect(events).toHaveLength(8);
  expect(new Set(events.map(({ type }) => type)).size).toBe(2);
  const later = new Date(Date.now() + 60_000).toISOString();
  const forged = Buffer.from(JSON.stringify({ at: later })).toString("base64url");
  for (const after of [later, forged])
    for (const [method, path] of [
      ["GET", "/v1/events"],
      ["POST", "/v1/webhooks/erp/resume"],
    ] as const)
      expect((await service.admin(method, `${path}?after=${after}`)).body.errors[0].pointer).toBe("query: after");
  const earlier = new Date(Date.now() - 600_000).toISOString();
  expect((await readAll(byService(service), `&after=${earlier}`)).events.length).toBeGreaterThan(8);
});

test.for([
  ["after=nonsense", "query: after"],
  ["after=eyJmcm9tIjo3fQ", "query: after"],
  [`after=${Buffer.from('{"from":"no token of the engine"}').toString("base64url")}`, "query: after"],
  ["after=2026-02-31T99:00:00Z", "query: after"],
  ["types=concordat.nothing", "query: types.0"],
  ["types=", "query: types.0"],
  ["limit=0", "query: limit"],
  ["organization=a%3Ab", "query: organization"],
  ["before=x", "query: before"],
])("?%s is refused and named", async ([query, pointer], { service }) => {
  const { status, body } = await service.admin("GET", `/v1/events?${query}`);
  expect([status, body.code, body.errors[0].pointer]).toEqual([400, "invalid_request", pointer]);
});

test("an acting user names their organization, and is its admin", async ({ service }) => {
  await seedWorld(service);
  const codes = async (user: string, query: string) => (await service.as(user, "GET", `/v1/events${query}`)).body.code;
  expect(await codes("anna", "")).toBe("invalid_request");
  expect(await codes("otto", "?organization=sunward")).toBe("not_admin");
  expect(await codes("ben", "?organization=sunward")).toBe("not_found");
  expect(await codes("anna", "?organization=nowhere")).toBe("not_found");
  expect(await codes("anna", "?organization=sunward")).toBeUndefined();
});

describe("an organization's admins", () => {
  test("see of events exactly what the histories show them, and their own reasons alone", async ({ service }) => {
    await seedWorld(service);
    const { id } = await cooperate(service, [{ resource: "plant:7", role: "asset_manager" }]);
    await service.as("anna", "POST", `/v1/cooperations/${id}/pause`, { reason: "ours" });
    await service.as("anna", "POST", `/v1/cooperations/${id}/resume`);
    await service.as("ben", "POST", `/v1/cooperations/${id}/leave`, { reason: "theirs" });
    for (const [user, organization, own, others] of [
      ["anna", "sunward", "ours", "theirs"],
      ["ben", "brightfix", "theirs", "ours"],
    ] as const) {
      const { events } = await readAll(by(service, user), `&organization=${organization}`);
      const shown = [];
      for (const history of [`organizations/${organization}`, `cooperations/${id}`])
        shown.push(...(await service.as(user, "GET", `/v1/${history}/history?limit=200`)).body.items);
      const order = (entries: object[]) => entries.map((one) => JSON.stringify(one)).sort();
      expect(order(events.map(({ data }) => data))).toEqual(order(shown));
      expect(JSON.stringify(events)).toContain(own);
      expect(JSON.stringify(events)).not.toContain(others);
    }
    const whole = JSON.stringify((await readAll(byService(service))).events);
    expect(whole).not.toMatch(/"ours"|"theirs"/);
  });

  test("see nothing of other organizations, nor of what was offered before they joined", async ({ service }) => {
    const { invited } = await seedRoutes(service);
    await service.admin("PUT", "/v1/organizations/elsewhere", { name: "Elsewhere" });
    await service.admin("PUT", "/v1/organizations/elsewhere/people/eve", { role: "admin" });
    const seenBy = async (user: string, organization: string) =>
      (await readAll(by(service, user), `&organization=${organization}`)).events.map(({ id }) => id);
    expect(await seenBy("eve", "elsewhere")).toEqual(["organization:elsewhere/1", "organization:elsewhere/2"]);
    await service.as("anna", "POST", `/v1/cooperations/${invited}/shares`, { resource: "plant:8", role: "viewer" });
    const token = service.mails.at(-1)?.text.match(/#token=(\S+)/)?.[1] ?? "";
    const joined = await service.as("eve", "POST", "/v1/invitations/join", { token, organization: "elsewhere" });
    expect(joined.status, JSON.stringify(joined.body)).toBe(200);
    const ids = (await seenBy("eve", "elsewhere")).filter((one) => one.startsWith("cooperation:"));
    expect(ids).toEqual([`cooperation:${invited}/3`]);
    expect(await seenBy("anna", "sunward")).toEqual(expect.arrayContaining([`cooperation:${invited}/1`]));
  });

  test("read on where a cooperation's head is damaged: it is named, and only its own events are hidden", async ({
    service,
  }) => {
    await seedWorld(service);
    const { id } = await cooperate(service, [{ resource: "plant:7", role: "asset_manager" }]);
    const { tupleStore, engine } = service.deps;
    const object = `cooperation:${id}`;
    const [head] = await tupleStore.read({ object, relation: "head" });
    if (head === undefined) throw new Error("there is no head");
    // a second one
    const second = { ...head, user: entryRef(object, 99) };
    expect(await tupleStore.write({ deletes: [], writes: [second] })).toBe("committed");
    const named: object[] = [];
    const other = createService({ tupleStore, engine }, { warn: (event, facts) => named.push({ event, ...facts }) });
    const { events } = await readAll(by(other, "anna"), "&organization=sunward");
    expect(events.length).toBeGreaterThan(3);
    expect(events.filter((event) => event.id.startsWith("cooperation:"))).toEqual([]);
    expect(named).toContainEqual(expect.objectContaining({ event: "event_damaged", history: object }));
  });

  test("of an organization under a deleted id inherit none of its events", async ({ service }) => {
    await service.admin("PUT", "/v1/organizations/lumen", { name: "Lumen" });
    await service.admin("DELETE", "/v1/organizations/lumen");
    await service.admin("PUT", "/v1/organizations/lumen", { name: "Another" });
    await service.admin("PUT", "/v1/organizations/lumen/people/lea", { role: "admin" });
    const { events } = await readAll(by(service, "lea"), "&organization=lumen");
    expect(events.map(({ data }) => data.n)).toEqual([3, 4]);
    const all = await readAll(byService(service), "&organization=lumen");
    expect(all.events.map(({ data }) => data.n)).toEqual([1, 2, 3, 4]);
  });
});

/** A log in memory that shows exactly what a test has put into it, in pages of three. */
function logOf(changes: TupleChange[], askedAt: number) {
  return async (from: string | Date): Promise<ChangesPage> => {
    const start = from === "" || from instanceof Date ? 0 : changes.findIndex(({ at }) => at === from) + 1;
    const page = changes.slice(start, start + 3);
    return { changes: page, place: page.at(-1)?.at ?? String(from), askedAt, isLast: page.length < 3 };
  };
}

const NOW = Date.parse("2026-01-01T00:10:00Z");
/** The nth entry of a history, written so many seconds before now. */
function logged(history: string, n: number, secondsAgo: number): TupleChange {
  const at = new Date(NOW - secondsAgo * 1000).toISOString();
  const common = { n, id: "i", at, actor: "user:a", action: "share", request_id: "r", object: history };
  const fields = entryFields(sealEntry(NO_HASH, common));
  const key = { user: entryRef(history, n), relation: "log", object: history } as const;
  return { operation: "write", at, key: { ...key, condition: { name: "record", context: { fields } } } };
}

const reading = { secret: "a secret for the tests alone, 32+", max: 100, pagesMax: 100, damaged: () => {} };
const START: EventPlace = { from: "", seen: [] };
/** Reads when the engine's clock shows `now`. */
const read = async (
  changes: TupleChange[],
  place: EventPlace,
  {
    now = NOW,
    ...more
  }: { now?: number; damaged?: (history: string) => void; secret?: string; lateMilliseconds?: number } = {},
) => {
  const kept = placeFrom(placeText(place));
  const found = kept && (await eventsBehind(logOf(changes, now), kept, { ...reading, ...more }));
  if (found === undefined) throw new Error("no such place");
  return { ...found, ids: found.events.map(({ history, entry }) => `${history}/${entry.common.n}`) };
};

describe("a change log", () => {
  unit("that shows a change behind places that were read is read again, and gives what is new alone", async () => {
    const changes = [logged("c:a", 1, 60), logged("c:a", 2, 4), logged("c:a", 3, 2)];
    const first = await read(changes, START);
    expect(first.ids).toEqual(["c:a/1", "c:a/2", "c:a/3"]);
    changes.splice(1, 0, logged("c:b", 1, 4.5));
    const second = await read(changes, first.place);
    expect(second.ids).toEqual(["c:b/1"]);
    expect((await read(changes, second.place)).ids).toEqual([]);
    // a documented gap: what appears behind more than the last seconds is found by its number alone
    const settled = await read(changes, second.place, { now: NOW + 60_000 });
    expect([settled.ids, settled.place.seen]).toEqual([[], []]);
    changes.splice(1, 0, logged("c:late", 1, 50));
    expect((await read(changes, settled.place, { now: NOW + 60_000 })).ids).toEqual([]);
  });

  unit("is read late by who asks for it: each entry once, and none before its time", async () => {
    // of different histories: 400, 350, … 0 seconds old, three to a page
    const changes = Array.from({ length: 9 }, (_, n) => logged(`c:${n}`, 1, 400 - n * 50));
    const lateMilliseconds = 300_000;
    const first = await read(changes, START, { lateMilliseconds });
    expect(first.ids).toEqual(["c:0/1", "c:1/1"]);
    const again = await read(changes, first.place, { lateMilliseconds });
    expect([again.ids, again.more]).toEqual([[], false]);
    const later = await read(changes, again.place, { lateMilliseconds, now: NOW + 120_000 });
    expect(later.ids).toEqual(["c:2/1", "c:3/1", "c:4/1"]);
    const all = await read(changes, later.place, { lateMilliseconds, now: NOW + 900_000 });
    expect([all.ids, all.place.seen]).toEqual([["c:5/1", "c:6/1", "c:7/1", "c:8/1"], []]);
  });

  unit("leaves in a place no mark that can be made by who guesses an event's id", async () => {
    const changes = [logged("c:a", 1, 2)];
    const { place } = await read(changes, START);
    const other = await read(changes, START, { secret: "another secret for the tests, 32+" });
    expect([place.seen.length, other.place.seen.length]).toEqual([1, 1]);
    expect(place.seen).not.toEqual(other.place.seen);
    expect(place.seen).not.toContain(hash("sha256", "c:a/1", "base64url").slice(0, 11));
  });

  unit("that engines with other clocks wrote is given in the order of each history", async () => {
    const changes = [logged("c:a", 2, 3), logged("c:b", 1, 2.5), logged("c:a", 1, 2)];
    expect((await read(changes, START)).ids).toEqual(["c:a/1", "c:b/1", "c:a/2"]);
  });

  unit("with more in its last seconds than a place can hold gives the rest when it is settled", async () => {
    const changes = Array.from({ length: 500 }, (_, n) => logged("c:a", n + 1, 4 - n / 1000));
    let place = START;
    const ids: string[] = [];
    for (let round = 0; round < 20; round++) {
      const found = await read(changes, place);
      ids.push(...found.ids);
      place = found.place;
    }
    expect(ids.length).toBeLessThan(300);
    expect(placeText(place).length).toBeLessThan(5000);
    for (let round = 0; round < 20; round++) {
      const found = await read(changes, place, { now: NOW + 60_000 });
      ids.push(...found.ids);
      place = found.place;
    }
    expect(ids).toEqual(changes.map((_, n) => `c:a/${n + 1}`));
    expect(place.seen).toEqual([]);
  });

  unit("with an entry that cannot be read is read on behind it, and the entry is named", async () => {
    const broken = logged("c:a", 1, 60);
    const changes = [
      { ...broken, key: { ...broken.key, condition: undefined } },
      logged("c:b", 1, 50),
    ] as TupleChange[];
    changes.splice(1, 0, {
      ...broken,
      key: { ...broken.key, condition: { name: "record", context: { fields: { common: "null" } } } },
    });
    const named: string[] = [];
    const { ids } = await read(changes, START, { damaged: (history: string) => named.push(history) });
    expect([ids, named]).toEqual([["c:b/1"], ["c:a", "c:a"]]);
  });
});
