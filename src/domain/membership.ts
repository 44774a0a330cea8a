/**
 * Who may act. Whether the acting person is an admin of an organization, a person of it or neither decides what they may
 * do, and whether they may know that it exists: a stranger gets "not found", a person of either side learns who may.
 */

import type { Side } from "./history.ts";
import type { OrganizationId } from "./ids.ts";
import type { Cooperation } from "./records.ts";
import type { Refusal } from "./refusal.ts";
import { SIDES } from "./relations.ts";
import { ORGANIZATION_ROLES, type OrganizationRole } from "./roles.ts";
import type { Tuple } from "./tuples.ts";

/** What the acting person is in an organization; `suspended`: an admin who may act in no cooperation. A service key belongs to none and acts in no cooperation. */
export type Membership = "admin" | "suspended" | "person" | "none";
export type Memberships = { initiator: Membership; partner: Membership };

/** The relations of which a person of an organization has one beside their role. */
export const BELONGING = ["person", "suspended"] as const;

/** A person's role in an organization, from the tuples between the two; undefined for who is no person of it. */
export function roleIn(tuples: readonly Tuple[]): OrganizationRole | undefined {
  if (!tuples.some(belongs)) return undefined;
  return ORGANIZATION_ROLES.find((role) => tuples.some((tuple) => tuple.relation === role));
}

/** Whether a tuple says that its user is a person of its organization, suspended or not. */
export const belongs = ({ relation }: Pick<Tuple, "relation">): boolean => BELONGING.some((one) => one === relation);

/** Whether a person is suspended, from the same tuples. */
export const isSuspendedBy = (tuples: readonly Tuple[]): boolean =>
  tuples.some(({ relation }) => relation === "suspended") && !tuples.some(({ relation }) => relation === "person");

/** Why an actor may not manage an organization, or undefined when they may. */
export function refuseUnlessAdmin(organization: OrganizationId, membership: Membership): Refusal | undefined {
  if (membership === "admin") return undefined;
  if (membership === "suspended") return { code: "suspended", organization };
  return membership === "none" ? { code: "not_found", what: "organization" } : { code: "not_admin", organization };
}

/** Why an actor may not see a cooperation, or undefined when they may: admins of either side do. */
export function refuseUnlessVisible(
  memberships: Memberships,
  cooperation: Cooperation,
  what: string,
): Refusal | undefined {
  if (memberships.initiator === "admin" || memberships.partner === "admin") return undefined;
  for (const side of SIDES) {
    const membership = memberships[side];
    if (membership !== "none") return refuseUnlessAdmin(organizationOf(cooperation, side), membership);
  }
  return { code: "not_found", what };
}

/** Why an actor may not act for a side of a cooperation, or undefined when they may. */
export function refuseUnlessSide(
  memberships: Memberships,
  side: Side,
  cooperation: Cooperation,
  what: string,
): Refusal | undefined {
  const membership = memberships[side];
  if (membership !== "none") return refuseUnlessAdmin(organizationOf(cooperation, side), membership);
  return memberships.initiator === "none" && memberships.partner === "none"
    ? { code: "not_found", what }
    : { code: "wrong_side", needs: side };
}

const organizationOf = (cooperation: Cooperation, side: Side): OrganizationId =>
  (side === "initiator" ? cooperation.initiator : cooperation.partner) ?? ("" as OrganizationId);

/** The sides whose admin the actor is: usually one, both for somebody who is admin of both. */
export function sidesOf(memberships: Memberships): Side[] {
  return SIDES.filter((side) => memberships[side] === "admin");
}
