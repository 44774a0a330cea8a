/** The relations of an authorization model as plain data, from the JSON that OpenFGA takes it in. */
import type { AuthorizationModel, RelationMetadata, Userset } from "@openfga/sdk";
import type { Restriction, Rewrite, Rewrites } from "../domain/explain/rewrite.ts";

/** What each relation of each type is made of (openfga.v1 AuthorizationModel). Throws on a rewrite that the API does not name. */
export function rewritesOf(model: Omit<AuthorizationModel, "id">): Rewrites {
  return new Map(
    model.type_definitions.map(({ type, relations, metadata }) => [
      type,
      new Map(
        Object.entries(relations ?? {}).map(([relation, userset]) => [
          relation,
          rewriteOf(userset, usersOf(metadata?.relations?.[relation])),
        ]),
      ),
    ]),
  );
}

function rewriteOf(userset: Userset, users: Restriction[]): Rewrite {
  const { computedUserset, tupleToUserset, union, intersection, difference } = userset;
  const all = (child: Userset[]) => child.map((one) => rewriteOf(one, users));
  if (userset.this) return { kind: "direct", users };
  if (computedUserset?.relation) return { kind: "relation", relation: computedUserset.relation };
  if (tupleToUserset?.tupleset.relation && tupleToUserset.computedUserset.relation)
    return {
      kind: "from",
      tupleset: tupleToUserset.tupleset.relation,
      relation: tupleToUserset.computedUserset.relation,
    };
  if (union) return { kind: "union", of: all(union.child) };
  if (intersection) return { kind: "intersection", of: all(intersection.child) };
  if (difference) {
    const [base, subtract] = [difference.base, difference.subtract].map((one) => rewriteOf(one, users));
    if (base && subtract) return { kind: "difference", base, subtract };
  }
  throw new Error(`the model has a rewrite of no known kind: ${JSON.stringify(userset)}`);
}

function usersOf(metadata: RelationMetadata | undefined): Restriction[] {
  return (metadata?.directly_related_user_types ?? []).map(({ type, relation, wildcard, condition }) => ({
    type,
    relation: relation || undefined,
    wildcard: wildcard !== undefined,
    condition: condition || undefined,
  }));
}
