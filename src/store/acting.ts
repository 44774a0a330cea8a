/**
 * What somebody is where something is done in a cooperation, or seen of one: there an admin who is suspended is no admin.
 * In what is the organization's own they stay one (`membershipIn`).
 */
import type { Caller } from "../domain/caller.ts";
import type { Side } from "../domain/history.ts";
import { idOfType, type OrganizationId, type UserId } from "../domain/ids.ts";
import { countsIn } from "../domain/key-bounds.ts";
import type { Membership, Memberships } from "../domain/membership.ts";
import { type Cooperation, isSide } from "../domain/records.ts";
import type { Reads } from "../ports.ts";
import { adminsOf } from "./people.ts";
import { belongsBy, between, organizationHead } from "./snapshot.ts";

/**
 * Reads what there is between a caller and an organization; undefined where they are nothing there: without a person or an
 * organization, or with a key that is bound to others.
 */
const ofCaller = (
  reads: Reads,
  organization: OrganizationId | undefined,
  { user, bounds }: Pick<Caller, "user" | "bounds">,
) =>
  organization === undefined || user === undefined || !countsIn(bounds, organization)
    ? undefined
    : between(reads, organization, user);

/** What a caller is in an organization; `suspended` for an admin who is, and nothing for anybody else who is. */
export async function actingIn(...of: Parameters<typeof ofCaller>): Promise<Membership> {
  const find = ofCaller(...of);
  if (find === undefined) return "none";
  const [person, admin] = await Promise.all([find("person"), find("admin")]);
  // an admin who is no person of it is suspended
  if (admin.length > 0) return person.length > 0 ? "admin" : "suspended";
  return person.length > 0 ? "person" : "none";
}

/** The same in what is the organization's own, where who is suspended stays what they are. */
export async function membershipIn(...of: Parameters<typeof ofCaller>): Promise<Membership> {
  const find = ofCaller(...of);
  if (find === undefined) return "none";
  const [isPerson, admin] = await Promise.all([belongsBy(find), find("admin")]);
  if (!isPerson) return "none";
  return admin.length > 0 ? "admin" : "person";
}

/** Whether somebody is a person of an organization and not suspended there: a suspension takes the place of this tuple. */
export const isActivePerson = async (...of: Parameters<typeof between>): Promise<boolean> =>
  (await between(...of)("person")).length > 0;

/** Who is suspended in an organization. */
export async function suspendedIn(reads: Reads, organization: OrganizationId): Promise<ReadonlySet<UserId>> {
  const tuples = await reads.read({ object: `organization:${organization}`, relation: "suspended" });
  return new Set(tuples.map((tuple) => idOfType("user", tuple.user)));
}

/** The ids of an organization's admins who are not suspended, in their order. */
export async function actingAdminsOf(reads: Reads, organization: OrganizationId): Promise<UserId[]> {
  const [admins, suspended] = await Promise.all([adminsOf(reads, organization), suspendedIn(reads, organization)]);
  return admins.filter((user) => !suspended.has(user));
}

/**
 * What a person is on both sides of a cooperation: nothing where another organization has the id of a side now (law 15).
 * `by`: the side that acts; who is an admin there is not looked for on the other.
 */
export async function membershipsIn(
  reads: Reads,
  cooperation: Cooperation,
  caller: Pick<Caller, "user" | "bounds">,
  by?: Side,
): Promise<Memberships> {
  const { status, initiator, partner } = cooperation;
  // an organization that a cooperation binds cannot be deleted: only the others can outlive it
  const outlives = { initiator: status === "ended", partner: status === "ended" || status === "pending" };
  const membershipAt = async (side: Side, organization: OrganizationId | undefined): Promise<Membership> => {
    const membership = await actingIn(reads, organization, caller);
    if (membership === "none" || organization === undefined || !outlives[side]) return membership;
    // behind the role: an organization that was created meanwhile under the id is then found to be another one
    return isSide(cooperation, side, (await organizationHead(reads, organization)).value) ? membership : "none";
  };
  const sides = { initiator, partner };
  const acting = by && (await membershipAt(by, sides[by]));
  if (by && acting === "admin") return { initiator: "none", partner: "none", [by]: acting };
  const at = async (side: Side) => (side === by && acting) || membershipAt(side, sides[side]);
  const [ofInitiator, ofPartner] = await Promise.all([at("initiator"), at("partner")]);
  return { initiator: ofInitiator, partner: ofPartner };
}
