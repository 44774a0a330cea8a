/**
 * Who may use OpenFGA's API: services with scope `admin`; for permissions of people and the store's id also those with
 * scope `check`. Only a Write may name an acting user, by `Acting-User` with scope `manage` as under `/v1`: delegations
 * are given by people.
 *
 * Scope `check` may ask here what it may ask everywhere: permissions (`can_*`) of people (`user:…`), as of now. Other
 * relations and users disclose who people are and whom they work with; another time, and contextual tuples, are for
 * what-if questions, not for decisions. A batch is refused as a whole.
 */
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { KeyScope } from "../../domain/caller.ts";
import { isObject } from "../../domain/json.ts";
import { NEEDS } from "../../domain/key-scopes.ts";
import { actingUser, answerFor, type Callers, callerOf, identify, isAnother, OWN_PERSON } from "../caller.ts";
import type { Env } from "../env.ts";
import { forbidden, invalid, openFgaError } from "./error.ts";
import { beyondPermission, type Members, supposition } from "./questions.ts";

const PERMISSIONS = /^\/stores\/[^/]+\/(check|batch-check|list-objects|streamed-list-objects|list-users)$/;
const STORE = /^\/stores(\/[^/]+)?$/;
const WRITES = /^\/stores\/[^/]+\/write$/;

/** Requires a key with one of the path's scopes (RFC 6750). Sets `caller`. */
export function authenticateService(callers: Callers) {
  return createMiddleware<Env>(async (c, next) => {
    const key = await identify(c, callers);
    if (!("name" in key))
      return c.req.header("Authorization") === undefined
        ? openFgaError(c, 401, "bearer_token_missing", "missing bearer token")
        : openFgaError(c, 401, "unauthenticated", "unauthenticated");
    const header = c.req.header("Acting-User");
    const isWrite = WRITES.test(c.req.path);
    const scopes: readonly KeyScope[] = isWrite
      ? [(header ?? key.user) === undefined ? "admin" : "manage"]
      : scopesOf(c);
    if (!scopes.some((scope) => key.scopes.includes(scope))) {
      const needs = isWrite ? "scope admin, or scope manage and Acting-User" : `scope ${scopes.join(" or ")}`;
      return forbidden(c, "insufficient_scope", `This needs a key with ${needs}.`);
    }
    const user = header === undefined ? undefined : actingUser(header);
    if (header !== undefined && !isWrite) return invalid(c, "Acting-User has no meaning here: leave it out.");
    if (header !== undefined && user === undefined)
      return invalid(c, "Acting-User must be user:<id>, percent-encoded.");
    if (isAnother(key, user)) return forbidden(c, "insufficient_scope", `This needs ${OWN_PERSON}.`);
    c.set("caller", callerOf(key, key.user ?? user));
    return answerFor(key, next);
  });
}

function scopesOf(c: Context): readonly KeyScope[] {
  if (c.req.method === "POST" && PERMISSIONS.test(c.req.path)) return NEEDS.permission.scopes;
  return (c.req.method === "GET" && STORE.test(c.req.path) ? NEEDS.store : NEEDS.inside).scopes;
}

/** A question, or item of a batch, and the members of it that name a relation, user and object. */
export type NamedQuestion = { body: Members; names: Members };

/** The 403 for a caller without scope `admin` who asks for more than a permission. */
export function refuseBeyondPermission(c: Context<Env>, asked: readonly NamedQuestion[]): Response | undefined {
  if (c.var.caller.scopes.includes("admin")) return undefined;
  for (const { body, names } of asked) {
    const supposed = supposition(body);
    if (supposed !== undefined) {
      const message = `${supposed} needs a key with scope admin. Leave it out: dates are compared with the present.`;
      return forbidden(c, "insufficient_scope", message);
    }
    const beyond = beyondPermission(names);
    if (beyond !== undefined) return forbidden(c, "insufficient_scope", `${beyond} needs a key with scope admin.`);
  }
  return undefined;
}

/** A check, or an item of a batch, with the tuple that it names. */
export const asCheck = (body: Members) => ({ body, names: isObject(body.tuple_key) ? body.tuple_key : {} });

/** A list of objects: the body itself names relation and user. */
export const asObjects = (body: Members) => ({ body, names: body });

/** A list of users: its filters name the users. */
export function asUsers(body: Members) {
  const filters: unknown[] = Array.isArray(body.user_filters) ? body.user_filters : [];
  const others = filters.find((one) => isObject(one) && (one.type !== "user" || (one.relation ?? "") !== ""));
  // an empty list of contextual tuples is none
  const { contextual_tuples: tuples, ...rest } = body;
  const bare = Array.isArray(tuples) && tuples.length === 0 ? rest : body;
  return { body: bare, names: { relation: body.relation, ...(others !== undefined && { user: "" }) } };
}
