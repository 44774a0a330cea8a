/**
 * The roles and what each carries. A role is written as every rung it carries, so a
 * cap is a subset of rungs; the two managers are peers and neither holds the other.
 */
import { z } from "zod";

/** What a person may be in an organization: exactly one. Only admins reach through cooperations. */
export const ORGANIZATION_ROLES = [
  "admin",
  "moderator",
  "technical_asset_manager",
  "commercial_asset_manager",
  "member",
  "external",
] as const;
export type OrganizationRole = (typeof ORGANIZATION_ROLES)[number];
export const OrganizationRoleInput = z.enum(ORGANIZATION_ROLES);

/** What a person may do on a resource. Highest first. */
export const JOB_ROLES = ["operator", "technical_manager", "asset_manager", "viewer"] as const;
export type JobRole = (typeof JOB_ROLES)[number];
export const JobRoleInput = z.enum(JOB_ROLES);

/** What may cross to a partner: operator never does (law 2). */
export const SHARED_ROLES = ["technical_manager", "asset_manager", "viewer"] as const;
export type SharedRole = (typeof SHARED_ROLES)[number];

/** The rungs each role carries, itself included. */
export const RUNGS = {
  operator: ["viewer", "asset_manager", "technical_manager", "operator"],
  technical_manager: ["viewer", "technical_manager"],
  asset_manager: ["viewer", "asset_manager"],
  viewer: ["viewer"],
} as const satisfies Record<JobRole, readonly JobRole[]>;

/** What a resource shared at `cap` may be delegated at: viewer, or the cap itself. */
export function delegable(cap: SharedRole): readonly SharedRole[] {
  return RUNGS[cap];
}

/** What a delegation at `role` is worth under a share at `cap`: itself where the cap carries it, else viewer. */
export function effectiveRole(role: SharedRole, cap: SharedRole): SharedRole {
  return delegable(cap).includes(role) ? role : "viewer";
}

/** The role that a set of rungs spells, highest first; undefined for none. */
export function roleOfRungs(rungs: readonly string[]): JobRole | undefined {
  return JOB_ROLES.find((role) => rungs.includes(role));
}

/** The permission each rung gives on a resource, as model.fga has it. */
export const PERMISSION_OF = {
  viewer: "can_view",
  asset_manager: "can_manage_commercial",
  technical_manager: "can_manage_technical",
  operator: "can_operate",
} as const satisfies Record<JobRole, string>;
