/**
 * Bodies under `/stores`: one JSON object, whatever the content type; an empty body is `{}`, as for OpenFGA. What we
 * decide on is serialized again for OpenFGA, so ambiguous JSON is refused here as everywhere.
 */

import type { Context } from "hono";
import { isObject } from "../../domain/json.ts";
import { parseBody, readBytes, type Unread } from "../body.ts";
import { openFgaError, openFgaFault } from "./error.ts";
import type { Members } from "./questions.ts";

/** The body, or the error reply. Throws BodyBroken. */
export async function readMembers(c: Context): Promise<Members | Response> {
  const read = await readBytes(c);
  if (read.kind === "unread") return refuse(c, read);
  if (read.bytes.byteLength === 0) return {};
  const parsed = parseBody(read.bytes);
  if (parsed.kind === "unread") return refuse(c, parsed);
  return isObject(parsed.json)
    ? parsed.json
    : openFgaError(c, 400, "validation_error", "the body must be a JSON object");
}

function refuse(c: Context, unread: Unread): Response {
  if (unread.errors === undefined) return openFgaFault(c, unread.code);
  const [{ pointer, detail }] = unread.errors;
  return openFgaError(c, 400, "validation_error", `${pointer || "the body"} ${detail}`);
}
