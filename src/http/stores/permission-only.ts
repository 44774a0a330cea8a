/**
 * What scope `check` may ask here is what it may ask everywhere: permissions (`can_*`)
 * of people (`user:…`), as of now. Other relations and users tell who people are and
 * whom they work with; another time, and tuples that nobody wrote, are to look ahead and
 * never to decide by. A batch is refused whole: it was made by one caller.
 */
import type { Context } from "hono";
import type { Env } from "../env.ts";
import { forbidden } from "./error.ts";
import { beyondPermission, isMembers, type Members, supposition } from "./questions.ts";

/** The 403 for a caller without scope `admin` whose questions ask or suppose more. Each `asked` has what it names beside its body. */
export function refuseBeyondPermission(
  c: Context<Env>,
  asked: readonly { body: Members; names: Members }[],
): Response | undefined {
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
export const asCheck = (body: Members) => ({ body, names: isMembers(body.tuple_key) ? body.tuple_key : {} });

/** A list of objects, which names its relation and user itself. */
export const asObjects = (body: Members) => ({ body, names: body });

/** A list of users: who is looked for stands in its filters. */
export function asUsers(body: Members) {
  const filters: unknown[] = Array.isArray(body.user_filters) ? body.user_filters : [];
  const others = filters.find((one) => isMembers(one) && (one.type !== "user" || (one.relation ?? "") !== ""));
  // no tuples at all are none that are supposed
  const { contextual_tuples: tuples, ...rest } = body;
  const bare = Array.isArray(tuples) && tuples.length === 0 ? rest : body;
  return { body: bare, names: { relation: body.relation, ...(others !== undefined && { user: "" }) } };
}
