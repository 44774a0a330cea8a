/**
 * The access log in PostgreSQL: what several processes write is there once, whatever happens to them, to their connections
 * and to the database, and all of it verifies.
 */
import { expect, onTestFinished } from "vitest";
import { connectDatabase, settingsOf } from "../../../src/access-log/postgres/connect.ts";
import { schemaOf } from "../../../src/access-log/postgres/schema.ts";
import type { LogBatch } from "../../../src/access-log/sink.ts";
import { verifyFiles } from "../../../src/domain/access-log/verify-files.ts";
import { answered, countOf, logOver, THROUGH } from "../../support/access-log.ts";
import { KEYS, NOON } from "../../support/access-log-files.ts";
import {
  accessLine,
  filesInDatabase,
  newStore,
  ownLine,
  proxied,
  readAll,
  readerAt,
  testsWithDatabase,
  writerAt,
} from "../../support/access-log-postgres.ts";
import type { OwnDatabase } from "../../support/postgres.ts";

const DAY = 86_400_000;
const dayAt = (days: number) => new Date(NOON - days * DAY).toISOString();

type World = { database: OwnDatabase; store: string; schema: string };

const withDatabase = testsWithDatabase();
const test = (name: string, act: (world: World) => Promise<void>) =>
  withDatabase(name, (database) => {
    const store = newStore();
    return act({ database, store, schema: schemaOf(store) });
  });

const verified = async ({ database, store }: World) =>
  verifyFiles(await filesInDatabase(database.sql, store), { keys: KEYS.verifying });

/** A connection of the test's own. */
async function connected({ url }: OwnDatabase) {
  const client = await connectDatabase(settingsOf(new URL(url)));
  onTestFinished(() => client.end());
  return client;
}

/** Nobody has written for a minute, as the database sees it. */
const age = ({ database, schema }: World) =>
  database.sql(`UPDATE ${schema}.writers SET lived = lived - interval '1 minute'`);

test("what two processes write is read newest first, each line once, and all of it is proved", async (world) => {
  const { database, store } = world;
  const [one, two] = [writerAt(database.url, store), writerAt(database.url, store)];
  await Promise.all([
    one.write(accessLine({ user: "tom", first: dayAt(0.3) }), ownLine({ user: "anna" })),
    two.write(accessLine({ user: "ben", first: dayAt(0.6) }), accessLine({ user: "eva" })),
  ]);
  await one.write(accessLine({ user: "tom", first: dayAt(0.9) }));
  await Promise.all([one.close(), two.close()]);
  const { lines } = await readAll(readerAt(database.url, store), {}, 2);
  expect(lines.map((line) => line.kind === "access" && line.user).slice(2)).toEqual(["tom", "ben", "tom"]);
  expect(lines).toHaveLength(5);
  const { problems, notes, proved, files } = await verified(world);
  expect([problems, notes, proved]).toEqual([[], [], { files, lines: 5 }]);
});

test("a line that is changed, left out or added in the database is found by the verification", async (world) => {
  const { database, store, schema } = world;
  const { write, close } = writerAt(database.url, store);
  await write(accessLine({ user: "tom" }), accessLine({ user: "ben" }));
  await close();
  expect((await verified(world)).problems).toEqual([]);
  for (const statement of [
    `UPDATE ${schema}.lines SET line = replace(line, 'ben', 'eva')`,
    `DELETE FROM ${schema}.lines WHERE "user" = 'tom'`,
    `INSERT INTO ${schema}.lines SELECT * FROM ${schema}.lines`,
  ]) {
    await database.sql(statement);
    expect((await verified(world)).problems, statement).not.toEqual([]);
  }
});

for (const [how, deferred, statement] of [
  ["committed, and nobody said so", "DEFERRABLE INITIALLY DEFERRED", "COMMIT"],
  ["never committed", "", "INSERT"],
])
  test(`a batch that was ${how} is tried again and is there once`, async ({ database, store, schema }) => {
    const { proxy, url } = await proxied(database);
    const { sink, batch, write, close } = writerAt(url, store);
    await write(accessLine({ user: "first" }));
    // the statement takes as long as the test holds the lock
    await database.sql(`CREATE FUNCTION ${schema}.wait() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NULL; END $$;
      CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON ${schema}.records ${deferred} FOR EACH ROW
        EXECUTE FUNCTION ${schema}.wait()`);
    const holder = await connected(database);
    await holder.query("SELECT pg_advisory_lock(1)");
    const lines = batch([accessLine({ user: "tom" }), ownLine({ user: "anna" })]);
    const trying = expect(sink.write(lines)).rejects.toThrow();
    const waiting = `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
      AND wait_event = 'advisory' AND query LIKE '${statement}%'`;
    await expect.poll(() => database.sql(waiting)).toBe("1");
    proxy.cut();
    await trying;
    await expect(sink.write(lines)).rejects.toThrow();
    await holder.query("SELECT pg_advisory_unlock(1)");
    proxy.mend();
    await sink.write(lines);
    await write(accessLine({ user: "last" }));
    await close();
    const { lines: read } = await readAll(readerAt(database.url, store));
    expect(read.map((line) => line.kind === "access" && line.user).sort()).toEqual(["anna", "first", "last", "tom"]);
    expect(await verified({ database, store, schema })).toMatchObject({
      problems: [],
      notes: [],
      proved: { lines: 4 },
    });
  });

test("of a process that was killed the gap is written once, however many find it, and what it wrote is proved", async (world) => {
  const { database, store } = world;
  const killed = writerAt(database.url, store);
  await killed.write(accessLine({ user: "tom" }), ownLine({ user: "anna" }));
  await age(world);
  const living = [1, 2, 3].map(() => writerAt(database.url, store));
  await Promise.all(living.map(({ tend }) => tend()));
  await Promise.all(living.map(({ tend }) => tend()));
  for (const { close } of living) await close();
  const { lines } = await readAll(readerAt(database.url, store));
  expect(lines.filter(({ kind }) => kind === "gap")).toEqual([
    {
      ...{ kind: "gap", reason: "killed", lost: null, from: new Date(NOON).toISOString() },
      ...{ to: expect.any(String), file: expect.stringMatching(/^shared-20270601-/), hash: expect.any(String) },
    },
  ]);
  expect(living.reduce((sum, { gaps }) => sum + gaps(), 0)).toBe(1);
  const { problems, proved, gaps } = await verified(world);
  expect([problems, proved.lines, gaps.length]).toEqual([[], 3, 1]);
});

test("one that lives, or that ended by itself, is in no gap", async (world) => {
  const { database, store } = world;
  const [ended, alive] = [writerAt(database.url, store), writerAt(database.url, store)];
  await ended.write(accessLine());
  await ended.close();
  await age(world);
  await alive.write(accessLine());
  await writerAt(database.url, store).tend();
  expect((await readAll(readerAt(database.url, store))).lines.map(({ kind }) => kind)).toEqual(["access", "access"]);
});

test("one that slept for so long that it is in a gap writes on as another process", async (world) => {
  const { database, store } = world;
  const [slept, other] = [writerAt(database.url, store), writerAt(database.url, store)];
  await slept.write(accessLine({ user: "before" }));
  await age(world);
  await other.tend();
  await slept.sink.write(slept.batch([accessLine({ user: "after" })]));
  await slept.tend();
  await slept.close();
  await other.close();
  const { lines } = await readAll(readerAt(database.url, store));
  expect(lines.map((line) => (line.kind === "access" ? line.user : line.reason)).sort()).toEqual([
    ...["after", "before", "killed"],
  ]);
  expect((await verified(world)).problems).toEqual([]);
});

test("the file of a process that ended is named by the next one, so its removal is found", async (world) => {
  const { database, store, schema } = world;
  for (const user of ["tom", "ben"]) {
    const { write, close } = writerAt(database.url, store);
    await write(accessLine({ user }));
    await close();
  }
  expect((await verified(world)).problems).toEqual([]);
  const [file] = (await filesInDatabase(database.sql, store)).map(({ name }) => name);
  for (const table of ["lines", "records"]) await database.sql(`DELETE FROM ${schema}.${table} WHERE file = '${file}'`);
  expect((await verified(world)).notes.join()).toMatch(/is named by .* and was not given/);
});

test("the newest seals are read, and a file that was written anew is none of those", async (world) => {
  const { database, store, schema } = world;
  for (const user of ["tom", "ben"]) {
    const { write, close } = writerAt(database.url, store);
    await write(accessLine({ user }), ownLine());
    await close();
  }
  const seals = await readerAt(database.url, store).seals(64);
  const files = await filesInDatabase(database.sql, store);
  expect(seals.map(({ file }) => file)).toEqual(
    files.map(({ name }) => name).filter((name) => name.startsWith("shared")),
  );
  const kept = { day: 1, at: new Date(NOON).toISOString(), seals };
  expect(verifyFiles(files, { kept })).toMatchObject({ problems: [], proved: { lines: 2 } });
  await database.sql(`DELETE FROM ${schema}.records WHERE record LIKE '{"kind":"seal"%'`);
  expect(verifyFiles(await filesInDatabase(database.sql, store), { kept }).problems.join()).toMatch(
    /does not end as the store \(day 1\) says/,
  );
});

test("days that are older than what is kept are dropped with their class, and what is left verifies", async (world) => {
  const { database, store, schema } = world;
  const retention = { days: 10, ownDays: 3 };
  const { write, tend, close, warned } = writerAt(database.url, store, { retention });
  for (const days of [12, 11, 10, 4, 3, 0])
    await write(
      accessLine({ caller: `s${days}`, first: dayAt(days) }),
      ownLine({ caller: `o${days}`, first: dayAt(days) }),
    );
  const gap = { kind: "gap" as const, reason: "full" as const, lost: 1 };
  await write({ ...gap, from: dayAt(13), to: dayAt(12) }, { ...gap, from: dayAt(12), to: dayAt(1) });
  await tend(3600);
  await close();
  const { lines } = await readAll(readerAt(database.url, store));
  expect(lines.map((line) => (line.kind === "gap" ? line.to : line.caller))).toEqual([
    ...["o0", "s0", "o3", "s3", "s4", "s10", dayAt(1)],
  ]);
  const { problems } = await verified(world);
  expect([problems, warned]).toEqual([[], []]);
  const tables =
    await database.sql(`SELECT count(*) FROM pg_class WHERE relname IN ('lines_shared_20270520', 'lines_own_20270528')
    AND relnamespace = '${schema}'::regnamespace`);
  expect(tables).toBe("0");
});

test("nothing is deleted where nothing says how long it is kept", async (world) => {
  const { database, store } = world;
  const { write, tend } = writerAt(database.url, store);
  await write(accessLine({ first: dayAt(4000) }), ownLine({ first: dayAt(4000) }));
  await tend(3600);
  expect((await readAll(readerAt(database.url, store))).lines).toHaveLength(2);
});

test("a table that is being read is dropped later, and lines are written meanwhile", async (world) => {
  const { database, store, schema } = world;
  const { write, tend, warned } = writerAt(database.url, store, { retention: { days: 2 } });
  await write(accessLine({ user: "old", first: dayAt(5) }));
  const reading = await connected(database);
  await reading.query(`BEGIN; SELECT 1 FROM ${schema}.lines`);
  await tend(3600);
  expect(warned).toEqual(["access_log_not_deleted"]);
  await write(accessLine({ user: "new" }));
  await reading.query("COMMIT");
  await tend(3600);
  const { lines } = await readAll(readerAt(database.url, store));
  expect(lines.map((line) => line.kind === "access" && line.user)).toEqual(["new"]);
});

test("while the database is away or its disk is full nothing is lost, and what is written then is there once", async (world) => {
  const { database, store } = world;
  const { proxy, url } = await proxied(database);
  const { sink, write } = writerAt(url, store);
  await write(accessLine({ user: "before" }));
  const codes = new Set<unknown>();
  const failed = (error: { code?: string }) => {
    codes.add(error.code);
    throw error;
  };
  const observed = { ...sink, write: (batch: LogBatch) => sink.write(batch).catch(failed) };
  const { log, lost } = logOver(observed, async () => THROUGH);
  log.start();
  onTestFinished(() => log.close());
  for (let n = 0; n < 10; n++) log.record(answered("tom"));
  proxy.cut();
  for (let n = 0; n < 10; n++) log.record(answered("ann"));
  await expect.poll(() => log.state()).toBe("behind");
  // as it is set where a disk is full
  await database.sql(`ALTER DATABASE ${database.database} SET default_transaction_read_only = on`);
  proxy.mend();
  await expect.poll(() => codes).toContain("25006");
  for (let n = 0; n < 10; n++) log.record(answered("ben"));
  expect(log.state()).toBe("behind");
  await database.sql(`BEGIN READ WRITE; ALTER DATABASE ${database.database} RESET ALL; COMMIT`);
  await expect.poll(() => log.state()).toBe("ok");
  await log.close();
  const { lines } = await readAll(readerAt(database.url, store));
  expect([countOf(lines), lost]).toEqual([31, {}]);
});

test("a connection that the database ends, as in a restart, is made anew, and nothing is missing", async (world) => {
  const { database, store } = world;
  const { sink, write, batch, tend } = writerAt(database.url, store);
  await write(accessLine({ user: "before" }));
  const end = `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database()
    AND pid <> pg_backend_pid()`;
  await database.sql(end);
  const lines = batch([accessLine({ user: "after" })]);
  await expect(sink.write(lines)).rejects.toThrow();
  await sink.write(lines);
  await database.sql(end);
  await expect(tend()).rejects.toThrow();
  await tend();
  const { lines: read } = await readAll(readerAt(database.url, store));
  expect(read.map((line) => line.kind === "access" && line.user).sort()).toEqual(["after", "before"]);
});

test("tables of another version are left alone, and the log says that it cannot be written", async (world) => {
  const { database, store, schema } = world;
  await writerAt(database.url, store).write(accessLine());
  await database.sql(`UPDATE ${schema}.about SET version = 2`);
  await expect(writerAt(database.url, store).write(accessLine())).rejects.toMatchObject({ code: "schema_version_2" });
});
