/**
 * Decides that a person is suspended in an organization, and that this is lifted. Pure. Who is suspended has nothing through
 * the organization's cooperations and acts in none of them, whatever they are given meanwhile: the tuple that makes them a
 * person of the partner is another one then. What they have in the organization itself stays.
 */
import { StoreDamaged } from "../../faults.ts";
import type { OrganizationId, UserId } from "../ids.ts";
import { type Decision, type EntryFacts, planned, same } from "../plan.ts";
import { type Precondition, refuseUnlessExpected } from "../precondition.ts";
import type { Head, Organization } from "../records.ts";
import type { OrganizationRole } from "../roles.ts";
import { tuplesOfPerson } from "../state-tuples.ts";
import { difference } from "../tuples.ts";

/** If-Match names the organization's head, as it does for a person. */
export type SuspensionState = {
  organization: OrganizationId;
  organizationHead: Head<Organization>;
  user: UserId;
  /** What they are in it; undefined for who is no person of it. */
  held: { role: OrganizationRole; isSuspended: boolean } | undefined;
  /** Whether an admin lifted it since the event that asks for it: what was sent before that is answered by it. */
  isLifted: boolean;
  expected?: Precondition | undefined;
};

export type SuspensionChanged = { user: UserId; before: boolean; suspended: boolean };

/** `event`: the type of the security event that says so, where one does. */
export type SuspensionInput = { suspended: boolean; reason?: string | undefined; event?: string | undefined };

/** Suspends a person, or lifts that. It is so already where it is. */
export function decideSuspension(
  state: SuspensionState,
  { suspended, reason, event }: SuspensionInput,
): Decision<SuspensionChanged> {
  const { organization, organizationHead: head, user, held, expected } = state;
  const refusal = refuseUnlessExpected(expected, { n: head.n, exists: held?.isSuspended === true });
  if (refusal) return refusal;
  if (held === undefined) return { code: "not_found", what: "person" };
  const { role, isSuspended } = held;
  if (suspended && state.isLifted) return same({ user, before: isSuspended, suspended: isSuspended });
  const value = { user, before: isSuspended, suspended };
  if (isSuspended === suspended) return same(value);
  if (head.value === undefined) throw new StoreDamaged(head.object, "it has no record");
  const entry: EntryFacts = {
    action: suspended ? "suspend_person" : "restore_person",
    object: `user:${user}`,
    before: { role, suspended: isSuspended },
    after: { role, suspended, ...(event !== undefined && { event }) },
    reason: { side: "initiator", text: reason },
  };
  const tuples = (isSuspended: boolean) => tuplesOfPerson(organization, user, role, isSuspended);
  const changes = difference(tuples(isSuspended), tuples(suspended));
  return planned({ touches: [{ head, record: head.value, entry }], ...changes }, value);
}
