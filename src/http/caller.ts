/**
 * Who calls, and for whom. A service key names the service; with scope `manage` the
 * header `Acting-User` names the person it acts for. No actor is ever read from a body.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { Caller } from "../domain/caller.ts";
import { idProblem } from "../domain/ids.ts";
import { NEEDS, suffices } from "../domain/key-scopes.ts";
import type { FindKey, ServiceKey } from "../domain/service-keys.ts";
import type { Env } from "./env.ts";
import { fault, refused } from "./problem.ts";

const callers = new AsyncLocalStorage<string>();

/** The name of the key whose request is being answered; empty outside of any. For what callers share, not for what they may. */
export const callerNow = (): string => callers.getStore() ?? "";

/** Answers for the caller with that key. */
export const answerFor = <T>(key: Pick<ServiceKey, "name">, answer: () => T): T => callers.run(key.name, answer);

const BEARER = /^Bearer +([\x21-\x7e]+) *$/i;

/** The key that a request presents, when it is one of ours. */
export function presentedKey(c: Context, findKey: FindKey): ServiceKey | undefined {
  return findKey(BEARER.exec(c.req.header("Authorization") ?? "")?.[1] ?? "");
}

/** Lets nobody through without a key whose scopes suffice for one of these needs (RFC 6750). Sets `caller`. */
export function authenticate(findKey: FindKey, ...needs: (keyof typeof NEEDS)[]) {
  return createMiddleware<Env>(async (c, next) => {
    const key = presentedKey(c, findKey);
    if (key === undefined) {
      const error = c.req.header("Authorization") === undefined ? "" : ', error="invalid_token"';
      c.header("WWW-Authenticate", `Bearer realm="concordat"${error}`);
      return fault(c, "unauthorized");
    }
    // before any refusal: the log names the key that was refused
    c.set("caller", callerOf(key));
    if (!needs.some((need) => suffices(key.scopes, need))) {
      const scopes = needs.flatMap((need) => NEEDS[need].scopes);
      return refused(c, { code: "insufficient_scope", needs: `scope ${scopes.join(" or ")}` });
    }
    const header = c.req.header("Acting-User");
    const user = header === undefined ? undefined : actingUser(header);
    if (header !== undefined && user === undefined)
      return fault(c, "invalid_request", { detail: "Acting-User must be user:<id>, percent-encoded." });
    if (user !== undefined && !key.scopes.includes("manage"))
      return refused(c, { code: "insufficient_scope", needs: "scope manage, to act for a person" });
    c.set("caller", callerOf(key, user));
    return answerFor(key, next);
  });
}

/** Whoever calls with a key, for a person where they name one. */
export function callerOf({ name, scopes, bounds }: ServiceKey, user?: string): Caller {
  return { key: name, scopes, user, bounds };
}

/** Lets only calls through that act for a person, or a service's own with scope `admin`. */
export const requirePersonOrAdmin = createMiddleware<Env>(async (c, next) => {
  const { user, scopes } = c.var.caller;
  return user === undefined && !scopes.includes("admin") ? fault(c, "acting_user_required") : next();
});

/** Lets only calls through that act for a person: scope `admin` never acts in a cooperation. */
export const requirePerson = createMiddleware<Env>(async (c, next) =>
  c.var.caller.user === undefined ? fault(c, "acting_user_required") : next(),
);

/** The id behind `user:anna`, percent-encoded; undefined for what is no such thing. */
export function actingUser(header: string): string | undefined {
  // a byte above that is read as Latin-1, whatever was sent: as another person
  if (!/^[\x21-\x7e]*$/.test(header)) return undefined;
  try {
    const decoded = decodeURIComponent(header);
    const id = decoded.startsWith("user:") ? decoded.slice("user:".length) : "";
    return idProblem(id) === undefined ? id : undefined;
  } catch {
    return undefined;
  }
}
