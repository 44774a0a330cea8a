/**
 * Dates that end access. Kept as RFC 3339 text in UTC, whole seconds, so that the
 * record, the condition and the reply say the same characters. At the instant
 * itself access has ended (model.fga: `current_time < expires_at`).
 */
import { z } from "zod";

/** `2026-12-01T00:00:00Z`: UTC, whole seconds. Two of them compare as text. */
export type Instant = string;

/** An instant from a Date; fractions are cut. */
export function instant(date: Date): Instant {
  return `${date.toISOString().slice(0, 19)}Z`;
}

const NOT_A_DATE = "must be an RFC 3339 date-time with an offset, like 2026-12-01T00:00:00Z";

/** An RFC 3339 date-time with an offset, as it comes from a caller, cut to whole seconds in UTC. */
export const InstantInput = z.iso
  .datetime({ offset: true, error: NOT_A_DATE })
  // ISO 8601 may leave the seconds out, RFC 3339 may not
  .regex(/^.{16}:/, NOT_A_DATE)
  .transform((text) => instant(new Date(text)))
  .refine((text) => /^\d{4}-/.test(text), "must lie before the year 10000")
  .meta({ example: "2027-06-30T22:00:00Z" });

/** Whether a date has come. No date never comes. */
export function hasPassed(expiresAt: Instant | undefined, now: Date): boolean {
  return expiresAt !== undefined && Date.parse(expiresAt) <= now.getTime();
}

/** The earliest of some dates; undefined when none of them is set. */
export function earliest(...dates: (Instant | undefined)[]): Instant | undefined {
  return dates.filter((date) => date !== undefined).sort()[0];
}
