/**
 * How another process of the same user finds the server that runs on a folder: its
 * address in `openfga.url`, and its key in `openfga.key`, which opens this one run of it
 * and nothing else. What a killed process left behind leads nowhere and opens nothing.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { FolderInUse } from "../../faults.ts";
import type { OpenFgaConnection } from "../client.ts";

const ADDRESS_FILE = "openfga.url";
const KEY_FILE = "openfga.key";
const PRIVATE = { mode: 0o600, flag: "wx" };
const TIMEOUT_MILLISECONDS = 2000;

/** Says in the folder how the server on it is reached. */
export function announce(folder: string, { apiUrl, apiToken }: OpenFgaConnection): void {
  removeFrom(folder);
  if (apiToken !== undefined) writeFileSync(join(folder, KEY_FILE), apiToken, PRIVATE);
  writeFileSync(join(folder, ADDRESS_FILE), apiUrl, PRIVATE);
}

/** Takes away what was announced, unless another server was since. */
export function withdraw(folder: string, apiUrl: string): void {
  try {
    if (readFileSync(join(folder, ADDRESS_FILE), "utf8") === apiUrl) removeFrom(folder);
  } catch {
    // gone with its folder, or taken away before
  }
}

function removeFrom(folder: string): void {
  for (const file of [ADDRESS_FILE, KEY_FILE]) rmSync(join(folder, file), { force: true });
}

/** How to reach the server on a folder, when one runs: another process may have started it. */
export async function runningOn(folder: string): Promise<OpenFgaConnection | undefined> {
  try {
    // the key first: read after the address, a key that was made meanwhile could go to who listens at an old address
    const apiToken = readFileSync(join(folder, KEY_FILE), "utf8");
    const apiUrl = readFileSync(join(folder, ADDRESS_FILE), "utf8");
    // whoever listens there now, only the server that was started with this key takes it
    const reply = await fetch(`${apiUrl}/stores?page_size=1`, {
      headers: { Authorization: `Bearer ${apiToken}` },
      signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
    });
    await reply.body?.cancel();
    return reply.ok ? { apiUrl, apiToken } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Waits until no server runs on a folder: one whose process was killed needs a few seconds to end. Throws FolderInUse
 * when it goes on. Two would announce themselves in the same files, and each service would cache without the other.
 */
export async function untilUnused(folder: string, milliseconds: number): Promise<void> {
  const deadline = performance.now() + milliseconds;
  for (;;) {
    const running = await runningOn(folder);
    if (running === undefined) return;
    if (performance.now() > deadline)
      throw new FolderInUse(
        `An OpenFGA already runs on the folder ${folder}, at ${running.apiUrl}. Stop the process that started it, or set CONCORDAT_FOLDER to another folder.`,
      );
    await sleep(200);
  }
}
