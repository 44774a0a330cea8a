/**
 * Who belongs to an organization, what a person holds through it, and which
 * organizations a person belongs to: read from the tuples that grant it.
 */
import { idOf, type ResourceRef } from "../domain/ids.ts";
import type { Delegation } from "../domain/records.ts";
import { JOB_ROLES, type JobRole, ORGANIZATION_ROLES, type OrganizationRole, roleOfRungs } from "../domain/roles.ts";
import type { TupleKey } from "../domain/tuples.ts";
import type { TupleStore } from "../ports.ts";
import { cooperationHead, delegationsFrom, inTurns, resourceHead, shareHead } from "./snapshot.ts";

type Reads = Pick<TupleStore, "read">;

export type PersonRole = { user: string; role: OrganizationRole };

/** The people of an organization with their roles, in the order of their ids. */
export async function peopleOf(reads: Reads, organization: string): Promise<PersonRole[]> {
  const object = `organization:${organization}`;
  const byRole = await inTurns(ORGANIZATION_ROLES, (relation) => reads.read({ object, relation }));
  return byRole
    .flatMap((tuples, index) => {
      const role = ORGANIZATION_ROLES[index];
      return role === undefined ? [] : tuples.map((tuple) => ({ user: idOf(tuple.user), role }));
    })
    .sort((a, b) => (a.user < b.user ? -1 : 1));
}

/** The ids of an organization's admins, in their order. */
export async function adminsOf(reads: Reads, organization: string): Promise<string[]> {
  const tuples = await reads.read({ object: `organization:${organization}`, relation: "admin" });
  return tuples.map((tuple) => idOf(tuple.user)).sort();
}

/** The organizations that a person belongs to, in the order of their ids. */
export async function organizationIdsOf(reads: Reads, user: string): Promise<string[]> {
  const tuples = await reads.read({ object: "organization:", relation: "person", user: `user:${user}` });
  return tuples.map((tuple) => idOf(tuple.object)).sort();
}

/** A job role on a resource of the organization, or a delegation through it, with the tuples that grant it. */
export type HeldJobRole = { resource: ResourceRef; role: JobRole; tuples: TupleKey[] };
export type HeldDelegation = Delegation & { cooperation: string; resource: ResourceRef; tuples: TupleKey[] };

/** The job roles a person holds on what an organization owns. */
export async function jobRolesThrough(reads: Reads, organization: string, user: string): Promise<HeldJobRole[]> {
  const found = await inTurns(["plant:", "portfolio:"], (object) => reads.read({ object, user: `user:${user}` }));
  const byResource = Map.groupBy(
    found.flat().filter((tuple) => JOB_ROLES.some((rung) => rung === tuple.relation)),
    (tuple) => tuple.object as ResourceRef,
  );
  const heads = await inTurns([...byResource.keys()], (ref) => resourceHead(reads, ref));
  return [...byResource].flatMap(([resource, tuples], index) => {
    const role = roleOfRungs(tuples.map((tuple) => tuple.relation));
    const owned = heads[index]?.value?.owner === organization;
    return owned && role ? [{ resource, role, tuples: tuples.map(keyOf) }] : [];
  });
}

/** What was delegated to a person in cooperations whose partner is this organization, also without effect today. */
export async function delegationsThrough(reads: Reads, organization: string, user: string): Promise<HeldDelegation[]> {
  const tuples = await reads.read({ object: "share:", user: `user:${user}` });
  const byShare = Map.groupBy(tuples, (tuple) => idOf(tuple.object));
  const held = await inTurns([...byShare], async ([id, own]): Promise<HeldDelegation[]> => {
    const { value: share } = await shareHead(reads, id);
    const cooperation = share && (await cooperationHead(reads, share.cooperation)).value;
    const [delegation] = delegationsFrom(id, own);
    if (!share || cooperation?.partner !== organization || !delegation) return [];
    return [{ ...delegation, cooperation: share.cooperation, resource: share.resource, tuples: own.map(keyOf) }];
  });
  return held.flat();
}

const keyOf = ({ user, relation, object }: TupleKey): TupleKey => ({ user, relation, object });
