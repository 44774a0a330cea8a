/** People who are taken out of the access log in PostgreSQL: what is left verifies, and readers never show who it was. */
import { expect, onTestFinished, vi } from "vitest";
import { settingsOf } from "../../../src/access-log/postgres/connect.ts";
import { createPostgresErasure } from "../../../src/access-log/postgres/postgres-erasure.ts";
import { schemaOf } from "../../../src/access-log/postgres/schema.ts";
import { verifyFiles } from "../../../src/domain/access-log/verify-files.ts";
import { AuditUnavailable } from "../../../src/faults.ts";
import type { LogLine } from "../../support/access-log.ts";
import { KEYS, NOON } from "../../support/access-log-files.ts";
import {
  accessLine,
  filesInDatabase,
  newStore,
  proxied,
  readAll,
  readerAt,
  testsWithDatabase,
  writerAt,
} from "../../support/access-log-postgres.ts";
import type { OwnDatabase } from "../../support/postgres.ts";

const DAY = 86_400_000;
const dayAt = (days: number) => new Date(NOON - days * DAY).toISOString();

const withDatabase = testsWithDatabase();
const test = (name: string, act: (database: OwnDatabase, store: string) => Promise<void>) =>
  withDatabase(name, (database) => act(database, newStore()));

/** The erasure of one machine, by the clock of the test's lines. */
function erasureAt(url: string, store: string, options: { days?: number; forgotten?: string[] } = {}) {
  const { days, forgotten = [] } = options;
  let now = NOON;
  const warn = vi.fn();
  const isForgotten = async (user: string) => forgotten.includes(user);
  const settings = settingsOf(new URL(url));
  const erasure = createPostgresErasure({ settings, store, clock: () => new Date(now), days, isForgotten, warn });
  onTestFinished(() => erasure.close());
  const tend = async () => {
    await erasure.tend();
    expect(warn).not.toHaveBeenCalled();
  };
  /** So many minutes later. */
  const later = async (minutes: number) => {
    now += minutes * 60_000;
    await tend();
  };
  return { ...erasure, tend, later };
}

const usersIn = (lines: readonly LogLine[]) =>
  lines.map((line) => (line.kind === "access" ? (line.user ?? "nobody") : line.kind)).sort();
const verified = async ({ sql }: OwnDatabase, store: string) =>
  verifyFiles(await filesInDatabase(sql, store), { keys: KEYS.verifying });

test("who is erased is in no line, others still are, all of it holds, and the pseudonym is the same in all lines of a month", async (database, store) => {
  const { url, sql } = database;
  const writer = writerAt(url, store);
  await writer.write(accessLine(), accessLine({ resource: "plant:8" }), accessLine({ user: "ben" }));
  await writer.close();
  const erasure = erasureAt(url, store);
  const reader = readerAt(url, store);
  await erasure.announce("tom");
  await erasure.erase("tom");
  // before anybody has looked: readers show it no more
  expect(usersIn((await readAll(reader)).lines)).toEqual(["ben", "nobody", "nobody"]);
  expect((await readAll(reader, { user: "tom" })).lines).toEqual([]);
  expect((await reader.lastUsed(["c1"])).used.map(({ user }) => user)).toEqual(["ben"]);
  expect(await sql(`SELECT line FROM ${schemaOf(store)}.lines`)).toContain('"tom"');

  await erasure.tend();
  expect(await sql(`SELECT line, "user" FROM ${schemaOf(store)}.lines`)).not.toContain("tom");
  expect(await sql(`SELECT "user" FROM ${schemaOf(store)}.last_used`)).toBe("ben");
  const { lines } = await readAll(reader);
  expect(usersIn(lines)).toEqual(["ben", "nobody", "nobody"]);
  const hashes = lines.flatMap((line) => (line.kind === "access" && line.user === undefined ? [line.user_hash] : []));
  expect(new Set(hashes).size).toBe(1);
  expect(await verified(database, store)).toMatchObject({ problems: [], proved: { lines: 3 } });
});

test("a line that comes later is taken out an hour later, and one of somebody who gets the id after that stays", async (database, store) => {
  const { url, sql } = database;
  const schema = schemaOf(store);
  const writer = writerAt(url, store);
  await writer.write(accessLine());
  const erasure = erasureAt(url, store);
  await erasure.announce("tom");
  await erasure.erase("tom");
  await erasure.tend();
  // behind the instant of the erasure, which is now, there are lines of another person
  const [late, other] = [accessLine({ resource: "plant:8" }), accessLine({ first: "2099-01-01T00:00:00.000Z" })];
  await writer.write(late, other);
  const reader = readerAt(url, store);
  expect(usersIn((await readAll(reader)).lines)).toEqual(["nobody", "nobody", "tom"]);
  await erasure.tend();
  expect(await sql(`SELECT count(*) FROM ${schema}.lines WHERE "user" = 'tom'`)).toBe("2");
  await erasure.later(61);
  expect(await sql(`SELECT count(*) FROM ${schema}.lines WHERE "user" = 'tom'`)).toBe("1");
  // the note itself is personal data, and is deleted when nothing can come any more
  expect(await sql(`SELECT "user" FROM ${schema}.erased`)).toBe("tom");
  await erasure.later(24 * 60);
  expect(await sql(`SELECT count(*) FROM ${schema}.erased`)).toBe("0");
  expect(usersIn((await readAll(reader)).lines)).toEqual(["nobody", "nobody", "tom"]);
});

test("of somebody who was announced, and nobody said more, the store decides: who is erased there is taken out, who is not stays", async (database, store) => {
  const { url, sql } = database;
  const schema = schemaOf(store);
  const writer = writerAt(url, store);
  await writer.write(accessLine(), accessLine({ user: "ben" }));
  const erasure = erasureAt(url, store, { forgotten: ["tom"] });
  for (const user of ["tom", "ben"]) await erasure.announce(user);
  await erasure.tend();
  const users = () => sql(`SELECT string_agg("user", ' ' ORDER BY "user") FROM ${schema}.lines`);
  expect(await users()).toBe("ben tom");
  await erasure.later(2);
  expect([await users(), await sql(`SELECT "user" FROM ${schema}.erased`)]).toEqual(["ben", "tom"]);

  // announced again within the day, as somebody who got the id: that they were erased before is not forgotten
  const still = erasureAt(url, store);
  await still.later(5);
  await still.announce("tom");
  await still.later(2);
  expect(await sql(`SELECT "user", asked = at FROM ${schema}.erased`)).toBe("tom|t");
});

test("after so many days everybody is taken out, and nobody before; what was used then is not known any more", async (database, store) => {
  const { url } = database;
  const writer = writerAt(url, store);
  await writer.write(accessLine());
  await writer.tend((11 * DAY) / 1000);
  await writer.write(accessLine({ user: "ben", first: new Date(NOON + 11 * DAY).toISOString() }));
  await writer.close();
  await erasureAt(url, store, { days: 30 }).later(40 * 24 * 60);
  const reader = readerAt(url, store);
  expect(usersIn((await readAll(reader)).lines)).toEqual(["ben", "nobody"]);
  const { used, since } = await reader.lastUsed(["c1"]);
  expect([used.map(({ user }) => user), since]).toEqual([["ben"], new Date(NOON + 10 * DAY)]);
  expect(await verified(database, store)).toMatchObject({ problems: [], proved: { lines: 2 } });
});

test("a line that is written a day late has no user: whether they were erased since is not known any more", async (database, store) => {
  const { url, sql } = database;
  const writer = writerAt(url, store);
  await writer.write(accessLine({ first: dayAt(1) }), accessLine({ first: dayAt(1.01), user: "ben" }));
  await writer.close();
  expect(usersIn((await readAll(readerAt(url, store))).lines)).toEqual(["nobody", "tom"]);
  expect(await sql(`SELECT "user" FROM ${schemaOf(store)}.last_used`)).toBe("tom");
  expect(await verified(database, store)).toMatchObject({ problems: [], proved: { lines: 2 } });
});

test("machines share the key of a month, which is deleted a day after it, and without the table each has its own", async (database, store) => {
  const { url, sql } = database;
  const month = new Date(NOON).toISOString().slice(0, 7);
  const [one, other] = [erasureAt(url, store), erasureAt(url, store)];
  const keyOf = ({ monthKeys }: typeof one) => monthKeys(month).export().toString("hex");
  expect(keyOf(one)).not.toBe(keyOf(other));
  await one.tend();
  await other.tend();
  expect(keyOf(one)).toBe(keyOf(other));
  await sql(`INSERT INTO ${schemaOf(store)}.month_keys VALUES ('2020-01', '\\x00')`);
  await one.tend();
  expect(await sql(`SELECT month FROM ${schemaOf(store)}.month_keys`)).toBe(month);
});

test("a connection that is cut while nothing is asked on it fails that look alone, and the next one does it", async (database, store) => {
  const { proxy, url } = await proxied(database);
  const writer = writerAt(database.url, store);
  await writer.write(accessLine());
  const warned: string[] = [];
  let now = NOON;
  let isCut = false;
  const erasure = createPostgresErasure({
    ...{ settings: settingsOf(new URL(url)), store, clock: () => new Date(now), days: undefined },
    isForgotten: async () => {
      if (!isCut) proxy.cut();
      isCut = true;
      // long enough for the process to hear of it
      await new Promise((resolve) => setTimeout(resolve, 50));
      return true;
    },
    warn: (event) => warned.push(event),
  });
  onTestFinished(() => erasure.close());
  await erasure.announce("tom");
  now += 120_000;
  await erasure.tend();
  expect(warned).toEqual(["access_log_not_erased"]);
  proxy.mend();
  await erasure.tend();
  expect(usersIn((await readAll(readerAt(database.url, store))).lines)).toEqual(["nobody"]);
});

test("while the database is away an announcement is refused, and nothing else fails", async (_, store) => {
  const erasure = createPostgresErasure({
    ...{ settings: settingsOf(new URL("postgres://nobody@127.0.0.1:1/none")), store, clock: () => new Date(NOON) },
    ...{ days: undefined, isForgotten: async () => false, warn: () => {} },
  });
  onTestFinished(() => erasure.close());
  await expect(erasure.announce("tom")).rejects.toThrow(AuditUnavailable);
  await erasure.erase("tom");
  await erasure.tend();
});
