/**
 * The form of a tuple: what OpenFGA's type restrictions distinguish, whoever it is about.
 * What a model allows, and what Concordat writes, are tables of forms.
 */
import { splitRef } from "./ids.ts";
import type { Tuple } from "./tuples.ts";

/** Type → relation → the forms that may be written there. */
export type Forms = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** A tuple's form as model.fga spells it: `user`, `user:*`, `share#viewer`, `organization with not_expired`. */
export function formOf({ user, condition }: Tuple): string {
  const [type, id] = splitRef(user);
  const hash = id.indexOf("#");
  const who = id === "*" ? `${type}:*` : hash < 0 ? type : `${type}${id.slice(hash)}`;
  return condition === undefined ? who : `${who} with ${condition.name}`;
}

/** Whether a tuple has a form of the table. */
export function fits(forms: Forms, tuple: Tuple): boolean {
  const [type] = splitRef(tuple.object);
  // own members only: a relation may be called `toString`
  const relations = Object.hasOwn(forms, type) ? (forms[type] ?? {}) : {};
  const listed = Object.hasOwn(relations, tuple.relation) ? relations[tuple.relation] : undefined;
  return listed?.includes(formOf(tuple)) ?? false;
}
