/**
 * The key of each month under which users get their pseudonyms. In a folder it is a file that all processes share and
 * that is deleted a day after its month: from then on nobody can find out whose an erased line was, whatever they have.
 * Where a file cannot be had, a process has keys of its own: its lines verify as well, and only who is who in them
 * cannot be compared with lines of others.
 */
import { createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { ulid } from "ulid";
import { monthOf } from "../domain/access-log/pseudonym.ts";
import { TEMPORARY } from "./replace-file.ts";

const KEY = ".access-key-";
const KEY_BYTES = 32;
/** Lines of a month are mostly written before the next one is so old. */
const DAY_MILLISECONDS = 86_400_000;

/** The key of a month (`2027-06`). Never throws. */
export type MonthKeys = (month: string) => KeyObject;

export function createMonthKeys(folder?: string): MonthKeys {
  const known = new Map<string, KeyObject>();
  return (month) => {
    const key = known.get(month) ?? createSecretKey(sharedKey(folder, month) ?? randomBytes(KEY_BYTES));
    known.set(month, key);
    const [oldest = month] = [...known.keys()].sort();
    if (known.size > 2 && oldest !== month) known.delete(oldest);
    return key;
  };
}

function sharedKey(folder: string | undefined, month: string): Uint8Array | undefined {
  if (folder === undefined) return undefined;
  const path = join(folder, KEY + month);
  try {
    return readKey(path) ?? makeKey(folder, path);
  } catch {
    return undefined;
  }
}

function readKey(path: string): Uint8Array | undefined {
  try {
    const key = readFileSync(path);
    // of a machine that stopped: what is short can be guessed
    return key.length === KEY_BYTES ? key : undefined;
  } catch {
    return undefined;
  }
}

/** Makes the file, whole or not at all; of several processes one does, and the others read it. */
function makeKey(folder: string, path: string): Uint8Array | undefined {
  const temporary = join(folder, TEMPORARY + ulid());
  const file = openSync(temporary, "wx", 0o600);
  try {
    writeFileSync(file, randomBytes(KEY_BYTES));
    fsyncSync(file);
    try {
      linkSync(temporary, path);
    } catch {
      // another process was first
    }
  } finally {
    closeSync(file);
    rmSync(temporary, { force: true });
  }
  return readKey(path);
}

/** Deletes the keys of months that ended a day ago. */
export async function deleteOldKeys(folder: string, now: Date): Promise<void> {
  const oldest = KEY + monthOf(new Date(now.getTime() - DAY_MILLISECONDS).toISOString());
  for (const name of await readdir(folder))
    if (name.startsWith(KEY) && name < oldest) await rm(join(folder, name), { force: true });
}
