/**
 * Decides what the partner's admins hand on: to their own people only, at viewer or
 * the share's role, on a cooperation in force. Pure.
 */
import type { DelegateInput } from "../commands.ts";
import { hasPassed, instant } from "../expiry.ts";
import type { Side } from "../history.ts";
import { type Decision, planned, refuse, type Stamp, same } from "../plan.ts";
import { type Precondition, refuseUnlessExpected } from "../precondition.ts";
import type { Cooperation, Delegation, Head, Person, Share } from "../records.ts";
import type { Refusal } from "../refusal.ts";
import { otherSpelling } from "../relations.ts";
import { isRefusal } from "../result.ts";
import { delegable } from "../roles.ts";
import { refuseUnlessSide } from "../standing.ts";
import { tuplesOfDelegation } from "../state-tuples.ts";
import { difference } from "../tuples.ts";
import { type CooperationState, stepOrRefuse } from "./decide-cooperation.ts";
import { touchCooperation } from "./touch.ts";

export type DelegationState = CooperationState & {
  shareHead: Head<Share>;
  share: Share;
  user: string;
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

/** Delegates, or changes what was delegated. */
export function decideDelegate(
  state: DelegationState,
  input: DelegateInput,
  stamp: Stamp,
): Decision<DelegationChanged> {
  const { cooperation, share, existing, user } = state;
  const refusal = refuseOnDelegation(state, "delegate", stamp);
  if (refusal) return refuse(refusal);
  if (input.role === "operator") return refuse({ code: "operator_never_crosses" });
  if (!delegable(share.role).includes(input.role))
    return refuse({ code: "role_above_cap", role: input.role, cap: share.role });
  if (!state.ownPerson) return refuse({ code: "not_own_person", organization: cooperation.partner ?? "", user });
  const redated = existing?.expires_at !== input.expires_at;
  if (existing && !redated && existing.role === input.role)
    return same({ cooperation, share, before: existing, delegation: existing });
  if (redated && hasPassed(input.expires_at, stamp.now))
    return refuse({ code: "invalid_expiry", now: instant(stamp.now) });
  const spelling = existing === undefined ? "plain" : redated ? otherSpelling(existing.spelling) : existing.spelling;
  const after: Delegation = { share: share.id, user, role: input.role, expires_at: input.expires_at, spelling };
  return planned(changeDelegation(state, after, "delegate", input.reason), {
    cooperation,
    share,
    before: existing,
    delegation: after,
  });
}

/** Takes a delegation back. Asked for one that is not there, nothing happens. */
export function decideRevoke(
  state: DelegationState,
  input: { reason?: string | undefined },
  stamp: Stamp,
): Decision<DelegationChanged> {
  const { cooperation, share, existing } = state;
  const refusal = refuseOnDelegation(state, "revoke", stamp);
  if (refusal) return refuse(refusal);
  if (existing === undefined) return same({ cooperation, share });
  return planned(changeDelegation(state, undefined, "revoke", input.reason), { cooperation, share, before: existing });
}

function refuseOnDelegation(state: DelegationState, action: "delegate" | "revoke", stamp: Stamp): Refusal | undefined {
  const refusal = refuseUnlessSide(state.standings, "partner", state.cooperation, "share");
  if (refusal) return refusal;
  if (state.share.removed_at !== undefined) return { code: "not_found", what: "share", gone: true };
  const moved = refuseUnlessExpected(state.expectedShare, {
    n: state.shareHead.n,
    exists: state.existing !== undefined,
  });
  if (moved) return moved;
  const next = stepOrRefuse(state.cooperation, action, stamp.now);
  return isRefusal(next) ? next : undefined;
}

function changeDelegation(state: DelegationState, after: Delegation | undefined, action: string, reason?: string) {
  const { head, cooperation, share, shareHead, person, existing: before } = state;
  const object = `share:${share.id}`;
  const own = reason === undefined ? undefined : { side: "partner" as Side, text: reason };
  const tuples = (delegation: Delegation | undefined) => (delegation ? tuplesOfDelegation(delegation) : []);
  return {
    touches: [
      touchCooperation(head, cooperation, { action, object, before, after, reason: own }),
      { head: shareHead, record: share },
      // so that leaving the organization cannot slip in between (law 4)
      { head: person, record: person.value ?? {} },
    ],
    ...difference(tuples(before), tuples(after)),
  };
}
