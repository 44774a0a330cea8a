/**
 * Decides what happens to a cooperation that exists: each step of the lifecycle
 * table, from joining to its end. Pure; the table is the only place that says when.
 */
import { hasPassed, type Instant, instant } from "./expiry.ts";
import { type Action, LIFECYCLE, statusesFor, step } from "./lifecycle.ts";
import { type Decision, type EntryFacts, type Plan, planned, refuse, type Stamp, same } from "./plan.ts";
import { type Precondition, refuseUnlessOwn } from "./precondition.ts";
import type { Cooperation, Head, Organization, Share } from "./records.ts";
import type { Refusal } from "./refusal.ts";
import { refuseUnlessSide, type Standings } from "./standing.ts";
import { knownOrganization, toldOf, touchCooperation, touchOrganization } from "./touch.ts";
import { difference, sweepMark, tuplesOfCooperation } from "./tuples.ts";

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

/** How long after a mail the next may go out. */
export const RESEND_PAUSE_SECONDS = 60;

/** Where the table leads, or why it does not. */
export function stepOrRefuse(
  cooperation: Cooperation,
  action: Action,
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
export function become(
  state: CooperationState,
  after: Cooperation,
  action: string,
  reason?: EntryFacts["reason"],
): Plan {
  const { head, cooperation: before } = state;
  const entry = { action, object: head.object, before: toldOf(before), after: toldOf(after), reason };
  return {
    touches: [touchCooperation(head, after, entry)],
    ...difference(tuplesOfCooperation(before), tuplesOfCooperation(after)),
  };
}

export type StepInput = { reason?: string | undefined };

/** accept, decline, pause, resume, remove, leave. `partner` is the partner's head, needed to accept. */
export function decideStep(
  state: CooperationState & { partner?: Head<Organization> | undefined },
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
  if ("code" in next) return refuse(next);

  const at = instant(stamp.now);
  const after: Cooperation = {
    ...cooperation,
    status: next.to,
    ...(next.to === "ended" && { ended_as: next.ended_as, ended_at: at }),
    ...(action === "accept" && { accepted_at: at }),
  };
  const plan = become(state, after, action, input.reason === undefined ? undefined : { side, text: input.reason });
  if (next.to === "ended") plan.writes.push(sweepMark(`cooperation:${cooperation.id}`));
  if (action === "accept") plan.touches.push(touchOrganization(knownOrganization(state.partner), "accept", after));
  return planned(plan, { before: cooperation, cooperation: after });
}

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
  if (next !== "same" && "code" in next) return refuse(next);
  if (input.expires_at === undefined || (input.expires_at ?? undefined) === cooperation.expires_at)
    return same({ before: cooperation, cooperation });
  const expires_at = input.expires_at ?? undefined;
  if (hasPassed(expires_at, stamp.now)) return refuse({ code: "invalid_expiry", now: instant(stamp.now) });
  const after: Cooperation = { ...cooperation, expires_at, spelling: otherSpelling(cooperation.spelling) };
  const reason = input.reason === undefined ? undefined : { side: "initiator" as const, text: input.reason };
  return planned(become(state, after, "change_expiry", reason), { before: cooperation, cooperation: after });
}

/** Sends the invitation again with a new token, or the notice again. */
export function decideResend(state: CooperationState, input: StepInput, stamp: Stamp): Decision<Changed> {
  const { cooperation } = state;
  const refusal = refuseUnlessSide(state.standings, "initiator", cooperation, "cooperation") ?? refuseIfMoved(state);
  if (refusal) return refuse(refusal);
  const next = stepOrRefuse(cooperation, "resend", stamp.now);
  if (next !== "same" && "code" in next) return refuse(next);
  const sentAt = cooperation.sent_at === undefined ? 0 : Date.parse(cooperation.sent_at);
  const waitSeconds = Math.ceil(sentAt / 1000 + RESEND_PAUSE_SECONDS - stamp.now.getTime() / 1000);
  if (waitSeconds > 0) return refuse({ code: "cool_down", retry_after_seconds: waitSeconds });
  const invitation = cooperation.status === "invited" ? cooperation.invitation + 1 : cooperation.invitation;
  const after: Cooperation = { ...cooperation, invitation, sent_at: instant(stamp.now) };
  const reason = input.reason === undefined ? undefined : { side: "initiator" as const, text: input.reason };
  return planned(become(state, after, "resend", reason), { before: cooperation, cooperation: after });
}

/** A new date moves a dated fact to its other spelling (model.fga). */
export function otherSpelling(spelling: Share["spelling"]): Share["spelling"] {
  return spelling === "plain" ? "alt" : "plain";
}

/** The refusal of a cooperation that is not as the caller expects. */
export function refuseIfMoved(state: Pick<CooperationState, "head" | "expected">): Refusal | undefined {
  return refuseUnlessOwn(state.expected, { n: state.head.n, exists: true });
}
