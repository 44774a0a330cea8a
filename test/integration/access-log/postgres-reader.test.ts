/**
 * Reading the access log in PostgreSQL: every filter finds what the test counts itself, page by page and newest first,
 * also while lines are added; and who used what last is known.
 */
import { ulid } from "ulid";
import { afterAll, test as base, beforeAll, expect } from "vitest";
import type { AccessFilter, AccessLogReader, LineOf } from "../../../src/access-log/reader.ts";
import type { GapLine } from "../../../src/domain/access-log/lines.ts";
import { AuditUnavailable } from "../../../src/faults.ts";
import type { LogLine } from "../../support/access-log.ts";
import { NOON } from "../../support/access-log-files.ts";
import { accessLine, newStore, ownLine, readAll, readerAt, writerAt } from "../../support/access-log-postgres.ts";
import { makeDatabase, type OwnDatabase } from "../../support/postgres.ts";

const HOUR = 3_600_000;
const at = (hours: number) => new Date(NOON - hours * HOUR);
const LINES = 400;
const HOURS = 30 * 24;

/** Every combination of what is filtered by, over a month, with more lines at one instant than a page has. */
function manyLines(): LogLine[] {
  return Array.from({ length: LINES }, (_, n): LogLine => {
    const first = n % 9 === 0 ? at(100) : at((n * 7919) % HOURS);
    const changes = {
      ...{ user: `user-${n % 7}`, resource: `plant:${n % 5}`, permission: n % 3 === 0 ? "can_view" : "can_control" },
      ...{ decision: n % 4 !== 0, first: first.toISOString(), request_id: ulid() },
    };
    if (n % 6 === 0) return ownLine({ ...changes, initiator: n % 12 === 0 ? "sunward" : "windpark" });
    const [initiator, partner] = n % 2 === 0 ? ["sunward", "brightfix"] : ["windpark", "sunward"];
    return accessLine({ ...changes, initiator, partner, cooperation: `c${n % 3}`, share: `s${n % 11}` });
  });
}

const gap = (from: number, to: number): GapLine => {
  return { kind: "gap", reason: "full", from: at(from).toISOString(), to: at(to).toISOString(), lost: from };
};
const GAPS = [gap(HOURS + 50, HOURS + 40), gap(700, 20), gap(200, 199), gap(99, 98), gap(3, 2)];
const ALL = [...manyLines(), ...GAPS];

type World = { database: OwnDatabase; store: string; reader: AccessLogReader };
let made: OwnDatabase | { reason: string };
const store = newStore();
beforeAll(async () => {
  made = await makeDatabase();
  if ("reason" in made) return;
  // as several batches of two processes
  const writers = [writerIn(made), writerIn(made)];
  for (let n = 0; n < ALL.length; n += 90) await writers[(n / 90) % 2]?.write(...ALL.slice(n, n + 90));
  for (const { close } of writers) await close();
});
afterAll(async () => {
  if ("drop" in made) await made.drop();
});
/** Lines of years are written at once, with their users. */
const usersMilliseconds = Number.POSITIVE_INFINITY;
const writerIn = ({ url }: OwnDatabase) => writerAt(url, store, { usersMilliseconds }, () => {});

/** A test with the lines in a database, or that says why there is none. */
const test = (name: string, act: (world: World) => Promise<void>) =>
  base(name, async () => {
    if ("reason" in made) return console.log(`No PostgreSQL: ${made.reason}.`);
    await act({ database: made, store, reader: readerAt(made.url, store) });
  });

/** Whether a line is asked for, as the port says it. */
function matches(line: LogLine, filter: Partial<AccessFilter>): boolean {
  const { from, to } = filter;
  if (line.kind === "gap") return !(from && line.to < from.toISOString()) && !(to && line.from >= to.toISOString());
  if (from && line.first < from.toISOString()) return false;
  if (to && line.first >= to.toISOString()) return false;
  if (line.path === "own" && filter.own === false) return false;
  const fields: Record<string, unknown> = line;
  const isOf = ({ side, organization, since }: LineOf) =>
    fields[side] === organization && line.first >= since.toISOString();
  if (filter.of && !filter.of.some(isOf)) return false;
  return (["cooperation", "resource", "user", "permission", "decision"] as const).every(
    (name) => filter[name] === undefined || fields[name] === filter[name],
  );
}

const keyOf = (line: LogLine): string => (line.kind === "gap" ? `gap ${line.from}` : line.request_id);
const instantOf = (line: LogLine): string => (line.kind === "gap" ? line.from : line.first);
const keysOf = (lines: readonly LogLine[]) => lines.map(keyOf).toSorted();
const organization = (name: string) => name as LineOf["organization"];
const side = (of: LineOf["side"], name: string, hours = HOURS * 2): LineOf => {
  return { side: of, organization: organization(name), since: at(hours) };
};

const FILTERS: [what: string, filter: Partial<AccessFilter>][] = [
  ["nothing", {}],
  ["no line of own people", { own: false }],
  ["a cooperation", { cooperation: "c1", own: false }],
  ["a resource", { resource: "plant:3" }],
  ["a user", { user: "user-2" }],
  ["a permission", { permission: "can_view" }],
  ["a yes", { decision: true }],
  ["a no", { decision: false }],
  ["what was from an instant on", { from: at(150) }],
  ["what was before an instant", { to: at(150) }],
  ["an instant that many lines have", { from: at(100), to: new Date(at(100).getTime() + 1) }],
  ["a time in which nothing was", { from: at(HOURS + 500), to: at(HOURS + 400) }],
  ["an initiator", { of: [side("initiator", "sunward")] }],
  ["a partner", { of: [side("partner", "sunward")] }],
  ["an organization on both sides", { of: [side("initiator", "sunward"), side("partner", "sunward")] }],
  ["an organization since it has its id", { of: [side("initiator", "sunward", 60), side("partner", "sunward", 300)] }],
  ["one line by two sides", { of: [side("initiator", "sunward"), side("partner", "brightfix")] }],
  ["nobody", { of: [] }],
  [
    "all of it together",
    { of: [side("initiator", "windpark")], user: "user-3", decision: true, own: false, to: at(9) },
  ],
];

for (const [what, filter] of FILTERS)
  test(`asked for ${what}, pages have each line once, the newest first`, async ({ reader }) => {
    const wanted = ALL.filter((line) => matches(line, filter));
    for (const limit of [7, 1000]) {
      const { lines } = await readAll(reader, filter, limit);
      expect(keysOf(lines)).toEqual(keysOf(wanted));
      const instants = lines.map(instantOf);
      expect(instants).toEqual(instants.toSorted().toReversed());
    }
  });

test("the filters are no two the same, and most leave something out", async () => {
  const found = FILTERS.map(([, filter]) => ALL.filter((line) => matches(line, filter)).length);
  expect(new Set(found).size).toBeGreaterThan(FILTERS.length / 2);
  expect(found.filter((count) => count < ALL.length).length).toBe(FILTERS.length - 1);
});

test("lines that are added while pages are read neither repeat a line nor hide one", async ({ database }) => {
  const own = newStore();
  const { write } = writerAt(database.url, own, { usersMilliseconds });
  const before = manyLines().slice(0, 60);
  await write(...before);
  let n = 0;
  const add = () =>
    write(...[0, 1, n * 50].map((hours) => accessLine({ first: at(hours).toISOString(), request_id: `added ${n++}` })));
  const { lines } = await readAll(readerAt(database.url, own), {}, 7, add);
  expect(n).toBeGreaterThan(10);
  const keys = lines.map(keyOf);
  expect(new Set(keys).size).toBe(keys.length);
  expect(keys.filter((key) => !key.startsWith("added")).toSorted()).toEqual(keysOf(before));
});

test("a page whose lines are far apart ends, and the next ones find them", async ({ database }) => {
  const own = newStore();
  const { write } = writerAt(database.url, own, { usersMilliseconds });
  const days = Array.from({ length: 260 }, (_, n) => accessLine({ first: at(24 * n).toISOString(), user: `u${n}` }));
  await write(...days);
  const { lines, pages } = await readAll(readerAt(database.url, own), { user: "u259" }, 10);
  expect(lines).toHaveLength(1);
  expect(pages).toBeGreaterThan(1);
});

test("what is no cursor has no page", async ({ reader }) => {
  for (const after of [
    "",
    "x",
    Buffer.from("1.").toString("base64url"),
    Buffer.from("1.99999999999999999999").toString("base64url"),
  ])
    expect(await reader.page({ own: true }, 10, after), after).toBeUndefined();
});

test("when each user last used each share of the named cooperations is known, of a yes alone", async ({ reader }) => {
  const { used, since } = await reader.lastUsed(["c1", "c2"]);
  const wanted = new Map<string, string>();
  for (const line of ALL)
    if (line.kind === "access" && line.path === "cooperation" && line.cooperation !== "c0" && line.decision) {
      const key = `${line.cooperation} ${line.share} ${line.user}`;
      if (line.last > (wanted.get(key) ?? "")) wanted.set(key, line.last);
    }
  const found = used.map(({ at: last, ...one }) => [`${one.cooperation} ${one.share} ${one.user}`, last.toISOString()]);
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(wanted));
  expect(wanted.size).toBeGreaterThan(20);
  expect(since).toBeInstanceOf(Date);
  expect((await reader.lastUsed(["c9"])).used).toEqual([]);
});

test("a log that cannot be read throws AuditUnavailable, and nothing that names the database", async ({ database }) => {
  const away = new URL(database.url);
  away.port = "1";
  away.password = "secret";
  for (const reader of [readerAt(away.href, store), readerAt(database.url, newStore())]) {
    const read = reader.page({ own: true }, 10);
    await expect(read).rejects.toThrow(AuditUnavailable);
    await expect(read).rejects.toThrow(/^the access log cannot be read$/);
  }
});
