/**
 * When a cooperation ends by itself: on its expiry date, or on the day by which an admin of the initiator was to review
 * it and did not, whichever is first. Both are the one date of its condition, so a review that is forgotten needs nobody
 * and no scheduler to end access. Pure.
 */
import { earliest, hasPassed, type Instant } from "./expiry.ts";

/** What may end a cooperation by itself. */
export type EndDates = { expires_at?: Instant | undefined; review_by?: Instant | undefined };

/** The instant from which on nobody has access through it; undefined where it has no such date. */
export const cooperationEnd = ({ expires_at, review_by }: EndDates): Instant | undefined =>
  earliest(expires_at, review_by);

/** Whether what ends it is that nobody reviews it: on one day with its expiry there is nothing left to review. */
export const endsUnreviewed = ({ expires_at, review_by }: EndDates): boolean =>
  review_by !== undefined && (expires_at === undefined || review_by < expires_at);

/** Whether it has come to that: a review by an admin of the initiator opens it again. */
export const isUnreviewed = (dates: EndDates, now: Date): boolean =>
  endsUnreviewed(dates) && hasPassed(dates.review_by, now);
