/**
 * Decides what happens to a cooperation that exists: each step of the lifecycle
 * table, from joining to its end. Pure; the table is the only place that says when.
 */
import type { ChangeCooperationInput, PauseInput } from "../commands.ts";
import { cooperationEnd, endsUnreviewed } from "../cooperation-end.ts";
import { instant } from "../expiry.ts";
import type { Side } from "../history.ts";
import { type Memberships, refuseUnlessSide } from "../membership.ts";
import { type Decision, type EntryFacts, type Plan, planned, type Stamp, same } from "../plan.ts";
import { NO_POLICY, type PolicyOf } from "../policy.ts";
import { type Precondition, refuseUnlessOwn } from "../precondition.ts";
import { type Cooperation, type Head, type Invitation, isSide, type Organization } from "../records.ts";
import type { Refusal } from "../refusal.ts";
import { otherSpelling } from "../relations.ts";
import { isRefusal, type Result } from "../result.ts";
import type { SharedRole } from "../roles.ts";
import { shareAt } from "../share-dates.ts";
import { sweepMark, tuplesOfCooperation } from "../state-tuples.ts";
import { difference } from "../tuples.ts";
import { touchAnswered } from "./cool-down.ts";
import {
  type CooperationAction,
  hasExpiredFor,
  LIFECYCLE,
  type SideAction,
  statusesFor,
  step,
  type Transition,
} from "./lifecycle.ts";
import { changedDate, refuseCooperationDates } from "./refuse-dates.ts";
import { givesMore, type PoliciesOfSides, refuseBond, refuseCooperation } from "./refuse-policy.ts";
import { touchOrganization, withoutAddress } from "./touch.ts";

/** What every action in a cooperation is decided on. */
export type CooperationState = {
  head: Head<Cooperation>;
  cooperation: Cooperation;
  memberships: Memberships;
  /** What the caller expects of the cooperation. */
  expected?: Precondition | undefined;
};

/** What an action changed, each as it is after it. */
export type Changed = { before: Cooperation; cooperation: Cooperation };

/** Where the table leads, or why it does not. */
export function stepOrRefuse(
  cooperation: Cooperation,
  action: CooperationAction,
  now: Date,
): Result<Exclude<Transition, { kind: "no" | "expired" }>> {
  const { status, ended_as, review_by } = cooperation;
  const next = step({ status, ended_as }, action, hasExpiredFor(action, cooperation, now));
  switch (next.kind) {
    case "no":
      return { code: "wrong_status", status, ended_as, needs: statusesFor(action) };
    case "expired":
      // a review is refused by the expiry alone, whatever day was missed before it
      if (action === "review") return { code: "cooperation_expired", expires_at: cooperation.expires_at };
      return {
        code: "cooperation_expired",
        expires_at: cooperationEnd(cooperation),
        ...(endsUnreviewed(cooperation) && { review_by }),
      };
    case "same":
    case "moves":
      return next;
  }
}

/**
 * Where an admin's action leads. Refused, in this order, to who may not take it, by `found` (the precondition on what
 * is changed, or that it is deleted), and by the table. `what` a stranger does not find.
 */
export function stepFor(
  { memberships, cooperation }: Pick<CooperationState, "memberships" | "cooperation">,
  action: SideAction,
  now: Date,
  found: Refusal | undefined,
  what = "cooperation",
) {
  const refusal = refuseUnlessSide(memberships, LIFECYCLE[action].by, cooperation, what) ?? found;
  return refusal ?? stepOrRefuse(cooperation, action, now);
}

/** The plan of a cooperation that turns into `after`: its head, its entry, its tuples. */
export function changeCooperation(
  { head, cooperation: before }: Pick<CooperationState, "head" | "cooperation">,
  after: Cooperation,
  action: EntryFacts["action"],
  reason: EntryFacts["reason"],
): Plan {
  const entry = { action, object: head.object, before: withoutAddress(before), after: withoutAddress(after), reason };
  return {
    touches: [{ head, record: after, entry }],
    ...difference(tuplesOfCooperation(before), tuplesOfCooperation(after)),
  };
}

export type LifecycleStep = "accept" | "decline" | "pause" | "resume" | "remove" | "leave";

/** A share as it was when its cooperation ended: what both sides see of it from then on (law 15). */
export type SharedAtEnd = {
  resource: string;
  name?: string | undefined;
  role: SharedRole;
  starts_at?: string | undefined;
  expires_at?: string | undefined;
  step_down_at?: string | undefined;
};

/** What a step is decided on besides: to accept, the partner's head; to end, the shares that both sides see from then on. */
export type StepState = CooperationState & {
  initiator?: Head<Organization> | undefined;
  partner?: Head<Organization> | undefined;
  /** The invitation between the two sides, where the partner answers an offer. */
  invitation?: Head<Invitation> | undefined;
  sharedAtEnd?: SharedAtEnd[] | undefined;
  /** Where the partner accepts. */
  policies?: PoliciesOfSides | undefined;
};

/** Takes a step of the lifecycle table. Only a pause has an input besides its reason: when it ends. */
export function decideStep(
  state: StepState,
  action: LifecycleStep,
  input: PauseInput,
  stamp: Stamp,
): Decision<Changed> {
  const { cooperation } = state;
  const next = stepFor(state, action, stamp.now, refuseUnlessOwn(state.expected, state.head));
  if (isRefusal(next)) return next;
  // paused already: a pause with another end is a change of that
  if (next.kind === "same" && action === "pause")
    return decideDates({ ...state, policy: { organization: cooperation.initiator, policy: NO_POLICY } }, input, stamp);
  if (next.kind === "same") return same({ before: cooperation, cooperation });
  const resume_at = action === "pause" ? (input.resume_at ?? undefined) : undefined;
  // it was deleted since, and another has its id: the offer was not to that one
  if (action === "accept" && state.partner?.value !== undefined && !isSide(cooperation, "partner", state.partner.value))
    return { code: "not_found", what: "cooperation" };
  if (action === "accept") {
    if (cooperation.partner === undefined || state.policies === undefined) throw new Error("accepted without policies");
    const unwanted = refuseBond(cooperation, cooperation.partner, state.policies, stamp.now);
    if (unwanted) return unwanted;
  }

  const at = instant(stamp.now);
  const after: Cooperation = {
    ...cooperation,
    status: next.to,
    resume_at,
    ...(next.to === "ended" && {
      ended_as: next.ended_as,
      ended_at: at,
      initiator_name: nameAt(cooperation, "initiator", state.initiator),
      partner_name: nameAt(cooperation, "partner", state.partner),
    }),
    ...(action === "accept" && { accepted_at: at }),
  };
  const refusal = refuseCooperationDates(cooperation, after, stamp.now);
  if (refusal) return refusal;
  const plan = changeCooperation(state, after, action, { side: LIFECYCLE[action].by, text: input.reason });
  const [touch] = plan.touches;
  if (next.to === "ended") {
    plan.writes.push(sweepMark(`cooperation:${cooperation.id}`));
    if (touch?.entry !== undefined) touch.entry.after = { ...touch.entry.after, shared_at_end: sharedAt(state, stamp) };
  }
  if (action === "accept") plan.touches.push(touchOrganization(state.partner, "accept", after));
  if (state.invitation !== undefined && (action === "accept" || action === "decline"))
    plan.touches.push(touchAnswered(state.invitation, action, cooperation.id, stamp));
  return planned(plan, { before: cooperation, cooperation: after });
}

const sharedAt = ({ sharedAtEnd }: StepState, { now }: Stamp) => sharedAtEnd?.map((share) => shareAt(share, now));

const nameAt = (cooperation: Cooperation, side: Side, organization: Head<Organization> | undefined) =>
  isSide(cooperation, side, organization?.value) ? organization?.value?.name : undefined;

/**
 * Sets the dates of the whole cooperation, or clears them (null): its expiry, the day of its review, its start until it
 * has started, and while it is paused the end of the pause. Without its start date it starts.
 */
export function decideDates(
  state: CooperationState & { policy: PolicyOf },
  input: ChangeCooperationInput,
  stamp: Stamp,
): Decision<Changed> {
  const { cooperation, policy } = state;
  const next = stepFor(state, "change_expiry", stamp.now, refuseUnlessOwn(state.expected, state.head));
  if (isRefusal(next)) return next;
  const starts_at = changedDate(cooperation.starts_at, input.starts_at);
  const expires_at = changedDate(cooperation.expires_at, input.expires_at);
  const review_by = changedDate(cooperation.review_by, input.review_by);
  const resume_at = changedDate(cooperation.resume_at, input.resume_at);
  const dates = { starts_at, expires_at, review_by, resume_at };
  const names = Object.keys(dates) as (keyof typeof dates)[];
  if (names.every((name) => dates[name] === cooperation[name])) return same({ before: cooperation, cooperation });
  const after = redated(cooperation, dates);
  const refusal =
    refuseCooperationDates(cooperation, after, stamp.now) ??
    (givesMore(cooperation, after) ? refuseCooperation(policy, after, stamp.now) : undefined);
  if (refusal) return refusal;
  const action = cooperation.starts_at !== undefined && starts_at === undefined ? "start" : "change_expiry";
  const reason = { side: "initiator", text: input.reason } as const;
  return planned(changeCooperation(state, after, action, reason), { before: cooperation, cooperation: after });
}

/** A cooperation with other dates: with another end, its condition moves to the other spelling (docs/decisions/0001). */
export function redated(before: Cooperation, dates: Partial<Cooperation>): Cooperation {
  const after = { ...before, ...dates };
  const isMoved = cooperationEnd(after) !== cooperationEnd(before);
  return { ...after, spelling: isMoved ? otherSpelling(before.spelling) : before.spelling };
}
