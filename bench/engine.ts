/**
 * OpenFGA with the world in it: on sqlite, started as the product starts its own, or on PostgreSQL as docker-compose.yml
 * runs it. The world is loaded once for each datastore; every engine of the run gets a copy of that.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { OpenFgaConnection } from "../src/openfga/client.ts";
import { openStore } from "../src/openfga/open-store.ts";
import { type FoundServer, findServer } from "../src/openfga/server/find-server.ts";
import { startServer } from "../src/openfga/server/server.ts";
import { createTupleStore } from "../src/openfga/tuple-store.ts";
import { type OnPostgres, startOnPostgres } from "../test/support/postgres.ts";
import type { Processes } from "./processes.ts";
import type { World } from "./world.ts";
import { tuplesOfWorld } from "./world-tuples.ts";

/** The store's name, as it is configured in the service. */
export const STORE = "bench";

const WRITE_TUPLES = 100;
/** sqlite has one writer; more than these only wait. */
const WRITES_AT_ONCE = 4;
/** Of gigabytes sqlite now and then writes back so many that a Write takes longer than a call may. */
const WRITE_TRIES_MAX = 5;
const ANALYZE_EVERY_MS = 3_000;

type Connection = Pick<OpenFgaConnection, "apiUrl" | "apiToken">;

/** Where the store is in an engine that holds the world. */
type Loaded = { storeId: string; modelId: string };

/** An engine of one system's own; `datastore` with its version. */
export type Engine = Loaded & { server: Connection; datastore: string; processes: Processes; stop(): Promise<void> };

/** Why there is no such engine on this machine. */
export type Missing = { reason: string };

/** Starts one on a copy of the world; `flags` are further flags of `openfga run`. */
export type StartEngine = (world: World, flags: readonly string[]) => Promise<Engine | Missing>;

const onSqlite = new WeakMap<World, Promise<Loaded & { folder: string }>>();
const onPostgres = new WeakMap<World, Promise<(Loaded & { original: OnPostgres }) | Missing>>();

/** On sqlite, in a folder of its own. */
export async function startEngine(world: World, flags: readonly string[]): Promise<Engine> {
  const known = onSqlite.get(world) ?? loadSqlite(world);
  onSqlite.set(world, known);
  const { folder: original, ...loaded } = await known;
  const folder = freshFolder();
  cpSync(original, folder, { recursive: true });
  const server = await startServer(await program(), { folder, flags });
  return { ...loaded, server, datastore: "sqlite", processes: { openfga: server.processGroup }, stop: server.stop };
}

/** A server that is stopped keeps its connections, and five servers share the hundred that PostgreSQL takes by default. */
const CONNECTIONS_EACH = 16;

/** On PostgreSQL, in a database of its own. */
export async function startEngineOnPostgres(world: World, flags: readonly string[]): Promise<Engine | Missing> {
  const known = onPostgres.get(world) ?? loadPostgres(world);
  onPostgres.set(world, known);
  const found = await known;
  if ("reason" in found) return found;
  const { original, ...loaded } = found;
  const server = await startOnPostgres({
    from: original.database,
    flags: [`--datastore-max-open-conns=${CONNECTIONS_EACH}`, ...flags],
  });
  if ("reason" in server) return server;
  return {
    ...loaded,
    server,
    datastore: `PostgreSQL ${(await server.sql("SHOW server_version")).split(" ")[0]}`,
    processes: { openfga: server.processGroup, postgres: server.database },
    stop: server.stop,
  };
}

async function loadSqlite(world: World): Promise<Loaded & { folder: string }> {
  const folder = freshFolder();
  const server = await startServer(await program(), { folder, throwAway: true });
  try {
    const loaded = await load(world, server);
    await server.stop();
    const database = new DatabaseSync(join(folder, "openfga.db"));
    database.exec(FORGET_CHANGES);
    database.close();
    return { ...loaded, folder };
  } finally {
    await server.stop();
  }
}

/** Its database is dropped when this process ends: every engine copies it. */
async function loadPostgres(world: World): Promise<(Loaded & { original: OnPostgres }) | Missing> {
  const original = await startOnPostgres({ flags: [] });
  if ("reason" in original) return original;
  // as autovacuum does where it is on: without statistics PostgreSQL scans what it should look up, and loads for minutes
  const analyzing = setInterval(() => void original.analyze().catch(() => {}), ANALYZE_EVERY_MS);
  try {
    const loaded = await load(world, original);
    await original.analyze();
    // behind the statistics: by those of an empty log PostgreSQL would sort all changes for each page of them
    await original.sql(FORGET_CHANGES);
    return { ...loaded, original };
  } finally {
    clearInterval(analyzing);
    await original.stopServer();
  }
}

/** As if the world had been loaded long ago: what follows the changes would else read all of it, in the midst of a run. */
const FORGET_CHANGES = "DELETE FROM changelog";

async function load(world: World, server: Connection): Promise<Loaded> {
  const model = readFileSync(new URL("../model.fga", import.meta.url), "utf8");
  const { storeId, modelId } = await openStore({ ...server, store: STORE, model, allowPush: false });
  const { write } = createTupleStore({ ...server, storeId, modelId });
  const tuples = tuplesOfWorld(world);
  const writer = async () => {
    while (tuples.length > 0) {
      const writes = tuples.splice(-WRITE_TUPLES);
      let outcome = await write({ deletes: [], writes });
      for (let tries = 0; outcome === "unknown" && tries < WRITE_TRIES_MAX; tries++) {
        const again = await write({ deletes: [], writes });
        // it was committed before
        outcome = again === "stale" ? "committed" : again;
      }
      if (outcome !== "committed") throw new Error(`loading the world: a Write was ${outcome}`);
    }
  };
  await Promise.all(Array.from({ length: WRITES_AT_ONCE }, writer));
  return { storeId, modelId };
}

async function program(): Promise<Exclude<FoundServer, { kind: "external" }>> {
  const progress = { line: () => {}, counter: () => {} };
  const found = await findServer({ ...process.env, OPENFGA_API_URL: "" }, progress);
  if (found.kind === "external") throw new Error("unreachable: there is no OPENFGA_API_URL");
  return found;
}

let root: string | undefined;

/** A folder that is deleted when this process ends. */
export function freshFolder(): string {
  if (root === undefined) {
    const made = mkdtempSync(join(tmpdir(), "concordat-bench-"));
    process.once("exit", () => rmSync(made, { recursive: true, force: true }));
    root = made;
  }
  return mkdtempSync(join(root, "folder-"));
}
