/**
 * Bodies under `/stores`: one JSON object, whatever the content type says, and nothing
 * at all is `{}`, as OpenFGA has it. What we decide by is sent on anew, so it is read as
 * every other body is: what a second reader could understand otherwise is refused.
 */
import type { Context } from "hono";
import { parseBody, readBytes, type Unread } from "../body.ts";
import { openFgaError, openFgaFault } from "./error.ts";
import { isMembers, type Members } from "./questions.ts";

/** The body, or the error to answer. Throws BodyBroken. */
export async function readMembers(
  c: Context,
): Promise<{ body: Members; refusal?: never } | { body?: never; refusal: Response }> {
  const { bytes, unread } = await readBytes(c);
  if (unread !== undefined) return { refusal: refuse(c, unread) };
  if (bytes.byteLength === 0) return { body: {} };
  const read = parseBody(bytes);
  if (read.unread !== undefined) return { refusal: refuse(c, read.unread) };
  return isMembers(read.json)
    ? { body: read.json }
    : { refusal: openFgaError(c, 400, "validation_error", "the body must be a JSON object") };
}

function refuse(c: Context, unread: Unread): Response {
  if (unread.code !== "invalid_request") return openFgaFault(c, unread.code);
  const [{ pointer, detail }] = unread.errors;
  return openFgaError(c, 400, "validation_error", `${pointer || "the body"} ${detail}`);
}
