/** Sets the policy of an organization: by its admins, and by services with scope `admin`. It changes no access that was given. */
import type { OrganizationId } from "../domain/ids.ts";
import type { PolicyRules } from "../domain/policy.ts";
import { decidePolicy, type PolicySet, type PolicyState } from "../domain/registry/decide-policy.ts";
import { policyHead } from "../store/policies.ts";
import { organizationHead } from "../store/snapshot.ts";
import { refuseUnlessManager } from "./person.ts";
import type { Action } from "./run/action.ts";

export const setPolicy = ({
  organization,
  policy,
}: {
  organization: OrganizationId;
  policy: PolicyRules;
}): Action<PolicyState, PolicySet> => ({
  lock: ({ owner }) => owner.object,
  read: async (on) => {
    const refusal = await refuseUnlessManager(on, organization);
    if (refusal) return refusal;
    const [owner, head] = await Promise.all([
      organizationHead(on.reads, organization),
      policyHead(on.reads, organization),
    ]);
    return { owner, head, expected: on.expected };
  },
  decide: (state) => decidePolicy(state, policy),
  // what is allowed from now on changes no answer
  scopes: () => [],
});
