/**
 * Which dates a share and a cooperation may be given. Only a date that a request changes is held to the clock: one that
 * has passed may be sent back as it is. A start is for what has given nobody anything yet: to close what is open there
 * is the pause. Pure.
 */
import { hasPassed, type Instant, instant } from "../expiry.ts";
import { type Cooperation, isAccepted, type Share } from "../records.ts";
import type { DatedMember, Refusal } from "../refusal.ts";

/** A date after a change: left out it stays, null clears it. */
export const changedDate = (date: Instant | undefined, input: Instant | null | undefined): Instant | undefined =>
  input === undefined ? date : (input ?? undefined);

/** Whether a cooperation has given access, or would have given it where something had been shared. */
const hasStarted = (cooperation: Cooperation): boolean =>
  isAccepted(cooperation) && cooperation.starts_at === undefined;

/** The refusal of a cooperation's dates; `before`: the cooperation as it is, undefined for a new one. */
export function refuseCooperationDates(
  before: Cooperation | undefined,
  after: Cooperation,
  now: Date,
): Refusal | undefined {
  const { status, starts_at, review_by, resume_at } = after;
  if (resume_at !== before?.resume_at && resume_at !== undefined && status !== "paused")
    return { code: "wrong_status", status, needs: ["paused"] };
  return (
    refuseSpan(before, after, before !== undefined && hasStarted(before), now) ??
    refuseUnlessFuture("review_by", before?.review_by, review_by, now) ??
    refuseStartAfterReview(before, { starts_at, review_by }) ??
    refuseUnlessFuture("resume_at", before?.resume_at, resume_at, now)
  );
}

/** The refusal of a share's dates; `before`: the share as it is, undefined for a new one. */
export function refuseShareDates(
  cooperation: Cooperation,
  before: Share | undefined,
  after: Share,
  now: Date,
): Refusal | undefined {
  const isOpen = before !== undefined && before.starts_at === undefined && hasStarted(cooperation);
  const refusal = refuseSpan(before, after, isOpen, now);
  if (refusal) return refusal;
  if (after.step_down_at !== undefined && after.role === "viewer")
    return { code: "invalid_date", member: "step_down_at", problem: "is for a role above viewer" };
  return refuseUnlessFuture("step_down_at", before?.step_down_at, after.step_down_at, now);
}

type Span = { starts_at?: Instant | undefined; expires_at?: Instant | undefined };

/** The refusal of when something starts and ends; `isOpen`: it has started. */
function refuseSpan(before: Span | undefined, after: Span, isOpen: boolean, now: Date): Refusal | undefined {
  const { starts_at, expires_at } = after;
  if (expires_at !== before?.expires_at && hasPassed(expires_at, now))
    return { code: "invalid_expiry", now: instant(now) };
  const isMoved = starts_at !== before?.starts_at;
  if (isMoved && starts_at !== undefined && isOpen) return refusedStart("is for what has not started yet");
  const refusal = refuseUnlessFuture("starts_at", before?.starts_at, starts_at, now);
  if (refusal) return refusal;
  const isEmpty = starts_at !== undefined && expires_at !== undefined && starts_at >= expires_at;
  return isEmpty && (isMoved || expires_at !== before?.expires_at)
    ? refusedStart(`must lie before expires_at, ${expires_at}`)
    : undefined;
}

/** The refusal of a start that lies behind the day of the review: it would start when it has ended. */
function refuseStartAfterReview(
  before: Cooperation | undefined,
  { starts_at, review_by }: Pick<Cooperation, "starts_at" | "review_by">,
): Refusal | undefined {
  if (starts_at === undefined || review_by === undefined || starts_at < review_by) return undefined;
  const isMoved = starts_at !== before?.starts_at || review_by !== before.review_by;
  return isMoved ? refusedStart(`must lie before review_by, ${review_by}`) : undefined;
}

const refusedStart = (problem: string): Refusal => ({ code: "invalid_date", member: "starts_at", problem });

/** The refusal of a date that is new and does not lie in the future. */
function refuseUnlessFuture(
  member: DatedMember,
  before: Instant | undefined,
  after: Instant | undefined,
  now: Date,
): Refusal | undefined {
  if (after === before || !hasPassed(after, now)) return undefined;
  return { code: "invalid_date", member, problem: `must lie after ${instant(now)}` };
}
