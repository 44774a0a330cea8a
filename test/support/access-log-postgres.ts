/** The access log in a database of a test's own, by a clock that the test turns: writers, a reader and what is in it. */
import { randomBytes } from "node:crypto";
import { ulid } from "ulid";
import { afterAll, beforeAll, onTestFinished, test } from "vitest";
import { settingsOf } from "../../src/access-log/postgres/connect.ts";
import { createPostgresReader } from "../../src/access-log/postgres/postgres-reader.ts";
import { createPostgresSink } from "../../src/access-log/postgres/postgres-sink.ts";
import { schemaOf } from "../../src/access-log/postgres/schema.ts";
import type { AccessFilter, AccessLogReader } from "../../src/access-log/reader.ts";
import type { AccessLine } from "../../src/domain/access-log/lines.ts";
import { pseudonymOf } from "../../src/domain/access-log/pseudonym.ts";
import type { LogFile } from "../../src/domain/access-log/verify-file.ts";
import type { LogLine } from "./access-log.ts";
import { KEYS, MONTH_KEY, NOON } from "./access-log-files.ts";
import { makeDatabase, type OwnDatabase } from "./postgres.ts";
import { startTcpProxy } from "./tcp-proxy.ts";

type Sql = (statement: string) => Promise<string>;
type Options = Partial<Parameters<typeof createPostgresSink>[0]>;

/** A store that no other test has. */
export const newStore = (): string => `T${randomBytes(6).toString("hex")}`;

/** Tests of one file that have a database together; where there is none each says why. */
export function testsWithDatabase(timeout?: number) {
  let made: OwnDatabase | { reason: string };
  beforeAll(async () => {
    made = await makeDatabase();
  });
  afterAll(async () => {
    if ("drop" in made) await made.drop();
  });
  return (name: string, act: (database: OwnDatabase) => Promise<void>) =>
    test(name, { ...(timeout !== undefined && { timeout }) }, async () => {
      if ("reason" in made) return console.log(`No PostgreSQL: ${made.reason}.`);
      await act(made);
    });
}

/** A database through a proxy that the test cuts. */
export async function proxied({ url }: OwnDatabase) {
  const direct = new URL(url);
  const proxy = await startTcpProxy(Number(direct.port || 5432));
  onTestFinished(() => proxy.close());
  direct.hostname = "127.0.0.1";
  direct.port = String(proxy.port);
  return { proxy, url: direct.href };
}

/** A line, an hour before noon unless it says another instant. */
export function accessLine(changes: Record<string, unknown> = {}): AccessLine {
  const first = changes.first ?? new Date(NOON - 3_600_000).toISOString();
  const user = pseudonymOf(MONTH_KEY, `${changes.user ?? "tom"}`);
  return {
    ...{ kind: "access", path: "cooperation", cooperation: "c1", share: "s1", initiator: "sunward" },
    ...{ partner: "brightfix", ...user, permission: "can_view", resource: "plant:7", decision: true },
    ...{ caller: "portal", count: 1, first, last: first, request_id: "r1", ...changes },
  } as AccessLine;
}

/** A line of the owner's own people. */
export function ownLine(changes: Record<string, unknown> = {}): AccessLine {
  const { cooperation: _c, share: _s, partner: _p, ...line } = accessLine(changes) as Record<string, unknown>;
  return { ...line, path: "own" } as AccessLine;
}

/** A process that writes. It ends with the test, where it has not ended before, unless `finished` is something else. */
export function writerAt(
  url: string,
  store: string,
  options: Options = {},
  finished: (act: () => Promise<void>) => void = onTestFinished,
) {
  let now = NOON;
  const clock = () => new Date(now);
  const warned: string[] = [];
  let gaps = 0;
  const sink = createPostgresSink({
    ...{ settings: settingsOf(new URL(url)), store, keys: KEYS, clock, retention: {}, newWriter: () => ulid() },
    random: () => 1,
    found: () => gaps++,
    warn: (event) => warned.push(event),
    ...options,
  });
  let isClosed = false;
  const close = async () => {
    isClosed = true;
    await sink.close();
  };
  finished(async () => {
    if (!isClosed) await sink.close().catch(() => {});
  });
  const batch = (lines: readonly LogLine[]) => ({ lines: lines.map((line) => JSON.stringify(line)), through: clock() });
  return {
    sink,
    close,
    batch,
    warned,
    gaps: () => gaps,
    /** Some seconds pass, and it tends. */
    async tend(seconds = 10) {
      now += seconds * 1000;
      await sink.tend(clock());
    },
    async write(...lines: LogLine[]) {
      await sink.tend(clock());
      await sink.write(batch(lines));
    },
  };
}

/** Its connections end with the test. */
export function readerAt(url: string, store: string): ReturnType<typeof createPostgresReader> {
  const reader = createPostgresReader({ settings: settingsOf(new URL(url)), store });
  onTestFinished(() => reader.close());
  return reader;
}

/** All that a filter finds, page by page, and how many pages there were. `between` is called before each next page. */
export async function readAll(
  reader: AccessLogReader,
  filter: Partial<AccessFilter> = {},
  limit = 50,
  between: () => Promise<unknown> = async () => {},
): Promise<{ lines: LogLine[]; pages: number }> {
  const lines: LogLine[] = [];
  let after: string | undefined;
  for (let pages = 1; ; pages++) {
    const page = await reader.page({ own: true, ...filter }, limit, after);
    if (page === undefined || page.lines.length > limit) throw new Error("no such page");
    lines.push(...page.lines);
    if (page.next === undefined) return { lines, pages };
    after = page.next;
    await between();
  }
}

/** The files of a store as text, by class and day, as `npm run verify` reads them. */
export async function filesInDatabase(sql: Sql, store: string): Promise<LogFile[]> {
  const schema = schemaOf(store);
  const days = await sql(`SELECT DISTINCT class, day FROM ${schema}.records ORDER BY 1, 2`);
  const files = new Map<string, string>();
  for (const row of days.split("\n").filter(Boolean)) {
    const [of, day] = row.split("|");
    const text = await sql(`SELECT file, line FROM ${schema}.stream('${of}', '${day}')`);
    for (const line of text.split("\n")) {
      const at = line.indexOf("|");
      const [name, rest] = [line.slice(0, at), line.slice(at + 1)];
      files.set(name, `${files.get(name) ?? ""}${rest}\n`);
    }
  }
  return [...files].map(([name, text]) => ({ name, text }));
}
