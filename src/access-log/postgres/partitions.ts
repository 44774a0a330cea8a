/**
 * A partition for each class and day (UTC): made before it is needed or when a late line needs it, and dropped with its
 * records when all of it is older than what is kept. Neither waits for who reads: a partition is attached without a lock
 * on readers, and one that is in use is dropped an hour later.
 */
import type { ClientBase } from "pg";
import { dayTextOf, keptSince, type Retention } from "../../domain/access-log/retention.ts";
import { inTransaction } from "./connect.ts";
import { lockSchema } from "./schema.ts";

const DAY_MILLISECONDS = 86_400_000;
const DAYS_AHEAD = 3;
const LOCK_MILLISECONDS = 1000;
const ROWS_AT_ONCE = 5000;

/** Lines that came through a cooperation, with the gaps, and those of the owner's own people. */
export const CLASSES = ["shared", "own"] as const;
export type LineClass = (typeof CLASSES)[number];
export type Partition = { class: LineClass; day: string };

export const dayAfter = (day: string, days = 1): string =>
  dayTextOf(new Date(Date.parse(day) + days * DAY_MILLISECONDS));

export const tableOf = (of: Partition): string => `lines_${of.class}_${of.day.replaceAll("-", "")}`;

/** Those that are needed soon. */
export function partitionsAhead(now: Date): Partition[] {
  const days = Array.from({ length: DAYS_AHEAD + 1 }, (_, n) => dayAfter(dayTextOf(now), n));
  return CLASSES.flatMap((one) => days.map((day) => ({ class: one, day })));
}

/** Those that are there. */
export async function partitionsIn(client: ClientBase, schema: string): Promise<Partition[]> {
  const { rows } = await client.query<{ name: string }>(
    "SELECT relname AS name FROM pg_class WHERE relnamespace = to_regnamespace($1) AND relkind = 'r' AND relispartition",
    [schema],
  );
  return rows.flatMap(({ name }): Partition[] => {
    const [, one, year, month, day] = /^lines_(shared|own)_(\d{4})(\d\d)(\d\d)$/.exec(name) ?? [];
    return one === undefined ? [] : [{ class: one as LineClass, day: `${year}-${month}-${day}` }];
  });
}

/** Makes those that are missing. */
export async function makePartitions(client: ClientBase, schema: string, wanted: readonly Partition[]): Promise<void> {
  await inTransaction(client, async () => {
    await lockSchema(client, schema);
    const present = new Set((await partitionsIn(client, schema)).map(tableOf));
    for (const one of wanted.filter((of) => !present.has(tableOf(of)))) {
      const [table, parent] = [`${schema}.${tableOf(one)}`, `${schema}.lines_${one.class}`];
      // `PARTITION OF` would lock the parent against readers
      await client.query(`CREATE TABLE ${table} (LIKE ${parent} INCLUDING DEFAULTS);
        ALTER TABLE ${parent} ATTACH PARTITION ${table}
          FOR VALUES FROM ('${one.day}T00:00:00Z') TO ('${dayAfter(one.day)}T00:00:00Z')`);
    }
  });
}

/** Deletes what is older than what is kept, a class at a time. Throws where a table is in use. */
export async function dropOld(client: ClientBase, schema: string, now: Date, { days, ownDays }: Retention) {
  for (const one of CLASSES) {
    const kept = one === "own" ? (ownDays ?? days) : days;
    if (kept !== undefined) await dropOldOf(client, schema, one, keptSince(now, kept));
  }
}

async function dropOldOf(client: ClientBase, schema: string, one: LineClass, since: Date): Promise<void> {
  const firstDay = dayTextOf(since);
  // what is many is deleted some at a time, and no lock on a table is held meanwhile
  const deleteAll = async (table: string, condition: string, values: unknown[]) => {
    const some = `SELECT ctid FROM ${schema}.${table} WHERE ${condition} LIMIT ${ROWS_AT_ONCE}`;
    const statement = `DELETE FROM ${schema}.${table} WHERE ctid = ANY(ARRAY(${some}))`;
    while ((await client.query(statement, values)).rowCount === ROWS_AT_ONCE);
  };
  await deleteAll("records", "class = $1 AND day < $2", [one, firstDay]);
  for (const of of await partitionsIn(client, schema))
    if (of.class === one && of.day < firstDay)
      await inTransaction(client, async () => {
        await client.query(`SET LOCAL lock_timeout = ${LOCK_MILLISECONDS}`);
        await lockSchema(client, schema);
        await client.query(`DROP TABLE IF EXISTS ${schema}.${tableOf(of)}`);
      });
  if (one === "own") return;
  const at = since.toISOString();
  await deleteAll("gaps", "day < $1", [firstDay]);
  await deleteAll("last_used", "at < $1", [at]);
  await client.query(`UPDATE ${schema}.about SET since = $1 WHERE since < $1`, [at]);
}
