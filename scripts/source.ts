/**
 * The engine that a command reads: OPENFGA_API_URL, or the embedded one, which is started unless it runs.
 * OPENFGA_API_TOKEN is sent only to the first: the embedded one has a key of its own.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { OpenFgaConnection } from "../src/openfga/client.ts";
import { findServer } from "../src/openfga/server/find-server.ts";
import { runningOn } from "../src/openfga/server/running.ts";
import { startServer } from "../src/openfga/server/server.ts";

/** How to reach it, and what ends what was started. Throws when there is none. */
export async function openSource(
  env: NodeJS.ProcessEnv,
): Promise<{ connection: OpenFgaConnection; close(): Promise<void> }> {
  const { OPENFGA_API_URL: url, OPENFGA_API_TOKEN: apiToken } = env;
  if (url) return { connection: { apiUrl: url, ...(apiToken && { apiToken }) }, close: async () => {} };
  // an empty variable is an unset one, as for the service
  const folder = env.CONCORDAT_FOLDER || ".concordat";
  const running = await runningOn(folder);
  if (running) return { connection: running, close: async () => {} };
  if (!existsSync(join(folder, "openfga.db")))
    throw new Error(`There is no engine in ${folder}. Set OPENFGA_API_URL or CONCORDAT_FOLDER.`);
  const found = await findServer(env, { line: (text) => console.error(text), counter: () => {} });
  if (found.kind === "external") throw new Error("unreachable: there is no OPENFGA_API_URL");
  const server = await startServer(found, { folder });
  return { connection: server, close: () => server.stop() };
}
