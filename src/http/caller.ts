/**
 * Who calls, and for whom. A service key names the service; with scope `manage` the
 * header `Acting-User` names the person it acts for. No actor is ever read from a body.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { Caller } from "../domain/caller.ts";
import { UserId } from "../domain/ids.ts";
import { NEEDS, suffices } from "../domain/key-scopes.ts";
import type { FindKey, ServiceKey } from "../domain/service-keys.ts";
import type { Env } from "./env.ts";
import { denied, fault, refused } from "./problem.ts";

const callers = new AsyncLocalStorage<string>();

/** The name of the key whose request is being answered; empty outside of a request. For fair sharing between callers, never for authorization. */
export const callerNow = (): string => callers.getStore() ?? "";

/** Runs `answer` on behalf of the key. */
export const answerFor = <T>(key: Pick<ServiceKey, "name">, answer: () => T): T => callers.run(key.name, answer);

const BEARER = /^Bearer +([\x21-\x7e]+) *$/i;

/** The key in a header Authorization; undefined for an unknown key. */
export function presentedKey(authorization: string | undefined, findKey: FindKey): ServiceKey | undefined {
  return findKey(BEARER.exec(authorization ?? "")?.[1] ?? "");
}

/** The key that a request presents, which is its caller from then on; undefined for an unknown key, with the challenge set. */
export function identify(c: Context<Env>, findKey: FindKey): ServiceKey | undefined {
  const authorization = c.req.header("Authorization");
  const key = presentedKey(authorization, findKey);
  if (key === undefined) {
    const error = authorization === undefined ? "" : ', error="invalid_token"';
    c.header("WWW-Authenticate", `Bearer realm="concordat"${error}`);
    denied(c, "unauthorized");
    return undefined;
  }
  // before any refusal, so that the log names the refused key
  c.set("caller", callerOf(key));
  return key;
}

/** Requires a key whose scopes suffice for one of the needs (RFC 6750). Sets `caller`. */
export function authenticate(findKey: FindKey, ...needs: (keyof typeof NEEDS)[]) {
  return createMiddleware<Env>(async (c, next) => {
    const key = identify(c, findKey);
    if (key === undefined) return fault(c, "unauthorized");
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

/** The caller with a key, acting for a person where one is named. */
export function callerOf({ name, scopes, bounds }: ServiceKey, user?: UserId): Caller {
  return { key: name, scopes, user, bounds };
}

/** Requires an acting user, or scope `admin`. */
export const requirePersonOrAdmin = createMiddleware<Env>(async (c, next) => {
  const { user, scopes } = c.var.caller;
  return user === undefined && !scopes.includes("admin") ? fault(c, "acting_user_required") : next();
});

/** Requires an acting user: scope `admin` alone never acts in a cooperation. */
export const requirePerson = createMiddleware<Env>(async (c, next) =>
  c.var.caller.user === undefined ? fault(c, "acting_user_required") : next(),
);

/** The id behind `user:anna`, percent-encoded; undefined for anything else. */
export function actingUser(header: string): UserId | undefined {
  // Node reads other bytes as Latin-1, so UTF-8 would become another person's id
  if (!/^[\x21-\x7e]*$/.test(header)) return undefined;
  try {
    const decoded = decodeURIComponent(header);
    return decoded.startsWith("user:") ? UserId.safeParse(decoded.slice("user:".length)).data : undefined;
  } catch {
    return undefined;
  }
}
