/** Questions that OpenFGA answers itself: passed on as they are to be asked, and its reply as it stands. */
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { EvaluationDeps } from "../../check/evaluate.ts";
import type { Env } from "../env.ts";
import { readMembers } from "./body.ts";
import { openFgaError } from "./error.ts";
import { type Members, pinned } from "./questions.ts";

/** What the routes under `/stores` need. Answers come from the engine that is asked, decisions where they may from the checker. */
export type StoresDeps = EvaluationDeps & { log: (level: "error", event: string, facts: object) => void };

type Api = EvaluationDeps["engine"]["api"];
type Request = Parameters<Api["ask"]>[0];

/** Asks, and gives the reply back as it came. Throws EngineUnavailable, Overloaded. */
export async function pass(c: Context, { engine }: StoresDeps, request: Request): Promise<Response> {
  return answer(c, await engine.api.ask(request, c.req.raw.signal));
}

/** The engine's reply as it came. */
export function answer(c: Context, { status, headers, body }: Awaited<ReturnType<Api["ask" | "stream"]>>): Response {
  return c.body(body, status as ContentfulStatusCode, headers);
}

/** A reply that the engine did not make, with the headers that its own have. */
export function decided(c: Context, { engine }: StoresDeps, body: object): Response {
  c.header("Openfga-Authorization-Model-Id", engine.api.modelId);
  c.header("Openfga-Store-Id", engine.api.storeId);
  return c.json(body);
}

/** The body of a question, held to the pinned model and to fresh answers; or the 400 to answer. */
export async function readQuestion(
  c: Context<Env>,
  { engine }: StoresDeps,
): Promise<{ body: Members; refusal?: never } | { body?: never; refusal: Response }> {
  const read = await readMembers(c);
  if (read.refusal !== undefined) return read;
  const body = pinned(read.body, engine.api.modelId);
  const model = body.authorization_model_id;
  return isOtherModel(model, engine.api.modelId) ? { refusal: modelNotFound(c, model) } : { body };
}

// what is no ULID at all is OpenFGA's to refuse, and never names a model
const MODEL_ID = /^[ABCDEFGHJKMNPQRSTVWXYZ0-9]{26}$/;

/** Whether it names a model, and another than the one that answers are from. */
export function isOtherModel(model: unknown, modelId: string): model is string {
  return typeof model === "string" && MODEL_ID.test(model) && model !== modelId;
}

/** OpenFGA's reply to a model that is not there. */
export function modelNotFound(c: Context, model: string): Response {
  return openFgaError(c, 400, "authorization_model_not_found", `Authorization Model '${model}' not found`);
}
