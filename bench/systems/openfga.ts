/**
 * OpenFGA asked directly: with the product's flags, and with all of its caches on. An
 * action is a Write of the tuples that give access and nothing else: no record, no
 * history, no look at who may.
 */

import { tuplesOfDelegation } from "../../src/domain/state-tuples.ts";
import { OPENFGA_VERSION } from "../../src/openfga/server/find-server.ts";
import { startEngine } from "../engine.ts";
import { cpuSecondsOf } from "../processes.ts";
import { send, yesOrNo } from "../send.ts";
import type { Action, Question, Request, System } from "../system.ts";
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
export const startOpenFga = async (world: World, at: Date): Promise<System[]> => [
  await start("openfga", world, at, []),
];

/** All of its caches on. */
export async function startOpenFgaCaches(world: World, at: Date): Promise<System[]> {
  const name = "openfga-caches";
  const shipped = await start(name, world, at, CACHES);
  const keeping = await start(name, world, at, [...CACHES, ...KEEPING]);
  const stop = async () => {
    await keeping.stop();
    await shipped.stop();
  };
  return [{ ...shipped, keeping, stop }];
}

async function start(name: string, world: World, at: Date, flags: string[]): Promise<System> {
  const { server, storeId, modelId } = await startEngine(world, flags);
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
    version: `${OPENFGA_VERSION} on sqlite`,
    url: server.apiUrl,
    request,
    answer: async (question) => yesOrNo(await send(server.apiUrl, request(question)), "allowed"),
    batch: (questions) =>
      post("batch-check", {
        checks: questions.map((tuple_key, n) => ({ tuple_key, context, correlation_id: `${n}` })),
      }),
    act: ({ kind, share, user, role }: Action) => {
      const tuples = tuplesOfDelegation({ share, user, role, spelling: "plain" });
      return kind === "delegate"
        ? post("write", { writes: { tuple_keys: tuples, on_duplicate: "ignore" } })
        : post("write", { deletes: { tuple_keys: tuples, on_missing: "ignore" } });
    },
    cpuSeconds: () => cpuSecondsOf([server.processGroup]),
    stop: server.stop,
  };
}
