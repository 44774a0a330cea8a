/**
 * The test function for everything that talks to the engine: each test gets a fresh
 * store on the real OpenFGA of the run, with the project's model in it. A test that
 * stops or kills its engine asks for `ownServer` instead, which nobody else uses.
 */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as base, inject } from "vitest";
import { createClient } from "../../src/openfga/client.ts";
import { createEngine } from "../../src/openfga/engine.ts";
import { type OpenStore, openStore } from "../../src/openfga/open-store.ts";
import { findServer } from "../../src/openfga/server/find-server.ts";
import { type RunningServer, startServer } from "../../src/openfga/server/server.ts";
import { createTupleStore } from "../../src/openfga/tuple-store.ts";
import type { Engine, TupleStore } from "../../src/ports.ts";
import { MODEL } from "./model.ts";

/** Where the run's engine listens and its key, in the form the adapters take. */
export function connection(): { apiUrl: string; apiToken?: string } {
  const apiToken = inject("openfgaToken");
  return { apiUrl: inject("openfgaUrl"), ...(apiToken && { apiToken }) };
}

/** The same of a server that a test started. */
export const connectionOf = ({ apiUrl, apiToken }: RunningServer) => ({ apiUrl, ...(apiToken && { apiToken }) });

/** The environment by which a process of ours finds an engine. */
export const environmentOf = ({ apiUrl, apiToken = "" }: ReturnType<typeof connection>) => ({
  OPENFGA_API_URL: apiUrl,
  OPENFGA_API_TOKEN: apiToken,
});

type Fixtures = {
  /** The fresh store, with the adapters' connection to it. */
  store: OpenStore & { apiUrl: string; apiToken?: string };
  tupleStore: TupleStore;
  engine: Engine;
  /** A server of this test's own on an empty folder; it is stopped and removed after the test. `restart` runs another on the same folder, on request without a key. */
  ownServer: RunningServer & { folder: string; restart(options?: { open: boolean }): Promise<RunningServer> };
};

export const test = base.extend<Fixtures>({
  store: async ({ task }, use) => {
    const name = `${task.name.replace(/[^\w ]/g, "").slice(0, 20)} ${randomUUID()}`;
    const store = await openStore({ ...connection(), store: name, model: MODEL, allowPush: false });
    await use({ ...store, ...connection() });
    await createClient(connection()).deleteStore({ storeId: store.storeId });
  },
  tupleStore: async ({ store }, use) => {
    await use(createTupleStore(store));
  },
  engine: async ({ store }, use) => {
    const engine = createEngine({ ...store, timeoutMilliseconds: 10_000, connections: 10 });
    await use(engine);
    await engine.close();
  },
  // The unused `task` is here because vitest reads the dependencies from the parameter.
  ownServer: async ({ task: _ }, use) => {
    const found = await findServer({ ...process.env, OPENFGA_API_URL: "" }, { line: () => {}, counter: () => {} });
    if (found.kind === "external") throw new Error("an external engine is not ours to stop");
    const folder = mkdtempSync(join(tmpdir(), "concordat-own-"));
    const started: RunningServer[] = [];
    const start = async (options = {}) => {
      const server = await startServer(found, { folder, throwAway: true, ...options });
      started.push(server);
      return server;
    };
    await use({ ...(await start()), folder, restart: start });
    await Promise.all(started.map((server) => server.stop()));
    rmSync(folder, { recursive: true, force: true });
  },
});
