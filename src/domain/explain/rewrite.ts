/**
 * What a model says a relation is made of (OpenFGA: the userset rewrite of a relation),
 * as plain data: whoever walks it follows the model when that changes.
 */
import type { Tuple } from "../tuples.ts";

/** Who may be written in a relation: users of a type, a userset of it, or everybody of it; with this condition or with none. */
export type Restriction = {
  type: string;
  relation?: string | undefined;
  wildcard?: boolean;
  condition?: string | undefined;
};

export type Rewrite =
  | { kind: "direct"; users: readonly Restriction[] }
  | { kind: "relation"; relation: string }
  | { kind: "from"; tupleset: string; relation: string }
  | { kind: "union"; of: readonly Rewrite[] }
  | { kind: "intersection"; of: readonly Rewrite[] }
  | { kind: "difference"; base: Rewrite; subtract: Rewrite };

/** Each type with its relations. */
export type Rewrites = ReadonlyMap<string, ReadonlyMap<string, Rewrite>>;

/** Who may be written in a relation by tuples of its own; nobody where it is only made of others. */
export function restrictionsOf(rewrite: Rewrite | undefined): readonly Restriction[] {
  switch (rewrite?.kind) {
    case "direct":
      return rewrite.users;
    case "union":
    case "intersection":
      return rewrite.of.flatMap(restrictionsOf);
    case "difference":
      return [rewrite.base, rewrite.subtract].flatMap(restrictionsOf);
    case "relation":
    case "from":
    case undefined:
      return [];
  }
}

/** A tuple's user in its parts: `share:s1#viewer` has a relation, `user:*` is everybody. */
export function partsOf(user: string): { object: string; type: string; relation?: string | undefined } {
  const [object = "", relation] = user.split("#", 2);
  return { object, type: object.slice(0, object.indexOf(":")), relation };
}

/** Whether the engine counts a tuple: what an older model allowed may still be written and is passed over. */
export function isAllowed({ user, condition }: Tuple, users: readonly Restriction[]): boolean {
  const { object, type, relation } = partsOf(user);
  return users.some(
    (one) =>
      one.type === type &&
      one.relation === relation &&
      (one.wildcard ?? false) === object.endsWith(":*") &&
      one.condition === condition?.name,
  );
}
