/**
 * An OpenFGA on PostgreSQL, where one answers at PGHOST:PGPORT (127.0.0.1:5432): in a
 * database of its own that is dropped at the end. Where none answers, it says why.
 */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { findServer } from "../../src/openfga/server/find-server.ts";
import { startServer } from "../../src/openfga/server/server.ts";

const run = promisify(execFile);
const { PGHOST: host = "127.0.0.1", PGPORT: port = "5432", PGUSER: user = "postgres" } = process.env;

const sql = (statement: string, database = "postgres") =>
  run("psql", ["-h", host, "-p", port, "-U", user, "-w", "-d", database, "-v", "ON_ERROR_STOP=1", "-qc", statement], {
    timeout: 15_000,
  });

/** `analyze` does what autovacuum does every minute, where it is off: without it plans stay those of an empty table. */
export type OnPostgres = { apiUrl: string; apiToken?: string; stop(): Promise<void>; analyze(): Promise<void> };

/** The engine's address and key, and how to end it, or why there is none. */
export async function startOnPostgres(): Promise<OnPostgres | { reason: string }> {
  const found = await findServer({ ...process.env, OPENFGA_API_URL: "" }, { line: () => {}, counter: () => {} });
  // a container would not reach this machine's loopback
  if (found.kind !== "binary") return { reason: `OpenFGA is no program here but ${found.kind}` };
  const database = `concordat_${randomBytes(6).toString("hex")}`;
  try {
    await sql(`CREATE DATABASE ${database}`);
  } catch (error) {
    return {
      reason:
        String((error as Error).message)
          .trim()
          .split("\n")
          .at(-1) ?? "",
    };
  }
  const drop = () => sql(`DROP DATABASE ${database} WITH (FORCE)`);
  const folder = mkdtempSync(join(tmpdir(), "concordat-postgres-"));
  try {
    const datastore = [
      "--datastore-engine=postgres",
      `--datastore-uri=postgres://${user}@${host}:${port}/${database}?sslmode=disable`,
    ];
    await run(found.path, ["migrate", ...datastore], { timeout: 60_000 });
    const server = await startServer(found, { folder, flags: [...datastore, "--datastore-max-open-conns=20"] });
    const stop = async () => {
      await server.stop();
      await drop();
      rmSync(folder, { recursive: true, force: true });
    };
    const analyze = async () => void (await sql("ANALYZE", database));
    return { ...server, stop, analyze };
  } catch (error) {
    await drop();
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}
