/**
 * What the routes under `/v1` have in common: how parameters are read, how a call is
 * made of a request, how receipts, refusals and lists are answered. One schema says
 * what a route takes, to the reader of the request and of the OpenAPI document alike.
 */
import { createRoute, OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { AccessLogErasure } from "../../access-log/erasure.ts";
import type { AccessLogReader } from "../../access-log/reader.ts";
import type { ActionDeps, Call } from "../../actions/run/action.ts";
import type { EvaluationDeps } from "../../check/evaluate.ts";
import { Reason } from "../../domain/commands.ts";
import type { WebhookDeps } from "../../domain/events/endpoints.ts";
import type { HistoryKeys } from "../../domain/history-keys.ts";
import { pointerOf } from "../../domain/read-json.ts";
import type { SessionStore } from "../../domain/sessions.ts";
import type { TupleStore } from "../../ports.ts";
import type { Directory } from "../../queries/directory.ts";
import type { DoctorReads } from "../../queries/doctor.ts";
import type { ExplainDeps } from "../../queries/explain/explain.ts";
import type { WholeStore } from "../../queries/export/export-lines.ts";
import type { Register } from "../../queries/register/register.ts";
import { requirePerson } from "../caller.ts";
import type { Env } from "../env.ts";
import { type Documented, described, PROBLEM } from "../operation.ts";
import { preconditionOf, refusePreconditions } from "../precondition.ts";
import { fault, refused } from "../problem.ts";
import { paramsOf } from "./path-parameters.ts";
import { DryRunView } from "./views.ts";

export type V1App = OpenAPIHono<Env>;

/** An app whose invalid requests are answered with what, where and why. */
export function v1(): V1App {
  return new OpenAPIHono<Env>({
    defaultHook: (result, c) => {
      if (result.success) return;
      return fault(c, "invalid_request", { errors: errorsOf(result.error, result.target) });
    },
  });
}

/** What is wrong, each with its place: a JSON Pointer into the body, or the name of a parameter. */
export function errorsOf(error: z.ZodError, target: string): { pointer: string; detail: string }[] {
  const place = (path: readonly PropertyKey[]) =>
    target === "json" ? pointerOf(path) : `${target}: ${path.join(".")}`;
  return error.issues.flatMap((issue) =>
    // an unknown member is what is wrong, not the object that has it
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({ pointer: place([...issue.path, key]), detail: "is not known here" }))
      : [{ pointer: place(issue.path), detail: issue.message }],
  );
}

const flag = z.enum(["true", "false"]).transform((text) => text === "true");
export const DryRunQuery = z.object({ dry_run: flag.optional().describe("Say what it would mean, write nothing.") });
/** A DELETE has no body, so its reason is in the query. */
export const DeleteQuery = DryRunQuery.extend({ reason: Reason.optional() });

/** What a route says of itself beside its method, path and summary. */
type Parts = Documented & {
  query?: z.ZodObject;
  body?: z.ZodType;
  /** An action without facts of its own may come without a body. */
  bodyOptional?: boolean;
  /** What 200 has, and 201 where it is a PUT. */
  reply: z.ZodType;
  /** The media type of another form that 200 has, a text. */
  otherForm?: string;
  /** What 201 has. Every PUT answers so when there was nothing before, but with null. */
  created?: z.ZodType | null;
  /** What a dry run has, with 200, where it is not its impacts. */
  dryRun?: z.ZodType;
  /** Whether it honours `If-Match` and `If-None-Match`, as every PUT, PATCH and DELETE does. Others refuse them. */
  conditional?: boolean;
  /** Whether it takes an `Idempotency-Key`. */
  keyed?: boolean;
};

type RequestOf<Path extends string, P extends Parts> = {
  params: ReturnType<typeof paramsOf<Path>>;
} & (P["query"] extends z.ZodObject ? { query: P["query"] } : object) &
  (P["body"] extends z.ZodType
    ? { body: { content: { "application/json": { schema: P["body"] } }; required: boolean } }
    : object);

/** `GET /shares/{id}/delegations` is `getSharesDelegations`, with `/{user}` behind it `…ByUser`: names for generated clients. */
function operationIdOf(method: string, path: string): string {
  const word = (segment: string) => segment.replace(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase());
  const segments = path.split("/").filter((segment) => segment !== "");
  const named = segments.flatMap((segment, index) => {
    if (!segment.startsWith("{")) return [word(segment)];
    return index === segments.length - 1 ? [`By${word(segment.slice(1, -1))}`] : [];
  });
  return `${method}${named.join("")}`;
}

const Preconditions = z.object({
  "If-Match": z.string().optional().describe("The ETag that it must have now; `*`: it must be there. Else 412."),
  "If-None-Match": z.string().optional().describe("`*`: it must not be there. Else 412."),
});

const IdempotencyKey = z.object({
  "Idempotency-Key": z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, "must be 1 to 255 visible ASCII characters")
    .optional()
    .describe(
      "Another one for each batch: sent again with the same lines, a line that was written is not written again.",
    ),
});

/** A reply that may have another form than JSON. */
const withForm = (reply: { description: string; content?: object }, type: string | undefined) =>
  type === undefined ? reply : { ...reply, content: { ...reply.content, [type]: { schema: z.string() } } };

/** A route of the OpenAPI document. The replies are for its readers; handlers answer with plain responses. */
function route<const M extends RouteConfig["method"], const Path extends string, const P extends Parts>(
  tag: string,
  method: M,
  path: Path,
  summary: string,
  { answers, refuses, query, body, bodyOptional = false, reply, ...parts }: P,
) {
  const { created = method === "put" ? reply : undefined, dryRun = DryRunView, otherForm } = parts;
  const { conditional = ["put", "patch", "delete"].includes(method), keyed = false } = parts;
  const isRunDry = query !== undefined && "dry_run" in query.shape;
  // a reply of its own kind beside that of what was created says that nothing was
  const done = !created || created === reply ? "Done, or nothing to change" : "Nothing was written";
  const responses: Record<string, { description: string }> = {
    200: isRunDry
      ? described(`${done}; or what it would mean.`, dryRun === reply ? reply : z.union([reply, dryRun]))
      : withForm(described(method === "get" ? "Found." : `${done}.`, reply), otherForm),
    ...(created && { 201: described("Created.", created) }),
    default: PROBLEM,
  };
  const request = {
    ...(path.includes("{") && { params: paramsOf(path) }),
    ...(conditional && { headers: Preconditions }),
    ...(keyed && { headers: IdempotencyKey }),
    // strict everywhere: a misspelled `dry_run`, or one where there is none, must never write
    query: (query ?? z.object({})).strict(),
    ...(body && { body: { content: { "application/json": { schema: body } }, required: !bodyOptional } }),
  } as RequestOf<Path, P>;
  const operationId = operationIdOf(method, path);
  // scope `admin` alone never acts in a cooperation
  const middleware = [...(answers === "person" ? [requirePerson] : []), ...(conditional ? [] : [refusePreconditions])];
  const tags = [tag];
  return createRoute({ method, path, operationId, summary, tags, answers, refuses, request, responses, middleware });
}

/** Defines routes that the document has under one heading, each by its path with `{parameters}`, its summary and the rest. */
export function routesUnder(tag: string) {
  const by =
    <const M extends RouteConfig["method"]>(method: M) =>
    <const Path extends string, const P extends Parts>(path: Path, summary: string, parts: P) =>
      route(tag, method, path, summary, parts);
  return { get: by("get"), post: by("post"), put: by("put"), patch: by("patch"), delete: by("delete") };
}

/** How the request's actor, id, preconditions and dry run reach an action. For routes that are `conditional`. */
export function callOf(c: Context<Env>): Call {
  const { caller, requestId } = c.var;
  // a route without dry runs has refused the parameter
  const dryRun = c.req.query("dry_run") === "true";
  return { caller, requestId, dryRun, expected: preconditionOf(c) };
}

/** A whole state with its ETag, and behind a change the moment from which checks answer from it. */
export function stated(c: Context<Env>, view: object, effectiveBy?: string, status: 200 | 201 = 200) {
  if ("etag" in view && typeof view.etag === "string") c.header("ETag", view.etag);
  return c.json({ ...view, effective_by: effectiveBy }, status);
}

/** A page of a list; without one the refusal of a cursor of another list. */
export function listed(c: Context<Env>, page: { items: unknown[]; next_cursor: string | null } | undefined) {
  if (page === undefined) {
    const errors = [{ pointer: "query: cursor", detail: "belongs to another list or query" }];
    return fault(c, "invalid_request", { errors });
  }
  return c.json(page);
}

export const notFound = (c: Context<Env>, what: string) => refused(c, { code: "not_found", what });

/** What the routes need. `stopping`: whether the process is about to end. `importIdleMilliseconds`: how long an import may wait for its next line. */
export type V1Deps = ActionDeps &
  Pick<EvaluationDeps, "engine"> &
  Pick<ExplainDeps, "tupleStore"> &
  WebhookDeps & {
    tupleStore: DoctorReads & WholeStore & Pick<TupleStore, "readPage" | "readSome" | "changes" | "changesPage">;
    directory: Directory;
    register: Register;
    /** Takes people out of the access log; not there where it is not in files. */
    accessLogErasure?: AccessLogErasure | undefined;
    /** Where people's sessions are, of which those of an erased person end; without a console there are none. */
    console?: { sessions: Pick<SessionStore, "endSessions"> } | undefined;
    /** Where callers reach the service, the source of its events. */
    publicUrl: string;
    stopping: () => boolean;
    importIdleMilliseconds: number;
    log: (level: "info", event: string, facts: object) => void;
    /** What histories are signed with; without it they are not. */
    historyKeys?: HistoryKeys | undefined;
    /** Reads the access log back; without it nobody can. */
    accessLogReader?: AccessLogReader | undefined;
  };
