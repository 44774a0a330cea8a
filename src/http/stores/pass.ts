/**
 * Requests that OpenFGA answers: each is sent as it is to be asked, and the reply is returned unchanged. A body is one
 * JSON object, whatever the content type; an empty one is `{}`, as for OpenFGA. What we decide on is serialized again
 * for it, so ambiguous JSON is refused here as everywhere.
 */
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { EvaluationDeps } from "../../check/evaluate.ts";
import { isObject } from "../../domain/json.ts";
import { parseBody, readBytes, type Unread } from "../body.ts";
import type { Env } from "../env.ts";
import { type NamedQuestion, refuseBeyondPermission } from "./caller.ts";
import { invalid, openFgaError, openFgaFault } from "./error.ts";
import { type Members, pinned } from "./questions.ts";

/** What the routes under `/stores` need: replies come from the engine, cacheable decisions from the checker. */
export type StoresDeps = EvaluationDeps & { log: (level: "error", event: string, facts: object) => void };

type Api = EvaluationDeps["engine"]["api"];
type Request = Parameters<Api["ask"]>[0];

/** Sends the request and returns the engine's reply unchanged. Throws EngineUnavailable, Overloaded. */
export async function pass(c: Context, { engine }: StoresDeps, request: Request): Promise<Response> {
  return answer(c, await engine.api.ask(request, c.req.raw.signal));
}

/** The engine's reply, unchanged. */
export function answer(c: Context, { status, headers, body }: Awaited<ReturnType<Api["ask" | "stream"]>>): Response {
  return c.body(body, status as ContentfulStatusCode, headers);
}

/** A reply of ours, with the headers of the engine's replies. */
export function decided(c: Context, { engine }: StoresDeps, body: object): Response {
  c.header("Openfga-Authorization-Model-Id", engine.api.modelId);
  c.header("Openfga-Store-Id", engine.api.storeId);
  return c.json(body);
}

/** The body, or the error reply. Throws BodyBroken. */
export async function readMembers(c: Context): Promise<Members | Response> {
  const read = await readBytes(c);
  if (read.kind === "unread") return refuse(c, read);
  if (read.bytes.byteLength === 0) return {};
  const parsed = parseBody(read.bytes);
  if (parsed.kind === "unread") return refuse(c, parsed);
  return isObject(parsed.json) ? parsed.json : invalid(c, "the body must be a JSON object");
}

function refuse(c: Context, unread: Unread): Response {
  if (unread.errors === undefined) return openFgaFault(c, unread.code);
  const [{ pointer, detail }] = unread.errors;
  return invalid(c, `${pointer || "the body"} ${detail}`);
}

/**
 * The body of a question, for the pinned model and fresh answers, or the reply that refuses it. `asked`: the parts that
 * a caller without scope `admin` must be allowed to ask.
 */
export async function readQuestion(
  c: Context<Env>,
  { engine }: StoresDeps,
  asked: (body: Members) => readonly NamedQuestion[] = () => [],
): Promise<Members | Response> {
  const read = await readMembers(c);
  if (read instanceof Response) return read;
  const body = pinned(read, engine.api.modelId);
  const model = body.authorization_model_id;
  if (isOtherModel(model, engine.api.modelId)) return modelNotFound(c, model);
  return refuseBeyondPermission(c, asked(body)) ?? body;
}

// OpenFGA itself refuses what is no ULID
const MODEL_ID = /^[ABCDEFGHJKMNPQRSTVWXYZ0-9]{26}$/;

/** Whether it is the id of another model than the pinned one. */
export function isOtherModel(model: unknown, modelId: string): model is string {
  return typeof model === "string" && MODEL_ID.test(model) && model !== modelId;
}

/** OpenFGA's reply to a model that is not there. */
export function modelNotFound(c: Context, model: string): Response {
  return openFgaError(c, 400, "authorization_model_not_found", `Authorization Model '${model}' not found`);
}
