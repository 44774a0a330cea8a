/**
 * Writes what was prepared in one transaction, once: its records are there already where an earlier try was committed
 * without an answer. The process's own row is in it, and those of ended ones, so of several that find one a single one
 * writes its gap.
 */
import type { ClientBase } from "pg";
import type { AccessLine, GapLine } from "../../domain/access-log/lines.ts";
import { inTransaction } from "./connect.ts";
import { type ClassEnd, endsOf, type Gone, type LineRow, type Prepared } from "./streams.ts";

/** `taken`: another process took this one for killed. `claimed`: another one has such a row. Nothing was written in both. */
export type Outcome = "written" | "taken" | "claimed";

type To = {
  client: ClientBase;
  schema: string;
  /** Whether the process's own row was written before. */
  isRegistered: boolean;
  /** It ends, and is never taken for killed. */
  isLast: boolean;
};

/** No text in PostgreSQL has the character zero. */
const textOf = (text: string): string => text.replaceAll("\0", "");

/** Writes it. Throws what the network or the database says, and then it may be written or not: it is to be tried again. */
export function writePrepared(to: To, prepared: Prepared): Promise<Outcome> {
  const { client, schema } = to;
  return inTransaction(
    client,
    async (): Promise<Outcome> => {
      if (!(await insertRecords(client, schema, prepared))) return "written";
      if (!(await touch(to, prepared))) return "taken";
      for (const { writer, lived } of prepared.gone) {
        const claim = `DELETE FROM ${schema}.writers WHERE writer = $1 AND lived = $2`;
        if ((await client.query(claim, [writer, lived])).rowCount === 0) return "claimed";
      }
      await insertLines(client, schema, prepared.lines.filter(isAccess));
      await insertGaps(client, schema, prepared.lines.filter(isGap));
      return "written";
    },
    { isKept: (outcome) => outcome === "written" },
  );
}

const isAccess = (row: LineRow): row is LineRow<AccessLine> => row.line.kind === "access";
const isGap = (row: LineRow): row is LineRow<GapLine> => row.line.kind === "gap";

/** False where they are there already. */
async function insertRecords(client: ClientBase, schema: string, { records }: Prepared): Promise<boolean> {
  if (records.length === 0) return true;
  const { rowCount } = await client.query(
    `INSERT INTO ${schema}.records (class, day, file, n, record)
      SELECT * FROM unnest($1::text[], $2::date[], $3::text[], $4::integer[], $5::text[])
      ON CONFLICT (file, n) DO NOTHING`,
    [
      records.map((one) => one.class),
      records.map(({ day }) => day),
      records.map(({ file }) => file),
      records.map(({ n }) => n),
      records.map(({ record }) => record),
    ],
  );
  return rowCount !== 0;
}

/** Says that the process lives, and up to when everything is written. False where another one has taken its row. */
async function touch({ client, schema, isRegistered, isLast }: To, { through, next }: Prepared): Promise<boolean> {
  const lived = isLast ? "'infinity'" : "clock_timestamp()";
  const set = `through = $2, lived = ${lived}, ends = $3`;
  const statement = isRegistered
    ? `UPDATE ${schema}.writers SET ${set} WHERE writer = $1`
    : `INSERT INTO ${schema}.writers (writer, through, lived, ends) VALUES ($1, $2, ${lived}, $3)
        ON CONFLICT (writer) DO UPDATE SET ${set}`;
  const values = [next.writer, through.toISOString(), JSON.stringify(endsOf(next))];
  return (await client.query(statement, values)).rowCount === 1;
}

async function insertLines(client: ClientBase, schema: string, rows: readonly LineRow<AccessLine>[]): Promise<void> {
  if (rows.length === 0) return;
  const through = (row: LineRow<AccessLine>) => (row.line.path === "cooperation" ? row.line : undefined);
  await client.query(
    `INSERT INTO ${schema}.lines
        (class, at, file, n, i, initiator, partner, cooperation, "user", permission, resource, decision, line)
      SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::integer[], $5::integer[], $6::text[],
        $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::boolean[], $13::text[])`,
    [
      rows.map((row) => row.class),
      rows.map(({ line }) => line.first),
      rows.map(({ file }) => file),
      rows.map(({ n }) => n),
      rows.map(({ i }) => i),
      rows.map(({ line }) => textOf(line.initiator)),
      rows.map((row) => textOf(through(row)?.partner ?? "") || null),
      rows.map((row) => textOf(through(row)?.cooperation ?? "") || null),
      rows.map(({ line }) => (line.user === undefined ? null : textOf(line.user))),
      rows.map(({ line }) => textOf(line.permission)),
      rows.map(({ line }) => textOf(line.resource)),
      rows.map(({ line }) => line.decision),
      rows.map(({ text }) => text),
    ],
  );
  const used = rows.flatMap((row) => {
    const { cooperation, share, user, last, decision } = through(row) ?? {};
    if (!decision || user === undefined) return [];
    return [[cooperation, share, user, last].map((text) => textOf(text ?? ""))];
  });
  if (used.length === 0) return;
  const column = (n: number) => used.map((one) => one[n]);
  // in one order, so that two processes never wait for each other
  await client.query(
    `INSERT INTO ${schema}.last_used AS known (cooperation, share, "user", at)
      SELECT cooperation, share, "user", max(at)
        FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[]) AS used (cooperation, share, "user", at)
        GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
      ON CONFLICT (cooperation, share, "user") DO UPDATE SET at = greatest(known.at, excluded.at)`,
    [column(0), column(1), column(2), column(3)],
  );
}

async function insertGaps(client: ClientBase, schema: string, rows: readonly LineRow<GapLine>[]): Promise<void> {
  if (rows.length === 0) return;
  await client.query(
    `INSERT INTO ${schema}.gaps (at, until, day, file, n, i, line)
      SELECT * FROM unnest($1::timestamptz[], $2::timestamptz[], $3::date[], $4::text[], $5::integer[],
        $6::integer[], $7::text[])`,
    [
      rows.map(({ line }) => line.from),
      rows.map(({ line }) => line.to),
      rows.map(({ day }) => day),
      rows.map(({ file }) => file),
      rows.map(({ n }) => n),
      rows.map(({ i }) => i),
      rows.map(({ text }) => text),
    ],
  );
}

type GoneRow = Omit<Gone, "ends"> & { ends: string };

async function goneIn(client: ClientBase, schema: string, condition: string, values: unknown[]): Promise<Gone[]> {
  const { rows } = await client.query<GoneRow>(
    `SELECT writer, through, lived::text AS lived, ends FROM ${schema}.writers WHERE ${condition} ORDER BY writer`,
    values,
  );
  return rows.map(({ ends, ...row }) => ({ ...row, ends: JSON.parse(ends) as ClassEnd[] }));
}

/** The processes that were not heard of for so long, by the database's clock. */
export const killedIn = (client: ClientBase, schema: string, own: string, milliseconds: number): Promise<Gone[]> =>
  goneIn(client, schema, "writer <> $1 AND lived < clock_timestamp() - $2 * interval '1 millisecond'", [
    own,
    milliseconds,
  ]);

/** The processes that ended by themselves, whose ends nobody names. */
export const endedIn = (client: ClientBase, schema: string): Promise<Gone[]> =>
  goneIn(client, schema, "lived = 'infinity'", []);
