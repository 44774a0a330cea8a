/**
 * Who belongs to an organization, what a person holds through it, and which
 * organizations a person belongs to: read from the tuples that grant it.
 */
import type { AskedPerson } from "../domain/explain/denials.ts";
import {
  type CooperationId,
  idOfType,
  type OrganizationId,
  RESOURCE_TYPES,
  type ResourceRef,
  type UserId,
} from "../domain/ids.ts";
import { belongs, isSuspendedBy, roleIn } from "../domain/membership.ts";
import type { Delegation } from "../domain/records.ts";
import { FORGOTTEN_FIELDS } from "../domain/registry/decide-person.ts";
import { type JobRole, ORGANIZATION_ROLES, type OrganizationRole } from "../domain/roles.ts";
import { keyOf, type TupleKey } from "../domain/tuples.ts";
import type { Reads } from "../ports.ts";
import { jobRolesFrom } from "./resources.ts";
import { cooperationHead, delegationsFrom, inTurns, personHead, resourceHead, shareHead } from "./snapshot.ts";

export type PersonRole = { user: UserId; role: OrganizationRole };

/** The people of an organization with their roles, in the order of their ids. */
export async function peopleOf(reads: Reads, organization: OrganizationId): Promise<PersonRole[]> {
  const object = `organization:${organization}`;
  const byRole = await inTurns(ORGANIZATION_ROLES, async (role) => {
    const tuples = await reads.read({ object, relation: role });
    return tuples.map((tuple) => ({ user: idOfType("user", tuple.user), role }));
  });
  return byRole.flat().sort((a, b) => (a.user < b.user ? -1 : 1));
}

/** The ids of an organization's admins, in their order. */
export async function adminsOf(reads: Reads, organization: OrganizationId): Promise<UserId[]> {
  const tuples = await reads.read({ object: `organization:${organization}`, relation: "admin" });
  return tuples.map((tuple) => idOfType("user", tuple.user)).sort();
}

/** The organizations that a person belongs to, in the order of their ids. */
export async function organizationIdsOf(reads: Reads, user: UserId): Promise<OrganizationId[]> {
  const tuples = await reads.read({ object: "organization:", user: `user:${user}` });
  return tuples
    .filter(belongs)
    .map((tuple) => idOfType("organization", tuple.object))
    .sort();
}

/** A person as of now; undefined for an id that was never known. Throws EngineUnavailable. */
export async function personOf(reads: Reads, user: UserId): Promise<AskedPerson | undefined> {
  const { n, value } = await personHead(reads, user);
  const tuples = await reads.read({ object: "organization:", user: `user:${user}` });
  const suspendedIn = new Set<OrganizationId>();
  const roles = [...Map.groupBy(tuples, (tuple) => idOfType("organization", tuple.object))].flatMap(
    ([organization, own]) => {
      const role = roleIn(own);
      if (isSuspendedBy(own)) suspendedIn.add(organization);
      return role === undefined ? [] : [[organization, role] as const];
    },
  );
  return n === 0 && roles.length === 0 ? undefined : { user, roles: new Map(roles), suspendedIn, email: value?.email };
}

/** A job role on a resource of the organization, or a delegation through it, with the tuples that grant it. */
export type HeldJobRole = { resource: ResourceRef; role: JobRole; tuples: TupleKey[] };
export type HeldDelegation = Delegation & { cooperation: CooperationId; resource: ResourceRef; tuples: TupleKey[] };

/** The job roles a person holds on what an organization owns. */
export async function jobRolesThrough(
  reads: Reads,
  organization: OrganizationId,
  user: UserId,
): Promise<HeldJobRole[]> {
  const found = await inTurns(RESOURCE_TYPES, (type) => reads.read({ object: `${type}:`, user: `user:${user}` }));
  const byResource = Map.groupBy(found.flat(), (tuple) => tuple.object as ResourceRef);
  const held = await inTurns([...byResource], async ([resource, own]): Promise<HeldJobRole[]> => {
    const [{ role, tuples } = {}] = jobRolesFrom(own);
    if (role === undefined || tuples === undefined) return [];
    const { value } = await resourceHead(reads, resource);
    return value?.owner === organization ? [{ resource, role, tuples }] : [];
  });
  return held.flat();
}

/** What was delegated to a person in cooperations whose partner is this organization, also without effect today. */
export async function delegationsThrough(
  reads: Reads,
  organization: OrganizationId,
  user: UserId,
): Promise<HeldDelegation[]> {
  const tuples = await reads.read({ object: "share:", user: `user:${user}` });
  const byShare = Map.groupBy(tuples, (tuple) => idOfType("share", tuple.object));
  const held = await inTurns([...byShare], async ([id, own]): Promise<HeldDelegation[]> => {
    const { value: share } = await shareHead(reads, id);
    const cooperation = share && (await cooperationHead(reads, share.cooperation)).value;
    const [delegation] = delegationsFrom(id, own);
    if (!share || cooperation?.partner !== organization || !delegation) return [];
    return [{ ...delegation, cooperation: share.cooperation, resource: share.resource, tuples: own.map(keyOf) }];
  });
  return held.flat();
}

/** Whether a person's record was emptied, as who is erased has it, and they belong to no organization. Throws EngineUnavailable. */
export async function isForgotten(reads: Reads, user: UserId): Promise<boolean> {
  const { n, value } = await personHead(reads, user);
  const isEmpty = FORGOTTEN_FIELDS.every((field) => value?.[field] === undefined);
  return n > 0 && isEmpty && (await organizationIdsOf(reads, user)).length === 0;
}
