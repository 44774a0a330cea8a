/**
 * Who may use OpenFGA's API: services with scope `admin`; for permissions of people and the store's id also those with
 * scope `check` (permission-only.ts checks what is asked). Only a Write may name an acting user, by `Acting-User` with
 * scope `manage` as under `/v1`: delegations are given by people.
 */
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { KeyScope } from "../../domain/caller.ts";
import { NEEDS } from "../../domain/key-scopes.ts";
import type { FindKey } from "../../domain/service-keys.ts";
import { actingUser, answerFor, callerOf, presentedKey } from "../caller.ts";
import type { Env } from "../env.ts";
import { denied } from "../problem.ts";
import { forbidden, openFgaError } from "./error.ts";

const PERMISSIONS = /^\/stores\/[^/]+\/(check|batch-check|list-objects|streamed-list-objects|list-users)$/;
const STORE = /^\/stores(\/[^/]+)?$/;
const WRITES = /^\/stores\/[^/]+\/write$/;

/** Requires a key with one of the path's scopes (RFC 6750). Sets `caller`. */
export function authenticateService(findKey: FindKey) {
  return createMiddleware<Env>(async (c, next) => {
    const key = presentedKey(c, findKey);
    if (key === undefined) {
      const isMissing = c.req.header("Authorization") === undefined;
      denied(c, "unauthorized");
      c.header("WWW-Authenticate", `Bearer realm="concordat"${isMissing ? "" : ', error="invalid_token"'}`);
      return isMissing
        ? openFgaError(c, 401, "bearer_token_missing", "missing bearer token")
        : openFgaError(c, 401, "unauthenticated", "unauthenticated");
    }
    const header = c.req.header("Acting-User");
    const isWrite = WRITES.test(c.req.path);
    // before any refusal, so that the log names the refused key
    c.set("caller", callerOf(key));
    const scopes: readonly KeyScope[] = isWrite ? [header === undefined ? "admin" : "manage"] : scopesOf(c);
    if (!scopes.some((scope) => key.scopes.includes(scope))) {
      const needs = isWrite ? "scope admin, or scope manage and Acting-User" : `scope ${scopes.join(" or ")}`;
      return forbidden(c, "insufficient_scope", `This needs a key with ${needs}.`);
    }
    const user = header === undefined ? undefined : actingUser(header);
    const invalid = (message: string) => openFgaError(c, 400, "validation_error", message);
    if (header !== undefined && !isWrite) return invalid("Acting-User has no meaning here: leave it out.");
    if (header !== undefined && user === undefined) return invalid("Acting-User must be user:<id>, percent-encoded.");
    c.set("caller", callerOf(key, user));
    return answerFor(key, next);
  });
}

function scopesOf(c: Context): readonly KeyScope[] {
  if (c.req.method === "POST" && PERMISSIONS.test(c.req.path)) return NEEDS.permission.scopes;
  return (c.req.method === "GET" && STORE.test(c.req.path) ? NEEDS.store : NEEDS.inside).scopes;
}
