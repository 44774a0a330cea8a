/**
 * Shows the store in OpenFGA's own playground: copies what access depends on now into an
 * OpenFGA of its own, in memory and without authentication, and ends with it on Ctrl-C.
 * With PLAYGROUND_API_URL the copy is written to an OpenFGA that runs already, and the command ends at once.
 * Names of objects (`plant:7`) choose what is copied when not all of it can be shown.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transformer } from "@openfga/syntax-transformer";
import type { TupleKey } from "../src/domain/tuples.ts";
import { createClient } from "../src/openfga/client.ts";
import { openStore } from "../src/openfga/open-store.ts";
import { findServer } from "../src/openfga/server/find-server.ts";
import { startServer } from "../src/openfga/server/server.ts";
import { createTupleStore } from "../src/openfga/tuple-store.ts";
import { accessModel, accessTuples, nearest } from "./playground/access-only.ts";
import { secretsOrExit } from "./secrets.ts";
import { openSource } from "./source.ts";

/** The playground shows no more tuples than these. They also fit one Write. */
const TUPLES_MAX = 100;

const dsl = readFileSync(new URL("../model.fga", import.meta.url), "utf8");
const model = transformer.transformDSLToJSONObject(dsl);
const at = new Date();

/** What is to be shown, and how much of it there is. */
async function read(refs: readonly string[]): Promise<{ tuples: TupleKey[]; total: number }> {
  const source = await openSource(secretsOrExit(2));
  try {
    const store = process.env.OPENFGA_STORE || "concordat";
    const opened = await openStore({ ...source.connection, store, model: dsl, allowPush: false, mustExist: true });
    const all = await createTupleStore({ ...source.connection, ...opened }).readAll();
    const tuples = accessTuples(model, all, at);
    return { tuples: nearest(tuples, refs, TUPLES_MAX), total: tuples.length };
  } finally {
    await source.close();
  }
}

async function write(apiUrl: string, tuples: TupleKey[]): Promise<void> {
  const client = createClient({ apiUrl });
  // a store's name may hold no colon
  const name = `concordat ${at.toISOString().slice(0, 19).replaceAll(":", ".")}`;
  const storeId = (await client.createStore({ name })).id;
  const modelId = (await client.writeAuthorizationModel(accessModel(model), { storeId })).authorization_model_id;
  if (tuples.length > 0) await createClient({ apiUrl }, { storeId, modelId }).writeTuples(tuples);
}

/** An OpenFGA with the playground on. Resolves when it has ended. */
async function serve(port: string, tuples: TupleKey[]): Promise<number> {
  const found = await findServer({ ...process.env, OPENFGA_API_URL: "" }, { line: say, counter: () => {} });
  // it gives the browser the address it listens on, which in a container is not the one outside
  if (found.kind !== "binary")
    throw new Error("The playground needs the openfga binary. In containers: docker compose run --rm playground-copy");
  const folder = mkdtempSync(join(tmpdir(), "concordat-playground-"));
  try {
    const flags = ["--datastore-engine=memory", "--playground-enabled", `--playground-addr=127.0.0.1:${port}`];
    const server = await startServer(found, { folder, throwAway: true, flags, open: true });
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void server.stop());
    await write(server.apiUrl, tuples);
    say(`Open http://localhost:${port}/playground in a browser that has the internet. Ctrl-C ends it.`);
    say(
      "The copy has no key: every user of this machine, and every page in a browser on it, can read and change the copy.",
    );
    await server.exited;
    return 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const say = (text: string) => console.error(text);

async function main(refs: string[]): Promise<number> {
  const { tuples, total } = await read(refs);
  const which = refs.length > 0 ? `those nearest to ${refs.join(" and ")}` : "the oldest; name an object to choose";
  say(`As of ${at.toISOString()}: ${tuples.length} of ${total} tuples${tuples.length < total ? `, ${which}` : ""}.`);
  const target = process.env.PLAYGROUND_API_URL;
  if (!target) return serve(process.env.PLAYGROUND_PORT || "3001", tuples);
  await write(target, tuples);
  say(`Copied to ${target}.`);
  return 0;
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  say((error as Error).message);
  return 1;
});
