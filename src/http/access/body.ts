/**
 * Bodies of the AuthZEN endpoints: one JSON object in UTF-8, with the right content
 * type. Whatever is not one is a 400 (certification scenario §2.4). Unknown members
 * are ignored, and so are `properties` and `context`: they are only held to be
 * objects. They never reach the engine, or a caller could send `current_time` and
 * choose the instant that dates are compared with.
 */
import type { Context } from "hono";
import { z } from "zod";
import { problemResponse } from "../problem.ts";

const Members = z.looseObject({}).optional();

/** A subject or resource that is meant (AuthZEN 1.0 §5.1, §5.2). */
export const Entity = z.object({ type: z.string(), id: z.string(), properties: Members });

/** A subject or resource that is looked for; an id is ignored when sent. */
export const Sought = z.object({ type: z.string(), properties: Members });

export const Action = z.object({ name: z.string(), properties: Members });

export const EvaluationBody = z.object({ subject: Entity, action: Action, resource: Entity, context: Members });

/** The page wanted (AuthZEN 1.0 §8.2.1). */
export const PageBody = z
  .object({ token: z.string().optional(), limit: z.int().nonnegative().optional(), properties: Members })
  .optional();

// Fatal: bytes that are not UTF-8 would otherwise turn into another id than the one that was sent.
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Whether the body says it is JSON, in whatever charset it names: it is read as UTF-8. */
export function isJson(c: Context): boolean {
  const type = c.req.header("Content-Type");
  return type === "application/json" || type?.split(";", 1)[0]?.trim().toLowerCase() === "application/json";
}

/** The body, held to a schema; or the 400 to answer. */
export async function readBody<T>(
  c: Context,
  schema: z.ZodType<T>,
): Promise<{ body: T; refusal?: never } | { body?: never; refusal: Response }> {
  if (!isJson(c)) return { refusal: invalid(c, "The Content-Type must be application/json.") };
  let json: unknown;
  try {
    json = JSON.parse(utf8.decode(await c.req.arrayBuffer()));
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    return { refusal: invalid(c, "The body must be JSON in UTF-8.") };
  }
  const parsed = schema.safeParse(json);
  return parsed.success ? { body: parsed.data } : { refusal: invalidMembers(c, parsed.error) };
}

/** The 400 that names each member that is missing or of the wrong type. */
export function invalidMembers(c: Context, error: z.ZodError): Response {
  const errors = error.issues.map(({ path, message }) => ({ pointer: pointerOf(path), detail: message }));
  return problemResponse(c, { status: 400, code: "invalid_request", title: "The request is not valid", errors });
}

/** The 400 for a page token of another query, or of nobody. */
export function invalidPageToken(c: Context): Response {
  return problemResponse(c, {
    status: 400,
    code: "invalid_page_token",
    title: "The page token does not belong to this search",
    detail:
      "Send the search as it was sent for the first page, with the token of the page before; or start anew without one.",
  });
}

/** A place in the body as a JSON Pointer (RFC 6901). */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

function invalid(c: Context, detail: string): Response {
  return problemResponse(c, { status: 400, code: "invalid_request", title: "The request is not valid", detail });
}
