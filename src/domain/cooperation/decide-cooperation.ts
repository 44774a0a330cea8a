/**
 * Decides what happens to a cooperation that exists: each step of the lifecycle
 * table, from joining to its end. Pure; the table is the only place that says when.
 */

import { hasPassed, type Instant, instant } from "../expiry.ts";
import type { Side } from "../history.ts";
import { type Decision, type EntryFacts, type Plan, planned, refuse, type Stamp, same } from "../plan.ts";
import { type Precondition, refuseUnlessOwn } from "../precondition.ts";
import { type Cooperation, type Head, type Invitation, isSide, type Organization, type Share } from "../records.ts";
import type { Refusal } from "../refusal.ts";
import { isRefusal } from "../result.ts";
import { refuseUnlessSide, type Standings } from "../standing.ts";
import { sweepMark, tuplesOfCooperation } from "../state-tuples.ts";
import { difference } from "../tuples.ts";
import { secondsToWait, touchAnswered, touchSent } from "./cool-down.ts";
import { LIFECYCLE, type LifecycleAction, statusesFor, step } from "./lifecycle.ts";
import { knownOrganization, touchCooperation, touchOrganization, withoutAddress } from "./touch.ts";

/** What every action in a cooperation is decided on. */
export type CooperationState = {
  head: Head<Cooperation>;
  cooperation: Cooperation;
  standings: Standings;
  /** What the caller expects of the cooperation. */
  expected?: Precondition | undefined;
};

/** What an action changed, each as it is after it. */
export type Changed = { before: Cooperation; cooperation: Cooperation };

/** Where the table leads, or why it does not. */
export function stepOrRefuse(
  cooperation: Cooperation,
  action: LifecycleAction,
  now: Date,
): { to: Cooperation["status"]; ended_as?: Cooperation["ended_as"] } | "same" | Refusal {
  const next = step(cooperation, action, hasPassed(cooperation.expires_at, now));
  if (next === "no") {
    const { status, ended_as } = cooperation;
    return { code: "wrong_status", status, ended_as, needs: statusesFor(action) };
  }
  return next === "expired" ? { code: "cooperation_expired", expires_at: cooperation.expires_at } : next;
}

/** The plan of a cooperation that turns into `after`: its head, its entry, its tuples. */
export function changeCooperation(
  state: CooperationState,
  after: Cooperation,
  action: string,
  reason?: EntryFacts["reason"],
): Plan {
  const { head, cooperation: before } = state;
  const entry = { action, object: head.object, before: withoutAddress(before), after: withoutAddress(after), reason };
  return {
    touches: [touchCooperation(head, after, entry)],
    ...difference(tuplesOfCooperation(before), tuplesOfCooperation(after)),
  };
}

export type StepInput = { reason?: string | undefined };

/** A share as it stood when its cooperation ended: what both sides see of it from then on (law 15). */
export type SharedAtEnd = {
  resource: string;
  name?: string | undefined;
  role: string;
  expires_at?: string | undefined;
};

/** What each step is decided on besides: to accept, the partner's head; to end, all that is to be seen of it afterwards. */
export type StepState = CooperationState & {
  initiator?: Head<Organization> | undefined;
  partner?: Head<Organization> | undefined;
  /** What stands between the two sides, where the partner answers an offer. */
  invitation?: Head<Invitation> | undefined;
  sharedAtEnd?: SharedAtEnd[] | undefined;
};

/** accept, decline, pause, resume, remove, leave. */
export function decideStep(
  state: StepState,
  action: "accept" | "decline" | "pause" | "resume" | "remove" | "leave",
  input: StepInput,
  stamp: Stamp,
): Decision<Changed> {
  const { cooperation } = state;
  const side = LIFECYCLE[action].by;
  const refusal = refuseUnlessSide(state.standings, side, cooperation, "cooperation") ?? refuseIfMoved(state);
  if (refusal) return refuse(refusal);
  const next = stepOrRefuse(cooperation, action, stamp.now);
  if (next === "same") return same({ before: cooperation, cooperation });
  if (isRefusal(next)) return refuse(next);
  // it was deleted since, and another has its id: the offer was not to that one
  if (action === "accept" && state.partner?.value !== undefined && !isSide(cooperation, "partner", state.partner.value))
    return refuse({ code: "not_found", what: "cooperation" });

  const at = instant(stamp.now);
  const after: Cooperation = {
    ...cooperation,
    status: next.to,
    ...(next.to === "ended" && {
      ended_as: next.ended_as,
      ended_at: at,
      initiator_name: nameAt(cooperation, "initiator", state.initiator),
      partner_name: nameAt(cooperation, "partner", state.partner),
    }),
    ...(action === "accept" && { accepted_at: at }),
  };
  const plan = changeCooperation(
    state,
    after,
    action,
    input.reason === undefined ? undefined : { side, text: input.reason },
  );
  const [touch] = plan.touches;
  if (next.to === "ended") {
    plan.writes.push(sweepMark(`cooperation:${cooperation.id}`));
    if (touch?.entry !== undefined) touch.entry.after = { ...touch.entry.after, shared_at_end: state.sharedAtEnd };
  }
  if (action === "accept") plan.touches.push(touchOrganization(knownOrganization(state.partner), "accept", after));
  if (state.invitation !== undefined && (action === "accept" || action === "decline"))
    plan.touches.push(touchAnswered(state.invitation, action, stamp));
  return planned(plan, { before: cooperation, cooperation: after });
}

const nameAt = (cooperation: Cooperation, side: Side, organization: Head<Organization> | undefined) =>
  isSide(cooperation, side, organization?.value) ? organization?.value?.name : undefined;

/** Sets the expiry of the whole cooperation, or clears it (null). */
export function decideExpiry(
  state: CooperationState,
  input: { expires_at?: Instant | null | undefined; reason?: string | undefined },
  stamp: Stamp,
): Decision<Changed> {
  const { cooperation } = state;
  const refusal = refuseUnlessSide(state.standings, "initiator", cooperation, "cooperation") ?? refuseIfMoved(state);
  if (refusal) return refuse(refusal);
  const next = stepOrRefuse(cooperation, "change_expiry", stamp.now);
  if (isRefusal(next)) return refuse(next);
  if (input.expires_at === undefined || (input.expires_at ?? undefined) === cooperation.expires_at)
    return same({ before: cooperation, cooperation });
  const expires_at = input.expires_at ?? undefined;
  if (hasPassed(expires_at, stamp.now)) return refuse({ code: "invalid_expiry", now: instant(stamp.now) });
  const after: Cooperation = { ...cooperation, expires_at, spelling: otherSpelling(cooperation.spelling) };
  const reason = input.reason === undefined ? undefined : { side: "initiator" as const, text: input.reason };
  return planned(changeCooperation(state, after, "change_expiry", reason), { before: cooperation, cooperation: after });
}

/** Sends the invitation again with a new token, or the notice again. */
export function decideResend(
  state: CooperationState & { invitation: Head<Invitation> },
  input: StepInput,
  stamp: Stamp,
): Decision<Changed> {
  const { cooperation } = state;
  const refusal = refuseUnlessSide(state.standings, "initiator", cooperation, "cooperation") ?? refuseIfMoved(state);
  if (refusal) return refuse(refusal);
  const next = stepOrRefuse(cooperation, "resend", stamp.now);
  if (isRefusal(next)) return refuse(next);
  // one that was sent before the two sides had a record of it
  const sent = { sent_at: cooperation.sent_at, unanswered: 1, ...state.invitation.value };
  const wait = secondsToWait(sent, 0, stamp.now);
  if (wait > 0) return refuse({ code: "cool_down", retry_after_seconds: wait });
  const invitation = cooperation.status === "invited" ? cooperation.invitation + 1 : cooperation.invitation;
  const after: Cooperation = { ...cooperation, invitation, sent_at: instant(stamp.now) };
  const reason = input.reason === undefined ? undefined : { side: "initiator" as const, text: input.reason };
  const plan = changeCooperation(state, after, "resend", reason);
  plan.touches.push(touchSent({ ...state.invitation, value: sent }, stamp));
  return planned(plan, { before: cooperation, cooperation: after });
}

/** A new date moves a dated fact to its other spelling (model.fga). */
export function otherSpelling(spelling: Share["spelling"]): Share["spelling"] {
  return spelling === "plain" ? "alt" : "plain";
}

/** The refusal of a cooperation that is not as the caller expects. */
export function refuseIfMoved(state: Pick<CooperationState, "head" | "expected">): Refusal | undefined {
  return refuseUnlessOwn(state.expected, { n: state.head.n, exists: true });
}
