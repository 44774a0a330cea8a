/**
 * A database of its own on the PostgreSQL that answers at PGHOST:PGPORT (127.0.0.1:5432), and an OpenFGA on one. It is
 * dropped at the end, also when this process ends before. Where none answers, it says why. For tests and the bench.
 */
import { execFile, execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { findServer } from "../../src/openfga/server/find-server.ts";
import { type RunningServer, startServer } from "../../src/openfga/server/server.ts";

const run = promisify(execFile);
/** Less than a hook of the tests may take. */
const DROP_MILLISECONDS = 50_000;
const { PGHOST: host = "127.0.0.1", PGPORT: port = "5432", PGUSER: user = "postgres" } = process.env;

/** The statistics of each table that changed as much as autovacuum's defaults say. */
const ANALYZE_CHANGED = `DO $$ DECLARE one regclass; BEGIN FOR one IN SELECT relid FROM pg_stat_user_tables
  WHERE n_mod_since_analyze > 50 + 0.1 * n_live_tup LOOP EXECUTE 'ANALYZE ' || one; END LOOP; END $$`;

/** The command line of psql for a statement; its output is the values alone. */
const psql = (statement: string, database: string) =>
  ["-h", host, "-p", port, "-U", user, "-w", "-d", database, "-v", "ON_ERROR_STOP=1", "-qtAc", statement] as const;

export type OnPostgres = Pick<RunningServer, "apiUrl" | "apiToken" | "processGroup"> & {
  /** The name of its database, which PostgreSQL shows in the command line of each process that serves it. */
  database: string;
  /** Runs a statement in its database and gives what psql prints. */
  sql(statement: string): Promise<string>;
  /** Does what autovacuum does each time, where it is off: without it plans stay those of an empty table. */
  analyze(): Promise<void>;
  /** Stops the server alone. The database can be copied then. */
  stopServer(): Promise<void>;
  /** Stops the server and drops the database. */
  stop(): Promise<void>;
};

export type OwnDatabase = {
  database: string;
  /** Where it is, without a password. */
  url: string;
  /** Runs a statement in it and gives what psql prints. */
  sql(statement: string): Promise<string>;
  drop(): Promise<void>;
};

/** A copy of the database `from`; or why there is none. */
export async function makeDatabase(from = "template1"): Promise<OwnDatabase | { reason: string }> {
  const database = `concordat_${randomBytes(6).toString("hex")}`;
  try {
    await run("psql", psql(`CREATE DATABASE ${database} TEMPLATE ${from}`, "postgres"), { timeout: 600_000 });
  } catch (error) {
    const { message } = error as Error;
    return { reason: message.split("\n").find((line) => line.startsWith("psql: ")) ?? message };
  }
  const dropping = psql(`DROP DATABASE ${database} WITH (FORCE)`, "postgres");
  const dropAtExit = () => void execFileSync("psql", dropping, { timeout: DROP_MILLISECONDS });
  process.once("exit", dropAtExit);
  return {
    database,
    url: `postgres://${user}@${host}:${port}/${database}`,
    sql: async (statement) => (await run("psql", psql(statement, database), { timeout: 600_000 })).stdout.trim(),
    drop: async () => {
      process.removeListener("exit", dropAtExit);
      await run("psql", dropping, { timeout: DROP_MILLISECONDS });
    },
  };
}

/** The engine on an empty database or on a copy of the database `from`, with further flags; or why there is none. */
export async function startOnPostgres({
  from = "template1",
  flags = ["--datastore-max-open-conns=20"],
}: {
  from?: string;
  flags?: readonly string[];
} = {}): Promise<OnPostgres | { reason: string }> {
  const found = await findServer({ ...process.env, OPENFGA_API_URL: "" }, { line: () => {}, counter: () => {} });
  // a container would not reach this machine's loopback
  if (found.kind !== "binary") return { reason: `OpenFGA is no program here but ${found.kind}` };
  const made = await makeDatabase(from);
  if ("reason" in made) return made;
  const { database, url, sql, drop } = made;
  const folder = mkdtempSync(join(tmpdir(), "concordat-postgres-"));
  const removeAtExit = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", removeAtExit);
  const remove = async () => {
    process.removeListener("exit", removeAtExit);
    removeAtExit();
    await drop();
  };
  try {
    const datastore = [
      "--datastore-engine=postgres",
      `--datastore-uri=${url}?sslmode=disable&plan_cache_mode=force_generic_plan`,
    ];
    await run(found.path, ["migrate", ...datastore], { timeout: 60_000 });
    const server = await startServer(found, { folder, flags: [...datastore, ...flags] });
    return {
      ...server,
      database,
      sql,
      analyze: async () => void (await sql(ANALYZE_CHANGED)),
      stopServer: server.stop,
      stop: async () => {
        await server.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
