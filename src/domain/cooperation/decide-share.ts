/**
 * Decides what is shared into a cooperation, at what role and until when. Pure. The
 * cap and law 2 are the model's; what the model cannot keep is kept here: only what
 * the initiator owns is shared, once in a cooperation.
 */
import { StoreDamaged } from "../../faults.ts";
import type { ChangeShareInput, ReasonInput, ShareInput } from "../commands.ts";
import { hasPassed, instant } from "../expiry.ts";
import type { ResourceRef, ShareId, UserId } from "../ids.ts";
import { type Decision, type EntryFacts, planned, type Stamp, same, type Touch } from "../plan.ts";
import { type Precondition, refuseUnlessExpected, refuseUnlessOwn } from "../precondition.ts";
import { alive, type Cooperation, type Delegation, type Head, NO_HASH, type Resource, type Share } from "../records.ts";
import type { Refusal } from "../refusal.ts";
import { otherSpelling } from "../relations.ts";
import { isRefusal, type Result } from "../result.ts";
import { effectiveRole, type JobRole, type SharedRole } from "../roles.ts";
import { sweepMark, tuplesOfShare } from "../state-tuples.ts";
import { difference, type Tuple } from "../tuples.ts";
import { type CooperationState, stepFor } from "./decide-cooperation.ts";

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

/** Shares a resource. `existing` is the live share of it in this cooperation, if there is one. */
export function decideShare(
  state: CooperationState & { resource: SharedResource; existing?: Share | undefined },
  input: ShareInput,
  id: ShareId,
  stamp: Stamp,
): Decision<ShareChanged> {
  const { cooperation, existing } = state;
  const next = stepFor(state, "share", stamp.now, refuseUnlessOwn(state.expected, state.head));
  if (isRefusal(next)) return next;
  if (existing) {
    const sameAgain = existing.role === input.role && existing.expires_at === input.expires_at;
    return sameAgain
      ? same({ cooperation, share: existing, restored: [], reduced: [] })
      : { code: "already_shared", resource: existing.resource, share: existing.id };
  }
  const made = newShare(cooperation, state.resource, input, id, stamp);
  if (isRefusal(made)) return made;
  const after: Cooperation = { ...cooperation, shares: cooperation.shares + 1 };
  const reason = initiatorsReason(input.reason);
  const entry: EntryFacts = { action: "share", object: `share:${id}`, after: made.share, reason };
  const touches = [{ head: state.head, record: after, entry }, ...made.touches];
  const value = { cooperation: after, share: made.share, restored: [], reduced: [] };
  return planned({ touches, deletes: [], writes: made.writes }, value);
}

/** Changes a share's role, its date, or both: one Write, and delegations keep what the new role carries. */
export function decideChangeShare(state: ShareState, input: ChangeShareInput, stamp: Stamp): Decision<ShareChanged> {
  const { cooperation, share } = state;
  const next = stepFor(state, "change_share", stamp.now, refuseUnlessShare(state), "share");
  if (isRefusal(next)) return next;
  const role = crossing(input.role ?? share.role);
  if (isRefusal(role)) return role;
  const expires_at = input.expires_at === undefined ? share.expires_at : (input.expires_at ?? undefined);
  const redated = expires_at !== share.expires_at;
  if (!redated && role === share.role) return same({ cooperation, before: share, share, restored: [], reduced: [] });
  if (redated && hasPassed(expires_at, stamp.now)) return { code: "invalid_expiry", now: instant(stamp.now) };
  const spelling = redated ? otherSpelling(share.spelling) : share.spelling;
  const after: Share = { ...share, role, expires_at, spelling };
  return planned(changeShare(state, after, cooperation, "change_share", input.reason), {
    cooperation,
    before: share,
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
  const plan = changeShare(state, after, cooperation, "unshare", input.reason);
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

function changeShare(
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

function moved(delegations: Delegation[], from: SharedRole, to: SharedRole): { restored: Moved[]; reduced: Moved[] } {
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
  cooperation: Cooperation,
  resource: SharedResource,
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
  if (hasPassed(input.expires_at, stamp.now)) return { code: "invalid_expiry", now: instant(stamp.now) };
  const share: Share = {
    id,
    cooperation: cooperation.id,
    resource: ref,
    role,
    expires_at: input.expires_at,
    spelling: "plain",
    created_at: instant(stamp.now),
  };
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
