/**
 * Decides what the partner's admins delegate: to their own people only, at viewer or
 * the share's role, on a cooperation in force. Pure.
 */

import type { DelegateInput, ReasonInput } from "../commands.ts";
import { hasPassed, instant } from "../expiry.ts";
import type { UserId } from "../ids.ts";
import type { Person } from "../person-record.ts";
import { type Decision, type EntryFacts, planned, type Stamp, same } from "../plan.ts";
import type { Precondition } from "../precondition.ts";
import type { Cooperation, Delegation, Head, Share } from "../records.ts";
import type { Refusal } from "../refusal.ts";
import { otherSpelling } from "../relations.ts";
import { isRefusal } from "../result.ts";
import { delegable } from "../roles.ts";
import { shareAt } from "../share-dates.ts";
import { tuplesOfDelegation } from "../state-tuples.ts";
import { difference } from "../tuples.ts";
import { type CooperationState, stepFor } from "./decide-cooperation.ts";
import { refuseUnlessShare } from "./decide-share.ts";
import { givesMore, type PoliciesOfSides, refuseEnd, refuseSides } from "./refuse-policy.ts";

export type DelegationState = CooperationState & {
  shareHead: Head<Share>;
  share: Share;
  user: UserId;
  person: Head<Person>;
  /** Whether `user` is a person of the partner now. */
  ownPerson: boolean;
  /** What `user` holds on this share now. */
  existing?: Delegation | undefined;
  /** If-Match on a delegation names its share's head, which every delegation replaces. */
  expectedShare?: Precondition | undefined;
};

export type DelegationChanged = {
  cooperation: Cooperation;
  share: Share;
  before?: Delegation | undefined;
  delegation?: Delegation | undefined;
};

/** Delegates, or changes what was delegated. `policies`: it is of the initiator's resource, and to a person of the partner. */
export function decideDelegate(
  state: DelegationState & { policies: PoliciesOfSides },
  input: DelegateInput,
  stamp: Stamp,
): Decision<DelegationChanged> {
  const { cooperation, share, existing, user } = state;
  const cap = shareAt(share, stamp.now).role;
  const found = refuseUnlessShare(state, existing !== undefined);
  const next = stepFor(state, "delegate", stamp.now, found, "share");
  if (isRefusal(next)) return next;
  if (input.role === "operator") return { code: "operator_never_crosses" };
  if (!delegable(cap).includes(input.role)) return { code: "role_above_cap", role: input.role, cap };
  if (!state.ownPerson) return { code: "not_own_person", organization: cooperation.partner ?? "", user };
  const redated = existing?.expires_at !== input.expires_at;
  if (existing && !redated && existing.role === input.role)
    return same({ cooperation, share, before: existing, delegation: existing });
  if (redated && hasPassed(input.expires_at, stamp.now)) return { code: "invalid_expiry", now: instant(stamp.now) };
  const given = { role: input.role, expires_at: input.expires_at };
  const refusal = existing && !givesMore(existing, given) ? undefined : refuseGiven(state, given, stamp.now);
  if (refusal) return refusal;
  const spelling = existing === undefined ? "plain" : redated ? otherSpelling(existing.spelling) : existing.spelling;
  const after: Delegation = { share: share.id, user, role: input.role, expires_at: input.expires_at, spelling };
  return planned(changeDelegation(state, after, "delegate", input.reason), {
    cooperation,
    share,
    before: existing,
    delegation: after,
  });
}

/** The refusal of what is delegated, by the policy of either side. */
function refuseGiven(
  { cooperation, policies }: CooperationState & { policies: PoliciesOfSides },
  given: Pick<Delegation, "expires_at">,
  now: Date,
): Refusal | undefined {
  const { partner } = cooperation;
  return (
    (partner && refuseSides(cooperation, partner, policies)) ??
    refuseEnd(policies.initiator, "delegation", given, now) ??
    refuseEnd(policies.partner, "delegation", given, now)
  );
}

/** Takes a delegation back. Asked for one that is not there, nothing happens. */
export function decideRevoke(state: DelegationState, input: ReasonInput, stamp: Stamp): Decision<DelegationChanged> {
  const { cooperation, share, existing } = state;
  const found = refuseUnlessShare(state, existing !== undefined);
  const next = stepFor(state, "revoke", stamp.now, found, "share");
  if (isRefusal(next)) return next;
  if (existing === undefined) return same({ cooperation, share });
  return planned(changeDelegation(state, undefined, "revoke", input.reason), { cooperation, share, before: existing });
}

function changeDelegation(
  state: DelegationState,
  after: Delegation | undefined,
  action: EntryFacts["action"],
  reason?: string,
) {
  const { head, cooperation, share, shareHead, person, existing: before } = state;
  const object = `share:${share.id}`;
  const entry: EntryFacts = { action, object, before, after, reason: { side: "partner", text: reason } };
  const tuples = (delegation: Delegation | undefined) => (delegation ? tuplesOfDelegation(delegation) : []);
  return {
    touches: [
      { head, record: cooperation, entry },
      { head: shareHead, record: share },
      // so that leaving the organization cannot slip in between (law 4)
      { head: person, record: person.value ?? {} },
    ],
    ...difference(tuples(before), tuples(after)),
  };
}
