/**
 * Who may use OpenFGA's API: services with scope `admin`, for check and batch-check
 * also those with scope `check`. Only in a Write somebody acts for a person, by
 * `Acting-User` with scope `manage` as under `/v1`: delegations are a person's to give.
 */
import { createMiddleware } from "hono/factory";
import type { Scope } from "../../domain/caller.ts";
import type { ServiceKey } from "../../domain/service-keys.ts";
import { actingUser, answerFor, presentedKey } from "../caller.ts";
import type { Env } from "../env.ts";
import { openFgaError } from "./error.ts";

const CHECKS = /\/(batch-)?check$/;
const WRITES = /^\/stores\/[^/]+\/write$/;

/** Lets nobody through without a key of the path's scopes (RFC 6750). Sets `caller`. */
export function authenticateService(keys: readonly ServiceKey[]) {
  return createMiddleware<Env>(async (c, next) => {
    const key = presentedKey(c, keys);
    if (key === undefined) {
      const isMissing = c.req.header("Authorization") === undefined;
      c.header("WWW-Authenticate", `Bearer realm="concordat"${isMissing ? "" : ', error="invalid_token"'}`);
      return isMissing
        ? openFgaError(c, 401, "bearer_token_missing", "missing bearer token")
        : openFgaError(c, 401, "unauthenticated", "unauthenticated");
    }
    const header = c.req.header("Acting-User");
    const isWrite = WRITES.test(c.req.path);
    const scopes: Scope[] = CHECKS.test(c.req.path)
      ? ["check", "admin"]
      : [isWrite && header !== undefined ? "manage" : "admin"];
    if (!scopes.some((scope) => key.scopes.includes(scope))) {
      c.header("WWW-Authenticate", 'Bearer error="insufficient_scope"');
      const needs = isWrite ? "scope admin, or scope manage and Acting-User" : `scope ${scopes.join(" or ")}`;
      return openFgaError(c, 403, "forbidden", `This needs a key with ${needs}.`);
    }
    const user = header === undefined ? undefined : actingUser(header);
    const invalid = (message: string) => openFgaError(c, 400, "validation_error", message);
    if (header !== undefined && !isWrite) return invalid("Acting-User has no meaning here: leave it out.");
    if (header !== undefined && user === undefined) return invalid("Acting-User must be user:<id>, percent-encoded.");
    c.set("caller", { key: key.name, scopes: key.scopes, user });
    return answerFor(key, next);
  });
}
