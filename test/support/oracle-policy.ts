/**
 * What the policy of an organization refuses, said once more from docs/policies.md: plain data, and nothing of the
 * product. Days and months are counted from the start, or from now; only what gives more than before is held to it.
 */
import { type Cooperation, endOf } from "./oracle.ts";

export type Thing = "cooperation" | "share" | "delegation";

/** `days`: at most so many, by thing; `months`: until a review; `required`: what needs a date; `highest`: of a share's role. */
export type Rules = {
  days: Partial<Record<Thing, number>>;
  months: number | undefined;
  required: Thing[];
  highest: string | undefined;
  allowed: string[];
  denied: string[];
};

type Ruled = { now: number; policies: Map<string, Rules> };
type Span = { starts?: number; until: number };
type Reviewed = Span & { reviews?: number };
type Given = Reviewed & { role?: string; steps?: number };

const DAY = 24 * 3600 * 1000;
const BELOW: Record<string, string[]> = {
  viewer: ["viewer"],
  technical_manager: ["viewer", "technical_manager"],
  asset_manager: ["viewer", "asset_manager"],
};

const rulesOf = ({ policies }: Ruled, organization: string | undefined) => policies.get(organization ?? "");

/** Whether more is given than was: a role that the other does not include, or for longer. */
export function givesMore(was: Given, is: Given): boolean {
  const isHigher = is.role !== undefined && was.role !== undefined && !BELOW[was.role]?.includes(is.role);
  const isEarlier = (is.starts ?? -Infinity) < (was.starts ?? -Infinity);
  const stepsLater = is.role !== "viewer" && (is.steps ?? Infinity) > (was.steps ?? Infinity);
  const isReviewedLater = (is.reviews ?? Infinity) > (was.reviews ?? Infinity);
  return isHigher || isEarlier || is.until > was.until || isReviewedLater || stepsLater;
}

/** Whether an organization's policy refuses that something ends then. */
export function refusesEnd(world: Ruled, by: string | undefined, of: Thing, is: Span): boolean {
  const rules = rulesOf(world, by);
  if (rules === undefined) return false;
  const days = rules.days[of];
  if (days === undefined) return is.until === Infinity && rules.required.includes(of);
  return is.until > Math.max(world.now, is.starts ?? -Infinity) + days * DAY;
}

/** Whether an organization's policy refuses that a cooperation of its own lasts so long without a review. */
export function refusesReview(world: Ruled, by: string, is: Reviewed): boolean {
  const { months } = rulesOf(world, by) ?? {};
  if (months === undefined) return false;
  const from = new Date(Math.max(world.now, is.starts ?? -Infinity));
  const [year, month] = [from.getUTCFullYear(), from.getUTCMonth() + months];
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const day = Date.UTC(year, month, Math.min(from.getUTCDate(), lastDay));
  return endOf(is) > day + (from.getTime() % DAY);
}

/** Whether an organization's policy refuses how long a cooperation of its own lasts. */
const refusesWhole = (world: Ruled, by: string, is: Reviewed): boolean =>
  refusesEnd(world, by, "cooperation", is) || refusesReview(world, by, is);

/** Whether an organization's policy refuses a partner, as far as it is known. */
export function refusesPartner(world: Ruled, by: string, organization?: string, email?: string): boolean {
  const { allowed, denied } = rulesOf(world, by) ?? { allowed: [], denied: [] };
  const names = [`organization:${organization}`, `domain:${email?.split("@")[1]}`];
  const isIn = (list: string[]) => list.some((one) => names.includes(one));
  if (isIn(denied)) return true;
  const isOpen = organization === undefined && allowed.some((one) => one.startsWith("organization:"));
  return allowed.length > 0 && !isIn(allowed) && !isOpen;
}

/** Whether a partner's policy refuses who invites it: of that one no address is known, and rules for domains allow nobody. */
function refusesInitiator(world: Ruled, partner: string, initiator: string): boolean {
  const { allowed = [], denied = [] }: Partial<Rules> = rulesOf(world, partner) ?? {};
  const ids = allowed.filter((one) => one.startsWith("organization:"));
  const name = `organization:${initiator}`;
  return denied.includes(name) || (ids.length > 0 && !ids.includes(name));
}

/** Whether either side's policy refuses that these two cooperate. */
export const refusesSides = (
  world: Ruled,
  { initiator, email }: { initiator: string; email?: string | undefined },
  partner: string,
): boolean => refusesPartner(world, initiator, partner, email) || refusesInitiator(world, partner, initiator);

type Bond = Reviewed & { initiator: string; partner?: string | undefined; email?: string | undefined };

/** Why a bond cannot begin now with this partner. */
export function refusalOfBond(world: Ruled, bond: Bond, partner: string): string {
  if (refusesSides(world, bond, partner)) return "partner_against_policy";
  return refusesWhole(world, bond.initiator, bond) ? "date_against_policy" : "done";
}

/** Why a cooperation cannot be made to last so long. */
export function refusalOfDates(world: Ruled, { initiator, partner, email }: Bond, is: Reviewed): string {
  if (refusesPartner(world, initiator, partner, email)) return "partner_against_policy";
  return refusesWhole(world, initiator, is) ? "date_against_policy" : "done";
}

/** Why a share cannot be delegated so; `was`: as it is delegated. */
export function refusalOfDelegation(
  world: Ruled,
  cooperation: Cooperation & { email?: string | undefined },
  was: Given | undefined,
  is: Given,
): string {
  const { initiator, partner } = cooperation;
  if (was !== undefined && !givesMore(was, is)) return "done";
  if (partner !== undefined && refusesSides(world, cooperation, partner)) return "partner_against_policy";
  return [initiator, partner].some((by) => refusesEnd(world, by, "delegation", is)) ? "date_against_policy" : "done";
}

/** Why a share cannot become so; `was`: as it is, undefined for something new. */
export function refusalOfShare(
  world: Ruled,
  { initiator, partner, email }: Omit<Bond, keyof Reviewed>,
  was: Given | undefined,
  is: Given & { role: string },
): string {
  if (was !== undefined && !givesMore(was, is)) return "done";
  if (refusesPartner(world, initiator, partner, email)) return "partner_against_policy";
  const highest = rulesOf(world, initiator)?.highest;
  if (highest !== undefined && !BELOW[highest]?.includes(is.role)) return "role_against_policy";
  return refusesEnd(world, initiator, "share", is) ? "date_against_policy" : "done";
}
