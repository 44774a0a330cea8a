/**
 * Reads the access log in PostgreSQL, of all machines. A page looks at a few days at a time, back from where the one
 * before ended, so that however many days there are no question opens all of them; what it may take has a bound.
 */
import type { ClientBase, ClientConfig, PoolClient } from "pg";
import type { AccessLine, GapLine } from "../../domain/access-log/lines.ts";
import { withoutUser } from "../../domain/access-log/pseudonym.ts";
import { dayTextOf } from "../../domain/access-log/retention.ts";
import { type FileEnd, hashOfLines } from "../../domain/access-log/seal.ts";
import { AuditUnavailable } from "../../faults.ts";
import { isErasedBy } from "../erasure-marks.ts";
import type { AccessFilter, AccessLogReader, AccessPage, LastUsed } from "../reader.ts";
import { inTransaction, openPool } from "./connect.ts";
import { type PagePlace, pageQuery } from "./page-query.ts";
import { partitionsIn } from "./partitions.ts";
import { schemaOf } from "./schema.ts";

const CONNECTIONS = 4;
const STATEMENT_MILLISECONDS = 5000;
/** After so long, or so many questions, a page ends with what it has. */
const PAGE_MILLISECONDS = 2000;
const QUESTIONS_MAX = 12;
/** What is asked for is mostly found in the last days, some of which are made ahead; else more are looked at together. */
const DAYS_TOGETHER = 5;
const DAYS_TOGETHER_MAX = 20;

/** Milliseconds since the epoch, and an id. */
const CURSOR = /^(\d{1,14})\.(\d{1,19})$/;

const OLDEST = "-infinity";
const NEWEST: PagePlace = { at: "infinity", id: "0" };

type Row = { id: string; at: Date; line: string };

const placeOf = ({ at, id }: Row): PagePlace => ({ at: at.toISOString(), id });
const cursorOf = ({ at, id }: PagePlace): string => Buffer.from(`${Date.parse(at)}.${id}`).toString("base64url");

/** Undefined for a text that is no cursor. */
function placeIn(cursor: string): PagePlace | undefined {
  const [, at, id] = CURSOR.exec(Buffer.from(cursor, "base64url").toString()) ?? [];
  if (at === undefined || id === undefined || BigInt(id) >= 2n ** 63n) return undefined;
  return { at: new Date(Number(at)).toISOString(), id };
}

type Options = { settings: ClientConfig; store: string };

type PostgresReader = AccessLogReader & {
  /** The newest seals of files with what came through cooperations. Throws AuditUnavailable. */
  seals(max: number): Promise<FileEnd[]>;
  /** Ends its connections. */
  close(): Promise<void>;
};

export function createPostgresReader({ settings, store }: Options): PostgresReader {
  const schema = schemaOf(store);
  const pool = openPool({ ...settings, max: CONNECTIONS });

  /** Reads in a transaction. Throws AuditUnavailable. */
  async function reading<T>(read: (client: ClientBase) => Promise<T>): Promise<T> {
    let client: PoolClient | undefined;
    try {
      client = await pool.connect();
      const own = client;
      const value = await inTransaction(own, () => read(own), { milliseconds: STATEMENT_MILLISECONDS });
      client.release();
      return value;
    } catch (error) {
      client?.release(true);
      throw new AuditUnavailable("the access log cannot be read", { cause: error });
    }
  }

  async function pageOf(
    client: ClientBase,
    filter: AccessFilter,
    limit: number,
    start: PagePlace,
  ): Promise<AccessPage> {
    const oldest = filter.from?.toISOString() ?? OLDEST;
    let days = await daysIn(client, schema, filter, start);
    let upper = start;
    const rows: Row[] = [];
    const page = (next: PagePlace | undefined): AccessPage => ({
      lines: rows.flatMap(shown),
      next: next && cursorOf(next),
    });
    const until = performance.now() + PAGE_MILLISECONDS;
    const marks = await erasedIn(client, schema);
    const shown = ({ line: text }: Row) => {
      const line = JSON.parse(text) as AccessLine | GapLine;
      if (line.kind === "gap" || !isErasedBy(marks, line)) return line;
      return filter.user === undefined ? withoutUser(line) : [];
    };
    for (let n = 0, together = DAYS_TOGETHER; n === 0 || (n < QUESTIONS_MAX && performance.now() < until); n++) {
      const looked = days.slice(0, together);
      days = days.slice(together);
      const isLast = days.length === 0;
      const begin = `${looked.at(-1) ?? dayTextOf(new Date(0))}T00:00:00.000Z`;
      const from = oldest !== OLDEST && oldest > begin ? oldest : begin;
      // gaps have no days, and one that began before what is asked for may reach into it
      const span = { upper, from, gapsFrom: isLast ? OLDEST : begin, limit: limit + 1 - rows.length };
      rows.push(...(await client.query<Row>(pageQuery(schema, filter, span))).rows);
      if (rows.length > limit) {
        rows.length = limit;
        const last = rows.at(-1);
        return page(last && placeOf(last));
      }
      if (isLast) return page(undefined);
      upper = { at: begin, id: "0" };
      together = Math.min(2 * together, DAYS_TOGETHER_MAX);
    }
    return page(upper);
  }

  return {
    async page(filter, limit, after) {
      const given = after === undefined ? NEWEST : placeIn(after);
      if (given === undefined) return undefined;
      const to = filter.to?.toISOString();
      // as texts, in which they sort
      const start = to !== undefined && to < given.at ? { at: to, id: "0" } : given;
      return reading((client) => pageOf(client, filter, limit, start));
    },

    lastUsed: (cooperations) =>
      reading(async (client) => {
        const { rows: used } = await client.query<LastUsed>(
          `SELECT cooperation, share, "user", at FROM ${schema}.last_used WHERE cooperation = ANY($1)
            ORDER BY cooperation, share, "user"`,
          [cooperations],
        );
        const { rows } = await client.query<{ since: Date }>(`SELECT since FROM ${schema}.about`);
        const marks = await erasedIn(client, schema);
        const isErased = ({ user, at }: LastUsed) => isErasedBy(marks, { user, first: at.toISOString() });
        return { used: used.filter((one) => !isErased(one)), since: rows[0]?.since };
      }),

    seals: (max) =>
      reading(async (client) => {
        // files are sealed soon after their day; own people's may be deleted before the others
        const { rows } = await client.query<{ file: string; record: string }>(
          `SELECT file, record FROM ${schema}.records
            WHERE class = 'shared' AND day >= current_date - 3 AND record LIKE '{"kind":"seal",%'
            ORDER BY day DESC, file DESC LIMIT $1`,
          [max],
        );
        return rows.map(({ file, record }) => ({ file, hash: hashOfLines([record]) })).reverse();
      }),

    close: () => pool.end(),
  };
}

/** Who is being taken out of lines until then. */
async function erasedIn(client: ClientBase, schema: string): Promise<{ user: string; at: string }[]> {
  const { rows } = await client.query<{ user: string; at: Date }>(
    `SELECT "user", at FROM ${schema}.erased WHERE at IS NOT NULL`,
  );
  return rows.map(({ user, at }) => ({ user, at: at.toISOString() }));
}

/** The days that have lines, the newest first, between what is asked for and the place. */
async function daysIn(client: ClientBase, schema: string, { from, own }: AccessFilter, { at }: PagePlace) {
  const first = from === undefined ? "" : dayTextOf(from);
  const days = (await partitionsIn(client, schema))
    .filter((of) => (own || of.class === "shared") && of.day >= first && of.day <= at)
    .map(({ day }) => day);
  return [...new Set(days)].sort().reverse();
}
