/**
 * Decides the review of a cooperation: an admin of the initiator confirms it with a note and says by when the next one is
 * due. The confirmation is an action, so it also opens again what ended because nobody reviewed it (law 19). What has
 * expired is refused: it would be said that access is confirmed that nobody has. Pure.
 */
import type { ReviewInput } from "../commands.ts";
import { hasPassed, instant } from "../expiry.ts";
import { type Decision, planned, type Stamp } from "../plan.ts";
import type { PolicyOf } from "../policy.ts";
import { refuseUnlessOwn } from "../precondition.ts";
import type { Cooperation } from "../records.ts";
import { isRefusal } from "../result.ts";
import { type Changed, type CooperationState, changeCooperation, redated, stepFor } from "./decide-cooperation.ts";
import { refuseCooperationDates } from "./refuse-dates.ts";
import { givesMore, refuseCooperation, refuseReviewDay } from "./refuse-policy.ts";

/**
 * Reviews a cooperation. The day by which this review was due is never kept unnamed: it would end what was just confirmed.
 * So the next one is named, or cleared by null. The next one is what a review sets, so it is held to the policy also where
 * the cooperation lasts no longer by it.
 */
export function decideReview(
  state: CooperationState & { policy: PolicyOf },
  input: ReviewInput,
  stamp: Stamp,
): Decision<Changed> {
  const { cooperation, head, policy } = state;
  const next = stepFor(state, "review", stamp.now, refuseUnlessOwn(state.expected, head));
  if (isRefusal(next)) return next;
  if (input.review_by === undefined && cooperation.review_by !== undefined)
    return { code: "invalid_date", member: "review_by", problem: "is missing: name the next one, or null for none" };
  const review_by = input.review_by ?? undefined;
  // also where it is the day that the review was due: it is named for the next one
  if (hasPassed(review_by, stamp.now))
    return { code: "invalid_date", member: "review_by", problem: `must lie after ${instant(stamp.now)}` };
  const after: Cooperation = {
    ...redated(cooperation, { review_by }),
    reviewed_at: instant(stamp.now),
    reviewed_by: stamp.actor,
    reviewed_n: head.n + 1,
  };
  const refusal =
    refuseCooperationDates(cooperation, after, stamp.now) ??
    (givesMore(cooperation, after) ? refuseCooperation : refuseReviewDay)(policy, after, stamp.now);
  if (refusal) return refusal;
  const reason = { side: "initiator", text: input.note } as const;
  return planned(changeCooperation(state, after, "review", reason), { before: cooperation, cooperation: after });
}
