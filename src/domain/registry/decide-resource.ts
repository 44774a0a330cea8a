/**
 * Decides what becomes of plants and portfolios and of the job roles on them. Pure.
 * Kept here because the model cannot: exactly one owner, who never changes; a plant's
 * portfolio is its owner's; job roles are for the owner's own people.
 */
import { StoreDamaged } from "../../faults.ts";
import type { ResourceInput } from "../commands.ts";
import { instant } from "../expiry.ts";
import { idOf, newIdProblem, type PortfolioId, type ResourceRef, type UserId } from "../ids.ts";
import type { Person } from "../person-record.ts";
import { type Decision, type EntryFacts, planned, type Stamp, same, type Touch } from "../plan.ts";
import { type Precondition, refuseUnlessExpected, refuseUnlessOwn } from "../precondition.ts";
import { alive, type Head, type Organization, type Resource, type Share } from "../records.ts";
import type { JobRole } from "../roles.ts";
import { tuplesOfJobRole, tuplesOfResource } from "../state-tuples.ts";
import { difference, type TupleKey } from "../tuples.ts";

export type ResourceState = {
  ref: ResourceRef;
  head: Head<Resource>;
  owner: Head<Organization>;
  expected?: Precondition | undefined;
};

/** A portfolio that a plant leaves or enters, with the live shares of it. */
export type PortfolioState = { id: PortfolioId; head: Head<Resource>; shares: Share[] };

export type ResourceChanged = { before?: Resource | undefined; resource: Resource };

/** Registers a resource, or changes its name and portfolio. */
export function decideResource(
  state: ResourceState & { from?: PortfolioState | undefined; to?: PortfolioState | undefined },
  input: ResourceInput,
): Decision<ResourceChanged> {
  const { head, ref, owner, from, to } = state;
  const before = alive(head);
  const refusal = refuseUnlessOwn(state.expected, head);
  if (refusal) return refusal;
  const organization = alive(owner);
  if (organization === undefined) return { code: "not_found", what: "organization" };
  if (before && before.owner !== input.owner) return { code: "owner_is_fixed", resource: ref };
  const problem = before === undefined ? newIdProblem(idOf(ref)) : undefined;
  if (problem !== undefined) return { code: "id_not_allowed", id: idOf(ref), problem };
  const after: Resource = { owner: input.owner, name: input.name, portfolio: input.portfolio };
  if (before && before.name === after.name && before.portfolio === after.portfolio)
    return same({ before, resource: before });
  if (input.portfolio !== undefined && (to === undefined || alive(to.head)?.owner !== input.owner))
    return { code: "not_owner", organization: input.owner, resource: `portfolio:${input.portfolio}` };

  const moved = before?.portfolio !== after.portfolio;
  // a plant put into a shared portfolio is shared at once: the owner's history says so; not through shares that start later
  const through = (portfolio: PortfolioState | undefined) => {
    const shares = moved && portfolio ? portfolio.shares.filter(({ starts_at }) => starts_at === undefined) : [];
    return shares.length > 0 ? { shared_through: shares.map(({ id }) => id) } : {};
  };
  const entry: EntryFacts = {
    action: before ? "change_resource" : "register",
    object: ref,
    reason: { side: "initiator" as const, text: input.reason },
    before: before && { ...before, ...through(from) },
    after: { ...after, ...through(to) },
  };
  const touches: Touch[] = [
    { head, record: after },
    { head: owner, record: organization, entry },
  ];
  // so that the portfolio is neither deleted nor shared in between
  if (moved && to?.head.value) touches.push({ head: to.head, record: to.head.value });
  if (moved && from?.head.value) touches.push({ head: from.head, record: from.head.value });
  const tuples = difference(before ? tuplesOfResource(ref, before) : [], tuplesOfResource(ref, after));
  return planned({ touches, ...tuples }, { before, resource: after });
}

/** Takes a resource out of the register, with its job roles: only while nothing is shared and, for a portfolio, no plant lies in it. */
export function decideDeleteResource(
  state: ResourceState & { shares: Share[]; plants: number; jobRoles: TupleKey[] },
  stamp: Stamp,
): Decision<undefined> {
  const { head, ref, owner } = state;
  const before = alive(head);
  const refusal = refuseUnlessOwn(state.expected, head);
  if (refusal) return refusal;
  if (before === undefined) return same(undefined);
  if (state.shares.length > 0) return { code: "not_empty", what: ref, holds: `${state.shares.length} shares` };
  if (state.plants > 0) return { code: "not_empty", what: ref, holds: `${state.plants} plants` };
  if (owner.value === undefined) throw new StoreDamaged(ref, "its owner has no record");
  const after: Resource = { ...before, deleted_at: instant(stamp.now) };
  const entry: EntryFacts = { action: "unregister", object: ref, before, after };
  const touches = [
    { head, record: after },
    { head: owner, record: owner.value, entry },
  ];
  const { deletes } = difference(tuplesOfResource(ref, before), []);
  return planned({ touches, deletes: [...deletes, ...state.jobRoles], writes: [] }, undefined);
}

export type JobRoleState = ResourceState & {
  user: UserId;
  person: Head<Person>;
  ownPerson: boolean;
  role: JobRole | undefined;
};

export type JobRoleChanged = { before: JobRole | undefined; role: JobRole | undefined };

/** Gives one of the owner's people a job role (undefined takes it away). One role each on a resource. */
export function decideJobRole(state: JobRoleState, role: JobRole | undefined): Decision<JobRoleChanged> {
  const { ref, head, owner, user, person } = state;
  const resource = alive(head);
  if (resource === undefined) return { code: "not_found", what: "resource", gone: true };
  const refusal = refuseUnlessExpected(state.expected, { n: head.n, exists: state.role !== undefined });
  if (refusal) return refusal;
  if (role === state.role) return same({ before: role, role });
  if (role !== undefined && !state.ownPerson) return { code: "not_own_person", organization: resource.owner, user };
  if (owner.value === undefined) throw new StoreDamaged(ref, "its owner has no record");
  const entry: EntryFacts = {
    action: role === undefined ? "take_job_role" : "give_job_role",
    object: ref,
    before: state.role && { user, role: state.role },
    after: role && { user, role },
  };
  const touches = [
    { head, record: resource },
    { head: owner, record: owner.value, entry },
    { head: person, record: person.value ?? {} },
  ];
  const rungs = (held: JobRole | undefined) => (held === undefined ? [] : tuplesOfJobRole(ref, user, held));
  return planned({ touches, ...difference(rungs(state.role), rungs(role)) }, { before: state.role, role });
}
