/** The person that a denial is about: their roles, with which every access path begins. */

import type { Path } from "../../domain/explain/denial-reason.ts";
import { idOf } from "../../domain/ids.ts";
import type { OrganizationRole } from "../../domain/roles.ts";
import { roleIn } from "../../domain/standing.ts";
import type { Reads } from "../../ports.ts";
import { personHead } from "../../store/snapshot.ts";

/** A person's roles by organization, and their address. */
export type AskedPerson = { user: string; roles: ReadonlyMap<string, OrganizationRole>; email: string | undefined };

/** A person as of now; undefined for an id that was never known. Throws EngineUnavailable. */
export async function personOf(reads: Reads, user: string): Promise<AskedPerson | undefined> {
  const { n, value } = await personHead(reads, user);
  const tuples = await reads.read({ object: "organization:", user: `user:${user}` });
  const roles = [...Map.groupBy(tuples, (tuple) => idOf(tuple.object))].flatMap(([organization, own]) => {
    const role = roleIn(own);
    return role === undefined ? [] : [[organization, role] as const];
  });
  return n === 0 && roles.length === 0 ? undefined : { user, roles: new Map(roles), email: value?.email };
}

/** The access path of an organization's admins, with its denial reasons. */
export function asAdmin({ user, roles }: AskedPerson, organization: string): Path {
  const role = roles.get(organization);
  const through = `organization:${organization}`;
  if (role === undefined) return { through, limits: [{ code: "not_person", user, organization }] };
  return { through, limits: role === "admin" ? [] : [{ code: "not_admin", user, organization, role }] };
}
