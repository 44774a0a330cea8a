/** The people and resources of an organization as the store has them now: all of them, the people where they are few, or one. */
import { errorFacts } from "../domain/error-facts.ts";
import { idOfType, type OrganizationId, type Ref, type ResourceRef } from "../domain/ids.ts";
import { BELONGING, belongs, roleIn } from "../domain/membership.ts";
import { ORGANIZATION_ROLES, type OrganizationRole } from "../domain/roles.ts";
import { ReplyTooLarge, StoreDamaged } from "../faults.ts";
import type { Engine, Reads, TupleStore } from "../ports.ts";
import { peopleOf } from "../store/people.ts";
import { resourceRefsOf } from "../store/resources.ts";
import { inTurns, personHead, resourceHead, roleOf } from "../store/snapshot.ts";

/**
 * A person with their role, or a resource. `text`: what a search looks through, once it was read, and `n`: the number of
 * the head that it was read from.
 */
export type Listed = { ref: Ref; role?: OrganizationRole | undefined; text?: string; n?: number };

/** What is listed, by the references of its items. */
export const LISTED = { people: /^user:/, resources: /^(plant|portfolio):/ };
export type ListedKind = keyof typeof LISTED;

export type ListedDeps = {
  tupleStore: Reads;
  engine: Pick<Engine, "expand">;
  warn: (event: string, facts: object) => void;
};

/** All of a kind; somebody with two roles twice, first with the one that counts. Throws EngineUnavailable. */
export async function allOf(
  { tupleStore, engine, warn }: ListedDeps,
  organization: OrganizationId,
  kind: ListedKind,
): Promise<Listed[]> {
  if (kind === "resources") return (await resourceRefsOf(tupleStore, organization)).map((ref) => ({ ref }));
  try {
    // one call for each role, and not a sorted page for each hundred people
    const roles = await inTurns(ORGANIZATION_ROLES, async (role) =>
      (await engine.expand({ object: `organization:${organization}`, relation: role })).map((ref) => ({
        ref,
        role,
      })),
    );
    return roles.flat();
  } catch (error) {
    if (!(error instanceof ReplyTooLarge)) throw error;
    warn("people_read_by_pages", errorFacts(error));
    return (await peopleOf(tupleStore, organization)).map(({ user, role }) => ({
      ref: `user:${user}`,
      role,
    }));
  }
}

/** The people; undefined where there are more than `max`. */
export async function fewPeople(
  tupleStore: Reads & Pick<TupleStore, "readPage">,
  organization: OrganizationId,
  max: number,
): Promise<ReadonlyMap<Ref, Listed> | undefined> {
  const object = `organization:${organization}`;
  const pages = await inTurns([...BELONGING, ...ORGANIZATION_ROLES], (relation) =>
    tupleStore.readPage({ object, relation }, { max }),
  );
  if (pages.some((page) => page?.next !== undefined)) return undefined;
  const tuples = pages.flatMap((page) => page?.tuples ?? []);
  const found = await inTurns([...Map.groupBy(tuples, ({ user }) => user as Ref)], async ([ref, own]) => {
    const role = roleIn(own);
    if (role !== undefined) return { ref, role };
    // a role that changed while the roles were read may be in none of them
    return own.some(belongs) ? currentOf(tupleStore, organization, ref) : undefined;
  });
  return new Map(found.flatMap((one) => (one === undefined ? [] : [[one.ref, one]])));
}

/** A person or resource of the organization; undefined where it is none of it. */
export async function currentOf(
  tupleStore: Reads,
  organization: OrganizationId,
  ref: Ref,
): Promise<Listed | undefined> {
  if (ref.startsWith("user:")) {
    const role = await roleOf(tupleStore, organization, idOfType("user", ref));
    return role && { ref, role };
  }
  const owner = await tupleStore.read({ object: ref, relation: "owner", user: `organization:${organization}` });
  return owner.length > 0 ? { ref } : undefined;
}

/** Its name, and the number of its head. None where its record is damaged: it is found by its id then, and whoever shows it says what is wrong. */
export async function readName(reads: Reads, ref: Ref): Promise<{ n: number; name?: string | undefined }> {
  try {
    const { n, value } = ref.startsWith("user:")
      ? await personHead(reads, idOfType("user", ref))
      : await resourceHead(reads, ref as ResourceRef);
    return { n, name: value?.name };
  } catch (error) {
    if (error instanceof StoreDamaged) return { n: 0 };
    throw error;
  }
}
