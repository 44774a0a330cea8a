/** Decides what becomes of an organization: created, renamed, deleted when it holds nothing. Pure. */
import { instant } from "../expiry.ts";
import { newIdProblem, type OrganizationId } from "../ids.ts";
import { type Decision, type EntryFacts, type Plan, planned, type Stamp, same } from "../plan.ts";
import { type Precondition, refuseUnlessOwn } from "../precondition.ts";
import { alive, type Head, type Organization } from "../records.ts";
import { sweepMark, tuplesOfOrganization } from "../state-tuples.ts";
import { difference } from "../tuples.ts";

export type OrganizationState = { id: OrganizationId; head: Head<Organization>; expected?: Precondition | undefined };

/**
 * What an organization still holds; it is deleted only when all are 0. Offers that it never answered do not hold it:
 * otherwise anybody could keep it from being deleted.
 */
export type Holdings = { people: number; resources: number; cooperations: number; presets: number };

/** `before` is undefined for one that was created. */
export type OrganizationChanged = { before?: Organization | undefined; organization: Organization };

/** Creates an organization, or gives it a new name. */
export function decideOrganization(state: OrganizationState, input: { name: string }): Decision<OrganizationChanged> {
  const { head, id } = state;
  const before = alive(head);
  const refusal = refuseUnlessOwn(state.expected, head);
  if (refusal) return refusal;
  const problem = before === undefined ? newIdProblem(id) : undefined;
  if (problem !== undefined) return { code: "id_not_allowed", id, problem };
  if (before?.name === input.name) return same({ before, organization: before });
  // who creates it again under a deleted id begins anew: this entry is its first
  const incarnation = head.n === 0 ? undefined : head.n + 1;
  const after: Organization = before ? { ...before, name: input.name } : { name: input.name, incarnation };
  const entry: EntryFacts = { action: before ? "rename" : "create", object: head.object, before, after };
  const tuples = before ? { deletes: [], writes: [] } : { deletes: [], writes: tuplesOfOrganization(id) };
  return planned({ touches: [{ head, record: after, entry }], ...tuples }, { before, organization: after });
}

/**
 * Deletes an organization that holds nothing. Its history stays, and continues if another is created under its id; what
 * it was a side of is swept, so that the other one is no side of it. `ends`: what ends with it, its endpoints and its policy.
 */
export function decideDeleteOrganization(
  state: OrganizationState,
  holdings: Holdings,
  stamp: Stamp,
  ends: Pick<Plan, "touches" | "deletes">,
): Decision<undefined> {
  const { head, id } = state;
  const before = alive(head);
  const refusal = refuseUnlessOwn(state.expected, head);
  if (refusal) return refusal;
  if (before === undefined) return same(undefined);
  const held = Object.entries(holdings).filter(([, count]) => count > 0);
  if (held.length > 0) {
    const holds = held.map(([what, count]) => `${count} ${what}`).join(", ");
    return { code: "not_empty", what: head.object, holds };
  }
  const after: Organization = { ...before, deleted_at: instant(stamp.now) };
  const entry: EntryFacts = { action: "delete", object: head.object, before, after };
  const deletes = [...difference(tuplesOfOrganization(id), []).deletes, ...ends.deletes];
  const writes = [sweepMark(`organization:${id}`)];
  return planned({ touches: [{ head, record: after, entry }, ...ends.touches], deletes, writes }, undefined);
}
