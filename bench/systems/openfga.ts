/**
 * OpenFGA asked directly: with the product's flags, and with all of its caches on; on sqlite and on PostgreSQL. An
 * action is a Write of the tuples that give access and nothing else: no record, no history, no look at who may.
 */

import { tuplesOfDelegation } from "../../src/domain/state-tuples.ts";
import { OPENFGA_VERSION } from "../../src/openfga/server/find-server.ts";
import { type Engine, type Missing, type StartEngine, startEngine, startEngineOnPostgres } from "../engine.ts";
import { send, yesOrNo } from "../send.ts";
import type { Question, Request, StartSystem, System } from "../system.ts";
import type { World } from "../world.ts";

/**
 * Every cache there is, at its default lifetime of 10 s (OpenFGA's docs/caching.md). Not the shared iterator, which is
 * none: with it a question now and then fails with `cancelled`, when another that reads the same ends before it.
 */
const CACHES = [
  "--check-query-cache-enabled=true",
  "--check-iterator-cache-enabled=true",
  "--cache-controller-enabled=true",
];
const KEEPING = ["--check-query-cache-ttl=1h", "--check-iterator-cache-ttl=1h", "--check-cache-limit=1000000"];

/** Its caches off, as Concordat runs it. */
export const startOpenFga: StartSystem = (world, at) => startPlain("openfga", startEngine, world, at);
export const startOpenFgaPostgres: StartSystem = (world, at) =>
  startPlain("openfga-postgres", startEngineOnPostgres, world, at);

/** All of its caches on. */
export const startOpenFgaCaches: StartSystem = (world, at) => startCached("openfga-caches", startEngine, world, at);
export const startOpenFgaCachesPostgres: StartSystem = (world, at) =>
  startCached("openfga-caches-postgres", startEngineOnPostgres, world, at);

async function startPlain(name: string, start: StartEngine, world: World, at: Date): Promise<System | Missing> {
  const engine = await start(world, []);
  return "reason" in engine ? engine : systemOn(name, engine, at);
}

async function startCached(name: string, start: StartEngine, world: World, at: Date): Promise<System | Missing> {
  const engine = await start(world, CACHES);
  if ("reason" in engine) return engine;
  const keepingEngine = await start(world, [...CACHES, ...KEEPING]);
  if ("reason" in keepingEngine) return keepingEngine;
  const stop = async () => {
    await keepingEngine.stop();
    await engine.stop();
  };
  return { ...systemOn(name, engine, at), keeping: systemOn(name, keepingEngine, at), stop };
}

function systemOn(name: string, { server, storeId, modelId, datastore, processes, stop }: Engine, at: Date): System {
  // one time for all questions: the query cache's key holds it, and a clock would keep it from ever being met
  const context = { current_time: at.toISOString() };
  const post = (path: string, body: object): Request => ({
    method: "POST",
    path: `/stores/${storeId}/${path}`,
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${server.apiToken}` },
    body: JSON.stringify({ authorization_model_id: modelId, ...body }),
  });
  const request = (question: Question) => post("check", { tuple_key: question, context });
  return {
    name,
    version: `${OPENFGA_VERSION} on ${datastore}`,
    url: server.apiUrl,
    request,
    answer: async (question) => yesOrNo(await send(server.apiUrl, request(question)), "allowed"),
    batch: (questions) =>
      post("batch-check", {
        checks: questions.map((tuple_key, n) => ({ tuple_key, context, correlation_id: `${n}` })),
      }),
    operation: (operation) => {
      if (operation.kind === "search") {
        const { user, relation } = operation;
        return post("list-objects", { type: "plant", relation, user, context });
      }
      if (operation.kind !== "delegate" && operation.kind !== "revoke") return undefined;
      const { kind, share, user, role } = operation;
      const tuples = tuplesOfDelegation({ share, user, role, spelling: "plain" });
      return kind === "delegate"
        ? post("write", { writes: { tuple_keys: tuples, on_duplicate: "ignore" } })
        : post("write", { deletes: { tuple_keys: tuples, on_missing: "ignore" } });
    },
    processes,
    stop,
  };
}
