/**
 * Every request has an id: the caller's X-Request-ID, or one of ours. It is returned on every reply as it was sent
 * (AuthZEN 1.0 §10.1.3); logs and histories have it in printable characters and with a bounded length.
 */
import { createMiddleware } from "hono/factory";
import type { Env } from "./env.ts";

/** Longer than any id in use; logs and histories omit the rest. */
const LOGGED_CHARACTERS_MAX = 256;

const PRINTABLE = /^[\x20-\x7e]*$/;

/** An id for logs and for records in the engine, which accepts no control characters. */
export function loggable(id: string): string {
  const escaped = PRINTABLE.test(id)
    ? id
    : id.replace(/[^\x20-\x7e]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
  return escaped.length > LOGGED_CHARACTERS_MAX ? `${escaped.slice(0, LOGGED_CHARACTERS_MAX)}...` : escaped;
}

/** Sets `requestId` for logs and histories, and gives the id back. An empty one is none. */
export function requestIds(newId: () => string) {
  return createMiddleware<Env>(async (c, next) => {
    const id = c.req.header("X-Request-ID") || newId();
    c.set("requestId", loggable(id));
    // set before and after, because a reply that was made anew (an error, a 404) needs it too
    c.header("X-Request-ID", id);
    await next();
    c.header("X-Request-ID", id);
  });
}
