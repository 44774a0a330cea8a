/**
 * Who may use OpenFGA's API: services with scope `admin`, for check and batch-check
 * also those with scope `check`. Nobody acts for a person here.
 */
import { createMiddleware } from "hono/factory";
import type { Scope } from "../../domain/caller.ts";
import type { ServiceKey } from "../../domain/service-keys.ts";
import { presentedKey } from "../caller.ts";
import type { Env } from "../env.ts";
import { openFgaError } from "./error.ts";

const CHECKS = /\/(batch-)?check$/;

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
    const scopes: Scope[] = CHECKS.test(c.req.path) ? ["check", "admin"] : ["admin"];
    if (!scopes.some((scope) => key.scopes.includes(scope))) {
      c.header("WWW-Authenticate", 'Bearer error="insufficient_scope"');
      return openFgaError(c, 403, "forbidden", `This needs a key with scope ${scopes.join(" or ")}.`);
    }
    if (c.req.header("Acting-User") !== undefined)
      return openFgaError(c, 400, "validation_error", "Acting-User has no meaning under /stores: leave it out.");
    c.set("caller", { key: key.name, scopes: key.scopes });
    return next();
  });
}
