/**
 * Verifies a history that was exported, or files of the access log, without the service or its store. Which of the two a
 * file is shows in its first line.
 *
 * A history: the replies of `GET …/history`, one on a line or as one JSON list. Access log: all files of a folder, or some
 * of them; `--store` is the reply of the store to a reading of `schedule:access-log`, which names the newest seals.
 * `--keys` are the public keys as the service shows them at `/.well-known/concordat-history-keys.json` (a file or a URL).
 * Keep the keys from a time when you trusted the service: who forges a history forges the keys beside it.
 * Exit code 0: nothing is wrong; the last line says whether all of it holds, or how much of it is proved. 1: it does not
 * hold, and says where. 2: it could not look.
 *
 *   npm run verify -- history.ndjson --keys keys.json
 *   npm run verify -- .concordat/access-log/* --keys keys.json --store seals.json
 */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { z } from "zod";
import { type KeptSeals, keptSealsOf } from "../src/domain/access-log/seal.ts";
import type { LogFile } from "../src/domain/access-log/verify-file.ts";
import { isLogFile, verifyFiles } from "../src/domain/access-log/verify-files.ts";
import { verifyPages } from "../src/domain/doctor/verify-pages.ts";
import { headSignature, keysOfJwkSet, signatureProblem, type VerifyingKeys } from "../src/domain/history-keys.ts";
import type { Tuple } from "../src/domain/tuples.ts";
import { argumentsOrExit } from "./arguments.ts";

const USAGE = "usage: npm run verify -- <file>… [--keys <file or URL>] [--store <file>]";

/** A reply of `POST /stores/{id}/read`. */
const ReadReply = z.looseObject({ tuples: z.array(z.looseObject({ key: z.custom<Tuple>() })).min(1) });

/** The documents in a text: one, or one a line. */
function documentsIn(text: string): unknown[] {
  try {
    return [JSON.parse(text)].flat();
  } catch {
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    return lines.map((line) => JSON.parse(line));
  }
}

async function keysIn(place: string): Promise<VerifyingKeys> {
  const isUrl = /^https?:\/\//.test(place);
  return keysOfJwkSet(isUrl ? await (await fetch(place)).json() : JSON.parse(readFileSync(place, "utf8")));
}

/** Prints what is wrong, and in the end whether something is. `unproved`: what is not wrong, and not proved either. */
function report(what: string, problems: readonly string[], unproved?: string): number {
  for (const problem of problems) console.log(problem);
  const good =
    unproved === undefined ? "all of it holds" : `nothing is wrong, but not all of it is proved: ${unproved}`;
  console.error(`${what}, ${problems.length === 0 ? good : "it does not hold"}.`);
  return problems.length === 0 ? 0 : 1;
}

function verifyHistory(text: string, keys: VerifyingKeys): number {
  const { object, first, entries, problems } = verifyPages(documentsIn(text), keys);
  return report(`The history of ${object}: ${entries} entries${first > 1 ? ` from ${first} on` : ""}`, problems);
}

/** The seals that the store keeps, and what is wrong with its own signature on them. */
function keptIn(path: string, keys: VerifyingKeys | undefined): { kept: KeptSeals; problems: string[] } {
  const [tuple] = ReadReply.parse(JSON.parse(readFileSync(path, "utf8"))).tuples;
  if (tuple === undefined) throw new Error(`${path} holds no tuple`);
  const problem = keys && signatureProblem(headSignature(keys, tuple.key));
  return { kept: keptSealsOf(tuple.key), problems: problem === undefined ? [] : [`the store: ${problem}`] };
}

/** One file after the other: a folder of a year does not fit into memory. */
function* filesAt(paths: readonly string[]): Iterable<LogFile> {
  for (const path of paths) {
    const file = { name: basename(path), text: readFileSync(path, "utf8") };
    if (!isLogFile(file.text)) throw new Error(`${file.name} is no file of the access log`);
    yield file;
  }
}

function verifyLog(paths: readonly string[], keys: VerifyingKeys | undefined, store: string | undefined): number {
  const ofStore = store === undefined ? undefined : keptIn(store, keys);
  const { files, lines, proved, accesses, gaps, problems, notes } = verifyFiles(filesAt(paths), {
    keys,
    kept: ofStore?.kept,
  });
  for (const note of notes) console.error(note);
  for (const { reason, from, to, lost } of gaps)
    console.error(`A gap (${reason}) from ${from} to ${to}: ${lost ?? "an unknown number of"} accesses are missing`);
  const what = `The access log: ${files} files, ${lines} lines, ${accesses} accesses, ${gaps.length} gaps`;
  const unproved =
    proved.files === files ? undefined : `${proved.lines} of ${lines} lines, ${proved.files} of ${files} files`;
  return report(what, [...(ofStore?.problems ?? []), ...problems], unproved);
}

async function main(): Promise<number> {
  const { values, positionals } = argumentsOrExit(USAGE, {
    options: { keys: { type: "string" }, store: { type: "string" } },
    allowPositionals: true,
  });
  const [path, ...more] = positionals;
  if (path === undefined) throw new Error(USAGE);
  const text = readFileSync(path, "utf8");
  const keys = values.keys === undefined ? undefined : await keysIn(values.keys);
  if (isLogFile(text)) return verifyLog(positionals, keys, values.store);
  if (keys === undefined || more.length > 0) throw new Error(USAGE);
  return verifyHistory(text, keys);
}

process.exitCode = await main().catch((error: unknown) => {
  const { message, cause } = error as Error;
  console.error(cause === undefined ? message : `${message} (${(cause as Error).message})`);
  return 2;
});
