/**
 * What keeps somebody from something, with its data: what a person who asks "why not?"
 * can do something about. `sayingOf` is the one switch, without a default, so a new
 * reason does not compile until it has its sentence.
 */
import type { Instant } from "../expiry.ts";
import type { Ending } from "../records.ts";
import type { JobRole, OrganizationRole, SharedRole } from "../roles.ts";
import { nameOf } from "./sentence.ts";

type OfCooperation = { cooperation: string; initiator: string; partner: string | undefined };
type OfShare = { share: string; resource: string };
type OfDelegation = OfShare & { user: string };

export type DenialReason =
  | ({ code: "cooperation_paused" } & OfCooperation)
  | ({ code: "cooperation_expired"; expires_at: Instant } & OfCooperation)
  | ({ code: "share_expired"; expires_at: Instant } & OfShare)
  | ({ code: "delegation_expired"; expires_at: Instant } & OfDelegation)
  | ({ code: "cooperation_pending" } & OfCooperation)
  | ({ code: "cooperation_invited" } & OfCooperation)
  | ({ code: "share_role_too_low"; role: SharedRole; needs: readonly JobRole[] } & OfShare)
  | ({ code: "delegation_reduced"; role: SharedRole; share_role: SharedRole } & OfDelegation)
  | ({ code: "delegation_too_low"; role: SharedRole; needs: readonly JobRole[] } & OfDelegation)
  | ({ code: "not_delegated"; organization: string; role: OrganizationRole } & OfDelegation)
  | ({ code: "delegate_left"; organization: string } & OfDelegation)
  | { code: "job_role_too_low"; user: string; resource: string; role: JobRole; needs: readonly JobRole[] }
  | {
      code: "no_job_role";
      user: string;
      resource: string;
      organization: string;
      role: OrganizationRole;
      needs: readonly JobRole[];
    }
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

/**
 * What each reason means and what to do, the nearest to access first: what a message ends, what an action ends, what was
 * removed, what never existed.
 */
export const DENIAL_REASONS: Readonly<Record<DenialCode, readonly [meaning: string, advice: string]>> = {
  records_differ: [
    "By its records there is access, and the engine denies it.",
    "Run doctor: the store is inconsistent.",
  ],
  cooperation_paused: ["The initiator paused the cooperation.", "An admin of the initiator resumes it."],
  cooperation_expired: ["The cooperation's expiry date has passed.", "An admin of the initiator sets a later one."],
  share_expired: ["The share's expiry date has passed.", "An admin of the initiator sets a later one."],
  delegation_expired: ["The delegation's expiry date has passed.", "An admin of the partner sets a later one."],
  cooperation_pending: ["The partner has not accepted the cooperation.", "An admin of the partner accepts it."],
  cooperation_invited: [
    "Nobody has joined with the invitation's token.",
    "The invited person joins; an admin of the initiator can resend the invitation.",
  ],
  delegation_reduced: [
    "The delegation's role would be enough, and the share's lower role caps it.",
    "An admin of the initiator sets a higher role on the share.",
  ],
  share_role_too_low: [
    "The share's role does not have the permission.",
    "An admin of the initiator sets one of the roles in `needs` on the share.",
  ],
  delegation_too_low: [
    "The delegation's role does not have the permission.",
    "An admin of the partner delegates one of the roles in `needs`, if the share's role allows it.",
  ],
  not_delegated: [
    "The person belongs to the partner, is not its admin, and has no delegation of the share.",
    "An admin of the partner delegates it to them.",
  ],
  job_role_too_low: [
    "The person's job role does not have the permission.",
    "An admin of the owner gives them one of the roles in `needs`.",
  ],
  no_job_role: [
    "The person belongs to the owner, is not its admin, and has no job role on the resource.",
    "An admin of the owner gives them one of the roles in `needs`.",
  ],
  delegate_left: [
    "The share is delegated to somebody who does not belong to the partner.",
    "Run doctor: leaving deletes delegations. A service can add the person to the partner again.",
  ],
  not_admin: ["It is for the organization's admins, and the person has another role.", "Ask one of its admins."],
  share_removed: [
    "The share of the resource was removed.",
    "An admin of the initiator shares it again; earlier delegations do not return.",
  ],
  cooperation_ended: ["The cooperation was declined, removed or left.", "An admin of the initiator invites again."],
  not_shared: ["The cooperation has no share of the resource.", "An admin of the initiator shares it."],
  never_shared: ["No role that can be shared has the permission.", "Ask the owner's people to do it."],
  not_person: ["The person does not belong to the organization.", "A service adds them to it, if they should."],
  stranger: [
    "The person belongs neither to the owner nor to a partner with whom the owner shares it.",
    "Check both ids; access needs an organization that owns the resource or has a share of it.",
  ],
  object_deleted: ["The resource or organization was deleted.", "Remove it from your service, or register it again."],
  object_unknown: ["Nothing was ever registered under this id.", "Check the id, or register it."],
  user_unknown: ["Nobody was ever added under this id.", "Check the id, or add the person to an organization."],
  subject_no_user: ["The subject is not of type `user`.", "Ask about a person: only people have permissions."],
};
const CODES = Object.keys(DENIAL_REASONS);

/** An access path that is closed: what it leads through (`share:01H…`, `organization:sunward`), and every reason why. */
export type Path = { through: string; denials: DenialReason[] };

/** Paths, the nearest first: with fewer reasons, then with nearer ones by their order above. */
export function nearestFirst(paths: readonly Path[]): Path[] {
  const farthest = ({ denials }: Path) => Math.max(...denials.map(({ code }) => CODES.indexOf(code)));
  return paths.toSorted((a, b) => a.denials.length - b.denials.length || farthest(a) - farthest(b));
}

const either = (roles: readonly JobRole[]) => roles.join(" or ");

/** A reason in one sentence. */
export function sayingOf(denial: DenialReason): string {
  switch (denial.code) {
    case "cooperation_paused":
      return `${bond(denial)} is paused.`;
    case "cooperation_expired":
      return `${bond(denial)} expired at ${denial.expires_at}.`;
    case "share_expired":
      return `The share of ${denial.resource} (${denial.share}) expired at ${denial.expires_at}.`;
    case "delegation_expired":
      return `The delegation of ${denial.resource} to ${denial.user} (share ${denial.share}) expired at ${denial.expires_at}.`;
    case "cooperation_pending":
      return `${bond(denial)} waits to be accepted.`;
    case "cooperation_invited":
      return `The invitation by ${denial.initiator} (cooperation ${denial.cooperation}) was not taken up yet.`;
    case "share_role_too_low":
      return `${denial.resource} is shared as ${denial.role} (share ${denial.share}); this needs ${either(denial.needs)}.`;
    case "delegation_reduced":
      return `${denial.user} is delegated ${denial.role} of ${denial.resource}, but the share (${denial.share}) is at ${denial.share_role} now.`;
    case "delegation_too_low":
      return `${denial.user} is delegated ${denial.role} of ${denial.resource} (share ${denial.share}); this needs ${either(denial.needs)}.`;
    case "not_delegated":
      return `${denial.resource} is shared with ${denial.organization} (share ${denial.share}), where ${denial.user} is ${denial.role} and no admin, and is not delegated to them.`;
    case "delegate_left":
      return `${denial.resource} is delegated to ${denial.user} (share ${denial.share}), who is no person of ${denial.organization}.`;
    case "job_role_too_low":
      return `${denial.user} is ${denial.role} of ${denial.resource}; this needs ${either(denial.needs)}.`;
    case "no_job_role":
      return `${denial.user} is ${denial.role} of ${denial.organization} and no admin, and has no job role on ${denial.resource}.`;
    case "not_admin":
      return `Only admins of ${denial.organization} may do this; ${denial.user} is ${denial.role} there.`;
    case "never_shared":
      return `${denial.permission} is for people of ${denial.owner} alone and never crosses to a partner.`;
    case "share_removed":
      return `${denial.resource} was shared (share ${denial.share}) and taken back at ${denial.removed_at}.`;
    case "cooperation_ended":
      return `${bond(denial)} has ended: ${[denial.ended_as, denial.ended_at].filter(Boolean).join(" at ")}.`;
    case "not_shared":
      return `${bond(denial)} does not share ${denial.resource}.`;
    case "not_person":
      return `${denial.user} is no person of ${denial.organization}.`;
    case "stranger":
      return `${denial.resource} is ${denial.owner}'s, and nothing leads from there to ${denial.user}, who is ${ofThese(denial.organizations)}.`;
    case "object_deleted":
      return `${nameOf(denial.object)} was deleted at ${denial.deleted_at}.`;
    case "object_unknown":
      return `There is no ${nameOf(denial.object)}.`;
    case "user_unknown":
      return `There is no person ${denial.user}.`;
    case "subject_no_user":
      return `${denial.subject} is no person; only people have permissions.`;
    case "records_differ":
      return `By its records ${nameOf(denial.object)} should let them; the tuples say otherwise. Run doctor.`;
  }
}

const bond = ({ cooperation, initiator, partner }: OfCooperation) =>
  `The cooperation of ${initiator} with ${partner ?? "somebody invited"} (${cooperation})`;

const ofThese = (organizations: readonly string[]) =>
  organizations.length === 0 ? "a person of no organization" : `a person of ${organizations.join(", ")}`;
