/** The record of a person, as it rides on their head: who they are, and which mails they get. */
import { z } from "zod";

/** When somebody gets mails about what happened: as it happens, once a day, or not at all. */
export const MAIL_CHOICES = ["at_once", "daily", "none"] as const;
export type MailChoice = (typeof MAIL_CHOICES)[number];

export const PersonRecord = z.object({
  name: z.string().optional(),
  email: z.string().optional(),
  language: z.string().optional(),
  mails: z.enum(MAIL_CHOICES).optional(),
  daily_since: z.string().optional(),
  daily_until: z.string().optional(),
  mail_refused_at: z.string().optional(),
});
/**
 * `mails`: what they chose, `at_once` where they did not. So that nothing is lost between the two, `daily_since` says when
 * they chose digests: what was recorded before the digest before that is in none of theirs; and who left digests still
 * gets those up to `daily_until`. `mail_refused_at`: since when a mail server refuses the address for good.
 */
export type Person = z.infer<typeof PersonRecord>;
