/**
 * The generators of clients, as `generated-clients/package-lock.json` pins them, installed into the project's cache
 * folder: two of them take 80 MB and a TypeScript of their own, which is too much for everybody's `npm ci`.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { cachedPath } from "../../src/openfga/server/go-build.ts";

/** Runs a program and gives what it printed. Throws with it where it fails. */
export const run = promisify(execFile);

/** The client that is compiled against what was generated, and the packages. */
export const FOLDER = fileURLToPath(new URL("generated-clients/", import.meta.url));

/** The folder whose `node_modules` has the generators. Throws with what npm said where they cannot be had. */
export async function generators(): Promise<string> {
  const lock = readFileSync(join(FOLDER, "package-lock.json"));
  const version = createHash("sha256").update(lock).digest("hex").slice(0, 12);
  const target = cachedPath({ name: "generated-clients", version }, process.env);
  if (existsSync(target)) return target;
  mkdirSync(dirname(target), { recursive: true });
  const work = mkdtempSync(join(dirname(target), ".npm-"));
  try {
    for (const file of ["package.json", "package-lock.json"]) cpSync(join(FOLDER, file), join(work, file));
    await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: work });
    // whole or not at all, and whoever comes second has the first one's
    if (!existsSync(target)) renameSync(work, target);
    return target;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
