/**
 * The engine port over OpenFGA's HTTP API: questions only. Every question carries the pinned model and `current_time`
 * and nothing else from outside: the model's dates are compared with our clock. All ask for HIGHER_CONSISTENCY, so that
 * a server with caches or a lagging replica answers from all that was committed before. Whatever is not a complete,
 * well-formed answer throws EngineUnavailable; a fault never turns into a "no".
 */

import type { Rewrites } from "../domain/explain/rewrite.ts";
import { splitRef } from "../domain/ids.ts";
import { isObject } from "../domain/json.ts";
import { EngineUnavailable, ReplyTooLarge } from "../faults.ts";
import type { Answer, Engine, FoundRefs, Question } from "../ports.ts";
import { createApi } from "./api.ts";
import { openEndpoint, send } from "./client.ts";
import { answerOf, codeIn, isTooLarge, leafOf, replyText, userOf } from "./replies.ts";

/** OpenFGA's default for `--max-checks-per-batch-check`. */
const BATCH_QUESTIONS_MAX = 50;

/** Parallel chunks of one batch: each is 50 checks for the server, and other callers wait for them. */
const BATCH_CHUNKS_PARALLEL = 4;

const FRESH = { consistency: "HIGHER_CONSISTENCY" };

/** Defaults of `--listObjects-max-results` and `--listUsers-max-results`: there the server stops without saying so. */
const LIST_RESULTS_MAX = 1000;

/** Defaults of `--listObjects-deadline` and `--listUsers-deadline`: likewise. */
const LIST_DEADLINE_MILLISECONDS = 3000;

/** A `Date` header has whole seconds. */
const DATE_MILLISECONDS = 1000;

/** `permissions` and `rewrites` are those of the model `modelId`. */
export type EngineOptions = {
  /** Origin and, behind a gateway, a path. */
  apiUrl: string;
  apiToken?: string;
  storeId: string;
  modelId: string;
  permissions: ReadonlyMap<string, readonly string[]>;
  rewrites: Rewrites;
  /** For one call, up to the last byte of its reply; lists get the server's list deadline on top. */
  timeoutMilliseconds: number;
  /** Sockets of the pool. */
  connections: number;
};

/** Opens the pool (no connection is made yet). `close` lets calls in flight finish. */
export function createEngine(options: EngineOptions): Engine & { close(): Promise<void> } {
  const { storeId, modelId, timeoutMilliseconds } = options;
  const endpoint = openEndpoint(options, options.connections);

  /** One call. Anything but a 200 with a JSON object throws. */
  async function call(
    request: { method: "GET" | "POST"; path: string; body?: object },
    timeout: number,
    signal?: AbortSignal,
  ): Promise<Record<string, unknown>> {
    try {
      const { status, text } = await send(endpoint, request, timeout, signal);
      if (status !== 200 && isTooLarge(text))
        throw new ReplyTooLarge(`OpenFGA's reply to ${request.method} ${request.path} is too large`);
      if (status !== 200) throw new EngineUnavailable(`status ${status} ${codeIn(text)}`);
      const body: unknown = JSON.parse(text);
      if (!isObject(body)) throw new EngineUnavailable("not a JSON object");
      return body;
    } catch (cause) {
      if (cause instanceof ReplyTooLarge) throw cause;
      throw new EngineUnavailable(`OpenFGA gave no answer to ${request.method} ${request.path}`, { cause });
    }
  }

  function ask(path: string, at: Date, question: object, timeout: number, signal?: AbortSignal) {
    const context = { current_time: at.toISOString() };
    const body = { authorization_model_id: modelId, ...question, context, ...FRESH };
    return call({ method: "POST", path, body }, timeout, signal);
  }

  async function askChunk(questions: Question[], at: Date, signal?: AbortSignal): Promise<Answer[]> {
    const context = { current_time: at.toISOString() };
    const checks = questions.map((question, n) => ({ tuple_key: tupleKey(question), correlation_id: `${n}`, context }));
    const body = { authorization_model_id: modelId, checks, ...FRESH };
    const { result } = await call({ method: "POST", path: "/batch-check", body }, timeoutMilliseconds, signal);
    if (!isObject(result)) throw new EngineUnavailable("OpenFGA answered a batch without its result");
    return questions.map((_, n) => answerOf(result[`${n}`]));
  }

  /** A list call, and whether it is complete: the server does not say that it stopped early (openfga#1961). */
  async function list(
    path: string,
    field: string,
    at: Date,
    question: object,
    signal?: AbortSignal,
  ): Promise<{ items: unknown[]; complete: boolean }> {
    const startedMilliseconds = performance.now();
    const body = await ask(path, at, question, timeoutMilliseconds + LIST_DEADLINE_MILLISECONDS, signal);
    const elapsedMilliseconds = performance.now() - startedMilliseconds;
    const items = body[field];
    if (!Array.isArray(items)) throw new EngineUnavailable(`OpenFGA answered ${path} without ${field}`);
    return {
      items,
      complete: items.length < LIST_RESULTS_MAX && elapsedMilliseconds < LIST_DEADLINE_MILLISECONDS,
    };
  }

  return {
    permissions: options.permissions,
    // longer than the server's own deadlines, so that the server ends the request first, with an error
    api: createApi(endpoint, {
      storeId,
      modelId,
      timeoutMilliseconds: timeoutMilliseconds + LIST_DEADLINE_MILLISECONDS,
    }),
    rewrites: options.rewrites,

    async check(question, at, signal) {
      const { allowed } = await ask("/check", at, { tuple_key: tupleKey(question) }, timeoutMilliseconds, signal);
      if (typeof allowed !== "boolean") throw new EngineUnavailable("OpenFGA answered a check without a boolean");
      return allowed;
    },

    async batchCheck(questions, at, signal) {
      const chunks = chunksOf(questions, BATCH_QUESTIONS_MAX);
      const answers: Answer[] = [];
      for (const round of chunksOf(chunks, BATCH_CHUNKS_PARALLEL)) {
        const answered = await Promise.all(round.map((chunk) => askChunk(chunk, at, signal)));
        answers.push(...answered.flat());
      }
      return answers;
    },

    async expand(of, signal) {
      const body = { authorization_model_id: modelId, tuple_key: of, ...FRESH };
      return leafOf(await call({ method: "POST", path: "/expand", body }, timeoutMilliseconds, signal));
    },

    async listObjects(question, at, signal): Promise<FoundRefs> {
      const { items, complete } = await list("/list-objects", "objects", at, question, signal);
      return { refs: items.map(replyText), complete };
    },

    async listUsers({ object, relation, type }, at, signal): Promise<FoundRefs> {
      const [objectType, objectId] = splitRef(object);
      const question = { object: { type: objectType, id: objectId }, relation, user_filters: [{ type }] };
      const { items, complete } = await list("/list-users", "users", at, question, signal);
      const refs = items.map(userOf).filter((ref) => ref !== undefined);
      // the users behind a wildcard or a userset are not in the reply
      return { refs, complete: complete && refs.length === items.length };
    },

    async ready(signal) {
      try {
        const path = `/authorization-models/${modelId}`;
        await call({ method: "GET", path }, timeoutMilliseconds, signal);
        return true;
      } catch {
        return false;
      }
    },

    async time() {
      try {
        const { date } = await send(endpoint, { method: "GET", path: "" }, timeoutMilliseconds);
        const from = Date.parse(date);
        return Number.isNaN(from) ? undefined : { from, to: from + DATE_MILLISECONDS };
      } catch {
        return undefined;
      }
    },

    close: () => endpoint.pool.close(),
  };
}

function tupleKey({ user, relation, object }: Question) {
  return { user, relation, object };
}

function chunksOf<T>(items: readonly T[], sizeMax: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / sizeMax) }, (_, n) =>
    items.slice(n * sizeMax, (n + 1) * sizeMax),
  );
}
