/**
 * What an application would have looked up in its own database before it asks Cerbos: all
 * that the world has of one user on one resource and on the portfolio it lies in. Only
 * looked up by key, never decided: dates, partners and roles go out as they are. Pure.
 */
import { idOfType } from "../../src/domain/ids.ts";
import type { Question } from "../system.ts";
import type { World } from "../world.ts";

/** The attributes of a request, as the policies' head describes them. */
export type Attributes = { user: object; resource: object };

/** Indexes the world once; the function it returns throws for a resource that the world does not have. */
export function lookupsOf(world: World): (question: Question) => Attributes {
  const people = Map.groupBy(world.people, ({ user }) => user);
  const resources = new Map(world.resources.map((resource) => [resource.ref as string, resource]));
  const jobRoles = Map.groupBy(world.jobRoles, ({ ref, user }) => `${ref} ${user}`);
  const cooperations = new Map(world.cooperations.map((cooperation) => [cooperation.id, cooperation]));
  const shares = Map.groupBy(world.shares, ({ resource }) => resource as string);
  const delegations = new Map(
    world.delegations.map((delegation) => [`${delegation.share} ${delegation.user}`, delegation]),
  );

  return ({ user: subject, object }) => {
    const user = idOfType("user", subject);
    const found = resources.get(object);
    if (found === undefined) throw new Error(`there is no ${object}`);
    const refs = found.portfolio === undefined ? [object] : [object, `portfolio:${found.portfolio}`];
    const reaching = refs.flatMap((ref) => shares.get(ref) ?? []);
    return {
      user: {
        organizations: Object.fromEntries(
          (people.get(user) ?? []).map(({ organization, role }) => [organization, role]),
        ),
        job_roles: refs.flatMap((ref) => (jobRoles.get(`${ref} ${user}`) ?? []).map(({ role }) => role)),
        delegations: Object.fromEntries(
          reaching.flatMap(({ id }) => {
            const delegation = delegations.get(`${id} ${user}`);
            return delegation ? [[id, { role: delegation.role, expires_at: delegation.expiresAt }]] : [];
          }),
        ),
      },
      resource: {
        owner: found.owner,
        shares: reaching.map(({ id, cooperation, role, expiresAt }) => ({
          id,
          role,
          expires_at: expiresAt,
          partner: cooperations.get(cooperation)?.partner,
          cooperation_expires_at: cooperations.get(cooperation)?.expiresAt,
        })),
      },
    };
  };
}
