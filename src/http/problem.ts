/**
 * Refusals on the wire: RFC 9457 problem details with a stable `code`, of which
 * `type` is the URN. Callers branch on the code, never on the text.
 */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Wrong } from "../domain/read-json.ts";
import type { Refusal } from "../domain/refusal.ts";
import { Fault } from "../faults.ts";
import { dataOf, detailOf } from "./refusal-detail.ts";
import { REFUSALS } from "./refusals.ts";

const PROBLEM = "application/problem+json";

/** More than anybody mends at once; a reply is not much longer than its request for them. */
export const ERRORS_MAX = 20;

/** The errors that a reply lists, and how many more there are. */
export function listedErrors<E>(errors: readonly E[]): { errors: E[]; more_errors?: number } {
  const more = errors.length - ERRORS_MAX;
  return more > 0 ? { errors: errors.slice(0, ERRORS_MAX), more_errors: more } : { errors: [...errors] };
}

/**
 * How the reply names its body. Clients of AuthZEN, whose errors are any text, take `application/problem+json` for
 * garbage: under `/access` who accepts JSON and names no problem gets the same body as that.
 */
function typeFor(c: Context): Record<string, string> {
  if (!c.req.path.startsWith("/access/")) return { "Content-Type": PROBLEM };
  const ranges = (c.req.header("Accept") ?? "").split(",").map((range) => range.split(";", 1)[0]?.trim().toLowerCase());
  const isPlain = ranges.includes("application/json") && !ranges.includes(PROBLEM);
  return { "Content-Type": isPlain ? "application/json" : PROBLEM, Vary: "Accept" };
}

/**
 * Problems that are no refusals: the request could not be read, the caller is not
 * known, or something of ours is out of order. docs/reference/errors.md is printed from both.
 */
export const FAULTS = {
  invalid_request: [400, "The request is not valid", "See `errors`: each names the place and what is wrong with it."],
  invalid_page_token: [400, "The page token does not belong to this search", "Start the search anew without it."],
  acting_user_required: [
    400,
    "An acting user is required",
    "Send `Acting-User: user:<id>` with a key of scope `manage`.",
  ],
  unauthorized: [
    401,
    "The caller is not known",
    "Send `Authorization: Bearer <key>` with a key of SERVICE_KEYS, or a token of one of ISSUERS.",
  ],
  method_not_allowed: [405, "This method is not allowed here", "Use one of the methods in the header `Allow`."],
  request_timeout: [408, "The request took too long to arrive", "Send the whole of it within ten seconds."],
  body_too_large: [413, "The body is too large", "Send at most 256 KiB."],
  unsupported_media_type: [
    415,
    "The body must be JSON",
    "Send `Content-Type: application/json`, and no `Content-Encoding`.",
  ],
  headers_too_large: [431, "The headers are too large", "Send at most 16 KiB of them, the URL included."],
  internal: [500, "The service has an internal error", "Try again; give the request id when you ask for help."],
  store_damaged: [
    500,
    "The data in the store is inconsistent",
    "Something was written past the service. Run `npm run doctor`: it lists every problem and how to repair it.",
  ],
  contended: [503, "Other requests kept changing the same object", "Nothing was written. Send the request again."],
  engine_unavailable: [503, "OpenFGA does not answer", "Nothing was decided or written. Try again after Retry-After."],
  overloaded: [503, "Too many requests wait", "Nothing was decided. Try again after Retry-After."],
  audit_unavailable: [
    503,
    "The access log cannot be written, or not be read",
    "Nothing was decided or shown: with ACCESS_LOG_LOSS=refuse no check is answered that is not recorded. Try again after Retry-After.",
  ],
  issuer_unavailable: [
    503,
    "The issuer of the token does not answer",
    "Nothing was decided: its keys cannot be fetched, or it is not known what it revoked. Try again after Retry-After.",
  ],
  sessions_unavailable: [
    503,
    "The console's sessions cannot be read or written",
    "Nothing was decided or ended. Try again after Retry-After.",
  ],
  outcome_unknown: [
    504,
    "It is unknown whether the change was committed",
    "Read the object again before you repeat it.",
  ],
} as const satisfies Record<string, readonly [status: number, title: string, advice: string]>;

/** Status, title and advice of every problem. */
export const PROBLEMS = { ...FAULTS, ...REFUSALS } as const;

/** A `code` of a problem. */
export type ProblemCode = keyof typeof PROBLEMS;

const CODES = Object.keys(PROBLEMS)
  .map((code) => `\`${code}\``)
  .join(", ");

/** A problem as the OpenAPI document has it; a refusal has more members of its own. */
export const ProblemView = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number(),
    code: z.string().describe(`What to branch on; there may be more in a later version: ${CODES}.`),
    detail: z.string().optional(),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
    more_errors: z.int().optional().describe("How many more errors there are than `errors` lists."),
  })
  .loose()
  .openapi("Problem");

/** A problem as a value; `members` are what a program acts on besides (RFC 9457 §3.2). */
function problemBody(code: ProblemCode, detail: string | undefined, members: object) {
  const [status, title] = PROBLEMS[code];
  return { type: `urn:concordat:problem:${code}`, title, status, code, detail, ...members };
}

/** The problem that a refusal is answered with, where it is one of several in a reply. */
export const problemOf = (refusal: Refusal) => problemBody(refusal.code, detailOf(refusal), dataOf(refusal));

/** The same for a fault. */
export const problemOfFault = (code: keyof typeof FAULTS) => problemBody(code, FAULTS[code][2], {});

/** The problem as a reply. */
function problem(c: Context, code: ProblemCode, detail: string | undefined, members: object): Response {
  return c.body(JSON.stringify(problemBody(code, detail, members)), PROBLEMS[code][0], typeFor(c));
}

/** The reply to a fault; `errors` points at what was wrong with the request. */
export function fault(
  c: Context,
  code: keyof typeof FAULTS,
  { detail, errors }: { detail?: string; errors?: Wrong[] } = {},
): Response {
  return problem(c, code, detail, errors === undefined ? {} : listedErrors(errors));
}

/** Notes for the log that the key was refused, and not what somebody did with it. */
export function denied(c: Context, code: string): void {
  c.set("denied", code);
}

/** The reply to a refusal: its sentence, what a program acts on, and for a pause how long. */
export function refused(c: Context, refusal: Refusal): Response {
  if ("retry_after_seconds" in refusal && refusal.retry_after_seconds !== undefined)
    c.header("Retry-After", String(refusal.retry_after_seconds));
  if (refusal.code === "stale" && refusal.current > 0) c.header("ETag", `"${refusal.current}"`);
  if (refusal.code === "insufficient_scope" || refusal.code === "outside_key") {
    c.header("WWW-Authenticate", 'Bearer error="insufficient_scope"');
    denied(c, refusal.code);
  }
  return problem(c, refusal.code, detailOf(refusal), dataOf(refusal));
}

/** What is wrong with a damaged store, and what to do. It names what others own: for who may read all of it. */
export const damageDetail = ({ message }: Error): string => `${message}. ${FAULTS.store_damaged[2]}`;

/** The fault that a thrown error is answered with. What is not one of ours is a bug here. */
export function faultOf(error: unknown) {
  if (!(error instanceof Fault)) return "internal";
  switch (error.code) {
    case "body_broken":
    case "body_idle":
      return "invalid_request";
    case "engine_refused":
    case "mail_failed":
      return "internal";
    default:
      return error.code;
  }
}
