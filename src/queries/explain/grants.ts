/** What a person has on a resource through shares, from the records: each grant with all that keeps it from giving a permission. */

import type { Path } from "../../domain/explain/denial-reason.ts";
import { type CooperationId, idOfType, RESOURCE_TYPES, splitRef } from "../../domain/ids.ts";
import type { Question } from "../../ports.ts";
import { personOf } from "../../store/people.ts";
import { resourceHead } from "../../store/snapshot.ts";
import type { Asking } from "./ended-paths.ts";
import { placesOf, sharePaths } from "./resource-paths.ts";

/** A share that involves the person, by their role in its partner or a delegation; without denials it gives the permission. */
type Grant = Path & { share: string; cooperation: CooperationId };

/** The grants as of an instant; `complete` is false where shares were left out. Throws EngineUnavailable. */
export async function grantsOf(
  reads: Asking["reads"],
  { user, relation, object }: Question,
  now: Date,
): Promise<{ grants: Grant[]; complete: boolean }> {
  const none = { grants: [], complete: true };
  const [name, id] = splitRef(object);
  const type = RESOURCE_TYPES.find((one) => one === name);
  if (type === undefined) return none;
  const { value } = await resourceHead(reads, `${type}:${id}`);
  const person = value === undefined ? undefined : await personOf(reads, idOfType("user", user));
  if (value === undefined || person === undefined) return none;
  // most have nothing to do with any share, and looking at each of many costs much
  const isElsewhere = [...person.roles.keys()].some((organization) => organization !== value.owner);
  if (!isElsewhere && (await reads.readSome({ object: "share:", user }, 1)).tuples.length === 0) return none;
  const asking: Asking = { reads, person, permission: relation, now };
  const { paths, complete } = await sharePaths(asking, placesOf(`${type}:${id}`, value));
  const grants = paths.map(({ path, cooperation }) => {
    return { ...path, share: splitRef(path.through)[1], cooperation };
  });
  return { grants, complete };
}
