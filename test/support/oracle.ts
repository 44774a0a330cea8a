/**
 * Who may do what, said once more from the laws (docs/guarantees.md) and from nothing else:
 * plain data, no tuples, no spellings, no rungs. The property test holds every answer
 * of the engine to it. Dates are milliseconds; one that is not set is Infinity, and a start that is not set -Infinity:
 * whatever has one is closed, whatever the time (law 19).
 */
type Dated = { role: string; until: number };
/** `steps`: from then on the role is viewer. */
export type Share = Dated & {
  id: string;
  resource: string;
  removed: boolean;
  delegations: Map<string, Dated>;
  starts: number;
  steps: number;
};
export type Cooperation = {
  id: string;
  initiator: string;
  partner: string | undefined;
  status: string;
  starts: number;
  until: number;
  /** By when it is to be reviewed: it ends then. */
  reviews?: number;
  shares: Share[];
};
/** `people`: organization → person → organization role. `suspended`: who is in which of them. `jobs`: person → job role. */
export type World<C extends Cooperation = Cooperation> = {
  now: number;
  people: Map<string, Map<string, string>>;
  suspended?: Set<string>;
  resources: Map<string, { owner: string; portfolio: string | undefined; jobs: Map<string, string> }>;
  cooperations: C[];
};

/** What each job role gives; the two managers are peers. */
const GIVES = new Map([
  ["viewer", ["can_view"]],
  ["technical_manager", ["can_view", "can_manage_technical"]],
  ["asset_manager", ["can_view", "can_manage_commercial"]],
  ["operator", ["can_view", "can_manage_technical", "can_manage_commercial", "can_operate"]],
]);
export const PERMISSIONS = [...(GIVES.get("operator") ?? []), "can_share"];

export const keyOf = (user: string, permission: string, resource: string) => `${user} ${permission} ${resource}`;

/** How `suspended` names a person in an organization. */
export const inOrganization = (organization: string, user: string) => `${organization} ${user}`;

const acts = ({ suspended }: World, organization: string, user: string) =>
  suspended?.has(inOrganization(organization, user)) !== true;

/** What a shared role gives. */
export const permissionsOf = (role: string): readonly string[] => GIVES.get(role) ?? [];

/** When a cooperation ends by itself: nobody has to be there. */
export const endOf = ({ until, reviews = Infinity }: Pick<Cooperation, "until" | "reviews">) =>
  Math.min(until, reviews);

/** A resource and, for a portfolio, the plants that lie in it. */
export const reached = (world: World, resource: string) =>
  [...world.resources].flatMap(([ref, { portfolio }]) => ([ref, portfolio].includes(resource) ? [ref] : []));

/** All that a cooperation gives, and until when: each share by itself (law 9), to people of the partner alone (law 4). */
export function through(world: World, cooperation: Cooperation): Map<string, number> {
  const yes = new Map<string, number>();
  const give = (user: string, permissions: string[], share: Share, ...dates: number[]) => {
    for (const resource of reached(world, share.resource))
      for (const permission of permissions) {
        const until = Math.min(...dates, permission === "can_view" ? Infinity : share.steps);
        if (until <= world.now) continue; // law 7: at the instant itself it has ended
        const key = keyOf(user, permission, resource);
        yes.set(key, Math.max(until, yes.get(key) ?? 0));
      }
  };
  const { partner = "" } = cooperation;
  const people = world.people.get(partner);
  if (cooperation.status !== "active" || people === undefined) return yes; // law 6
  if (cooperation.starts > -Infinity) return yes; // law 19
  for (const share of cooperation.shares.filter((one) => !one.removed && one.starts === -Infinity))
    for (const [user, role] of people) {
      if (!acts(world, partner, user)) continue; // law 20
      const level = GIVES.get(share.role) ?? [];
      const delegated = share.delegations.get(user);
      const gives = GIVES.get(delegated?.role ?? "") ?? [];
      if (role === "admin") give(user, level, share, endOf(cooperation), share.until); // law 3
      const capped = gives.filter((permission) => level.includes(permission)); // laws 1 and 5
      if (delegated) give(user, capped, share, endOf(cooperation), share.until, delegated.until);
    }
  return yes;
}

/** Every yes of a world: what the owner gives its own people (law 10), and what comes through each cooperation. The rest is no. */
export function allowed(world: World): Set<string> {
  const yes = new Set(world.cooperations.flatMap((cooperation) => [...through(world, cooperation).keys()]));
  for (const [ref, { owner, jobs }] of world.resources) {
    for (const [user, role] of world.people.get(owner) ?? [])
      if (role === "admin")
        for (const permission of PERMISSIONS)
          if (permission !== "can_share" || acts(world, owner, user)) yes.add(keyOf(user, permission, ref));
    for (const [user, job] of jobs)
      for (const resource of reached(world, ref))
        for (const permission of GIVES.get(job) ?? []) yes.add(keyOf(user, permission, resource));
  }
  return yes;
}
