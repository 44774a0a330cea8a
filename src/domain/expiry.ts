/**
 * Dates that end or open access. Kept as RFC 3339 text in UTC, whole seconds, so that the
 * record, the condition and the reply say the same characters. At the instant
 * itself access has ended (model.fga: `current_time < expires_at`). The fraction of a caller's
 * date never gives access for longer than it says: an end is cut, a start is rounded up.
 */
import { z } from "zod";

/** `2026-12-01T00:00:00Z`: UTC, whole seconds. Two of them compare as text. */
export type Instant = string;

/** An instant from a Date; fractions are cut. */
export function instant(date: Date): Instant {
  return `${date.toISOString().slice(0, 19)}Z`;
}

const NOT_A_DATE = "must be an RFC 3339 date-time with an offset, like 2026-12-01T00:00:00Z";

/** An RFC 3339 date-time with an offset, as it comes from a caller, made whole seconds in UTC. */
const inWholeSeconds = (whole: (text: string) => Instant) =>
  z.iso
    .datetime({ offset: true, error: NOT_A_DATE })
    // ISO 8601 may leave the seconds out, RFC 3339 may not
    .regex(/^.{16}:/, NOT_A_DATE)
    .transform(whole)
    .refine((text) => /^\d{4}-/.test(text), "must lie before the year 10000")
    .meta({ example: "2027-06-30T22:00:00Z" });

/** A date of a caller that ends something: its fraction is cut. */
export const InstantInput = inWholeSeconds((text) => instant(new Date(text)));

/** A date of a caller that opens something: with a fraction it is the next second. */
export const OpeningInstantInput = inWholeSeconds((text) => {
  // by the text: a Date has no microseconds
  const hasFraction = /\.\d*[1-9]/.test(text);
  return instant(new Date(Date.parse(text.replace(/\.\d+/, "")) + (hasFraction ? 1000 : 0)));
});

/** Whether a date has come. No date never comes. */
export function hasPassed(expiresAt: Instant | undefined, now: Date): boolean {
  return expiresAt !== undefined && Date.parse(expiresAt) <= now.getTime();
}

/** The earliest of some dates; undefined when none of them is set. */
export function earliest(...dates: (Instant | undefined)[]): Instant | undefined {
  return dates.filter((date) => date !== undefined).sort()[0];
}
