/**
 * Decides what becomes of an organization's policy: another one, none, or that it ends with its organization. Who set
 * which rules is an entry in the organization's history. Pure.
 */
import { instant } from "../expiry.ts";
import { type Decision, type EntryFacts, planned, type Stamp, same, type Touch } from "../plan.ts";
import { type PolicyRecord, type PolicyRules, policyIn, recordOfPolicy } from "../policy.ts";
import { type Precondition, refuseUnlessExpected } from "../precondition.ts";
import { alive, type Head, type Organization, toFields } from "../records.ts";

export type PolicyState = {
  owner: Head<Organization>;
  head: Head<PolicyRecord>;
  expected?: Precondition | undefined;
};

/** The rules, and the number of the policy's head with them: 0 where none were ever set. */
export type PolicySet = { policy: PolicyRules; n: number };

/** Sets the whole policy. One that rules nothing is a policy like others: its head stays, so that no ETag comes again. */
export function decidePolicy({ owner, head, expected }: PolicyState, policy: PolicyRules): Decision<PolicySet> {
  if (alive(owner) === undefined) return { code: "not_found", what: "organization" };
  const refusal = refuseUnlessExpected(expected, { n: head.n, exists: alive(head) !== undefined });
  if (refusal) return refusal;
  const before = recordOfPolicy(policyIn(head));
  const record = recordOfPolicy(policy);
  const textOf = (one: PolicyRecord) => JSON.stringify(Object.entries(toFields(one)).sort());
  if (textOf(before) === textOf(record)) return same({ policy: policyIn(head), n: head.n });
  const entry: EntryFacts = { action: "set_policy", object: head.object, before, after: record };
  const touches: Touch[] = [
    { head: owner, record: owner.value ?? {}, entry },
    { head, record },
  ];
  const after = { ...head, value: record };
  return planned({ touches, deletes: [], writes: [] }, { policy: policyIn(after), n: head.n + 1 });
}

/** What takes the policy of an organization that is deleted with it: who is created under the id has none (law 15). */
export function endOfPolicy(head: Head<PolicyRecord>, { now }: Stamp): Touch[] {
  return alive(head) === undefined ? [] : [{ head, record: { ...head.value, deleted_at: instant(now) } }];
}
