/** Why a role in an organization, or one share, does not give a person a permission, from the records. Pure. */

import { hasPassed } from "../expiry.ts";
import type { OrganizationId, UserId } from "../ids.ts";
import type { Cooperation, Delegation, Share } from "../records.ts";
import { JOB_ROLES, type JobRole, type OrganizationRole, PERMISSION_OF, RUNGS, SHARED_ROLES } from "../roles.ts";
import { shareAt } from "../share-dates.ts";
import { DENIAL_REASONS, type DenialReason, type Path } from "./denial-reason.ts";

/** The job roles that carry a permission, highest first; none where only admins have it. */
export function needsOf(permission: string): JobRole[] {
  return JOB_ROLES.filter((role) => RUNGS[role].some((rung) => PERMISSION_OF[rung] === permission));
}

/** A share as one person meets it: their role in the partner, where they have one, and what was delegated to them. */
export type Met = {
  cooperation: Cooperation;
  share: Share;
  role: OrganizationRole | undefined;
  /** Whether they are suspended in the partner. */
  isSuspended: boolean;
  delegation: Delegation | undefined;
};

/** Every denial reason of a share; none where its records give access. */
export function denialsOfShare(met: Met, user: UserId, permission: string, now: Date): DenialReason[] {
  const { cooperation } = met;
  const share = shareAt(met.share, now);
  const needs = needsOf(permission).filter((role) => SHARED_ROLES.some((shared) => shared === role));
  if (needs.length === 0) return [{ code: "never_shared", permission, owner: cooperation.initiator }];
  const of = { share: share.id, resource: share.resource };
  if (share.removed_at !== undefined) return [{ code: "share_removed", ...of, removed_at: share.removed_at }];
  const denials = denialsOfCooperation(cooperation, now);
  if (cooperation.status === "ended") return denials;
  if (share.starts_at !== undefined) denials.push({ code: "share_not_started", ...of, starts_at: share.starts_at });
  if (share.expires_at !== undefined && hasPassed(share.expires_at, now))
    denials.push({ code: "share_expired", ...of, expires_at: share.expires_at });
  const ofPerson = denialsOfPerson({ ...met, share }, user, needs, now);
  // a delegation that the share reduces says it already
  if (!needs.includes(share.role) && !ofPerson.some(({ code }) => code === "delegation_reduced"))
    denials.push({ code: "share_role_too_low", ...of, role: share.role, needs });
  return [...denials, ...ofPerson];
}

/** The denial reasons that a cooperation's status and date give. */
export function denialsOfCooperation(cooperation: Cooperation, now: Date): DenialReason[] {
  const { initiator, partner, status, starts_at, expires_at, review_by, resume_at, ended_as, ended_at } = cooperation;
  const of = { cooperation: cooperation.id, initiator, partner };
  if (status === "ended") return [{ code: "cooperation_ended", ...of, ended_as, ended_at }];
  const denials: DenialReason[] = [];
  if (status === "paused") denials.push({ code: "cooperation_paused", ...of, resume_at });
  if (starts_at !== undefined) denials.push({ code: "cooperation_not_started", ...of, starts_at });
  if (status === "pending") denials.push({ code: "cooperation_pending", ...of });
  if (status === "invited") denials.push({ code: "cooperation_invited", ...of });
  if (expires_at !== undefined && hasPassed(expires_at, now))
    denials.push({ code: "cooperation_expired", ...of, expires_at });
  if (review_by !== undefined && hasPassed(review_by, now))
    denials.push({ code: "cooperation_not_reviewed", ...of, review_by });
  return denials;
}

function denialsOfPerson(met: Met, user: UserId, needs: JobRole[], now: Date) {
  const { cooperation, share, role, isSuspended, delegation } = met;
  const { partner } = cooperation;
  // who is invited by address is in no organization of the cooperation yet
  if (partner === undefined) return [];
  const denials: DenialReason[] = isSuspended ? [{ code: "person_suspended", user, organization: partner }] : [];
  if (role === "admin") return denials;
  const of = { share: share.id, resource: share.resource, user };
  if (role === undefined) denials.push({ code: "delegate_left", ...of, organization: partner });
  if (delegation === undefined) {
    if (role !== undefined) denials.push({ code: "not_delegated", ...of, organization: partner, role });
    return denials;
  }
  if (delegation.expires_at !== undefined && hasPassed(delegation.expires_at, now))
    denials.push({ code: "delegation_expired", ...of, expires_at: delegation.expires_at });
  if (!needs.includes(delegation.role))
    denials.push({ code: "delegation_too_low", ...of, role: delegation.role, needs });
  else if (!needs.includes(share.role))
    denials.push({ code: "delegation_reduced", ...of, role: delegation.role, share_role: share.role });
  return denials;
}

/** A person's roles by organization, where they are suspended, and their address. */
export type AskedPerson = {
  user: UserId;
  roles: ReadonlyMap<OrganizationId, OrganizationRole>;
  suspendedIn: ReadonlySet<OrganizationId>;
  email: string | undefined;
};

/** The access path of an organization's admins, with its denial reasons. `acts`: it is for those who are not suspended. */
export function asAdmin(
  { user, roles, suspendedIn }: AskedPerson,
  organization: OrganizationId,
  { acts }: { acts: boolean },
): Path {
  const role = roles.get(organization);
  const through = `organization:${organization}`;
  if (role === undefined) return { through, denials: [{ code: "not_person", user, organization }] };
  const denials: DenialReason[] = role === "admin" ? [] : [{ code: "not_admin", user, organization, role }];
  if (acts && suspendedIn.has(organization)) denials.push({ code: "person_suspended", user, organization });
  return { through, denials };
}

const CODES = Object.keys(DENIAL_REASONS);

/** Paths, the nearest first: with fewer reasons, then with nearer ones by their order in the table. */
export function nearestFirst(paths: readonly Path[]): Path[] {
  const farthest = ({ denials }: Path) => Math.max(...denials.map(({ code }) => CODES.indexOf(code)));
  return paths.toSorted((a, b) => a.denials.length - b.denials.length || farthest(a) - farthest(b));
}
