/** A temporary folder that is removed when the test ends, however it ends. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Makes one; only its owner may read it. */
export function ownFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "concordat-own-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
