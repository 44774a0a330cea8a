/** What an organization owns, what lies in a portfolio, who holds job roles on it. */

import {
  idOfType,
  type OrganizationId,
  type PortfolioId,
  RESOURCE_TYPES,
  type ResourceRef,
  type ResourceType,
  type UserId,
} from "../domain/ids.ts";
import type { PortfolioState } from "../domain/registry/decide-resource.ts";
import { relationOfTuple } from "../domain/relations.ts";
import { JOB_ROLES, type JobRole, roleOfRungs } from "../domain/roles.ts";
import { keyOf, type Tuple, type TupleKey } from "../domain/tuples.ts";
import type { Reads } from "../ports.ts";
import { inTurns, resourceHead, sharesOn } from "./snapshot.ts";

/** The resources that an organization owns, in the order of their references. */
export async function resourceRefsOf(
  reads: Reads,
  organization: OrganizationId,
  types: readonly ResourceType[] = RESOURCE_TYPES,
): Promise<ResourceRef[]> {
  const found = await inTurns(types, (type) =>
    reads.read({ object: `${type}:`, relation: "owner", user: `organization:${organization}` }),
  );
  const refs = found.flat().map((tuple) => tuple.object as ResourceRef);
  return refs.sort();
}

/** The plants that lie in a portfolio, in the order of their references. */
export async function plantsIn(reads: Reads, portfolio: PortfolioId): Promise<ResourceRef[]> {
  const tuples = await reads.read({ object: "plant:", relation: "portfolio", user: `portfolio:${portfolio}` });
  return tuples.map((tuple) => tuple.object as ResourceRef).sort();
}

/** A portfolio with the live shares of it. */
export async function portfolioState(reads: Reads, id: PortfolioId | undefined): Promise<PortfolioState | undefined> {
  if (id === undefined) return undefined;
  const head = await resourceHead(reads, `portfolio:${id}`);
  return { id, head, shares: await sharesOn(reads, `portfolio:${id}`) };
}

export type JobRoleHeld = { user: UserId; role: JobRole; tuples: TupleKey[] };

/** The job roles on a resource, in the order of their holders. */
export async function jobRolesOn(reads: Reads, ref: ResourceRef): Promise<JobRoleHeld[]> {
  return jobRolesFrom((await inTurns(JOB_ROLES, (relation) => reads.read({ object: ref, relation }))).flat());
}

/** The job roles that a resource's tuples spell, in the order of their holders. */
export function jobRolesFrom(tuples: readonly Tuple[]): JobRoleHeld[] {
  const rungs = tuples.filter((tuple) => relationOfTuple(tuple)?.kind === "job_role");
  return [...Map.groupBy(rungs, (tuple) => idOfType("user", tuple.user))]
    .flatMap(([user, own]) => {
      const role = roleOfRungs(own.map((tuple) => tuple.relation));
      return role === undefined ? [] : [{ user, role, tuples: own.map(keyOf) }];
    })
    .sort((a, b) => (a.user < b.user ? -1 : 1));
}
