/**
 * Decides what is shared into a cooperation, at what role and until when. Pure. The
 * cap and law 2 are the model's; what the model cannot keep is kept here: only what
 * the initiator owns is shared, once in a cooperation.
 */
import { StoreDamaged } from "../../faults.ts";
import type { ChangeShareInput, ReasonInput, ShareInput } from "../commands.ts";
import { instant } from "../expiry.ts";
import type { ResourceRef, ShareId, UserId } from "../ids.ts";
import { type Decision, type EntryFacts, planned, type Stamp, same, type Touch } from "../plan.ts";
import type { PolicyOf } from "../policy.ts";
import { type Precondition, refuseUnlessExpected, refuseUnlessOwn } from "../precondition.ts";
import { alive, type Cooperation, type Delegation, type Head, NO_HASH, type Resource, type Share } from "../records.ts";
import type { Refusal } from "../refusal.ts";
import { otherSpelling } from "../relations.ts";
import { isRefusal, type Result } from "../result.ts";
import { effectiveRole, type JobRole, type SharedRole } from "../roles.ts";
import { isRedated, shareAt } from "../share-dates.ts";
import { sweepMark, tuplesOfShare } from "../state-tuples.ts";
import { difference, type Tuple } from "../tuples.ts";
import { type CooperationState, stepFor } from "./decide-cooperation.ts";
import { changedDate, refuseShareDates } from "./refuse-dates.ts";
import { givesMore, refuseShared } from "./refuse-policy.ts";

/** A resource to be shared. */
export type SharedResource = { ref: ResourceRef; head: Head<Resource> };

/** A delegation whose worth changed because its share's role did. */
export type Moved = { user: UserId; role: SharedRole; effective_role: SharedRole };

/** A share before and after, and the delegations that rose or fell with it. */
export type ShareChanged = {
  cooperation: Cooperation;
  before?: Share;
  share: Share;
  restored: Moved[];
  reduced: Moved[];
};

/** A share's state for change and removal. */
export type ShareState = CooperationState & {
  shareHead: Head<Share>;
  share: Share;
  resource: SharedResource;
  delegations: Delegation[];
  /** If-Match on a share names the share's own head. */
  expectedShare?: Precondition | undefined;
};

/** Shares a resource. `existing` is the live share of it in this cooperation, if there is one; `policy` the initiator's. */
export function decideShare(
  state: CooperationState & { resource: SharedResource; existing?: Share | undefined; policy: PolicyOf },
  input: ShareInput,
  id: ShareId,
  stamp: Stamp,
): Decision<ShareChanged> {
  const { cooperation, existing } = state;
  const next = stepFor(state, "share", stamp.now, refuseUnlessOwn(state.expected, state.head));
  if (isRefusal(next)) return next;
  if (existing) {
    const is = shareAt(existing, stamp.now);
    const sameAgain = is.role === input.role && !isRedated(is, input);
    return sameAgain
      ? same({ cooperation, share: existing, restored: [], reduced: [] })
      : { code: "already_shared", resource: existing.resource, share: existing.id };
  }
  const made = newShare(state, input, id, stamp);
  if (isRefusal(made)) return made;
  const after: Cooperation = { ...cooperation, shares: cooperation.shares + 1 };
  const reason = initiatorsReason(input.reason);
  const entry: EntryFacts = { action: "share", object: `share:${id}`, after: made.share, reason };
  const touches = [{ head: state.head, record: after, entry }, ...made.touches];
  const value = { cooperation: after, share: made.share, restored: [], reduced: [] };
  return planned({ touches, deletes: [], writes: made.writes }, value);
}

/**
 * Changes a share's role and its dates: one Write, and delegations keep what the new role carries. It is decided on the
 * share as it counts now, so a role that has stepped down is given back by naming it; viewer has no step to take.
 * Without its start date the share starts.
 */
export function decideChangeShare(
  state: ShareState & { policy: PolicyOf },
  input: ChangeShareInput,
  stamp: Stamp,
): Decision<ShareChanged> {
  const { cooperation, share: kept, policy } = state;
  const next = stepFor(state, "change_share", stamp.now, refuseUnlessShare(state), "share");
  if (isRefusal(next)) return next;
  const share = shareAt(kept, stamp.now);
  const role = crossing(input.role ?? share.role);
  if (isRefusal(role)) return role;
  const starts_at = changedDate(share.starts_at, input.starts_at);
  const expires_at = changedDate(share.expires_at, input.expires_at);
  const step_down_at = changedDate(role === "viewer" ? undefined : share.step_down_at, input.step_down_at);
  const is: Share = { ...share, role, starts_at, expires_at, step_down_at };
  if (role === share.role && !isRedated(share, is))
    return same({ cooperation, before: kept, share: kept, restored: [], reduced: [] });
  const refusal =
    refuseShareDates(cooperation, share, is, stamp.now) ??
    (givesMore(share, is) ? refuseShared(policy, cooperation, is, stamp.now) : undefined);
  if (refusal) return refusal;
  // by the record: that is what is written
  const after: Share = { ...is, spelling: isRedated(kept, is) ? otherSpelling(kept.spelling) : kept.spelling };
  const action = kept.starts_at !== undefined && starts_at === undefined ? "start_share" : "change_share";
  return planned(planOfShare(state, after, cooperation, action, input.reason), {
    cooperation,
    before: kept,
    share: after,
    ...moved(state.delegations, share.role, role),
  });
}

/** Removes a share. Everybody downstream is cut off in the same Write; the rest is swept. */
export function decideUnshare(state: ShareState, input: ReasonInput, stamp: Stamp): Decision<ShareChanged> {
  const next = stepFor(state, "unshare", stamp.now, refuseUnlessShare(state), "share");
  if (isRefusal(next)) return next;
  const after: Share = { ...state.share, removed_at: instant(stamp.now) };
  const cooperation = { ...state.cooperation, shares: state.cooperation.shares - 1 };
  const plan = planOfShare(state, after, cooperation, "unshare", input.reason);
  plan.writes.push(sweepMark(`share:${after.id}`));
  return planned(plan, { cooperation, before: state.share, share: after, restored: [], reduced: [] });
}

/** The refusal of a share that is removed, or not as the caller expects; `exists`: whether what they change on it is there. */
export function refuseUnlessShare(
  { share, shareHead, expectedShare }: Pick<ShareState, "share" | "shareHead" | "expectedShare">,
  exists = true,
): Refusal | undefined {
  if (share.removed_at !== undefined) return { code: "not_found", what: "share", gone: true };
  return refuseUnlessExpected(expectedShare, { n: shareHead.n, exists });
}

/** The plan of a share that turns into `after`: its head and its resource's, the entry, its tuples. */
export function planOfShare(
  state: ShareState,
  after: Share,
  cooperation: Cooperation,
  action: EntryFacts["action"],
  reason?: string,
) {
  const { share: before, resource } = state;
  if (resource.head.value === undefined) throw new StoreDamaged(resource.ref, "it is shared and has no record");
  const entry: EntryFacts = { action, object: `share:${before.id}`, before, after, reason: initiatorsReason(reason) };
  return {
    touches: [
      { head: state.head, record: cooperation, entry },
      { head: state.shareHead, record: after },
      { head: resource.head, record: resource.head.value },
    ],
    ...difference(tuplesOfShare(before), tuplesOfShare(after)),
  };
}

/** The delegations that are worth more, or less, once their share has another role. */
export function moved(
  delegations: Delegation[],
  from: SharedRole,
  to: SharedRole,
): { restored: Moved[]; reduced: Moved[] } {
  const restored: Moved[] = [];
  const reduced: Moved[] = [];
  for (const { user, role } of delegations) {
    const was = effectiveRole(role, from);
    const is = effectiveRole(role, to);
    if (was !== is) (is === role ? restored : reduced).push({ user, role, effective_role: is });
  }
  return { restored, reduced };
}

const initiatorsReason = (text: string | undefined) => ({ side: "initiator", text }) as const;

/** The role, when it may cross to a partner at all. */
export const crossing = (role: JobRole): Result<SharedRole> =>
  role === "operator" ? { code: "operator_never_crosses" } : role;

/** The share that an input asks for, with the tuples and heads it takes, or why not. */
export function newShare(
  { cooperation, resource, policy }: { cooperation: Cooperation; resource: SharedResource; policy: PolicyOf },
  input: Omit<ShareInput, "reason">,
  id: ShareId,
  stamp: Stamp,
): Result<{ share: Share; touches: Touch[]; writes: Tuple[] }> {
  const role = crossing(input.role);
  if (isRefusal(role)) return role;
  const { ref, head } = resource;
  // another's resource and one that does not exist look the same: strangers' plants stay hidden
  const owned = alive(head);
  if (owned?.owner !== cooperation.initiator)
    return { code: "not_owner", organization: cooperation.initiator, resource: ref };
  const share: Share = {
    id,
    cooperation: cooperation.id,
    resource: ref,
    role,
    starts_at: input.starts_at,
    expires_at: input.expires_at,
    step_down_at: input.step_down_at,
    spelling: "plain",
    created_at: instant(stamp.now),
  };
  const refusal =
    refuseShareDates(cooperation, undefined, share, stamp.now) ?? refuseShared(policy, cooperation, share, stamp.now);
  if (refusal) return refusal;
  const blank: Head<Share> = { object: `share:${id}`, n: 0, hash: NO_HASH, value: undefined };
  return {
    share,
    touches: [
      { head: blank, record: share },
      { head, record: owned },
    ],
    writes: tuplesOfShare(share),
  };
}
