/**
 * The tuples that each state is written as. Every action is the difference between the
 * tuples of its before and its after, and `doctor` compares the store with the same
 * functions, so they cannot drift.
 */
import { cooperationEnd } from "./cooperation-end.ts";
import type { Instant } from "./expiry.ts";
import type { OrganizationId, ResourceRef, UserId } from "./ids.ts";
import type { Cooperation, Delegation, Resource, Share } from "./records.ts";
import {
  delegatedRelation,
  formerSide,
  partnerInForce,
  SIDES,
  sharedRelation,
  sharedUsers,
  UPCOMING,
} from "./relations.ts";
import { type JobRole, type OrganizationRole, RUNGS } from "./roles.ts";
import { rungEnd } from "./share-dates.ts";
import type { Tuple, TupleKey } from "./tuples.ts";

function dated(key: TupleKey, expiresAt: Instant | undefined): Tuple {
  return expiresAt === undefined
    ? key
    : { ...key, condition: { name: "not_expired", context: { expires_at: expiresAt } } };
}

/**
 * A cooperation's two sides, and while it is active and has started the one tuple that puts it in force. A start date in
 * the record keeps that tuple away, whatever the time: opening is an action (law 19).
 */
export function tuplesOfCooperation(cooperation: Cooperation): Tuple[] {
  const object = `cooperation:${cooperation.id}`;
  const tuples = tuplesOfSides(cooperation, cooperation.status === "ended" ? "former" : "present");
  if (cooperation.partner === undefined) return tuples;
  if (cooperation.status === "active" && cooperation.starts_at === undefined) {
    const user = partnerInForce(cooperation.partner, cooperation.spelling);
    const key = { user, relation: "in_force", object };
    tuples.push(dated(key, cooperationEnd(cooperation)));
  }
  return tuples;
}

/** The sides of a cooperation: present ones until it ends, former ones from then on. Before there were former ones, ended cooperations kept the present ones. */
export function tuplesOfSides({ id, ...sides }: Cooperation, which: "present" | "former"): Tuple[] {
  return SIDES.flatMap((side) => {
    const relation = which === "former" ? formerSide(side) : side;
    const organization = sides[side];
    return organization === undefined
      ? []
      : [{ user: `organization:${organization}`, relation, object: `cooperation:${id}` }];
  });
}

/**
 * A share's link to its cooperation and, while it is not removed, its rungs on the resource; until it has started only
 * its name there, which gives nothing. The rungs above viewer end at the step-down date: a condition, so that nobody
 * has to be there to lower the role.
 */
export function tuplesOfShare(share: Share): Tuple[] {
  const object = `share:${share.id}`;
  const link: Tuple = { user: `cooperation:${share.cooperation}`, relation: "cooperation", object };
  if (share.removed_at !== undefined) return [link];
  if (share.starts_at !== undefined) return [link, { user: object, relation: UPCOMING, object: share.resource }];
  const rungs = RUNGS[share.role].map((rung) =>
    dated(
      { user: sharedUsers(object, rung, share.spelling), relation: sharedRelation(rung), object: share.resource },
      rungEnd(share, rung),
    ),
  );
  return [link, ...rungs];
}

/** A delegation, rung by rung, whatever its share's role is now: the engine keeps the cap. */
export function tuplesOfDelegation(delegation: Delegation): Tuple[] {
  return RUNGS[delegation.role].map((rung) =>
    dated(
      {
        user: `user:${delegation.user}`,
        relation: delegatedRelation(rung, delegation.spelling),
        object: `share:${delegation.share}`,
      },
      delegation.expires_at,
    ),
  );
}

/** The tuple that an organization has besides its record: its second spelling. */
export function tuplesOfOrganization(id: OrganizationId): Tuple[] {
  return [{ user: `organization:${id}`, relation: "organization", object: `twin:${id}` }];
}

/** A person of an organization: one role, and beside it `person`, or `suspended` in its place. */
export function tuplesOfPerson(
  organization: OrganizationId,
  user: UserId,
  role: OrganizationRole,
  isSuspended = false,
): Tuple[] {
  const object = `organization:${organization}`;
  const relations = [role, isSuspended ? "suspended" : "person"];
  return relations.map((relation) => ({ user: `user:${user}`, relation, object }));
}

/** A resource's owner and, for a plant, the portfolio it lies in. */
export function tuplesOfResource(ref: ResourceRef, resource: Resource): Tuple[] {
  if (resource.deleted_at !== undefined) return [];
  const tuples: Tuple[] = [{ user: `organization:${resource.owner}`, relation: "owner", object: ref }];
  if (resource.portfolio !== undefined)
    tuples.push({ user: `portfolio:${resource.portfolio}`, relation: "portfolio", object: ref });
  return tuples;
}

/** A job role of one of the owner's people, rung by rung. */
export function tuplesOfJobRole(ref: ResourceRef, user: UserId, role: JobRole): Tuple[] {
  return RUNGS[role].map((relation) => ({ user: `user:${user}`, relation, object: ref }));
}

/** Who holds an e-mail address, by the hash of the address. */
export function tuplesOfEmail(hash: string, holder: UserId | undefined): Tuple[] {
  return holder === undefined ? [] : [{ user: `user:${holder}`, relation: "holder", object: `email:${hash}` }];
}

/** The mark that something removed still has tuples without effect to sweep away. */
export function sweepMark(removed: `cooperation:${string}` | `share:${string}` | `organization:${string}`): Tuple {
  return { user: removed, relation: "pending", object: "sweep:all" };
}
