/** Every request has an id: the caller's X-Request-ID as it was sent, or one of ours. It comes back on every reply. */
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { Env } from "./env.ts";

// printable and short: it stands in logs and in the history
const SAFE = /^[\x21-\x7e]{1,128}$/;

/** The caller's own id, when it can be kept as it is. */
export function safeRequestId(c: Context): string | undefined {
  const sent = c.req.header("X-Request-ID");
  return sent !== undefined && SAFE.test(sent) ? sent : undefined;
}

/** Sets `requestId`; an id that cannot be kept as it is, is replaced. */
export function requestIds(newId: () => string) {
  return createMiddleware<Env>(async (c, next) => {
    const id = safeRequestId(c) ?? newId();
    c.set("requestId", id);
    // set before and after: a reply made anew (an error, a 404) must carry it too
    c.header("X-Request-ID", id);
    await next();
    c.header("X-Request-ID", id);
  });
}
