/**
 * The product's tuples as SpiceDB's relationships, in the JSON of its API. Both spellings
 * of a dated fact become the one that SpiceDB needs, and its date the expiration. Pure.
 */
import { splitRef } from "../../src/domain/ids.ts";
import type { Tuple } from "../../src/domain/tuples.ts";

export type ObjectReference = { objectType: string; objectId: string };

export type Relationship = {
  resource: ObjectReference;
  relation: string;
  subject: { object: ObjectReference; optionalRelation?: string };
  optionalExpiresAt?: string;
};

/** Takes the tuples that give access, without records and histories. */
export function relationshipsOf(tuples: readonly Tuple[]): Relationship[] {
  return tuples.filter(({ object }) => !object.startsWith("twin:")).map(relationshipOf);
}

/** `plant:7` as SpiceDB names it. */
export function referenceOf(ref: string): ObjectReference {
  const [objectType, objectId] = splitRef(ref);
  return { objectType, objectId };
}

function relationshipOf({ user, relation, object, condition }: Tuple): Relationship {
  const [subject = "", userset] = user.split("#");
  return {
    resource: referenceOf(object),
    relation: oneSpelling(relation),
    subject: {
      object: referenceOf(subject.replace(/^twin:/, "organization:")),
      ...(userset !== undefined && { optionalRelation: oneSpelling(userset) }),
    },
    ...(condition?.name === "not_expired" && { optionalExpiresAt: condition.context.expires_at }),
  };
}

const oneSpelling = (relation: string) => relation.replace(/_alt$/, "");
