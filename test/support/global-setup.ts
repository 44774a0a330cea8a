/**
 * Starts one real OpenFGA for a project's whole run, in a temporary folder that is removed at its end,
 * and hands its address to the tests. Every test opens a store of its own in it.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { findServer } from "../../src/openfga/server/find-server.ts";
import { startServer } from "../../src/openfga/server/server.ts";
import { SERVER } from "./redis.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Where the engine of this run listens, and its key: an engine of our own has one. */
    openfgaUrl: string;
    openfgaToken: string | undefined;
  }
}

/** Tests of the cache start Redis servers of their own: one message before the run replaces a hundred failures in it. */
function sayRedis(): void {
  try {
    console.log(execFileSync(SERVER, ["--version"], { encoding: "utf8" }).trim());
  } catch {
    throw new Error(
      `${SERVER} is not on PATH, and the tests start their own. Debian: apt-get install redis-server; macOS: brew install redis`,
    );
  }
}

export default async function startEngine(project: TestProject): Promise<() => Promise<void>> {
  sayRedis();
  const found = await findServer(process.env, { line: (text) => console.log(text), counter: () => {} });
  if (found.kind === "external") {
    project.provide("openfgaUrl", found.apiUrl);
    project.provide("openfgaToken", process.env.OPENFGA_API_TOKEN || undefined);
    return async () => {};
  }
  const folder = mkdtempSync(join(tmpdir(), "concordat-test-"));
  const server = await startServer(found, { folder, throwAway: true });
  project.provide("openfgaUrl", server.apiUrl);
  project.provide("openfgaToken", server.apiToken);
  return async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}
