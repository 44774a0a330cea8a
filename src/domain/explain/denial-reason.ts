/**
 * What keeps somebody from something, with its data: what a person who asks "why not?"
 * can do something about. A new reason does not compile until it has its sentence, and with it its place.
 */
import type { Instant } from "../expiry.ts";
import type { Ending } from "../records.ts";
import type { JobRole, OrganizationRole, SharedRole } from "../roles.ts";
import { nameOf } from "./sentence.ts";

type OfCooperation = { cooperation: string; initiator: string; partner: string | undefined };
type OfShare = { share: string; resource: string };
type OfDelegation = OfShare & { user: string };
type OfJobRole = { user: string; resource: string; needs: readonly JobRole[] };

export type DenialReason =
  | ({ code: "cooperation_paused"; resume_at: Instant | undefined } & OfCooperation)
  | ({ code: "cooperation_not_started"; starts_at: Instant } & OfCooperation)
  | ({ code: "share_not_started"; starts_at: Instant } & OfShare)
  | ({ code: "cooperation_expired"; expires_at: Instant } & OfCooperation)
  | ({ code: "cooperation_not_reviewed"; review_by: Instant } & OfCooperation)
  | ({ code: "share_expired"; expires_at: Instant } & OfShare)
  | ({ code: "delegation_expired"; expires_at: Instant } & OfDelegation)
  | ({ code: "cooperation_pending" } & OfCooperation)
  | ({ code: "cooperation_invited" } & OfCooperation)
  | ({ code: "share_role_too_low"; role: SharedRole; needs: readonly JobRole[] } & OfShare)
  | ({ code: "delegation_reduced"; role: SharedRole; share_role: SharedRole } & OfDelegation)
  | ({ code: "delegation_too_low"; role: SharedRole; needs: readonly JobRole[] } & OfDelegation)
  | ({ code: "not_delegated"; organization: string; role: OrganizationRole } & OfDelegation)
  | ({ code: "delegate_left"; organization: string } & OfDelegation)
  | { code: "person_suspended"; user: string; organization: string }
  | ({ code: "job_role_too_low"; role: JobRole } & OfJobRole)
  | ({ code: "no_job_role"; organization: string; role: OrganizationRole } & OfJobRole)
  | { code: "not_admin"; user: string; organization: string; role: OrganizationRole }
  | { code: "never_shared"; permission: string; owner: string }
  | ({ code: "share_removed"; removed_at: string } & OfShare)
  | ({ code: "cooperation_ended"; ended_as: Ending | undefined; ended_at: Instant | undefined } & OfCooperation)
  | ({ code: "not_shared"; resource: string } & OfCooperation)
  | { code: "not_person"; user: string; organization: string }
  | { code: "stranger"; user: string; resource: string; owner: string; organizations: readonly string[] }
  | { code: "object_deleted"; object: string; deleted_at: Instant }
  | { code: "object_unknown"; object: string }
  | { code: "user_unknown"; user: string }
  | { code: "subject_no_user"; subject: string }
  | { code: "records_differ"; object: string };

export type DenialCode = DenialReason["code"];

/** What a reason means, what to do about it, and the sentence that says it of this person and resource. */
type DenialRow<C extends DenialCode> = {
  meaning: string;
  advice: string;
  says: (is: Extract<DenialReason, { code: C }>) => string;
};

/** Every reason, the nearest to access first: what a message ends, what an action ends, what was removed, what never existed. */
export const DENIAL_REASONS: { readonly [C in DenialCode]: DenialRow<C> } = {
  records_differ: {
    meaning: "By its records there is access, and the engine denies it.",
    advice: "Run doctor: the store is inconsistent.",
    says: (is) => `By its records ${nameOf(is.object)} should let them; the tuples say otherwise. Run doctor.`,
  },
  cooperation_paused: {
    meaning: "The initiator paused the cooperation.",
    advice: "An admin of the initiator resumes it, or the service does on the date in `resume_at`.",
    says: (is) => `${bond(is)} is paused${is.resume_at === undefined ? "" : `, until ${is.resume_at}`}.`,
  },
  cooperation_not_started: {
    meaning: "The cooperation has a start date, and was not started yet.",
    advice: "The service starts it on that date; an admin of the initiator clears `starts_at` to start it at once.",
    says: (is) => `${bond(is)} starts at ${is.starts_at}.`,
  },
  share_not_started: {
    meaning: "The share has a start date, and was not started yet.",
    advice: "The service starts it on that date; an admin of the initiator clears `starts_at` to start it at once.",
    says: (is) => `The share of ${is.resource} (${is.share}) starts at ${is.starts_at}.`,
  },
  cooperation_expired: {
    meaning: "The cooperation's expiry date has passed.",
    advice: "An admin of the initiator sets a later one.",
    says: (is) => `${bond(is)} expired at ${is.expires_at}.`,
  },
  cooperation_not_reviewed: {
    meaning: "The cooperation was to be reviewed by a day, and nobody of the initiator did.",
    advice: "An admin of the initiator reviews it: POST /v1/cooperations/{id}/review.",
    says: (is) => `${bond(is)} was to be reviewed by ${is.review_by}, and was not.`,
  },
  share_expired: {
    meaning: "The share's expiry date has passed.",
    advice: "An admin of the initiator sets a later one.",
    says: (is) => `The share of ${is.resource} (${is.share}) expired at ${is.expires_at}.`,
  },
  delegation_expired: {
    meaning: "The delegation's expiry date has passed.",
    advice: "An admin of the partner sets a later one.",
    says: (is) => `The delegation of ${is.resource} to ${is.user} (share ${is.share}) expired at ${is.expires_at}.`,
  },
  cooperation_pending: {
    meaning: "The partner has not accepted the cooperation.",
    advice: "An admin of the partner accepts it.",
    says: (is) => `${bond(is)} waits to be accepted.`,
  },
  cooperation_invited: {
    meaning: "Nobody has joined with the invitation's token.",
    advice: "The invited person joins; an admin of the initiator can resend the invitation.",
    says: (is) => `The invitation by ${is.initiator} (cooperation ${is.cooperation}) was not taken up yet.`,
  },
  delegation_reduced: {
    meaning: "The delegation's role would be enough, and the share's lower role caps it.",
    advice: "An admin of the initiator sets a higher role on the share.",
    says: (is) =>
      `${is.user} is delegated ${is.role} of ${is.resource}, but the share (${is.share}) is at ${is.share_role} now.`,
  },
  person_suspended: {
    meaning: "The person is suspended in their organization: they have nothing through its cooperations.",
    advice: "An admin of the organization lifts it: DELETE /v1/organizations/{org}/people/{user}/suspension.",
    says: (is) => `${is.user} is suspended in ${is.organization}.`,
  },
  share_role_too_low: {
    meaning: "The share's role does not have the permission.",
    advice: "An admin of the initiator sets one of the roles in `needs` on the share.",
    says: (is) => `${is.resource} is shared as ${is.role} (share ${is.share}); this needs ${is.needs.join(" or ")}.`,
  },
  delegation_too_low: {
    meaning: "The delegation's role does not have the permission.",
    advice: "An admin of the partner delegates one of the roles in `needs`, if the share's role allows it.",
    says: (is) =>
      `${is.user} is delegated ${is.role} of ${is.resource} (share ${is.share}); this needs ${is.needs.join(" or ")}.`,
  },
  not_delegated: {
    meaning: "The person belongs to the partner, is not its admin, and has no delegation of the share.",
    advice: "An admin of the partner delegates it to them.",
    says: (is) =>
      `${is.resource} is shared with ${is.organization} (share ${is.share}), where ${is.user} is ${is.role} and no admin, and is not delegated to them.`,
  },
  job_role_too_low: {
    meaning: "The person's job role does not have the permission.",
    advice: "An admin of the owner gives them one of the roles in `needs`.",
    says: (is) => `${is.user} is ${is.role} of ${is.resource}; this needs ${is.needs.join(" or ")}.`,
  },
  no_job_role: {
    meaning: "The person belongs to the owner, is not its admin, and has no job role on the resource.",
    advice: "An admin of the owner gives them one of the roles in `needs`.",
    says: (is) => `${is.user} is ${is.role} of ${is.organization} and no admin, and has no job role on ${is.resource}.`,
  },
  delegate_left: {
    meaning: "The share is delegated to somebody who does not belong to the partner.",
    advice: "Run doctor: leaving deletes delegations. A service can add the person to the partner again.",
    says: (is) =>
      `${is.resource} is delegated to ${is.user} (share ${is.share}), who is no person of ${is.organization}.`,
  },
  not_admin: {
    meaning: "It is for the organization's admins, and the person has another role.",
    advice: "Ask one of its admins.",
    says: (is) => `Only admins of ${is.organization} may do this; ${is.user} is ${is.role} there.`,
  },
  share_removed: {
    meaning: "The share of the resource was removed.",
    advice: "An admin of the initiator shares it again; earlier delegations do not return.",
    says: (is) => `${is.resource} was shared (share ${is.share}) and taken back at ${is.removed_at}.`,
  },
  cooperation_ended: {
    meaning: "The cooperation was declined, removed or left.",
    advice: "An admin of the initiator invites again.",
    says: (is) => `${bond(is)} has ended: ${[is.ended_as, is.ended_at].filter(Boolean).join(" at ")}.`,
  },
  not_shared: {
    meaning: "The cooperation has no share of the resource.",
    advice: "An admin of the initiator shares it.",
    says: (is) => `${bond(is)} does not share ${is.resource}.`,
  },
  never_shared: {
    meaning: "No role that can be shared has the permission.",
    advice: "Ask the owner's people to do it.",
    says: (is) => `${is.permission} is for people of ${is.owner} alone and never crosses to a partner.`,
  },
  not_person: {
    meaning: "The person does not belong to the organization.",
    advice: "A service adds them to it, if they should.",
    says: (is) => `${is.user} is no person of ${is.organization}.`,
  },
  stranger: {
    meaning: "The person belongs neither to the owner nor to a partner with whom the owner shares it.",
    advice: "Check both ids; access needs an organization that owns the resource or has a share of it.",
    says: (is) =>
      `${is.resource} is ${is.owner}'s, and nothing leads from there to ${is.user}, who is a person of ${is.organizations.join(", ") || "no organization"}.`,
  },
  object_deleted: {
    meaning: "The resource or organization was deleted.",
    advice: "Remove it from your service, or register it again.",
    says: (is) => `${nameOf(is.object)} was deleted at ${is.deleted_at}.`,
  },
  object_unknown: {
    meaning: "Nothing was ever registered under this id.",
    advice: "Check the id, or register it.",
    says: (is) => `There is no ${nameOf(is.object)}.`,
  },
  user_unknown: {
    meaning: "Nobody was ever added under this id.",
    advice: "Check the id, or add the person to an organization.",
    says: (is) => `There is no person ${is.user}.`,
  },
  subject_no_user: {
    meaning: "The subject is not of type `user`.",
    advice: "Ask about a person: only people have permissions.",
    says: (is) => `${is.subject} is no person; only people have permissions.`,
  },
};

/** An access path that is closed: what it leads through (`share:01H…`, `organization:sunward`), and every reason why. */
export type Path = { through: string; denials: DenialReason[] };

/** A reason in one sentence. */
export function sayingOf(denial: DenialReason): string {
  const { says }: { says: (is: never) => string } = DENIAL_REASONS[denial.code];
  return says(denial as never);
}

const bond = ({ cooperation, initiator, partner }: OfCooperation) =>
  `The cooperation of ${initiator} with ${partner ?? "somebody invited"} (${cooperation})`;
