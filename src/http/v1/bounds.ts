/**
 * Keys that are bound, under `/v1`. The path of a route says which types it is about, and whose organizations' things.
 * What is about the whole store, and every route that is not known here, is outside all bounds. The person for whom a
 * bound key acts counts as a person of the key's own organizations alone (store/snapshot.ts).
 */
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { z } from "zod";
import { relationOf } from "../../check/question.ts";
import { outsideQuestion } from "../../check/within.ts";
import type { Bounds } from "../../domain/caller.ts";
import { CooperationId, idProblem, RESOURCE_TYPES, type ResourceRef, ShareId, UserId } from "../../domain/ids.ts";
import {
  countsIn,
  type Outside,
  outsideAll,
  outsideOrganizations,
  outsidePermissions,
  outsideTypes,
} from "../../domain/key-bounds.ts";
import { isSide } from "../../domain/records.ts";
import { organizationIdsOf } from "../../store/people.ts";
import { cooperationHead, inTurns, organizationHead, resourceHead, shareHead } from "../../store/snapshot.ts";
import { ActionInput, EntityInput } from "../access/body.ts";
import type { Env } from "../env.ts";
import { refused } from "../problem.ts";
import type { V1Deps } from "./route.ts";

/** The types that each collection in a path is of. A route whose first part is not here is refused to every bound key. */
const TYPES: Record<string, readonly string[]> = {
  me: ["organization"],
  organizations: ["organization"],
  people: ["organization"],
  resources: RESOURCE_TYPES,
  plants: ["plant"],
  portfolios: ["portfolio"],
  cooperations: ["cooperation"],
  invitations: ["cooperation"],
  waiting: ["cooperation"],
  shares: ["share"],
  "incoming-shares": ["share"],
  delegations: ["share"],
  register: ["cooperation", "share", ...RESOURCE_TYPES],
  "access-log": ["cooperation", "share", ...RESOURCE_TYPES],
  presets: ["share"],
};

/** About no organization in particular: the reply depends on the acting user, or on a token. */
const OF_NOBODY = ["me", "invitations"];

const Explained = z.object({ action: ActionInput, resource: EntityInput });
const Owned = z.object({ owner: z.string() });

/** Lets a bound key through to what lies within its bounds. */
export const withinKey = (deps: V1Deps) =>
  createMiddleware<Env>(async (c, next) => {
    const { bounds } = c.var.caller;
    const outside = bounds && (await outsideRoute(deps, c, bounds));
    return outside === undefined ? next() : refused(c, outside);
  });

async function outsideRoute(deps: V1Deps, c: Context<Env>, bounds: Bounds): Promise<Outside | undefined> {
  const [first = "", id = "", ...rest] = c.req.path.split("/").slice(2).map(decodeURIComponent);
  if (first === "explain") {
    const asked = Explained.safeParse(await bodyOf(c));
    if (!asked.success) return undefined;
    const { action, resource } = asked.data;
    const object = `${resource.type}:${resource.id}`;
    return outsideQuestion(deps.engine, bounds, { permission: relationOf(action.name), object });
  }
  if (first === "inspect") return outsideQuestion(deps.engine, bounds, { permission: undefined, object: id });
  if (TYPES[first] === undefined) return outsideAll(bounds);
  // events are of every type
  if (rest[0] === "webhooks" && bounds.types !== undefined)
    return { code: "outside_key", bound_by: "types", allowed: bounds.types };
  const types = [first, ...rest.filter((_, n) => n % 2 === 0)].flatMap((name) => TYPES[name] ?? []);
  const outside = outsidePermissions(bounds, undefined) ?? outsideTypes(bounds, ...types);
  if (outside !== undefined || bounds.organizations === undefined) return outside;
  return (
    (await outsidePerson(deps, c, bounds)) ??
    (OF_NOBODY.includes(first)
      ? undefined
      : outsideOrganizations(bounds, await organizationsOfRoute(deps, c, first, id))) ??
    (first === "organizations" && rest[0] === "people" && rest.length === 2 && c.req.method === "PUT"
      ? outsideRecord(deps, c, bounds, { organization: id, user: rest[1] ?? "" })
      : undefined)
  );
}

/** Whose a route's thing is. A resource that is not registered is whose it would be. */
async function organizationsOfRoute(
  { tupleStore }: V1Deps,
  c: Context<Env>,
  collection: string,
  id: string,
): Promise<string[]> {
  if (collection === "register") return [c.req.query("organization") ?? ""];
  if (idProblem(id) !== undefined) return [];
  if (collection === "organizations") return [id];
  const sidesOf = async (cooperation: CooperationId | undefined) => {
    if (cooperation === undefined) return [];
    const { value } = await cooperationHead(tupleStore, cooperation);
    const found = await inTurns(["initiator", "partner"] as const, async (side) => {
      const organization = value?.[side];
      if (value === undefined || organization === undefined) return [];
      // who has the id now may be another organization than the one that was the side (law 15)
      return isSide(value, side, (await organizationHead(tupleStore, organization)).value) ? [organization] : [];
    });
    return found.flat();
  };
  if (collection === "cooperations") return sidesOf(CooperationId.safeParse(id).data);
  if (collection === "shares") {
    const { data: share } = ShareId.safeParse(id);
    return share === undefined ? [] : sidesOf((await shareHead(tupleStore, share)).value?.cooperation);
  }
  const type = RESOURCE_TYPES.find((one) => `${one}s` === collection);
  if (type === undefined) return [];
  const ref: ResourceRef = `${type}:${id}`;
  const { value } = await resourceHead(tupleStore, ref);
  if (value !== undefined && value.deleted_at === undefined) return [value.owner];
  const named = c.req.method === "PUT" ? Owned.safeParse(await bodyOf(c)) : undefined;
  return named?.success ? [named.data.owner] : [];
}

/** An acting user belongs to one of the key's organizations, or the key does not act for them. */
async function outsidePerson({ tupleStore }: V1Deps, c: Context<Env>, bounds: Bounds): Promise<Outside | undefined> {
  const { user } = c.var.caller;
  return user === undefined ? undefined : outsideOrganizations(bounds, await organizationIdsOf(tupleStore, user));
}

/** Name, address and language are one person's wherever they belong: of who belongs elsewhere a bound key takes in nobody, and writes no record. */
async function outsideRecord(
  { tupleStore }: V1Deps,
  c: Context<Env>,
  bounds: Bounds,
  named: { organization: string; user: string },
): Promise<Outside | undefined> {
  const { data: user } = UserId.safeParse(named.user);
  if (c.var.caller.user !== undefined || user === undefined) return undefined;
  const organizations = await organizationIdsOf(tupleStore, user);
  if (organizations.every((one) => countsIn(bounds, one))) return undefined;
  const body = await bodyOf(c);
  const isRole = typeof body === "object" && body !== null && Object.keys(body).every((name) => name === "role");
  return organizations.some((one) => one === named.organization) && isRole ? undefined : outsideAll(bounds);
}

/** The body, which is JSON already or nothing. */
const bodyOf = (c: Context<Env>): Promise<unknown> => c.req.json().catch(() => undefined);
