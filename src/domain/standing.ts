/**
 * Who may act. An actor's standing in an organization decides what they may do and
 * whether they may know at all: strangers get "not found", people of either side
 * learn who may.
 */

import type { Side } from "./history.ts";
import type { OrganizationId } from "./ids.ts";
import type { Cooperation } from "./records.ts";
import type { Refusal } from "./refusal.ts";
import { SIDES } from "./relations.ts";
import { ORGANIZATION_ROLES, type OrganizationRole } from "./roles.ts";
import type { Tuple } from "./tuples.ts";

/** What an actor is in an organization. A `service` key belongs to no organization and acts in no cooperation. */
export type Standing = "admin" | "person" | "none";
export type Standings = { initiator: Standing; partner: Standing };

/** A person's role in an organization, from the tuples between the two; undefined for who is no person of it. */
export function roleIn(tuples: readonly Tuple[]): OrganizationRole | undefined {
  if (!tuples.some((tuple) => tuple.relation === "person")) return undefined;
  return ORGANIZATION_ROLES.find((role) => tuples.some((tuple) => tuple.relation === role));
}

/** The standing that a role gives. */
export function standingOf(role: OrganizationRole | undefined): Standing {
  return role === undefined ? "none" : role === "admin" ? "admin" : "person";
}

/** Why an actor may not manage an organization, or undefined when they may. */
export function refuseUnlessAdmin(organization: OrganizationId, standing: Standing): Refusal | undefined {
  if (standing === "admin") return undefined;
  return standing === "none" ? { code: "not_found", what: "organization" } : { code: "not_admin", organization };
}

/** Why an actor may not see a cooperation, or undefined when they may: admins of either side do. */
export function refuseUnlessVisible(standings: Standings, cooperation: Cooperation, what: string): Refusal | undefined {
  if (standings.initiator === "admin" || standings.partner === "admin") return undefined;
  if (standings.initiator === "person") return { code: "not_admin", organization: cooperation.initiator };
  if (standings.partner === "person") return { code: "not_admin", organization: cooperation.partner ?? "" };
  return { code: "not_found", what };
}

/** Why an actor may not act for a side of a cooperation, or undefined when they may. */
export function refuseUnlessSide(
  standings: Standings,
  side: Side,
  cooperation: Cooperation,
  what: string,
): Refusal | undefined {
  if (standings[side] === "admin") return undefined;
  if (standings[side] === "person")
    return {
      code: "not_admin",
      organization: (side === "initiator" ? cooperation.initiator : cooperation.partner) ?? "",
    };
  return standings.initiator === "none" && standings.partner === "none"
    ? { code: "not_found", what }
    : { code: "wrong_side", needs: side };
}

/** The sides whose admin the actor is: usually one, both for somebody who is admin of both. */
export function sidesOf(standings: Standings): Side[] {
  return SIDES.filter((side) => standings[side] === "admin");
}
