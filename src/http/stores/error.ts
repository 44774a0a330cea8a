/**
 * Errors under `/stores` are OpenFGA's: `{code, message}`, with its codes
 * (openfga.v1 ErrorCode, AuthErrorCode, NotFoundErrorCode, InternalErrorCode), so that
 * its clients show them as they show OpenFGA's own.
 */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Outside } from "../../domain/key-bounds.ts";
import { denied, type fault } from "../problem.ts";
import { detailOf } from "../refusal-detail.ts";

/** It as the OpenAPI document has it. */
export const ErrorView = z.object({ code: z.string(), message: z.string() }).openapi("OpenFgaError");

/** The reply for an error; `code` is one of OpenFGA's. */
export function openFgaError(c: Context, status: ContentfulStatusCode, code: string, message: string): Response {
  // with the newline that ends OpenFGA's own: its command line prints the body as it comes
  return c.body(`${JSON.stringify({ code, message })}\n`, status, { "Content-Type": "application/json" });
}

/** The 400 for a request that is not as OpenFGA takes it, or that is not taken here. */
export const invalid = (c: Context, message: string): Response => openFgaError(c, 400, "validation_error", message);

/** The 403 for a key that may not ask this, noted for the log. */
export function forbidden(c: Context, why: "insufficient_scope" | "outside_key", message: string): Response {
  c.header("WWW-Authenticate", 'Bearer error="insufficient_scope"');
  denied(c, why);
  return openFgaError(c, 403, "forbidden", message);
}

/** The 403 for what lies outside the caller's key. */
export function outsideKey(c: Context, outside: Outside): Response {
  return forbidden(c, outside.code, outsideText(outside));
}

/** What is outside, and what to do. */
export const outsideText = (outside: Outside): string => `outside_key: ${detailOf(outside)} Use another key.`;

/** Whether a request is to OpenFGA's API. */
export const isOpenFga = (c: Context) => /^\/stores(\/|$)/.test(c.req.path);

/** What is true of every path, in OpenFGA's words. Its clients try a 5xx again by themselves, save 501. */
const FAULTS = {
  invalid_request: [400, "validation_error", "The request is not valid."],
  method_not_allowed: [405, "unimplemented", "Method Not Allowed"],
  body_too_large: [413, "validation_error", "The body is too large: send at most 256 KiB."],
  unsupported_media_type: [415, "validation_error", "Send the body as it is, without Content-Encoding."],
  internal: [500, "internal_error", "Internal Server Error"],
  store_damaged: [500, "internal_error", "The data in the store is inconsistent. Run `npm run doctor`."],
  engine_unavailable: [503, "unavailable", "OpenFGA does not answer. Nothing was decided or written."],
  overloaded: [503, "resource_exhausted", "Too many requests wait. Nothing was decided."],
  audit_unavailable: [503, "unavailable", "The access log cannot be written. Nothing was decided."],
  issuer_unavailable: [503, "unavailable", "The issuer of the token does not answer. Nothing was decided."],
  sessions_unavailable: [503, "unavailable", "The console's sessions cannot be read. Nothing was decided."],
  contended: [503, "unavailable", "Other requests kept changing the same object. Nothing was written."],
  outcome_unknown: [
    504,
    "deadline_exceeded",
    "It is unknown whether the change was committed. Read before you repeat it.",
  ],
} as const satisfies Partial<Record<Parameters<typeof fault>[1], readonly [ContentfulStatusCode, string, string]>>;

/** The reply to a fault that is not the path's own. */
export function openFgaFault(c: Context, code: keyof typeof FAULTS): Response {
  const [status, name, message] = FAULTS[code];
  return openFgaError(c, status, name, message);
}
