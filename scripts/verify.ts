/**
 * Verifies a history that was exported, without the service or its store: the replies of
 * `GET …/history`, one on a line or as one JSON list, and the public keys as the service shows
 * them at `/.well-known/concordat-history-keys.json` (a file or a URL). Keep the keys from a time when
 * you trusted the service: who forges a history forges the keys beside it.
 * Exit code 0: all of it holds. 1: it does not, and says where. 2: it could not look.
 *
 *   npm run verify -- history.ndjson --keys keys.json
 */
import { readFileSync } from "node:fs";
import { verifyPages } from "../src/domain/doctor/verify-pages.ts";
import { keysOfJwkSet } from "../src/domain/history-keys.ts";
import { argumentsOrExit } from "./arguments.ts";

const USAGE = "usage: npm run verify -- <file> --keys <file or URL>";

/** The documents in a text: one, or one a line. */
function documentsIn(text: string): unknown[] {
  try {
    return [JSON.parse(text)].flat();
  } catch {
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    return lines.map((line) => JSON.parse(line));
  }
}

async function main(): Promise<number> {
  const { values, positionals } = argumentsOrExit(USAGE, {
    options: { keys: { type: "string" } },
    allowPositionals: true,
  });
  const [file] = positionals;
  if (file === undefined || values.keys === undefined) throw new Error(USAGE);
  const isUrl = /^https?:\/\//.test(values.keys);
  const keys = keysOfJwkSet(
    isUrl ? await (await fetch(values.keys)).json() : JSON.parse(readFileSync(values.keys, "utf8")),
  );
  const { object, first, entries, problems } = verifyPages(documentsIn(readFileSync(file, "utf8")), keys);
  for (const problem of problems) console.log(problem);
  console.error(
    `The history of ${object}: ${entries} entries${first > 1 ? ` from ${first} on` : ""}, ${problems.length === 0 ? "all of it holds" : "it does not hold"}.`,
  );
  return problems.length === 0 ? 0 : 1;
}

process.exitCode = await main().catch((error: unknown) => {
  const { message, cause } = error as Error;
  console.error(cause === undefined ? message : `${message} (${(cause as Error).message})`);
  return 2;
});
