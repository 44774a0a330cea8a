/**
 * What a key is bound to (`types`, `permissions`, `organizations` in SERVICE_KEYS),
 * decided. Pure. A bound only ever takes away: what a key may not do without it, it may
 * not do with it. What is not known to lie within a bound lies outside.
 */
import type { Bounds, Caller } from "./caller.ts";
import type { Refusal } from "./refusal.ts";

export type Outside = Extract<Refusal, { code: "outside_key" }>;

/** What binds a key as a whole: routes that name nothing in particular are outside every bound. */
export function outsideAll(bounds: Bounds | undefined): Outside | undefined {
  if (bounds === undefined) return undefined;
  const bound_by = (["permissions", "types", "organizations"] as const).find((one) => bounds[one] !== undefined);
  return bound_by && { code: "outside_key", bound_by, allowed: bounds[bound_by] ?? [] };
}

/** Why a key may not name things of these types. */
export function outsideTypes(bounds: Bounds | undefined, ...types: string[]): Outside | undefined {
  return outside(bounds, "types", (allowed) => types.every((type) => allowed.includes(type)));
}

/** Why a key may not ask for this permission; undefined is whatever is no question about a permission. */
export function outsidePermissions(bounds: Bounds | undefined, permission: string | undefined): Outside | undefined {
  return outside(bounds, "permissions", (allowed) => permission !== undefined && allowed.includes(permission));
}

/** Why a key may not touch what is these organizations', both sides of a cooperation say: one that it is bound to must be among them. */
export function outsideOrganizations(
  bounds: Bounds | undefined,
  organizations: readonly string[],
): Outside | undefined {
  return outside(bounds, "organizations", (allowed) => organizations.some((one) => allowed.includes(one)));
}

/** Whether a caller counts as one of an organization's people: with a key that is bound to others they are a stranger there. */
export function countsIn(bounds: Bounds | undefined, organization: string): boolean {
  return bounds?.organizations === undefined || bounds.organizations.includes(organization);
}

/** The caller as they count in these organizations and no others, of which nothing has to be read then. */
export const boundTo = (caller: Caller, organizations: readonly string[]): Caller => ({
  ...caller,
  bounds: { ...caller.bounds, organizations: organizations.filter((one) => countsIn(caller.bounds, one)) },
});

/** What the bounds of some keys name that the model does not have, a line each. `permissions`: each type with its own. */
export function unknownBounds(
  keys: readonly { name: string; bounds?: Bounds }[],
  permissions: ReadonlyMap<string, readonly string[]>,
): string[] {
  const known = new Set([...permissions.values()].flat());
  return keys.flatMap(({ name, bounds }) => [
    ...(bounds?.types ?? [])
      .filter((type) => !permissions.has(type))
      .map((type) => `SERVICE_KEYS: ${name}: the model has no type ${type}`),
    ...(bounds?.permissions ?? [])
      .filter((permission) => !known.has(permission))
      .map((permission) => `SERVICE_KEYS: ${name}: the model has no permission ${permission}`),
  ]);
}

function outside(
  bounds: Bounds | undefined,
  bound_by: keyof Bounds,
  isWithin: (allowed: readonly string[]) => boolean,
): Outside | undefined {
  const allowed = bounds?.[bound_by];
  return allowed === undefined || isWithin(allowed) ? undefined : { code: "outside_key", bound_by, allowed };
}
