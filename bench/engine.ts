/**
 * OpenFGA with the world in it, started as the product starts its own: on sqlite, same
 * flags. The world is loaded once; every engine of the run gets a copy of that folder.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openStore } from "../src/openfga/open-store.ts";
import { type FoundServer, findServer } from "../src/openfga/server/find-server.ts";
import { type RunningServer, startServer } from "../src/openfga/server/server.ts";
import { createTupleStore } from "../src/openfga/tuple-store.ts";
import type { World } from "./world.ts";
import { tuplesOfWorld } from "./world-tuples.ts";

/** The store's name, as it is configured in the service. */
export const STORE = "bench";

const WRITE_TUPLES = 100;
/** sqlite has one writer; more than these only wait. */
const WRITES_AT_ONCE = 4;

/** Where the store is in an engine that holds the world. */
export type Loaded = { folder: string; storeId: string; modelId: string };

export type Engine = Omit<Loaded, "folder"> & { server: RunningServer };

const loaded = new WeakMap<World, Promise<Loaded>>();

/** A server of its own on a copy of the world; `flags` are further flags of `openfga run`. */
export async function startEngine(world: World, flags: readonly string[]): Promise<Engine> {
  const known = loaded.get(world) ?? load(world);
  loaded.set(world, known);
  const { folder: original, storeId, modelId } = await known;
  const folder = freshFolder();
  cpSync(original, folder, { recursive: true });
  return { storeId, modelId, server: await startServer(await server(), { folder, flags }) };
}

async function load(world: World): Promise<Loaded> {
  const folder = freshFolder();
  const running = await startServer(await server(), { folder, throwAway: true });
  try {
    const model = readFileSync(new URL("../model.fga", import.meta.url), "utf8");
    const { storeId, modelId } = await openStore({ ...running, store: STORE, model, allowPush: false });
    const { write } = createTupleStore({ ...running, storeId, modelId });
    const tuples = tuplesOfWorld(world);
    const writer = async () => {
      while (tuples.length > 0) {
        const writes = tuples.splice(-WRITE_TUPLES);
        const outcome = await write({ deletes: [], writes });
        if (outcome !== "committed") throw new Error(`loading the world: a Write was ${outcome}`);
      }
    };
    await Promise.all(Array.from({ length: WRITES_AT_ONCE }, writer));
    await running.stop();
    forgetChanges(folder);
    return { folder, storeId, modelId };
  } finally {
    await running.stop();
  }
}

/** As if the world had been loaded long ago: what follows the changes would else read all of it, in the midst of a run. */
function forgetChanges(folder: string): void {
  const database = new DatabaseSync(join(folder, "openfga.db"));
  database.exec("DELETE FROM changelog");
  database.close();
}

async function server(): Promise<Exclude<FoundServer, { kind: "external" }>> {
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
