/**
 * What an organization's policy would not allow to be set now, though it was set before: of one cooperation, with its
 * shares and what is delegated on them. Nothing of it is changed.
 */
import {
  refuseEnd,
  refuseInitiator,
  refusePartner,
  refuseReviewDay,
  refuseRole,
} from "../../domain/cooperation/refuse-policy.ts";
import { hasPassed } from "../../domain/expiry.ts";
import type { Side } from "../../domain/history.ts";
import type { ResourceRef, ShareId, UserId } from "../../domain/ids.ts";
import type { PolicyOf } from "../../domain/policy.ts";
import { alive, type Cooperation, isAccepted } from "../../domain/records.ts";
import type { Refusal } from "../../domain/refusal.ts";
import { shareAt } from "../../domain/share-dates.ts";
import type { Reads } from "../../ports.ts";
import { inTurns, shareIdsOf, shareWithDelegations } from "../../store/snapshot.ts";

/** Violations that are shown of one cooperation. */
const VIOLATIONS_MAX = 100;
/** Shares of one cooperation that are read at the same time; a page looks at several cooperations at once. */
const SHARES_AT_ONCE = 4;

/** What the policy refuses: the cooperation itself, a share in it, or what a person is delegated on that. */
export type PolicyViolation = { share?: ShareId; resource?: ResourceRef; user?: UserId; refusal: Refusal };

/** The violations of a policy in a cooperation that has not ended; `complete`: whether these are all of them. */
export async function violationsIn(
  reads: Reads,
  policy: PolicyOf,
  cooperation: Cooperation,
  side: Side,
  now: Date,
): Promise<{ violations: PolicyViolation[]; complete: boolean }> {
  const { initiator, partner, email } = cooperation;
  const found: PolicyViolation[] = [];
  const note = (refusal: Refusal | undefined, of: Omit<PolicyViolation, "refusal"> = {}) => {
    if (refusal !== undefined) found.push({ ...of, refusal });
  };
  if (side === "initiator") {
    note(refusePartner(policy, { organization: partner, email }));
    note(refuseEnd(policy, "cooperation", cooperation, now));
    note(refuseReviewDay(policy, cooperation, now));
  } else note(refuseInitiator(policy, initiator));
  // what is shared is the partner's matter once it has accepted
  const ids = side === "initiator" || isAccepted(cooperation) ? await shareIdsOf(reads, cooperation.id) : [];
  for (let at = 0; at < ids.length && found.length <= VIOLATIONS_MAX; at += SHARES_AT_ONCE) {
    const shares = await inTurns(ids.slice(at, at + SHARES_AT_ONCE), (id) => shareWithDelegations(reads, id));
    for (const { head, delegations } of shares) {
      const kept = alive(head);
      const share = kept && shareAt(kept, now);
      if (share === undefined || hasPassed(share.expires_at, now)) continue;
      const of = { share: share.id, resource: share.resource };
      if (side === "initiator") {
        note(refuseRole(policy, share.role), of);
        note(refuseEnd(policy, "share", share, now), of);
      }
      for (const delegation of delegations)
        note(refuseEnd(policy, "delegation", delegation, now), { ...of, user: delegation.user });
    }
  }
  return { violations: found.slice(0, VIOLATIONS_MAX), complete: found.length <= VIOLATIONS_MAX };
}
