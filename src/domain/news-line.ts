/** What a line of a mail of news can say: one table of kinds for what is decided and for the words of each language. */
import type { Instant } from "./expiry.ts";
import type { ResourceRef, ShareId, UserId } from "./ids.ts";
import type { SharedRole } from "./roles.ts";

/** What happened to the cooperation itself; `invitation_ends`: its invitation is not valid for long. */
export const COOPERATION_NEWS = [
  "accepted",
  "declined",
  "withdrawn",
  "removed",
  "left",
  "paused",
  "resumed",
  "started",
  "expired",
  "reviewed",
  "review_missed",
  "date_asked",
  "date_declined",
  "date_withdrawn",
  "invitation_ends",
] as const;

/** A date of the cooperation that was set, or that is near. */
export const COOPERATION_DATES = {
  ends: "expires_at",
  reviews: "review_by",
  starts: "starts_at",
  resumes: "resume_at",
} as const;
export type CooperationDate = keyof typeof COOPERATION_DATES;

/** What happened to a share; from `delegated` on to what was delegated on it, as its holder or an admin reads it. */
export const SHARE_NEWS = [
  "shared",
  "changed",
  "unshared",
  "begun",
  "share_starts",
  "steps_down",
  "share_ends",
  "share_expired",
  "asked",
  "ask_declined",
  "ask_withdrawn",
  "delegated",
  "revoked",
  "access_ends",
  "access_expired",
  "delegation_ends",
  "delegation_expired",
] as const;
export type ShareNews = (typeof SHARE_NEWS)[number];

/** Of what: the resource where the entry names it, its role and end where they matter, whom it is delegated to, and the date that the line is about. */
export type NewsOfShare = {
  share: ShareId;
  resource?: ResourceRef | undefined;
  role?: SharedRole | undefined;
  until?: Instant | undefined;
  user?: UserId | undefined;
  at?: Instant | undefined;
};

/** A line of a mail. `date`: undefined where there is none any more; `isNear`: it is to be extended now or not at all. */
export type NewsLine =
  | { kind: (typeof COOPERATION_NEWS)[number] }
  | { kind: CooperationDate; date: Instant | undefined; isNear?: boolean }
  | { kind: ShareNews; of: NewsOfShare };
