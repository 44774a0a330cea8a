/** The tuples that a model allows: its directly related user types, as forms. */
import type { AuthorizationModel, RelationReference } from "@openfga/sdk";
import type { Forms } from "../domain/relations.ts";

/** The forms of every relation of a model that tuples may be written to (openfga.v1 RelationMetadata). */
export function formsOf({ type_definitions }: Pick<AuthorizationModel, "type_definitions">): Forms {
  return Object.fromEntries(
    type_definitions.map(({ type, metadata }) => {
      const relations = Object.entries(metadata?.relations ?? {}).map(([relation, { directly_related_user_types }]) => [
        relation,
        (directly_related_user_types ?? []).map(formText),
      ]);
      return [type, Object.fromEntries(relations.filter(([, forms]) => forms && forms.length > 0))];
    }),
  );
}

/** A type restriction as the DSL has it: `user`, `user:*`, `share#viewer`, `organization with not_expired`. */
export function formText({ type, relation, wildcard, condition }: RelationReference): string {
  // the server's JSON has empty texts where ours has nothing
  const who = relation ? `${type}#${relation}` : wildcard ? `${type}:*` : type;
  return condition ? `${who} with ${condition}` : who;
}
