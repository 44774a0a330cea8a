/**
 * What a cached decision depends on: the user who is asked about, and the organization
 * that owns the resource. Pure. Every tuple that can change an answer names one of the
 * two, or something that leads to the owner; the rest changes no answer.
 */
import type { OrganizationId, UserId } from "./ids.ts";
import { relationOfTuple } from "./relations.ts";
import type { TupleKey } from "./tuples.ts";

export type CacheScope = `user:${string}` | `organization:${string}`;

/** How long a writer holds a scope: longer than the engine's deadline for a Write, so that only a dead writer's lease expires. */
export const LEASE_MILLISECONDS = 10_000;

/** The longest that an answer may be older than its question, whatever fails (law 13). */
export const UNWATCHED_MAX_MILLISECONDS = 10_000;

/** The scope of a person, by id. */
export const userScope = (user: UserId): CacheScope => `user:${user}`;

/** The scope of all that an organization owns, by id. */
export const ownerScope = (organization: OrganizationId): CacheScope => `organization:${organization}`;

/** What a tuple reaches: nobody, one scope, or the owner behind its object, or behind what its user is `from`, to be looked up. */
export type ScopeReach =
  | { kind: "nothing" }
  | { kind: "scope"; scope: CacheScope }
  | { kind: "owner_of"; object: string; from: string };

/**
 * Types whose tuples lead nowhere: an entry is a line in a history; marks for the sweep and the scheduler, an address, an
 * endpoint and a preset are no relationship.
 */
const WITHOUT_EFFECT = ["entry:", "sweep:", "schedule:", "email:", "webhook:", "preset:"];

/** What a changed tuple reaches. A tuple that names a person is on no path but theirs, whatever its object. */
export function reachOf({ user, relation, object }: TupleKey): ScopeReach {
  if (WITHOUT_EFFECT.some((type) => user.startsWith(type) || object.startsWith(type))) return { kind: "nothing" };
  if (relationOfTuple({ relation, object })?.kind === "former_side") return { kind: "nothing" };
  if (user.startsWith("user:")) return { kind: "scope", scope: user as CacheScope };
  const owning = relation === "owner" || relation === "initiator";
  if (owning && user.startsWith("organization:")) return { kind: "scope", scope: user as CacheScope };
  return { kind: "owner_of", object, from: user.split("#", 1)[0] ?? user };
}
