/**
 * Bodies of `/v1` are JSON in UTF-8, or refused before a route is called. Without this a wrong content type would read
 * as an empty body.
 */
import { createMiddleware } from "hono/factory";
import { isJson, parseBody, readBytes } from "./body.ts";
import type { Env } from "./env.ts";
import { fault } from "./problem.ts";

/** Refuses a body that is not unambiguous JSON, and a path with a broken escape. */
export const guardRequest = createMiddleware<Env>(async (c, next) => {
  try {
    decodeURIComponent(new URL(c.req.url).pathname);
  } catch {
    return fault(c, "invalid_request", { errors: [{ pointer: "path", detail: "has a broken escape" }] });
  }
  // an import's route reads its body line by line, whatever its length
  const isImport = c.req.method === "POST" && c.req.path === "/v1/import";
  if (["GET", "HEAD", "DELETE"].includes(c.req.method) || isImport) return next();
  const read = await readBytes(c);
  if (read.kind === "unread") return fault(c, read.code, read);
  if (read.bytes.byteLength === 0) {
    // for a POST the path may suffice; a PUT or PATCH without a body changes nothing
    if (c.req.method !== "POST")
      return fault(c, "invalid_request", { errors: [{ pointer: "", detail: "is missing" }] });
    // some clients send a content type without a body
    const headers = new Headers(c.req.raw.headers);
    headers.delete("Content-Type");
    c.req.raw = new Request(c.req.url, { method: "POST", headers, signal: c.req.raw.signal });
    return next();
  }
  if (!isJson(c)) return fault(c, "unsupported_media_type");
  const parsed = parseBody(read.bytes);
  return parsed.kind === "json" ? next() : fault(c, parsed.code, parsed);
});
