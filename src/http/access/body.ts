/**
 * Bodies of the AuthZEN endpoints: one JSON object in UTF-8, with the right content
 * type. Whatever is not one is a 400 (certification scenario §2.4). Unknown members
 * are ignored, and so are `properties` and `context`: they are only held to be
 * objects. They never reach the engine, or a caller could send `current_time` and
 * choose the instant that dates are compared with.
 */
import type { Context } from "hono";
import { z } from "zod";
import { isJson, parseBody, readBytes, type Unread } from "../body.ts";
import { pointerOf } from "../json.ts";
import { fault } from "../problem.ts";

const Members = z.looseObject({}).optional();

/** A subject or resource that is meant (AuthZEN 1.0 §5.1, §5.2). */
export const EntityInput = z.object({ type: z.string(), id: z.string(), properties: Members });

/** A subject or resource that is looked for; an id is ignored when sent. */
export const Sought = z.object({ type: z.string(), properties: Members });

export const ActionInput = z.object({ name: z.string(), properties: Members });

export const EvaluationBody = z.object({
  subject: EntityInput,
  action: ActionInput,
  resource: EntityInput,
  context: Members,
});

/** The page wanted (AuthZEN 1.0 §8.2.1). */
export const PageBody = z
  .object({ token: z.string().optional(), limit: z.int().nonnegative().optional(), properties: Members })
  .optional();

type Read<T> = { body: T; refusal?: never } | { body?: never; refusal: Response };

/** The body, held to a schema; or what to answer. Throws BodyBroken. */
export async function readBody<T>(c: Context, schema: z.ZodType<T>): Promise<Read<T>> {
  if (!isJson(c))
    return { refusal: fault(c, "invalid_request", { detail: "The Content-Type must be application/json." }) };
  const { bytes, unread } = await readBytes(c);
  return unread === undefined ? heldBody(c, schema, bytes) : { refusal: refuse(c, unread) };
}

/** The bytes of a body, held to a schema; or what to answer. */
export function heldBody<T>(c: Context, schema: z.ZodType<T>, bytes: ArrayBuffer): Read<T> {
  const { json, unread } = parseBody(bytes);
  if (unread !== undefined) return { refusal: refuse(c, unread) };
  const parsed = schema.safeParse(json);
  return parsed.success ? { body: parsed.data } : { refusal: invalidMembers(c, parsed.error) };
}

const refuse = (c: Context, unread: Unread) => fault(c, unread.code, unread);

/** The 400 that names each member that is missing or of the wrong type. */
export function invalidMembers(c: Context, error: z.ZodError): Response {
  const errors = error.issues.map(({ path, message }) => ({ pointer: pointerOf(path), detail: message }));
  return fault(c, "invalid_request", { errors });
}

/** The 400 for a page token of another query, or of nobody. */
export function invalidPageToken(c: Context): Response {
  return fault(c, "invalid_page_token", {
    detail:
      "Send the search as it was sent for the first page, with the token of the page before; or start anew without one.",
  });
}
