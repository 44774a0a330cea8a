/**
 * Connections to OpenFGA: the SDK client without retries (a repeated Write would look stale) and telemetry, what its
 * errors mean, and a plain pool for the calls that are made often. The SDK's errors hold request headers, and the
 * engine's messages repeat the request: only a kind, a status and a code leave this folder.
 */
import { CredentialsMethod, FgaApiError, FgaError, OpenFgaClient } from "@openfga/sdk";
import { Pool } from "undici";
import { EngineRefused, EngineUnavailable } from "../faults.ts";

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

/**
 * The outcome of a call that threw. `refused`: the engine read it and refused. `not_sent`: it did not reach the engine,
 * or was rejected unread. `unknown`: it may have been done.
 */
export type Failure = {
  kind: "stale" | "refused" | "not_sent" | "unknown";
  message: string;
  /** The engine's code, where it gave one: unlike its message it repeats nothing of what was sent. */
  code?: string | undefined;
};

// The SDK drops the code of a network error and keeps only this in its message.
const NO_CONNECTION = /\b(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)\b/;

/**
 * Sorts an error of the SDK (OpenFGA's codes: openfga.v1 ErrorCode). `stale` is 400
 * write_failed_due_to_invalid_input (2017) and 409. Rethrows what is not the SDK's.
 */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof FgaError)) throw error;
  if (!(error instanceof FgaApiError) || error.statusCode === undefined) {
    return { kind: NO_CONNECTION.test(error.message) ? "not_sent" : "unknown", message: error.message };
  }
  const { statusCode } = error;
  const code = (error.responseData as { code?: string } | undefined)?.code;
  const message = `OpenFGA ${statusCode} ${code ?? ""}`.trimEnd();
  if (statusCode === 409 || (statusCode === 400 && code === "write_failed_due_to_invalid_input")) {
    return { kind: "stale", message };
  }
  if (statusCode === 400) return { kind: "refused", message, code };
  if ([401, 403, 404, 429].includes(statusCode)) return { kind: "not_sent", message };
  return { kind: "unknown", message };
}

/** For calls that change nothing or may be repeated: a refusal is our bug, all else an outage. */
export function toThrow(error: unknown): Error {
  const failure = failureOf(error);
  return failure.kind === "refused" || failure.kind === "stale"
    ? new EngineRefused(failure.message)
    : new EngineUnavailable(failure.message);
}
