/**
 * The npm packages of SpiceDB and Cerbos in the project's cache folder. They are 230 MB that
 * only the bench needs, and only on Linux: too much for everybody's `npm ci`.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { cachedPath } from "../../src/openfga/server/go-build.ts";

const run = promisify(execFile);

/** A package in exactly this version; `beside` pins those that it names by range. */
export type NpmPackage = { name: string; version: string; beside?: readonly string[] };

/** The package's folder, fetched now where it is not there yet. Throws with what npm said when it cannot be had. */
export async function fetchPackage({ name, version, beside = [] }: NpmPackage): Promise<string> {
  const target = cachedPath({ name: name.replace(/^@.*\//, ""), version }, process.env);
  const folder = join(target, "node_modules", name);
  if (existsSync(target)) return folder;
  mkdirSync(dirname(target), { recursive: true });
  const work = mkdtempSync(join(dirname(target), ".npm-"));
  try {
    const args = ["install", "--prefix", work, "--ignore-scripts", "--no-audit", "--no-fund"];
    await run("npm", [...args, `${name}@${version}`, ...beside], { cwd: work });
    // whole or not at all, and whoever comes second has the first one's
    if (!existsSync(target)) renameSync(work, target);
    return folder;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
