/**
 * A model and its tuples cut down to what access depends on as of one instant: what
 * OpenFGA's playground can show, since it knows no conditions. What has expired is left out, what has not
 * is written without its date, so a check of the copy answers as the store did at that instant. Records, histories and addresses are not in it.
 */
import type { AuthorizationModel } from "@openfga/sdk";
import { hasPassed } from "../../src/domain/expiry.ts";
import {
  partsOf,
  type Restriction,
  type Rewrite,
  type Rewrites,
  restrictionsOf,
} from "../../src/domain/explain/rewrite.ts";
import { expiryOf, type Tuple, type TupleKey } from "../../src/domain/tuples.ts";
import { rewritesOf } from "../../src/openfga/rewrites.ts";

type Model = Omit<AuthorizationModel, "id">;

/** What access depends on in a model: relations as `plant#owner`, and the types of users that they allow. */
type Needed = { relations: Set<string>; types: Set<string> };

function neededBy(rewrites: Rewrites): Needed {
  const needed: Needed = { relations: new Set(), types: new Set() };
  const visit = (type: string, relation: string): void => {
    const rewrite = rewrites.get(type)?.get(relation);
    if (rewrite === undefined || needed.relations.has(`${type}#${relation}`)) return;
    needed.relations.add(`${type}#${relation}`);
    needed.types.add(type);
    follow(type, rewrite);
  };
  const follow = (type: string, rewrite: Rewrite): void => {
    switch (rewrite.kind) {
      case "direct":
        for (const user of rewrite.users) {
          needed.types.add(user.type);
          if (user.relation !== undefined) visit(user.type, user.relation);
        }
        return;
      case "relation":
        visit(type, rewrite.relation);
        return;
      case "from": {
        visit(type, rewrite.tupleset);
        const linked: readonly Restriction[] = restrictionsOf(rewrites.get(type)?.get(rewrite.tupleset));
        for (const one of linked) visit(one.type, rewrite.relation);
        return;
      }
      case "union":
      case "intersection":
        for (const one of rewrite.of) follow(type, one);
        return;
      case "difference":
        follow(type, rewrite.base);
        follow(type, rewrite.subtract);
    }
  };
  for (const [type, relations] of rewrites)
    for (const relation of relations.keys()) if (relation.startsWith("can_")) visit(type, relation);
  return needed;
}

/** The model without conditions, and without what no permission depends on. */
export function accessModel(model: Model): Model {
  const needed = neededBy(rewritesOf(model));
  const types = model.type_definitions.filter(({ type }) => needed.types.has(type));
  return {
    schema_version: model.schema_version,
    type_definitions: types.map(({ type, relations, metadata }) => {
      const kept = Object.entries(relations ?? {}).filter(([name]) => needed.relations.has(`${type}#${name}`));
      const users = kept.map(([name]) => {
        const all = metadata?.relations?.[name]?.directly_related_user_types ?? [];
        return [name, { directly_related_user_types: all.filter(({ condition }) => !condition) }] as const;
      });
      return { type, relations: Object.fromEntries(kept), metadata: { relations: Object.fromEntries(users) } };
    }),
  };
}

/** The tuples that access depends on at an instant, without their dates. */
export function accessTuples(model: Model, tuples: readonly Tuple[], at: Date): TupleKey[] {
  const { relations } = neededBy(rewritesOf(model));
  return tuples
    .filter((tuple) => relations.has(`${partsOf(tuple.object).type}#${tuple.relation}`))
    .filter((tuple) => !hasPassed(expiryOf(tuple), at))
    .map(({ user, relation, object }) => ({ user, relation, object }));
}

/** At most `max` tuples: those that name one of `refs`, then those that name what these lead to. Without refs the first ones. */
export function nearest(tuples: readonly TupleKey[], refs: readonly string[], max: number): TupleKey[] {
  if (refs.length === 0) return tuples.slice(0, max);
  const found = new Set<TupleKey>();
  const seen = new Set(refs);
  // the loop also visits what is added to the set meanwhile
  for (const ref of seen)
    for (const tuple of tuples) {
      const ends = [tuple.object, partsOf(tuple.user).object];
      if (!ends.includes(ref)) continue;
      if (found.size === max) return [...found];
      found.add(tuple);
      for (const end of ends) seen.add(end);
    }
  return [...found];
}
