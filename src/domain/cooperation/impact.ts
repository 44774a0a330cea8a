/**
 * The access that a cooperation gives, computed from its records: for a dry run, which
 * shows who gains and loses what before anything is written. The engine is the one
 * that decides; tests compare this with it.
 */
import { cooperationEnd } from "../cooperation-end.ts";
import { earliest, hasPassed, type Instant } from "../expiry.ts";
import type { ResourceRef, UserId } from "../ids.ts";
import type { Cooperation, Delegation, Share } from "../records.ts";
import { effectiveRole, PERMISSION_OF, RUNGS, type SharedRole } from "../roles.ts";
import { rungEnd, shareAt } from "../share-dates.ts";

/** A cooperation with all that reaches through it. `plantsIn` names the plants of each shared portfolio. */
export type CooperationAccess = {
  cooperation: Cooperation;
  shares: { share: Share; delegations: Delegation[] }[];
  admins: readonly UserId[];
  people: ReadonlySet<UserId>;
  plantsIn: ReadonlyMap<ResourceRef, readonly ResourceRef[]>;
};

/** One thing that one person may do through the cooperation. No `until` is without an end. */
export type Access = { user: UserId; resource: ResourceRef; permission: string; until?: Instant | undefined };

/** `redated`: held before and after, with another end. */
export type Impact = { gains: Access[]; loses: Access[]; redated: (Access & { was_until?: Instant | undefined })[] };

/** All that a cooperation gives its partner's people at an instant: one row for each person, resource and permission. */
function accessThrough(reach: CooperationAccess, now: Date): Map<string, Access> {
  const { cooperation } = reach;
  const rows = new Map<string, Access>();
  const isClosed = cooperation.status !== "active" || cooperation.starts_at !== undefined;
  const ends = cooperationEnd(cooperation);
  if (isClosed || hasPassed(ends, now)) return rows;
  const give = (user: UserId, share: Share, role: SharedRole, until: Instant | undefined) => {
    for (const target of [share.resource, ...(reach.plantsIn.get(share.resource) ?? [])])
      for (const rung of RUNGS[role]) {
        const end = earliest(until, rungEnd(share, rung));
        const row: Access = { user, resource: target, permission: PERMISSION_OF[rung], until: end };
        const key = JSON.stringify([user, target, row.permission]);
        rows.set(key, longer(rows.get(key), row));
      }
  };
  for (const { share: kept, delegations } of reach.shares) {
    const share = shareAt(kept, now);
    if (share.removed_at !== undefined || share.starts_at !== undefined || hasPassed(share.expires_at, now)) continue;
    for (const admin of reach.admins) give(admin, share, share.role, ends);
    for (const { user, role, expires_at } of delegations)
      if (reach.people.has(user) && !hasPassed(expires_at, now))
        give(user, share, effectiveRole(role, share.role), earliest(ends, expires_at));
  }
  return rows;
}

// of two access paths to the same permission, the one that lasts longer says when it ends
function longer(known: Access | undefined, row: Access): Access {
  if (known === undefined || known.until === undefined) return known ?? row;
  return row.until === undefined || row.until > known.until ? row : known;
}

/** What a change makes of the access through a cooperation. */
export function impactOf(before: CooperationAccess, after: CooperationAccess, now: Date): Impact {
  const was = accessThrough(before, now);
  const is = accessThrough(after, now);
  return {
    gains: [...is].filter(([key]) => !was.has(key)).map(([, row]) => row),
    loses: [...was].filter(([key]) => !is.has(key)).map(([, row]) => row),
    redated: [...is].flatMap(([key, row]) => {
      const old = was.get(key);
      return old && old.until !== row.until ? [{ ...row, was_until: old.until }] : [];
    }),
  };
}
