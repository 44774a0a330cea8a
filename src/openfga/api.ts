/**
 * OpenFGA's HTTP API unchanged, for `/stores`: a request is sent to the one store, and the reply is returned as the
 * server made it, status and body. Only what fails between us and the server is reported by us: no answer, or one that
 * is not of its API.
 */
import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import type { Dispatcher } from "undici";
import { EngineUnavailable } from "../faults.ts";
import type { ApiReply, ApiRequest, EngineApi } from "../ports.ts";
import type { StoreEndpoint } from "./client.ts";
import { withDeadline } from "./deadline.ts";

/** Headers of a reply that clients of OpenFGA read. */
const KEPT_HEADERS = ["content-type", "openfga-authorization-model-id", "openfga-store-id", "fga-query-duration-ms"];

/** `timeoutMilliseconds` is for one request, up to the last byte of its reply. */
export function createApi(
  { pool, store, headers }: StoreEndpoint,
  options: { storeId: string; modelId: string; timeoutMilliseconds: number },
): EngineApi {
  const { storeId, modelId, timeoutMilliseconds } = options;

  async function send({ method, path, body }: ApiRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const reply = await pool.request({
      method,
      path: store + path,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      signal,
    });
    // our key, not the caller's
    if (reply.statusCode !== 401 && reply.statusCode !== 403) return reply;
    await reply.body.dump();
    throw new EngineUnavailable(`status ${reply.statusCode}`);
  }

  const unavailable = ({ method, path }: ApiRequest, cause: unknown) =>
    new EngineUnavailable(`OpenFGA gave no answer to ${method} ${path.split("?", 1)[0]}`, { cause });

  return {
    storeId,
    modelId,

    async ask(request, signal): Promise<ApiReply> {
      try {
        return await withDeadline(timeoutMilliseconds, signal, async (deadline) =>
          wholeOf(await send(request, deadline)),
        );
      } catch (cause) {
        throw unavailable(request, cause);
      }
    },

    async stream(request, signal) {
      try {
        const deadline = AbortSignal.timeout(timeoutMilliseconds);
        const reply = await send(request, signal === undefined ? deadline : AbortSignal.any([signal, deadline]));
        if (reply.statusCode !== 200) {
          const { body, ...refusal } = await wholeOf(reply);
          return { ...refusal, body: new Blob([body]).stream(), ended: Promise.resolve() };
        }
        const body = Readable.toWeb(reply.body) as ReadableStream<Uint8Array>;
        return { status: 200, headers: keptOf(reply), body, ended: finished(reply.body).catch(() => {}) };
      } catch (cause) {
        throw unavailable(request, cause);
      }
    },
  };
}

/** The whole reply. Throws when it is not JSON: the page of a proxy is no answer. */
async function wholeOf(reply: Dispatcher.ResponseData): Promise<ApiReply> {
  const body = await reply.body.text();
  JSON.parse(body);
  return { status: reply.statusCode, headers: keptOf(reply), body };
}

function keptOf(reply: Dispatcher.ResponseData): Record<string, string> {
  return Object.fromEntries(
    KEPT_HEADERS.flatMap((name) => {
      const value = reply.headers[name];
      return typeof value === "string" ? [[name, value]] : [];
    }),
  );
}
