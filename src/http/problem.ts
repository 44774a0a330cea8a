/**
 * Refusals on the wire: RFC 9457 problem details with a stable `code`, of which
 * `type` is the URN. Callers branch on the code, never on the text.
 */
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";

/** What went wrong; `errors` points into the request body with JSON Pointers (RFC 6901). */
export type Problem = {
  status: number;
  code: string;
  title: string;
  detail?: string;
  errors?: { pointer: string; detail: string }[];
};

/** The reply `application/problem+json` for it. */
export function problemResponse(c: Context, problem: Problem): Response {
  const { status, code, title, detail, errors } = problem;
  const body = { type: `urn:concordat:problem:${code}`, title, status, code, detail, errors };
  return c.body(JSON.stringify(body), status as ContentfulStatusCode, { "Content-Type": "application/problem+json" });
}
