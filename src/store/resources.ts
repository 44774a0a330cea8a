/** What an organization owns, what lies in a portfolio, who holds job roles on it. */

import { idOf, RESOURCE_TYPES, type ResourceRef } from "../domain/ids.ts";
import type { PortfolioState } from "../domain/registry/decide-resource.ts";
import { JOB_ROLES, type JobRole, roleOfRungs } from "../domain/roles.ts";
import type { Tuple, TupleKey } from "../domain/tuples.ts";
import type { TupleStore } from "../ports.ts";
import { inTurns, resourceHead, sharesOn } from "./snapshot.ts";

type Reads = Pick<TupleStore, "read">;

/** The resources that an organization owns, in the order of their references. */
export async function resourceRefsOf(
  reads: Reads,
  organization: string,
  types: readonly (typeof RESOURCE_TYPES)[number][] = RESOURCE_TYPES,
): Promise<ResourceRef[]> {
  const found = await inTurns(types, (type) =>
    reads.read({ object: `${type}:`, relation: "owner", user: `organization:${organization}` }),
  );
  return found
    .flat()
    .map((tuple) => tuple.object as ResourceRef)
    .sort();
}

/** The plants that lie in a portfolio, in the order of their references. */
export async function plantsIn(reads: Reads, portfolio: string): Promise<ResourceRef[]> {
  const tuples = await reads.read({ object: "plant:", relation: "portfolio", user: `portfolio:${portfolio}` });
  return tuples.map((tuple) => tuple.object as ResourceRef).sort();
}

/** A portfolio with the live shares of it. */
export async function portfolioState(reads: Reads, id: string | undefined): Promise<PortfolioState | undefined> {
  if (id === undefined) return undefined;
  const head = await resourceHead(reads, `portfolio:${id}`);
  return { id, head, shares: await sharesOn(reads, `portfolio:${id}`) };
}

export type JobRoleHeld = { user: string; role: JobRole; tuples: TupleKey[] };

/** The job roles on a resource, in the order of their holders. */
export async function jobRolesOn(reads: Reads, ref: ResourceRef): Promise<JobRoleHeld[]> {
  return jobRolesFrom((await inTurns(JOB_ROLES, (relation) => reads.read({ object: ref, relation }))).flat());
}

/** The job roles that a resource's tuples spell, in the order of their holders. */
export function jobRolesFrom(tuples: readonly Tuple[]): JobRoleHeld[] {
  const rungs = tuples.filter(({ relation }) => JOB_ROLES.some((rung) => rung === relation));
  return [...Map.groupBy(rungs, (tuple) => idOf(tuple.user))]
    .flatMap(([user, own]) => {
      const role = roleOfRungs(own.map((tuple) => tuple.relation));
      return role
        ? [{ user, role, tuples: own.map(({ user: u, relation, object }) => ({ user: u, relation, object })) }]
        : [];
    })
    .sort((a, b) => (a.user < b.user ? -1 : 1));
}

/** A resource as its owner's people see it; undefined where there is none. */
export async function resourceView(reads: Reads, ref: ResourceRef) {
  const { value, n } = await resourceHead(reads, ref);
  if (value === undefined || value.deleted_at !== undefined) return undefined;
  const portfolio = ref.startsWith("plant:") ? { portfolio: value.portfolio ?? null } : {};
  return { resource: ref, owner: value.owner, name: value.name ?? null, ...portfolio, etag: `"${n}"` };
}
