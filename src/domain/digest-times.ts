/** When the mails of a day are sent: at one hour for everybody, since nobody's time zone is known. */

/** UTC: in the morning in Europe. */
const DIGEST_HOUR = 5;
const DAY_MILLISECONDS = 24 * 3_600_000;

/** The latest time of digests that is not in the future. */
export function lastDigestAt(now: Date): Date {
  const today = new Date(now);
  today.setUTCHours(DIGEST_HOUR, 0, 0, 0);
  return today <= now ? today : new Date(today.getTime() - DAY_MILLISECONDS);
}

/** The next one. */
export const nextDigestAt = (now: Date): Date => new Date(lastDigestAt(now).getTime() + DAY_MILLISECONDS);
