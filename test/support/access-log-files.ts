/** Files of the access log as a process writes them, by a clock that the test turns. */
import { createSecretKey, generateKeyPairSync } from "node:crypto";
import { ulid } from "ulid";
import { onTestFinished } from "vitest";
import { createFileSink } from "../../src/access-log/file-sink.ts";
import { pseudonymOf } from "../../src/domain/access-log/pseudonym.ts";
import type { LogFile } from "../../src/domain/access-log/verify-file.ts";
import { type HistoryKeys, readHistoryKeys } from "../../src/domain/history-keys.ts";
import { filesOf } from "./access-log.ts";
import { ownFolder } from "./own-folder.ts";

/** A private key as a file has it. */
export const newKey = (): string =>
  generateKeyPairSync("ed25519").privateKey.export({ format: "pem", type: "pkcs8" }).toString();

export const KEYS = readHistoryKeys(newKey());
export const NOON = Date.parse("2027-06-01T12:00:00Z");
export const MONTH_KEY = createSecretKey(Buffer.alloc(32, 6));

/** A line as the service writes it, with a month's key of its own. */
export const lineOf = (user: string, count = 1, first = new Date(NOON).toISOString()): string =>
  JSON.stringify({
    ...{ kind: "access", path: "cooperation", cooperation: "c1", share: "s1" },
    ...{ initiator: "sunward", partner: "brightfix", ...pseudonymOf(MONTH_KEY, user), permission: "can_view" },
    ...{ resource: "plant:7", decision: true, caller: "portal", count, request_id: "r1", first, last: first },
  });

/** A writer on a folder, with a clock that the test turns. */
export function writerOn(
  folder: string,
  options: {
    keys?: HistoryKeys | undefined;
    fileBytesMax?: number;
    abandonedMilliseconds?: number;
    days?: number;
  } = {},
) {
  let now = NOON;
  const clock = () => new Date(now);
  const usual = { folder, writer: ulid(), store: "store", keys: KEYS, clock, random: () => 1 };
  const sink = createFileSink({ ...usual, ...options });
  // of a process that was killed nobody closes the file
  onTestFinished(() => sink.close().catch(() => {}));
  const write = async (...lines: string[]) => {
    const gaps = await sink.tend(clock());
    const all = [...gaps.map((gap) => JSON.stringify(gap)), ...lines];
    if (all.length > 0) await sink.write({ lines: all, through: clock() });
    return gaps;
  };
  return {
    sink,
    write,
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
    clock,
  };
}

/** A folder with three hours of one writer. */
export async function threeFiles(): Promise<{ folder: string; files: LogFile[] }> {
  const folder = ownFolder();
  const { sink, write, pass } = writerOn(folder);
  for (let hour = 0; hour < 3; hour++) {
    await write(lineOf("tom"), lineOf("ben", 3));
    await write(lineOf(`of hour ${hour}`));
    pass(3_600_000);
  }
  await sink.close();
  return { folder, files: filesOf(folder) };
}
