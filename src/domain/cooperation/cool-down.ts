/**
 * How often somebody may be written to, and how often an organization may invite (law
 * 18): bounds that are kept in the store, so that neither removing an invitation nor
 * another replica resets them. Pure.
 */
import { hash } from "node:crypto";
import { instant } from "../expiry.ts";
import type { CooperationId } from "../ids.ts";
import type { Stamp, Touch } from "../plan.ts";
import { type Cooperation, type Head, type Invitation, incarnationOf, type Organization } from "../records.ts";
import type { Refusal } from "../refusal.ts";

/** How long after a mail the next may go out; from the third without an answer each doubles it, up to a day. */
const PAUSE_SECONDS = 60;
const PAUSE_SECONDS_MAX = 24 * 60 * 60;
const DAY_SECONDS = 24 * 60 * 60;

/** `open`: invitations of one organization that wait for an answer; `daily`: that it sends on one day (UTC). */
export type InvitationLimits = { openMax: number; dailyMax: number; declinedDays: number };

/** What is invited: an address, or a known organization. */
export type Invited = Pick<
  Cooperation,
  "initiator" | "initiator_incarnation" | "partner" | "partner_incarnation" | "email"
>;

/** The id of the record between who invites and who is invited. It is a hash, and reveals neither of the two. */
export function invitationId(invited: Invited): string {
  const { initiator, initiator_incarnation, partner, partner_incarnation, email } = invited;
  const target =
    partner === undefined ? ["email", email] : ["organization", partner, incarnationOf(partner_incarnation)];
  const pair = [initiator, incarnationOf(initiator_incarnation), ...target];
  return hash("sha256", JSON.stringify(pair));
}

/** How long until they may be written to again; 0 or less when they may now. */
export function secondsToWait(sent: Invitation | undefined, declinedDays: number, now: Date): number {
  const { sent_at, unanswered = 0, declined_at } = sent ?? {};
  const after = (at: string | undefined, seconds: number) => (at === undefined ? 0 : Date.parse(at) / 1000 + seconds);
  const pause = Math.min(PAUSE_SECONDS * 2 ** Math.max(0, unanswered - 2), PAUSE_SECONDS_MAX);
  const until = Math.max(after(sent_at, pause), after(declined_at, declinedDays * DAY_SECONDS));
  return Math.ceil(until - now.getTime() / 1000);
}

/** Why an organization may not invite once more now: too many open, too many today, or these too often. */
export function refuseInvitation(
  state: { initiator: Head<Organization>; invitation: Head<Invitation>; open: { atMost: number } },
  { openMax, dailyMax, declinedDays }: InvitationLimits,
  now: Date,
): Refusal | undefined {
  const wait = secondsToWait(state.invitation.value, declinedDays, now);
  if (wait > 0) return { code: "cool_down", retry_after_seconds: wait };
  const { atMost: count } = state.open;
  if (count >= openMax) return { code: "too_many_invitations", kind: "open", count, limit: openMax };
  const today = invitedToday(state.initiator.value, now);
  if (today < dailyMax) return undefined;
  const sinceMidnight = (now.getTime() / 1000) % DAY_SECONDS;
  const retry_after_seconds = Math.ceil(DAY_SECONDS - sinceMidnight);
  return { code: "too_many_invitations", kind: "today", count: today, limit: dailyMax, retry_after_seconds };
}

const dayOf = (now: Date) => now.toISOString().slice(0, 10);
const invitedToday = (organization: Organization | undefined, now: Date): number =>
  organization?.invited_on === dayOf(now) ? (organization.invited ?? 0) : 0;

/** An organization's record with one more invitation, of today. */
export function countInvitation(organization: Organization, { atMost }: { atMost: number }, now: Date): Organization {
  const invited = invitedToday(organization, now) + 1;
  return { ...organization, invited_on: dayOf(now), invited, open_at_most: atMost + 1 };
}

/** A mail went out. */
export function touchSent(head: Head<Invitation>, cooperation: CooperationId, { now }: Stamp): Touch {
  const unanswered = (head.value?.unanswered ?? 0) + 1;
  return { head, record: { ...head.value, sent_at: instant(now), unanswered, cooperation } };
}

/** The mails were answered: who accepted may be invited again at once, who declined is left alone for a while. */
export function touchAnswered(
  head: Head<Invitation>,
  answer: "accept" | "decline",
  cooperation: CooperationId,
  { now }: Stamp,
): Touch {
  return { head, record: answer === "decline" ? { declined_at: instant(now), cooperation } : { cooperation } };
}
