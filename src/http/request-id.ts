/**
 * Every request has an id: the caller's X-Request-ID, or one of ours. It comes back on
 * every reply just as it was sent (AuthZEN 1.0 §10.1.3); logs and histories have it in
 * printable characters, and not longer than anybody needs.
 */
import { createMiddleware } from "hono/factory";
import type { Env } from "./env.ts";

/** Longer than any id that is in use; what is behind it is left out of logs and histories. */
const LOGGED_CHARACTERS_MAX = 256;

const PRINTABLE = /^[\x20-\x7e]*$/;

/** An id as it may stand in a log and in a record of the engine, which takes no control characters. */
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
    // set before and after: a reply made anew (an error, a 404) must carry it too
    c.header("X-Request-ID", id);
    await next();
    c.header("X-Request-ID", id);
  });
}
