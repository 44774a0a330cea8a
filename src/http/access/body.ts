/**
 * Bodies of the AuthZEN endpoints: one JSON object in UTF-8, with the right content type; all else is a 400
 * (certification scenario §2.4). Unknown members are ignored, and so are `properties` and `context`, which only must be
 * objects, but for an evaluation's `context.purpose`. They never reach the engine: a caller could send `current_time`
 * and choose the instant that dates are compared with.
 */
import type { Context } from "hono";
import { z } from "zod";
import { PURPOSE_MAX } from "../../domain/access-log/lines.ts";
import { pointerOf } from "../../domain/read-json.ts";
import { TextInput } from "../../domain/text.ts";
import { isJson, parseBody, readBytes, type Unread } from "../body.ts";
import { fault } from "../problem.ts";

const Members = z.looseObject({}).optional();

/** A given subject or resource (AuthZEN 1.0 §5.1, §5.2). */
export const EntityInput = z.object({ type: z.string(), id: z.string(), properties: Members });

/** A subject or resource that is searched; an id is ignored when sent. */
export const Sought = z.object({ type: z.string(), properties: Members });

export const ActionInput = z.object({ name: z.string(), properties: Members });

/** Why somebody asks: the access log has it, and no decision depends on it. An empty one is none. */
const Purpose = TextInput.max(PURPOSE_MAX).describe(
  "Why access is needed, for the access log: at most 200 characters. No decision depends on it.",
);

export const EvaluationBody = z.object({
  subject: EntityInput,
  action: ActionInput,
  resource: EntityInput,
  context: z.looseObject({ purpose: Purpose.optional() }).optional(),
});

/** The page wanted (AuthZEN 1.0 §8.2.1). */
export const PageBody = z
  .object({ token: z.string().optional(), limit: z.int().nonnegative().optional(), properties: Members })
  .optional();

/** The body by a schema, or the reply that refuses it. Throws BodyBroken. */
export async function readBody<T>(c: Context, schema: z.ZodType<T>): Promise<T | Response> {
  if (!isJson(c.req.header("Content-Type")))
    return fault(c, "invalid_request", { detail: "The Content-Type must be application/json." });
  const read = await readBytes(c);
  return read.kind === "bytes" ? bodyIn(c, schema, read.bytes) : refuse(c, read);
}

/** The body in these bytes by a schema, or the reply that refuses it. */
function bodyIn<T>(c: Context, schema: z.ZodType<T>, bytes: ArrayBuffer): T | Response {
  const read = parseBody(bytes);
  if (read.kind === "unread") return refuse(c, read);
  const parsed = schema.safeParse(read.json);
  return parsed.success ? parsed.data : invalidMembers(c, parsed.error);
}

const refuse = (c: Context, unread: Unread) => fault(c, unread.code, unread);

/** The 400 that names each member that is missing or has the wrong type. */
export function invalidMembers(c: Context, error: z.ZodError): Response {
  const errors = error.issues.map(({ path, message }) => ({ pointer: pointerOf(path), detail: message }));
  return fault(c, "invalid_request", { errors });
}
