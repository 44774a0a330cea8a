/**
 * What browsers are to enforce: nothing is loaded from elsewhere, no script or style is in a page, no other origin frames,
 * opens or reads it, nothing of it is cached; and a form that changes something comes from a page of the console.
 */
import type { Hono, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { csrf } from "hono/csrf";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";
import type { ConsoleDeps, ConsoleEnv } from "./context.ts";

const NONE = ["'none'"];
const SELF = ["'self'"];

/** More than any form of the console has. */
const FORM_BYTES_MAX = 256 * 1024;

/** The headers of every reply under `/console`. To be used outside of the service's own headers, which it overrides. */
export function consoleHeaders(frameAncestors: readonly string[] = []): MiddlewareHandler {
  const headers = secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: NONE,
      scriptSrc: SELF,
      styleSrc: SELF,
      imgSrc: SELF,
      connectSrc: SELF,
      formAction: SELF,
      baseUri: NONE,
      frameAncestors: frameAncestors.length === 0 ? NONE : ["'self'", ...frameAncestors],
    },
    // without an origin in it browsers would send forms with `Origin: null`
    referrerPolicy: "same-origin",
    xFrameOptions: frameAncestors.length === 0 ? "DENY" : false,
  });
  return async (c, next) => {
    await headers(c, next);
    // what knows no list of ancestors would frame it nowhere
    if (frameAncestors.length > 0) c.res.headers.delete("X-Frame-Options");
    if (!c.res.headers.has("Cache-Control")) c.res.headers.set("Cache-Control", "no-store");
  };
}

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/** Whether the service is reached on this machine alone. */
export const isLoopback = (url: string): boolean => LOOPBACK.includes(new URL(url).hostname);

/** What a provider sends from its own server, with a signed token instead of a cookie. */
const FROM_SERVERS = ["/console/backchannel-logout"];

/** All forms of the console are sent so: none has a file, and where handlers read texts there is nothing else. */
const FORM = /^application\/x-www-form-urlencoded *(;|$)/i;

/** Refuses forms of other origins, bodies that are no form of ours, and those that are too large. */
export function guardForms(app: Hono<ConsoleEnv>, { publicUrl }: Pick<ConsoleDeps, "publicUrl">): void {
  // no other name of this machine: another program can have the same port there
  const sameOrigin = csrf({ origin: new URL(publicUrl).origin });
  app.use(async (c, next) => (FROM_SERVERS.includes(c.req.path) ? next() : sameOrigin(c, next)));
  app.use(async (c, next) => {
    if (c.req.method === "POST" && !FORM.test(c.req.header("Content-Type") ?? "")) throw new HTTPException(415);
    return next();
  });
  app.use(bodyLimit({ maxSize: FORM_BYTES_MAX }));
}
