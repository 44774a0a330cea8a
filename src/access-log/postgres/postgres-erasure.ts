/**
 * Takes people out of the access log in PostgreSQL: each when they are erased, and all after so many days. Who is erased
 * is noted in a table first, so that no crash forgets it, and readers show nobody who is in it. One of all machines looks
 * for their lines at once, and every hour for a day, until no line of theirs can come any more.
 */
import type { ClientConfig, PoolClient } from "pg";
import { sealedText } from "../../domain/access-log/pseudonym.ts";
import { dayTextOf, keptSince } from "../../domain/access-log/retention.ts";
import { errorFacts } from "../../domain/error-facts.ts";
import { AuditUnavailable } from "../../faults.ts";
import type { Clock } from "../../ports.ts";
import type { AccessLogErasure } from "../erasure.ts";
import type { MonthKeys } from "../month-keys.ts";
import { openPool } from "./connect.ts";
import { partitionsIn, tableOf } from "./partitions.ts";
import { makeSchema, schemaOf } from "./schema.ts";
import { createSharedKeys } from "./shared-keys.ts";
import { ERASED_FOR_MILLISECONDS } from "./streams.ts";

/** One that looks for people, and one for who is noted meanwhile. */
const CONNECTIONS = 2;
const IDLE_MILLISECONDS = 1000;
const HOUR_MILLISECONDS = 3_600_000;
/** After so long it is looked in the store whether somebody was erased of whom no answer says so. */
const ASKED_MILLISECONDS = 60_000;
const LINES_AT_ONCE = 500;
const WARN_EVERY_MILLISECONDS = 60_000;

type Options = {
  settings: ClientConfig;
  store: string;
  clock: Clock;
  /** After so many days all users are taken out; undefined: never. */
  days: number | undefined;
  /** Whether a person is erased in the store. */
  isForgotten: (user: string) => Promise<boolean>;
  warn: (event: string, facts: object) => void;
};

type PostgresErasure = AccessLogErasure & {
  monthKeys: MonthKeys;
  /** Ends its connections. */
  close(): Promise<void>;
};

export function createPostgresErasure(options: Options): PostgresErasure {
  const { settings, store, clock, days, isForgotten, warn } = options;
  const schema = schemaOf(store);
  const pool = openPool({ ...settings, max: CONNECTIONS, idleTimeoutMillis: IDLE_MILLISECONDS });
  const keys = createSharedKeys(schema, clock);
  const ago = (milliseconds: number) => new Date(clock().getTime() - milliseconds).toISOString();
  let isMade = false;
  let agedAt = Number.NEGATIVE_INFINITY;
  let warnedAt = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | undefined;

  /** Does it on a connection. */
  async function connected<T>(act: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await pool.connect();
    try {
      if (!isMade) await makeSchema(client, schema);
      isMade = true;
      const value = await act(client);
      client.release();
      return value;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  /** Finds out what became of people of whom no answer says that they are erased: the process may have been killed. */
  async function settleAsked(client: PoolClient): Promise<void> {
    const { rows } = await client.query<{ user: string; asked: string; before: boolean }>(
      `SELECT "user", asked::text AS asked, at IS NOT NULL AS before FROM ${schema}.erased
        WHERE (at IS NULL OR asked > at) AND asked < $1`,
      [ago(ASKED_MILLISECONDS)],
    );
    for (const { user, asked, before } of rows) {
      const settle = (statement: string) =>
        client.query(`${statement} WHERE "user" = $1 AND asked = $2`, [user, asked]);
      // of somebody whose record cannot be read nobody knows, and others do not wait for that
      const isErased = await isForgotten(user).catch((error) => complain(error));
      if (isErased === undefined) continue;
      if (isErased) await settle(`UPDATE ${schema}.erased SET at = asked, looked = NULL`);
      // somebody who was erased before stays so
      else if (before) await settle(`UPDATE ${schema}.erased SET asked = at`);
      else await settle(`DELETE FROM ${schema}.erased`);
    }
  }

  /** Takes users out of the lines that match, a table at a time and some of its lines at a time: nobody waits for it long. */
  async function takeOut(client: PoolClient, condition: string, values: unknown[], before?: Date): Promise<void> {
    for (const partition of await partitionsIn(client, schema)) {
      if (before !== undefined && partition.day > dayTextOf(before)) continue;
      const table = `${schema}.${tableOf(partition)}`;
      const [n, m] = [values.length + 1, values.length + 2];
      let last = { at: "-infinity", id: "0" };
      for (let count = LINES_AT_ONCE; count === LINES_AT_ONCE; ) {
        const { rows } = await client.query<{ id: string; at: string; line: string }>(
          `SELECT id, at::text AS at, line FROM ${table}
            WHERE ${condition} AND (at, id) > ($${n}, $${m}) ORDER BY at, id LIMIT ${LINES_AT_ONCE}`,
          [...values, last.at, last.id],
        );
        await client.query(
          `UPDATE ${table} AS own SET "user" = NULL, line = sealed.line
            FROM unnest($1::bigint[], $2::timestamptz[], $3::text[]) AS sealed (id, at, line)
            WHERE own.id = sealed.id AND own.at = sealed.at`,
          [rows.map(({ id }) => id), rows.map(({ at }) => at), rows.map(({ line }) => sealedText(line))],
        );
        last = rows.at(-1) ?? last;
        count = rows.length;
      }
    }
    await client.query(`DELETE FROM ${schema}.last_used WHERE ${condition}`, values);
  }

  /** Takes out who is due. False where nobody is. */
  async function takeOutNext(client: PoolClient): Promise<boolean> {
    // who is claimed is left alone by others for an hour
    const { rows } = await client.query<{ user: string; at: string; isOver: boolean }>(
      `UPDATE ${schema}.erased SET looked = $3 WHERE "user" = (
          SELECT "user" FROM ${schema}.erased WHERE at IS NOT NULL AND (looked IS NULL OR looked < $2)
          ORDER BY looked NULLS FIRST LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING "user", at::text AS at, at < $1 AS "isOver"`,
      [ago(ERASED_FOR_MILLISECONDS), ago(HOUR_MILLISECONDS), ago(0)],
    );
    const [found] = rows;
    if (found === undefined) return false;
    const { user, at, isOver } = found;
    await takeOut(client, `"user" = $1 AND at <= $2`, [user, at]);
    // unless they are being erased again
    const over = `DELETE FROM ${schema}.erased WHERE "user" = $1 AND at = $2 AND asked <= at`;
    if (isOver) await client.query(over, [user, at]);
    return true;
  }

  /** Takes out everybody whose lines are old. Where another process does it, this one does not. */
  async function takeOutOld(client: PoolClient, limit: Date): Promise<void> {
    const lock = ["pg_try_advisory_lock", "pg_advisory_unlock"].map(
      (name) => `SELECT ${name}(hashtextextended($1, 1)) AS is`,
    );
    const [take = "", free = ""] = lock;
    const { rows } = await client.query<{ is: boolean }>(take, [schema]);
    if (!rows[0]?.is) return;
    const at = limit.toISOString();
    await takeOut(client, `"user" IS NOT NULL AND at < $1`, [at], limit);
    // who used what before is not known any more
    await client.query(`UPDATE ${schema}.about SET since = $1 WHERE since < $1`, [at]);
    await client.query(free, [schema]);
  }

  async function look(client: PoolClient): Promise<void> {
    await keys.share(client);
    await settleAsked(client);
    while (await takeOutNext(client));
    const now = clock();
    if (days === undefined || Math.abs(now.getTime() - agedAt) < HOUR_MILLISECONDS) return;
    await takeOutOld(client, keptSince(now, days));
    agedAt = now.getTime();
  }

  /** Says that something failed, at most once a minute. */
  function complain(error: unknown): undefined {
    if (performance.now() - warnedAt < WARN_EVERY_MILLISECONDS) return;
    warnedAt = performance.now();
    warn("access_log_not_erased", errorFacts(error));
  }

  return {
    monthKeys: keys.monthKeys,

    async announce(user) {
      await connected((client) =>
        client.query(
          `INSERT INTO ${schema}.erased ("user", asked) VALUES ($1, $2)
            ON CONFLICT ("user") DO UPDATE SET asked = excluded.asked`,
          [user, ago(0)],
        ),
      ).catch((error) => {
        throw new AuditUnavailable("who is erased cannot be noted beside the access log", { cause: error });
      });
    },

    async erase(user) {
      await connected((client) =>
        client.query(
          `INSERT INTO ${schema}.erased ("user", asked, at) VALUES ($1, $2, $2)
            ON CONFLICT ("user") DO UPDATE SET asked = excluded.asked, at = excluded.at, looked = NULL`,
          [user, ago(0)],
        ),
      ).catch(complain);
    },

    tend() {
      running ??= connected(look)
        .catch(complain)
        .finally(() => {
          running = undefined;
        });
      return running;
    },

    close: () => pool.end(),
  };
}
