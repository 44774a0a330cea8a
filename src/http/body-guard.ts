/**
 * Bodies of `/v1` are JSON in UTF-8 or refused before any route sees them. Without this
 * a wrong content type would read as an empty body.
 */
import { createMiddleware } from "hono/factory";
import { isJson, parseBody, readBytes } from "./body.ts";
import type { Env } from "./env.ts";
import { fault } from "./problem.ts";

/** Refuses a body that is not JSON as every reader understands it, and a path whose escapes are broken. */
export const guardRequest = createMiddleware<Env>(async (c, next) => {
  try {
    decodeURIComponent(new URL(c.req.url).pathname);
  } catch {
    return fault(c, "invalid_request", { errors: [{ pointer: "path", detail: "has a broken escape" }] });
  }
  // an import is read line by line by its route, whatever its length
  const isImport = c.req.method === "POST" && c.req.path === "/v1/import";
  if (["GET", "HEAD", "DELETE"].includes(c.req.method) || isImport) return next();
  const { bytes, unread } = await readBytes(c);
  if (unread !== undefined) return fault(c, unread.code, unread);
  if (bytes.byteLength === 0) {
    // a POST may be all said by its path; a change without a body says nothing
    if (c.req.method !== "POST")
      return fault(c, "invalid_request", { errors: [{ pointer: "", detail: "is missing" }] });
    // clients that send a content type with nothing behind it mean nothing by it
    const headers = new Headers(c.req.raw.headers);
    headers.delete("Content-Type");
    c.req.raw = new Request(c.req.url, { method: "POST", headers, signal: c.req.raw.signal });
    return next();
  }
  if (!isJson(c)) return fault(c, "unsupported_media_type");
  const parsed = parseBody(bytes);
  return parsed.unread === undefined ? next() : fault(c, parsed.unread.code, parsed.unread);
});
