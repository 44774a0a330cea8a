/**
 * Scope `check` may ask here what it may ask everywhere: permissions (`can_*`) of people (`user:…`), as of now. Other
 * relations and users disclose who people are and whom they work with; another time, and contextual tuples, are for
 * what-if questions, not for decisions. A batch is refused as a whole.
 */

import type { Context } from "hono";
import { isObject } from "../../domain/json.ts";
import type { Env } from "../env.ts";
import { forbidden } from "./error.ts";
import { beyondPermission, type Members, supposition } from "./questions.ts";

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
