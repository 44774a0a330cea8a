/**
 * The tables of the access log of one store, in a schema of their own. They are made once, however many processes start
 * together, and those of another version are left alone.
 *
 * `lines` is partitioned by class and day, so that either is deleted by dropping a table; a file, which is a chain of
 * records, has lines of one class and day alone. `gaps` are few. `writers` has the processes that live, `last_used` when
 * a user was last let in through a share, `erased` who is being taken out, `month_keys` the keys of pseudonyms, and
 * `stream` is a day's files as text.
 */
import type { ClientBase } from "pg";
import { inTransaction } from "./connect.ts";

const VERSION = 1;

/** The store's name in the schema's: an id, in which nothing else gets into a statement. */
export const schemaOf = (store: string): string =>
  `concordat_access_log_${store.toLowerCase().replace(/[^0-9a-z]/g, "_")}`;

/** Tables of a version that this one does not know. */
class OtherSchemaVersion extends Error {
  readonly code: string;
  constructor(version: unknown) {
    super(`the access log's tables have version ${version}, and this is for ${VERSION}`);
    this.code = `schema_version_${version}`;
  }
}

const tables = (s: string) => `
CREATE TABLE ${s}.about (version integer NOT NULL, since timestamptz NOT NULL);
INSERT INTO ${s}.about VALUES (${VERSION}, clock_timestamp());

CREATE TABLE ${s}.writers (
  writer text PRIMARY KEY, through timestamptz NOT NULL, lived timestamptz NOT NULL, ends text NOT NULL
);

CREATE TABLE ${s}.records (
  class text NOT NULL, day date NOT NULL, file text NOT NULL, n integer NOT NULL, record text NOT NULL,
  PRIMARY KEY (file, n)
);
CREATE INDEX ON ${s}.records (class, day);
CREATE INDEX ON ${s}.records (day DESC, file DESC) WHERE class = 'shared' AND record LIKE '{"kind":"seal",%';

CREATE SEQUENCE ${s}.ids;

CREATE TABLE ${s}.gaps (
  id bigint PRIMARY KEY DEFAULT nextval('${s}.ids'), at timestamptz NOT NULL, until timestamptz NOT NULL,
  day date NOT NULL, file text NOT NULL, n integer NOT NULL, i integer NOT NULL, line text NOT NULL
);
CREATE INDEX ON ${s}.gaps (at DESC, id DESC);

CREATE TABLE ${s}.lines (
  id bigint NOT NULL DEFAULT nextval('${s}.ids'), class text NOT NULL, at timestamptz NOT NULL,
  file text NOT NULL, n integer NOT NULL, i integer NOT NULL,
  initiator text NOT NULL, partner text, cooperation text, "user" text, permission text NOT NULL,
  resource text NOT NULL, decision boolean NOT NULL, line text NOT NULL
) PARTITION BY LIST (class);
CREATE INDEX ON ${s}.lines (cooperation, at DESC, id DESC);
CREATE INDEX ON ${s}.lines (initiator, at DESC, id DESC);
CREATE INDEX ON ${s}.lines (partner, at DESC, id DESC);
CREATE INDEX ON ${s}.lines (resource, at DESC, id DESC);
CREATE INDEX ON ${s}.lines ("user", at);
CREATE INDEX ON ${s}.lines (at DESC, id DESC);
CREATE TABLE ${s}.lines_shared PARTITION OF ${s}.lines FOR VALUES IN ('shared') PARTITION BY RANGE (at);
CREATE TABLE ${s}.lines_own PARTITION OF ${s}.lines FOR VALUES IN ('own') PARTITION BY RANGE (at);

CREATE TABLE ${s}.last_used (
  cooperation text NOT NULL, share text NOT NULL, "user" text NOT NULL, at timestamptz NOT NULL,
  PRIMARY KEY (cooperation, share, "user")
);

CREATE TABLE ${s}.erased ("user" text PRIMARY KEY, asked timestamptz NOT NULL, at timestamptz, looked timestamptz);
CREATE TABLE ${s}.month_keys (month text PRIMARY KEY, key bytea NOT NULL);

CREATE FUNCTION ${s}.stream(of_class text, of_day date) RETURNS TABLE (file text, line text) LANGUAGE plpgsql AS $$
BEGIN
  -- with values, so that only the tables of the day are opened
  RETURN QUERY EXECUTE '
    SELECT file, line FROM (
      SELECT file, n, i, line FROM ${s}.lines WHERE class = $1 AND at >= $2 AND at < $3
      UNION ALL SELECT file, n, i, line FROM ${s}.gaps WHERE $1 = ''shared'' AND day = $4
      UNION ALL SELECT file, n, 2147483647, record FROM ${s}.records WHERE class = $1 AND day = $4
    ) AS of_day ORDER BY file, n, i'
  USING of_class, of_day::timestamp AT TIME ZONE 'UTC', (of_day + 1)::timestamp AT TIME ZONE 'UTC', of_day;
END $$;
`;

/** Makes the schema where it is not there. Throws for one of another version, and what the database says. */
export async function makeSchema(client: ClientBase, schema: string): Promise<void> {
  await inTransaction(client, async () => {
    await lockSchema(client, schema);
    const { rows } = await client.query(
      "SELECT to_regnamespace($1) IS NOT NULL AS named, to_regclass($2) IS NOT NULL AS made",
      [schema, `${schema}.about`],
    );
    if (rows[0].made) {
      const [about] = (await client.query(`SELECT version FROM ${schema}.about`)).rows;
      if (about?.version !== VERSION) throw new OtherSchemaVersion(about?.version);
      return;
    }
    // who may not make one may be given an empty one
    if (!rows[0].named) await client.query(`CREATE SCHEMA ${schema}`);
    await client.query(tables(schema));
  });
}

/** Has the rest of the transaction be the only one that makes or drops tables. */
export async function lockSchema(client: ClientBase, schema: string): Promise<void> {
  await client.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [schema]);
}
