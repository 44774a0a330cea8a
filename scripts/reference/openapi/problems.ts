/**
 * Every problem as a schema of its own, with the members that a program acts on, and which of them an operation may
 * answer. What an operation's kind brings with it is here; what is its own is beside its route.
 */
import type { RouteConfig } from "@hono/zod-openapi";
import { BOUNDED_THINGS } from "../../../src/domain/policy.ts";
import { ENDINGS, STATUSES } from "../../../src/domain/records.ts";
import { DATED_MEMBERS } from "../../../src/domain/refusal.ts";
import { SHARED_ROLES } from "../../../src/domain/roles.ts";
import type { Operation } from "../../../src/http/operation.ts";
import { PROBLEMS, type ProblemCode } from "../../../src/http/problem.ts";
import type { Members } from "./world.ts";

const text = { type: "string" };
const number = { type: "integer" };
const instant = { type: "string", format: "date-time" };
const list = (items: object) => ({ type: "array", items });
const oneOf = (values: readonly string[]) => ({ type: "string", enum: values });
const orNull = (schema: { type: string }) => ({ ...schema, type: [schema.type, "null"] });
const wait = { type: "integer", description: "As in `Retry-After`." };

const MEMBERS: Members = {
  not_found: { what: text },
  insufficient_scope: { needs: text },
  outside_key: { bound_by: oneOf(["types", "permissions", "organizations"]), allowed: list(text) },
  not_admin: { organization: text },
  suspended: { organization: text },
  wrong_side: { needs: oneOf(["initiator", "partner"]) },
  wrong_status: {
    cooperation_status: oneOf(STATUSES),
    "ended_as?": oneOf(ENDINGS),
    needs: list(oneOf(STATUSES)),
  },
  cooperation_expired: { "expires_at?": instant, "review_by?": instant },
  already_shared: { resource: text, share: text },
  already_invited: { cooperation: text },
  not_empty: { what: text, holds: text },
  last_admin: { organization: text },
  email_taken: {},
  still_member: { user: text, organizations: list(text) },
  confirmation_stale: {},
  owner_is_fixed: { resource: text },
  stale: { current: { type: "integer", description: "The number in its newest ETag." }, exists: { type: "boolean" } },
  role_above_cap: { role: text, cap: oneOf(SHARED_ROLES), may_grant: list(oneOf(SHARED_ROLES)) },
  operator_never_crosses: {},
  own_organization: {},
  not_owner: { organization: text, resource: text },
  not_own_person: { organization: text, user: text },
  invalid_expiry: { now: instant },
  invalid_date: { member: oneOf(DATED_MEMBERS), problem: text },
  date_against_policy: {
    organization: text,
    of: oneOf([...BOUNDED_THINGS, "review"]),
    "days_max?": number,
    "months_max?": number,
    "latest?": instant,
  },
  role_against_policy: {
    organization: text,
    role: oneOf(SHARED_ROLES),
    highest: oneOf(SHARED_ROLES),
    may_share: list(oneOf(SHARED_ROLES)),
  },
  partner_against_policy: { organization: text },
  nothing_to_ask: {},
  ask_stale: { ask: number },
  too_many_asks: { kind: oneOf(["open", "today"]), limit: number, "retry_after_seconds?": wait },
  invalid_invitation: {},
  invitation_expired: {},
  id_not_allowed: { id: text, problem: text },
  too_many_tuples: { tuples: number, limit: number },
  idempotency_key_reused: {},
  cool_down: { retry_after_seconds: wait },
  too_many_invitations: {
    kind: oneOf(["open", "today"]),
    count: number,
    limit: number,
    "retry_after_seconds?": wait,
  },
  access_log_not_kept: {},
  webhooks_off: { needs: text },
  too_many_webhooks: { limit: number },
  webhook_sealed: { webhook: text },
  too_many_presets: { limit: number },
  preset_too_large: { limit: number },
  share_differs: {
    resource: text,
    share: text,
    role: oneOf(SHARED_ROLES),
    starts_at: orNull(instant),
    expires_at: orNull(instant),
    step_down_at: orNull(instant),
  },
  resumed_recently: { webhook: text, retry_after_seconds: wait },
  rate_limited: { limit: text, retry_after_seconds: wait },
  invalid_request: {
    "errors?": list({
      type: "object",
      properties: {
        pointer: { type: "string", description: "A JSON Pointer into the body, or the name of a parameter." },
        detail: text,
      },
      required: ["pointer", "detail"],
    }),
    "more_errors?": { type: "integer", description: "How many errors there are besides those listed." },
  },
  invalid_page_token: {},
  acting_user_required: {},
  unauthorized: {},
  method_not_allowed: {},
  request_timeout: {},
  body_too_large: {},
  unsupported_media_type: {},
  headers_too_large: {},
  internal: {},
  store_damaged: {},
  contended: {},
  engine_unavailable: {},
  overloaded: {},
  audit_unavailable: {},
  issuer_unavailable: {},
  sessions_unavailable: {},
  outcome_unknown: {},
};

/** A code's own schema is named after it: `NotAdminProblem`. */
export const nameOfProblem = (code: string): string =>
  `${code.replace(/(?:^|_)(.)/g, (_, letter: string) => letter.toUpperCase())}Problem`;

/** The schemas of all problems, by name. */
export function problemSchemas(): Record<string, object> {
  return Object.fromEntries(
    Object.entries(MEMBERS).map(([code, members]) => {
      const [status, title, advice] = PROBLEMS[code as ProblemCode];
      const own = Object.entries(members).map(([name, schema]) => [name.replace("?", ""), schema]);
      const required = Object.keys(members).filter((name) => !name.endsWith("?"));
      const schema = {
        type: "object",
        description: `${title}. ${advice}`,
        properties: {
          type: { type: "string", const: `urn:concordat:problem:${code}` },
          title: text,
          status: { type: "integer", const: status },
          code: { type: "string", const: code },
          detail: text,
          ...Object.fromEntries(own),
        },
        required: ["type", "title", "status", "code", ...required],
        additionalProperties: false,
      };
      return [nameOfProblem(code), schema];
    }),
  );
}

const OF_KEYS: ProblemCode[] = [
  "unauthorized",
  "insufficient_scope",
  "outside_key",
  "rate_limited",
  "issuer_unavailable",
];
const OF_ENGINE: ProblemCode[] = ["internal", "store_damaged", "engine_unavailable", "overloaded"];
const OF_BODIES: ProblemCode[] = ["body_too_large", "unsupported_media_type"];
const OF_WRITES: ProblemCode[] = ["contended", "outcome_unknown", "too_many_tuples"];
/** A POST that reads. */
const READS = ["postExplain", "postInvitationsPreview"];

/** The codes that an operation may answer, by status. */
export function codesOf(operation: Operation): Map<number, ProblemCode[]> {
  const { method, path, operationId = "", answers, refuses, request } = operation;
  const isV1 = path.startsWith("/v1/");
  const writes = isV1 && method !== "get" && !READS.includes(operationId) && operationId !== "postImport";
  const codes: ProblemCode[] =
    answers === "nobody"
      ? ["headers_too_large"]
      : [
          "invalid_request",
          ...(isV1 && answers !== "anyone" ? ["acting_user_required" as const] : []),
          ...OF_KEYS,
          ...(isConditional(request) ? ["stale" as const] : []),
          ...(["post", "put", "patch"].includes(method) ? OF_BODIES : []),
          ...(writes ? OF_WRITES : []),
          ...OF_ENGINE,
          ...refuses,
        ];
  const sorted = [...new Set(codes)].sort((a, b) => PROBLEMS[a][0] - PROBLEMS[b][0]);
  return Map.groupBy(sorted, (code) => PROBLEMS[code][0]);
}

/** Whether it honours `If-Match`. */
export function isConditional(request: RouteConfig["request"]): boolean {
  return request?.headers !== undefined && "shape" in request.headers && "If-Match" in request.headers.shape;
}
