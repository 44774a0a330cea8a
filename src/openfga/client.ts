/**
 * Connections to OpenFGA: a plain pool without retries (a repeated Write would look stale) for the calls to a store, and
 * the SDK, likewise without them and telemetry, for those of a start. The SDK's errors hold request headers, and the
 * engine's messages repeat the request: only a status and a code leave this folder.
 */
import { CredentialsMethod, FgaApiError, FgaError, OpenFgaClient } from "@openfga/sdk";
import { Pool } from "undici";
import { EngineRefused, EngineUnavailable } from "../faults.ts";
import { withDeadline } from "./deadline.ts";

/** How to reach the engine; `apiToken` is a preshared key, `timeoutMilliseconds` is for one call. */
export type OpenFgaConnection = { apiUrl: string; apiToken?: string; timeoutMilliseconds?: number };

/** Longer than the engine's own request timeout (3 s), so that the engine ends the call first, with an error. */
export const TIMEOUT_MILLISECONDS = 5_000;

/** The HTTP API of one store: a pool of sockets, the store's path, and the headers of every request. */
export type StoreEndpoint = { pool: Pool; store: string; headers: Record<string, string> };

/** Opens the pool of a store; no connection is made yet. A call of it takes about an eighth of the SDK's CPU. */
export function openEndpoint(
  { apiUrl, apiToken, storeId }: Pick<OpenFgaConnection, "apiUrl" | "apiToken"> & { storeId: string },
  connections: number,
): StoreEndpoint {
  const { origin, pathname } = new URL(apiUrl);
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (apiToken !== undefined) headers.authorization = `Bearer ${apiToken}`;
  const store = `${pathname.replace(/\/$/, "")}/stores/${storeId}`;
  return { pool: new Pool(origin, { connections }), store, headers };
}

/** One call: its status, the text of its reply and its Date. Throws what undici does, and at the deadline. */
export function send(
  { pool, store, headers }: StoreEndpoint,
  { method = "POST", path, body }: { method?: "GET" | "POST"; path: string; body?: object | undefined },
  timeoutMilliseconds: number,
  signal?: AbortSignal,
): Promise<{ status: number; text: string; date: string }> {
  return withDeadline(timeoutMilliseconds, signal, async (deadline) => {
    const json = body === undefined ? null : JSON.stringify(body);
    const reply = await pool.request({ method, path: store + path, headers, body: json, signal: deadline });
    return { status: reply.statusCode, text: await reply.body.text(), date: String(reply.headers.date) };
  });
}

/** A client for the whole engine, or with ids for one store with its model pinned on every call. Connects lazily. */
export function createClient(connection: OpenFgaConnection, ids?: { storeId: string; modelId: string }): OpenFgaClient {
  return new OpenFgaClient({
    apiUrl: connection.apiUrl,
    ...(ids && { storeId: ids.storeId, authorizationModelId: ids.modelId }),
    ...(connection.apiToken !== undefined && {
      credentials: { method: CredentialsMethod.ApiToken, config: { token: connection.apiToken } },
    }),
    retryParams: { maxRetry: 0 },
    telemetry: { metrics: {} },
    baseOptions: { timeout: connection.timeoutMilliseconds ?? TIMEOUT_MILLISECONDS },
  });
}

/** What the SDK threw: a refusal is our bug, all else an outage. Rethrows what is not the SDK's. */
export function toThrow(error: unknown): Error {
  if (!(error instanceof FgaError)) throw error;
  if (!(error instanceof FgaApiError) || error.statusCode === undefined) return new EngineUnavailable(error.message);
  const code = (error.responseData as { code?: string } | undefined)?.code ?? "";
  const message = `OpenFGA ${error.statusCode} ${code}`.trimEnd();
  return [400, 409].includes(error.statusCode) ? new EngineRefused(message) : new EngineUnavailable(message);
}
