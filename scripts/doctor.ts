/**
 * Looks the store over and says what is wrong, one finding a line; it never repairs.
 * Takes OPENFGA_API_URL, OPENFGA_API_TOKEN and OPENFGA_STORE as the service does, and
 * without the first looks at the embedded engine in CONCORDAT_FOLDER: the running one,
 * or one started for it. Exit code 1: damage, or it could not look. 0: none, or only
 * what a sweep takes away.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findServer } from "../src/openfga/find-server.ts";
import { createRelationships } from "../src/openfga/relationships.ts";
import { runningOn, startServer } from "../src/openfga/server.ts";
import { openStore } from "../src/openfga/store.ts";
import { doctor, isDamage } from "../src/queries/doctor.ts";

// an empty variable is an unset one, as for the service
const { OPENFGA_API_URL: url, OPENFGA_API_TOKEN: apiToken, OPENFGA_STORE, CONCORDAT_FOLDER } = process.env;
const store = OPENFGA_STORE || "concordat";
const folder = CONCORDAT_FOLDER || ".concordat";

async function embedded() {
  if (!existsSync(join(folder, "openfga.db")))
    throw new Error(`There is no engine in ${folder}. Set OPENFGA_API_URL or CONCORDAT_FOLDER.`);
  const found = await findServer(process.env, { line: (text) => console.error(text), counter: () => {} });
  if (found.kind === "external") throw new Error("unreachable: there is no OPENFGA_API_URL");
  return startServer(found, { folder });
}

async function main(): Promise<number> {
  const running = url || (await runningOn(folder));
  const server = running ? undefined : await embedded();
  try {
    const connection = { apiUrl: running || (server?.apiUrl ?? ""), ...(apiToken && { apiToken }) };
    const model = readFileSync(new URL("../model.fga", import.meta.url), "utf8");
    const opened = await openStore({ ...connection, store, model, allowPush: false, mustExist: true });
    const findings = await doctor(createRelationships({ ...connection, ...opened }));
    for (const { kind, object, detail } of findings) console.log(`${kind} ${object}: ${detail}`);
    const damage = findings.filter(isDamage).length;
    console.error(`The store "${store}": ${damage} damaged, ${findings.length - damage} left to sweep.`);
    return damage > 0 ? 1 : 0;
  } finally {
    await server?.stop();
  }
}

process.exitCode = await main().catch((error: unknown) => {
  console.error((error as Error).message);
  return 1;
});
