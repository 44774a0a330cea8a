/**
 * What of a cooperation waits for an admin of one of its sides: an answer that somebody else waits for, an invitation
 * without one, and dates that come soon. Pure.
 */
import { cooperationEnd } from "../cooperation-end.ts";
import { hasPassed, type Instant } from "../expiry.ts";
import type { Side } from "../history.ts";
import { type Cooperation, isAccepted } from "../records.ts";

export const WAITS = ["answer", "asks", "review", "end", "invitation"] as const;
/**
 * `answer`: the partner accepts or declines; `asks`: the initiator answers them; `review`: it is due soon, or was missed;
 * `end`: it ends soon; `invitation`: nobody has answered it.
 */
export type Waits = (typeof WAITS)[number];

const DAY_MILLISECONDS = 86_400_000;

/** What waits for a side of a cooperation within so many days; `asks`: how many have no answer. */
export function waitsFor(
  cooperation: Cooperation,
  side: Side,
  { asks, days, now }: { asks: number; days: number; now: Date },
): Waits[] {
  const soon = new Date(now.getTime() + days * DAY_MILLISECONDS);
  const isSoon = (date: Instant | undefined) => hasPassed(date, soon);
  const { status, expires_at, review_by } = cooperation;
  const isOpen = status === "invited" || status === "pending";
  // to the partner a review that nobody makes is an end like any other
  const end = side === "partner" ? cooperationEnd(cooperation) : expires_at;
  const waits: Record<Waits, boolean> = {
    answer: side === "partner" && status === "pending" && !hasPassed(cooperationEnd(cooperation), now),
    asks: side === "initiator" && isAccepted(cooperation) && asks > 0,
    review: side === "initiator" && status !== "ended" && isSoon(review_by) && !hasPassed(expires_at, now),
    end: isAccepted(cooperation) && isSoon(end) && !hasPassed(end, now),
    invitation: side === "initiator" && isOpen,
  };
  return WAITS.filter((one) => waits[one]);
}
