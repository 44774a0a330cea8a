/**
 * The SDK client as Concordat uses it: no retries (a repeated Write would look stale),
 * short timeouts, no telemetry; and what its errors mean. An error of the SDK carries
 * request headers, and the engine's messages hold what the request held: neither leaves
 * this folder, only a kind, a status and a code.
 */
import { CredentialsMethod, FgaApiError, FgaError, OpenFgaClient } from "@openfga/sdk";
import { EngineRefused, EngineUnavailable } from "../faults.ts";

/** How to reach the engine; `apiToken` is a preshared key, `timeoutMilliseconds` is for one call. */
export type OpenFgaConnection = { apiUrl: string; apiToken?: string; timeoutMilliseconds?: number };

/** Longer than the engine's own request timeout (3 s), so that it gives up first and says so. */
export const TIMEOUT_MILLISECONDS = 5_000;

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
 * What became of a call that threw. `refused`: the engine looked at it and said no.
 * `not_sent`: nothing reached it, or it turned us away unread. `unknown`: it may have happened.
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

/** For calls that change nothing, or whose loss is found out otherwise: a refusal is our bug, all else an outage. */
export function toThrow(error: unknown): Error {
  const failure = failureOf(error);
  return failure.kind === "refused" || failure.kind === "stale"
    ? new EngineRefused(failure.message)
    : new EngineUnavailable(failure.message);
}
