/**
 * Bodies of `/v1` are JSON in UTF-8 or refused before anything reads them. Without
 * this a wrong content type would read as an empty body, and bytes that are not
 * UTF-8 as other characters than were sent.
 */
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { Env } from "./env.ts";
import { fault } from "./problem.ts";

/** Whether the body is read line by line by its route, whatever its length. */
export const isStreamed = (c: Context) => c.req.method === "POST" && c.req.path === "/v1/import";

/** Refuses a body that is not JSON in UTF-8, and a path whose escapes are broken. */
export const guardRequest = createMiddleware<Env>(async (c, next) => {
  try {
    decodeURIComponent(new URL(c.req.url).pathname);
  } catch {
    return fault(c, "invalid_request", { errors: [{ pointer: "path", detail: "has a broken escape" }] });
  }
  if (["GET", "HEAD", "DELETE"].includes(c.req.method) || isStreamed(c)) return next();
  const bytes = await c.req.arrayBuffer();
  if (bytes.byteLength === 0) {
    // a POST may be all said by its path; a change without a body says nothing
    if (c.req.method !== "POST")
      return fault(c, "invalid_request", { errors: [{ pointer: "", detail: "is missing" }] });
    // clients that send a content type with nothing behind it mean nothing by it
    const headers = new Headers(c.req.raw.headers);
    headers.delete("Content-Type");
    c.req.raw = new Request(c.req.url, { method: "POST", headers });
    return next();
  }
  const mediaType = c.req.header("Content-Type")?.split(";", 1)[0]?.trim().toLowerCase();
  if (mediaType !== "application/json") return fault(c, "unsupported_media_type");
  try {
    JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return fault(c, "invalid_request", { errors: [{ pointer: "", detail: "must be JSON in UTF-8" }] });
  }
  return next();
});
