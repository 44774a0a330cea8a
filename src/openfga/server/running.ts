/**
 * How another process of the same user finds the server that runs on a folder: its address is in `openfga.url`, its key
 * in `openfga.key`. The key is of this one run, so the files of a killed process are useless.
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

/** Writes into the folder how the server on it is reached. */
export function announce(folder: string, { apiUrl, apiToken }: OpenFgaConnection): void {
  removeFrom(folder);
  if (apiToken !== undefined) writeFileSync(join(folder, KEY_FILE), apiToken, PRIVATE);
  writeFileSync(join(folder, ADDRESS_FILE), apiUrl, PRIVATE);
}

/** Removes what was announced, unless another server was announced since. */
export function withdraw(folder: string, apiUrl: string): void {
  try {
    if (readFileSync(join(folder, ADDRESS_FILE), "utf8") === apiUrl) removeFrom(folder);
  } catch {
    // removed with its folder, or before
  }
}

function removeFrom(folder: string): void {
  for (const file of [ADDRESS_FILE, KEY_FILE]) rmSync(join(folder, file), { force: true });
}

/** How to reach the server on a folder, when one runs: another process may have started it. */
export async function runningOn(folder: string): Promise<OpenFgaConnection | undefined> {
  try {
    // the key first: read after the address, a newer key could be sent to whoever listens at an old address
    const apiToken = readFileSync(join(folder, KEY_FILE), "utf8");
    const apiUrl = readFileSync(join(folder, ADDRESS_FILE), "utf8");
    // only the server that was started with this key accepts it
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
 * Waits until no server runs on a folder: after its process was killed a server needs a few seconds to end. Throws
 * FolderInUse when it still runs then: two would be announced in the same files, and neither service would invalidate
 * the other's cache.
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
