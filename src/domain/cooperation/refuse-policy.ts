/**
 * What the policy of an organization refuses: an end or a review that is too late or missing, a role that is too high, a
 * partner that it does not work with. Whatever gives more than before is held to all of it; what stays, or gives less, to none
 * of it, and a date that comes sets nothing. Pure.
 */
import { cooperationEnd, type EndDates } from "../cooperation-end.ts";
import { type Instant, instant } from "../expiry.ts";
import type { OrganizationId } from "../ids.ts";
import type { BoundedThing, PolicyOf } from "../policy.ts";
import type { Cooperation } from "../records.ts";
import type { Refusal } from "../refusal.ts";
import { delegable, type SharedRole } from "../roles.ts";

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;

type Dates = { starts_at?: Instant | undefined; expires_at?: Instant | undefined };
/** At which role something is given, from when to when, and until when without a review. */
type Given = Dates & EndDates & { role?: SharedRole | undefined; step_down_at?: Instant | undefined };

/** Whether more is given than before: a role that the other does not include, for longer, or from an earlier moment on. */
export function givesMore(before: Given, after: Given): boolean {
  if (before.role !== undefined && after.role !== undefined && !delegable(before.role).includes(after.role))
    return true;
  const isLater = (is: Instant | undefined, was: Instant | undefined) =>
    was !== undefined && (is === undefined || Date.parse(is) > Date.parse(was));
  const isEarlier =
    before.starts_at !== undefined && (after.starts_at === undefined || isLater(before.starts_at, after.starts_at));
  // viewer has no step to take
  const isHigherForLonger = after.role !== "viewer" && isLater(after.step_down_at, before.step_down_at);
  const lastsLonger = isLater(after.expires_at, before.expires_at) || isLater(after.review_by, before.review_by);
  return isEarlier || lastsLonger || isHigherForLonger;
}

/** The refusal of an end. It is counted from the start, or from now where that has none or is over. */
export function refuseEnd(
  { organization, policy }: PolicyOf,
  of: BoundedThing,
  { starts_at, expires_at }: Dates,
  now: Date,
): Refusal | undefined {
  const days_max = policy[`${of}_days_max`];
  if (days_max === undefined) {
    const isMissing = expires_at === undefined && policy.dates_required.includes(of);
    return isMissing ? { code: "date_against_policy", organization, of } : undefined;
  }
  const latest = writable(beginOf(starts_at, now) + days_max * DAY_MILLISECONDS);
  return isWithin(expires_at, latest) ? undefined : { code: "date_against_policy", organization, of, days_max, latest };
}

/**
 * The refusal of the day of a review: without a review or an end nobody has access for longer than these months. Counted
 * as an end is.
 */
export function refuseReviewDay(
  { organization, policy: { review_months_max: months_max } }: PolicyOf,
  cooperation: EndDates & Pick<Dates, "starts_at">,
  now: Date,
): Refusal | undefined {
  if (months_max === undefined) return undefined;
  const latest = writable(monthsAfter(beginOf(cooperation.starts_at, now), months_max));
  return isWithin(cooperationEnd(cooperation), latest)
    ? undefined
    : { code: "date_against_policy", organization, of: "review", months_max, latest };
}

/** The refusal of when a cooperation as a whole ends, and of the day of its review. */
const refuseCooperationEnd = (policy: PolicyOf, cooperation: Dates & EndDates, now: Date): Refusal | undefined =>
  refuseEnd(policy, "cooperation", cooperation, now) ?? refuseReviewDay(policy, cooperation, now);

/** From when on it is counted: the start, or now where that has passed or is none. */
const beginOf = (starts_at: Instant | undefined, now: Date): number =>
  Math.max(now.getTime(), starts_at === undefined ? 0 : Date.parse(starts_at));

const isWithin = (end: Instant | undefined, latest: Instant): boolean =>
  end !== undefined && Date.parse(end) <= Date.parse(latest);

/** The last moment that can be written as a date. */
const LAST_INSTANT = Date.parse("9999-12-31T23:59:59Z");
const writable = (milliseconds: number): Instant => instant(new Date(Math.min(milliseconds, LAST_INSTANT)));

/** The same day of the month and time of day (UTC), so many months later; the last day where that month has no such day. */
function monthsAfter(milliseconds: number, months: number): number {
  const date = new Date(milliseconds);
  const day = date.getUTCDate();
  date.setUTCMonth(date.getUTCMonth() + months);
  // the day 31 of a month with 30 is the first of the next one
  if (date.getUTCDate() !== day) date.setUTCDate(0);
  return date.getTime();
}

/** The refusal of a share's role. */
export function refuseRole(
  { organization, policy: { highest_role: highest } }: PolicyOf,
  role: SharedRole,
): Refusal | undefined {
  if (highest === undefined || delegable(highest).includes(role)) return undefined;
  return { code: "role_against_policy", organization, role, highest };
}

/** The refusal of a cooperation as it would be: its partner, its end, its review. */
export const refuseCooperation = (policy: PolicyOf, cooperation: Cooperation, now: Date): Refusal | undefined =>
  refusePartner(policy, { organization: cooperation.partner, email: cooperation.email }) ??
  refuseCooperationEnd(policy, cooperation, now);

/** The refusal of a share as it would be: its partner, its role, its end. */
export const refuseShared = (
  policy: PolicyOf,
  { partner, email }: Pick<Cooperation, "partner" | "email">,
  share: Dates & { role: SharedRole },
  now: Date,
): Refusal | undefined =>
  refusePartner(policy, { organization: partner, email }) ??
  refuseRole(policy, share.role) ??
  refuseEnd(policy, "share", share, now);

/** Who is on the other side: an organization, the address that it was invited by, or both. */
export type PartnerNamed = { organization?: OrganizationId | undefined; email?: string | undefined };

/**
 * The refusal of a partner. Who is invited by address is not known yet: where organizations are allowed by id, that is
 * decided when one of them joins.
 */
export function refusePartner({ organization, policy }: PolicyOf, named: PartnerNamed): Refusal | undefined {
  const { partners_allowed: allowed, partners_denied: denied } = policy;
  const isNamed = (list: readonly string[]) => list.some((one) => names(one, named));
  const isOpen = allowed.length === 0 || isNamed(allowed) || (named.organization === undefined && allowed.some(isById));
  return isOpen && !isNamed(denied) ? undefined : { code: "partner_against_policy", organization };
}

/**
 * The refusal of an initiator, by its partner's policy. No address of it is known: rules for domains are about whom one
 * invites, and those alone keep out nobody who invites.
 */
export function refuseInitiator({ organization, policy }: PolicyOf, initiator: OrganizationId): Refusal | undefined {
  const partners_allowed = policy.partners_allowed.filter(isById);
  return refusePartner({ organization, policy: { ...policy, partners_allowed } }, { organization: initiator });
}

/** The policies of both sides. */
export type PoliciesOfSides = { initiator: PolicyOf; partner: PolicyOf };

/** The refusal of a bond between the two sides, by either's policy. */
export function refuseSides(
  { initiator, email }: Pick<Cooperation, "initiator" | "email">,
  partner: OrganizationId,
  policies: PoliciesOfSides,
): Refusal | undefined {
  return (
    refusePartner(policies.initiator, { organization: partner, email }) ?? refuseInitiator(policies.partner, initiator)
  );
}

/** The refusal of a bond that begins now, with the end and the review that the whole cooperation has. */
export const refuseBond = (
  cooperation: Cooperation,
  partner: OrganizationId,
  policies: PoliciesOfSides,
  now: Date,
): Refusal | undefined =>
  refuseSides(cooperation, partner, policies) ?? refuseCooperationEnd(policies.initiator, cooperation, now);

const isById = (listed: string) => listed.startsWith("organization:");

/** Whether a policy means somebody by this: the organization, or the domain of the address, or one under it. */
function names(listed: string, { organization, email }: PartnerNamed): boolean {
  if (organization !== undefined && listed === `organization:${organization}`) return true;
  if (email === undefined || !listed.startsWith("domain:")) return false;
  return `.${email.slice(email.lastIndexOf("@") + 1)}`.endsWith(`.${listed.slice("domain:".length)}`);
}
