/**
 * The ceiling: what `ceiling-server.ts` can do at most, with a Redis that holds the
 * answers to the questions of the hit workloads. It decides nothing by itself.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import { evaluationOf, evaluationRequest, evaluationsRequest } from "../authzen.ts";
import { startRedis, startUntil } from "../processes.ts";
import { ANSWER, KINDS } from "../questions.ts";
import { send, yesOrNo } from "../send.ts";
import { hitQuestions } from "../streams.ts";
import type { Question, System } from "../system.ts";
import type { World } from "../world.ts";
import { keysOf } from "./ceiling-keys.ts";

/** About as long as Concordat's own entries and tokens. */
const ENTRY_BYTES = 200;
const TOKEN_BYTES = 60;

export async function startCeiling(world: World): Promise<System> {
  const redis = await startRedis();
  await fill(redis.url, world);
  const file = fileURLToPath(new URL("ceiling-server.ts", import.meta.url));
  const env = { ...process.env, REDIS_URL: redis.url };
  const server = await startUntil(/listens on \S+\n/, process.execPath, [file], env);
  const url = /listens on (\S+)/.exec(server.said)?.[1] ?? "";
  const hono = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).dependencies.hono;
  return {
    name: "ceiling",
    version: `hono ${hono}`,
    url,
    request: (question) => evaluationRequest(question, {}),
    batch: (questions) => evaluationsRequest(questions, {}),
    answer: async (question) => yesOrNo(await send(url, evaluationRequest(question, {})), "decision"),
    processes: { service: server.group, redis: redis.group },
    stop: async () => {
      await server.stop();
      await redis.stop();
    },
  };
}

async function fill(url: string, world: World): Promise<void> {
  const redis = new Redis(url);
  const questions = hitQuestions(world);
  for (const kind of KINDS) await redis.mset(questions[kind].flatMap((question) => valuesOf(question, ANSWER[kind])));
  await redis.quit();
}

function valuesOf(question: Question, allowed: boolean): string[] {
  const [entry, user, owner] = keysOf(evaluationOf(question));
  const token = "t".repeat(TOKEN_BYTES);
  return [entry, (allowed ? "1" : "0").padEnd(ENTRY_BYTES, "e"), user, token, owner, token];
}
