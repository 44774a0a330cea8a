/**
 * The rights that people of a partner hold through a cooperation at an instant: one for each person, share and how they
 * hold it. The engine is the one that decides; property tests compare this with the laws. Pure.
 */
import { cooperationEnd } from "../cooperation-end.ts";
import { earliest, hasPassed, type Instant } from "../expiry.ts";
import type { CooperationId, OrganizationId, ResourceRef, ShareId, UserId } from "../ids.ts";
import { isAccepted } from "../records.ts";
import { effectiveRole, type SharedRole } from "../roles.ts";
import { shareAt } from "../share-dates.ts";
import type { CooperationAt, DecidedBy, ShareAt } from "./cooperation-at.ts";
import { hasLeft, type PeopleOverTime, roleSince } from "./people-over-time.ts";

/** `admin`: as an admin of the partner, who needs no delegation. */
export const HELD_AS = ["admin", "delegate"] as const;
/** `suspended`: the cooperation is paused, or the person suspended in the partner; when that ends the access is there again. */
export const RIGHT_STATES = ["active", "suspended"] as const;

/**
 * `since`: from when on it has been held, whatever paused or changed it; anew where a date had ended it. `until`: no date
 * is without an end. `decided`: the delegation, or for an admin the share; who made them an admin, the partner decided.
 */
export type Right = {
  user: UserId;
  owner: OrganizationId;
  organization: OrganizationId;
  resource: ResourceRef;
  role: SharedRole;
  effective_role: SharedRole;
  held_as: (typeof HELD_AS)[number];
  cooperation: CooperationId;
  share: ShareId;
  state: (typeof RIGHT_STATES)[number];
  since: string;
  until: Instant | undefined;
  steps_down_at: Instant | undefined;
  decided: DecidedBy;
};

/** What is asked about: `instant` is undefined for now, which `now` is in both cases the time of. */
export type AskedInstant = { instant: Date | undefined; now: Date };

/** The order of the rights of a cooperation. No id holds a blank. */
export const keyOfRight = ({ cooperation, share, held_as, user }: Right): string =>
  [cooperation, share, held_as, user].join(" ");

/** The rights at an instant, in the order of their keys. None of what has not started, has ended or was not accepted. */
export function rightsAt(at: CooperationAt, people: PeopleOverTime, asked: AskedInstant): Right[] {
  const { cooperation, openSince, shares } = at;
  const until = cooperationEnd(cooperation);
  if (!isAccepted(cooperation) || openSince === undefined || hasPassed(until, asked.now)) return [];
  const open = [...shares.values()].filter(
    (one) => one.openSince !== undefined && !hasPassed(one.share.expires_at, asked.now),
  );
  // once for all shares: who ever was a person of the partner may be many
  const admins = [...people].flatMap(([user, roles]): Admin[] => {
    const is = roleSince(roles, asked.instant);
    return is?.role === "admin" ? [{ user, since: is.since, isSuspended: is.isSuspended }] : [];
  });
  const rights = open.flatMap((share) => [
    ...admins.map((admin) => rightOfAdmin(at, share, admin, asked)),
    ...delegated(at, share, people, asked),
  ]);
  return rights.sort((a, b) => (keyOfRight(a) < keyOfRight(b) ? -1 : 1));
}

/** `since`: from when on they were an admin. */
type Admin = { user: UserId } & Holding;

function rightOfAdmin(at: CooperationAt, share: ShareAt, { user, ...held }: Admin, asked: AskedInstant): Right {
  const { role } = shareAt(share.share, asked.now);
  const of = common(at, share, asked, held);
  return { ...of, user, role, effective_role: role, held_as: "admin", decided: share.decided };
}

function delegated(at: CooperationAt, share: ShareAt, people: PeopleOverTime, asked: AskedInstant): Right[] {
  return [...share.delegations.values()].flatMap(({ delegation, since, decided }) => {
    const { user, role, expires_at } = delegation;
    const roles = people.get(user) ?? [];
    const is = roleSince(roles, asked.instant);
    if (is === undefined || hasLeft(roles, since, asked.instant) || hasPassed(expires_at, asked.now)) return [];
    const effective_role = effectiveRole(role, shareAt(share.share, asked.now).role);
    const of = common(at, share, asked, { since: since.at, isSuspended: is.isSuspended });
    const until = earliest(of.until, expires_at);
    const steps_down_at = effective_role === "viewer" ? undefined : of.steps_down_at;
    return [{ ...of, user, role, effective_role, held_as: "delegate", until, steps_down_at, decided }];
  });
}

type OfShare = Omit<Right, "user" | "role" | "effective_role" | "held_as" | "decided">;

/** Since when a person has what it takes, and whether they are suspended. */
type Holding = { since: string; isSuspended: boolean };

/** What the rights on one share have in common. */
function common(
  { cooperation, openSince = "" }: CooperationAt,
  { share: kept, openSince: sharedSince = "" }: ShareAt,
  { now }: AskedInstant,
  { since: heldSince, isSuspended }: Holding,
): OfShare {
  const share = shareAt(kept, now);
  return {
    owner: cooperation.initiator,
    // who is accepted has a partner
    organization: cooperation.partner ?? cooperation.initiator,
    resource: share.resource,
    cooperation: cooperation.id,
    share: share.id,
    state: cooperation.status === "paused" || isSuspended ? "suspended" : "active",
    since: [openSince, sharedSince, heldSince].sort().at(-1) ?? "",
    until: earliest(cooperationEnd(cooperation), share.expires_at),
    steps_down_at: share.role === "viewer" ? undefined : share.step_down_at,
  };
}
