/**
 * An engine of a test file's own that keeps everything in memory: the same server, for
 * tests that ask it so much that its answers are what they wait for.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findServer } from "../../src/openfga/server/find-server.ts";
import { startServer } from "../../src/openfga/server/server.ts";
import { connection, connectionOf } from "./engine.ts";

export type MemoryEngine = { at: ReturnType<typeof connection>; stop(): Promise<void> };

/** Starts one; where the run has an engine from elsewhere, that one is used. */
export async function startMemoryEngine(): Promise<MemoryEngine> {
  const found = await findServer(process.env, { line: () => {}, counter: () => {} });
  if (found.kind === "external") return { at: connection(), stop: async () => {} };
  const folder = mkdtempSync(join(tmpdir(), "concordat-memory-"));
  const server = await startServer(found, { folder, throwAway: true, flags: ["--datastore-engine=memory"] });
  return {
    at: connectionOf(server),
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
