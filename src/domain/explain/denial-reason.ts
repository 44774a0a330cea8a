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

/** An access path that is closed: what it leads through (`share:01H…`, `organization:sunward`), and every reason why. */
export type Path = { through: string; limits: DenialReason[] };

/** Paths, the nearest first: with fewer reasons, then with nearer ones. */
export function nearestFirst(paths: readonly Path[]): Path[] {
  const farthest = ({ limits }: Path) => Math.max(...limits.map(({ code }) => DENIAL_CODES.indexOf(code)));
  return paths.toSorted((a, b) => a.limits.length - b.limits.length || farthest(a) - farthest(b));
}

const either = (roles: readonly JobRole[]) => roles.join(" or ");

/** Each reason in one sentence, the nearest to access first: what a message ends, what an action ends, what was removed, what never was. */
const SAYINGS: { readonly [C in DenialCode]: (is: Extract<DenialReason, { code: C }>) => string } = {
  records_differ: (is) => `By its records ${nameOf(is.object)} should let them; the tuples say otherwise. Run doctor.`,
  cooperation_paused: (is) => `${bond(is)} is paused.`,
  cooperation_expired: (is) => `${bond(is)} expired at ${is.expires_at}.`,
  share_expired: (is) => `The share of ${is.resource} (${is.share}) expired at ${is.expires_at}.`,
  delegation_expired: (is) =>
    `The delegation of ${is.resource} to ${is.user} (share ${is.share}) expired at ${is.expires_at}.`,
  cooperation_pending: (is) => `${bond(is)} waits to be accepted.`,
  cooperation_invited: (is) =>
    `The invitation by ${is.initiator} (cooperation ${is.cooperation}) was not taken up yet.`,
  delegation_reduced: (is) =>
    `${is.user} is delegated ${is.role} of ${is.resource}, but the share (${is.share}) is at ${is.share_role} now.`,
  share_role_too_low: (is) =>
    `${is.resource} is shared as ${is.role} (share ${is.share}); this needs ${either(is.needs)}.`,
  delegation_too_low: (is) =>
    `${is.user} is delegated ${is.role} of ${is.resource} (share ${is.share}); this needs ${either(is.needs)}.`,
  not_delegated: (is) =>
    `${is.resource} is shared with ${is.organization} (share ${is.share}), where ${is.user} is ${is.role} and no admin, and is not delegated to them.`,
  job_role_too_low: (is) => `${is.user} is ${is.role} of ${is.resource}; this needs ${either(is.needs)}.`,
  no_job_role: (is) =>
    `${is.user} is ${is.role} of ${is.organization} and no admin, and has no job role on ${is.resource}.`,
  delegate_left: (is) =>
    `${is.resource} is delegated to ${is.user} (share ${is.share}), who is no person of ${is.organization}.`,
  not_admin: (is) => `Only admins of ${is.organization} may do this; ${is.user} is ${is.role} there.`,
  share_removed: (is) => `${is.resource} was shared (share ${is.share}) and taken back at ${is.removed_at}.`,
  cooperation_ended: (is) => `${bond(is)} has ended: ${[is.ended_as, is.ended_at].filter(Boolean).join(" at ")}.`,
  not_shared: (is) => `${bond(is)} does not share ${is.resource}.`,
  never_shared: (is) => `${is.permission} is for people of ${is.owner} alone and never crosses to a partner.`,
  not_person: (is) => `${is.user} is no person of ${is.organization}.`,
  stranger: (is) =>
    `${is.resource} is ${is.owner}'s, and nothing leads from there to ${is.user}, who is ${ofThese(is.organizations)}.`,
  object_deleted: (is) => `${nameOf(is.object)} was deleted at ${is.deleted_at}.`,
  object_unknown: (is) => `There is no ${nameOf(is.object)}.`,
  user_unknown: (is) => `There is no person ${is.user}.`,
  subject_no_user: (is) => `${is.subject} is no person; only people have permissions.`,
};

/** The codes of all reasons, the nearest to access first. */
export const DENIAL_CODES: readonly string[] = Object.keys(SAYINGS);

/** A reason in one sentence. */
export function sayingOf(reason: DenialReason): string {
  const saying: (is: never) => string = SAYINGS[reason.code];
  return saying(reason as never);
}

const bond = ({ cooperation, initiator, partner }: OfCooperation) =>
  `The cooperation of ${initiator} with ${partner ?? "somebody invited"} (${cooperation})`;

const ofThese = (organizations: readonly string[]) =>
  organizations.length === 0 ? "a person of no organization" : `a person of ${organizations.join(", ")}`;
