/**
 * Who held which role in an organization at an instant, from the entries of its history: what the register needs of a
 * partner. Entries of two histories are in the order of their times, and within a millisecond of their ids. Pure.
 */
import type { Common } from "../history.ts";
import { idOfType, type UserId } from "../ids.ts";
import { ORGANIZATION_ROLES, type OrganizationRole } from "../roles.ts";

/** When an entry was written, beside those of other histories. */
export type WrittenAt = Pick<Common, "at" | "id">;

/** A role from then on; undefined from when a person left. `since`: from when on they have it, suspended or not. */
type RoleSince = WrittenAt & { role: OrganizationRole | undefined; since: string; isSuspended: boolean };

/** Each person's roles, oldest first. */
export type PeopleOverTime = Map<UserId, RoleSince[]>;

const ACTIONS: readonly string[] = ["add_person", "change_person", "remove_person"];
const SUSPENSIONS: readonly string[] = ["suspend_person", "restore_person"];

/** Adds what the next entry of the organization's history says of its people. */
export function notePeople(people: PeopleOverTime, { action, object, after, at, id }: Common): void {
  const isSuspension = SUSPENSIONS.includes(action);
  if (!ACTIONS.includes(action) && !isSuspension) return;
  const user = idOfType("user", object);
  const role = action === "remove_person" ? undefined : ORGANIZATION_ROLES.find((one) => one === after?.role);
  const roles = people.get(user) ?? [];
  const last = roles.at(-1);
  const since = isSuspension ? (last?.since ?? at) : at;
  // a suspension ends with who leaves, and not by another role
  const wasSuspended = role !== undefined && last?.role !== undefined && last.isSuspended;
  const isSuspended = isSuspension ? action === "suspend_person" : wasSuspended;
  // a new name or address is no new role
  if (last?.role === role && last?.isSuspended === isSuspended) return;
  people.set(user, [...roles, { at, id, role, since, isSuspended }]);
}

/** Whether an entry had been written at an instant; without one, as of now, all were. */
export const wasWritten = ({ at }: Pick<Common, "at">, instant: Date | undefined): boolean =>
  instant === undefined || Date.parse(at) <= instant.getTime();

/** The role at an instant, and since when; undefined for who was no person then. */
export function roleSince(roles: readonly RoleSince[], instant: Date | undefined): RoleSince | undefined {
  const last = roles.findLast((one) => wasWritten(one, instant));
  return last?.role === undefined ? undefined : last;
}

/** Whether somebody left between an entry and an instant: then what it gave has ended, also for who came back (law 4). */
export function hasLeft(roles: readonly RoleSince[], since: WrittenAt, instant: Date | undefined): boolean {
  return roles.some((one) => one.role === undefined && wasWritten(one, instant) && isBehind(one, since));
}

const isBehind = (one: WrittenAt, other: WrittenAt) => (one.at === other.at ? one.id > other.id : one.at > other.at);
