/**
 * Why somebody may not: every way in that they could have had, and what stands in it,
 * from the records. The engine decides; this tells a person what to do about it. Where
 * the records see nothing in the way, it says so: then they and the tuples differ.
 */
import { idOf, type ResourceRef, splitRef } from "../domain/ids.ts";
import { type Limit, nearestFirst, type Path } from "../domain/limit.ts";
import type { Cooperation } from "../domain/records.ts";
import type { OrganizationRole } from "../domain/roles.ts";
import { limitsOfCooperation, limitsOfShare, needsOf } from "../domain/share-limits.ts";
import { roleIn } from "../domain/standing.ts";
import type { Question, Relationships } from "../ports.ts";
import { gonePaths } from "./gone-paths.ts";
import {
  cooperationHead,
  delegationsFrom,
  jobRoleOf,
  organizationHead,
  personHead,
  resourceHead,
  shareHead,
} from "./snapshot.ts";

type Reads = Pick<Relationships, "read" | "readSome">;

/** Shares of one resource that are looked at. */
export const SHARES_MAX = 50;

/** Who asks: their roles by organization, and their address. */
export type Person = { user: string; roles: ReadonlyMap<string, OrganizationRole>; email: string | undefined };

/** The closed ways in of a question that was denied, nearest first and at least one; `complete` is false where shares were left out. Throws EngineUnavailable. */
export async function closedPaths(
  reads: Reads,
  { user: ref, relation, object }: Question,
  now: Date,
): Promise<{ paths: Path[]; complete: boolean }> {
  const [type, user] = splitRef(ref);
  const only = (limit: Limit) => ({ paths: [{ through: object, limits: [limit] }], complete: true });
  if (type !== "user") return only({ code: "subject_no_user", subject: ref });
  const gone = await whyGone(reads, object);
  if (gone !== undefined) return only(gone);
  const person = await personOf(reads, user);
  if (person === undefined) return only({ code: "user_unknown", user });
  const found = await pathsOf(reads, person, relation, object, now);
  const paths = found.paths.map(({ through, limits }): Path => {
    return { through, limits: limits.length > 0 ? limits : [{ code: "records_differ", object: through }] };
  });
  return { paths: nearestFirst(paths), complete: found.complete };
}

async function personOf(reads: Reads, user: string): Promise<Person | undefined> {
  const { n, value } = await personHead(reads, user);
  const tuples = await reads.read({ object: "organization:", user: `user:${user}` });
  const roles = [...Map.groupBy(tuples, (tuple) => idOf(tuple.object))].flatMap(([organization, own]) => {
    const role = roleIn(own);
    return role === undefined ? [] : [[organization, role] as const];
  });
  return n === 0 && roles.length === 0 ? undefined : { user, roles: new Map(roles), email: value?.email };
}

/** Why an object has nothing to give: it is not there, or not there any more. */
async function whyGone(reads: Reads, object: string): Promise<Limit | undefined> {
  const [type, id] = splitRef(object);
  const unknown: Limit = { code: "object_unknown", object };
  const ended = (value: { deleted_at?: string | undefined } | undefined): Limit | undefined => {
    if (value === undefined) return unknown;
    return value.deleted_at === undefined
      ? undefined
      : { code: "object_deleted", object, deleted_at: value.deleted_at };
  };
  switch (type) {
    case "plant":
    case "portfolio":
      return ended((await resourceHead(reads, `${type}:${id}`)).value);
    case "organization":
      return ended((await organizationHead(reads, id)).value);
    case "cooperation":
      return (await cooperationHead(reads, id)).value === undefined ? unknown : undefined;
    default:
      return (await shareHead(reads, id)).value === undefined ? unknown : undefined;
  }
}

async function pathsOf(
  reads: Reads,
  person: Person,
  permission: string,
  object: string,
  now: Date,
): Promise<{ paths: Path[]; complete: boolean }> {
  const [type, id] = splitRef(object);
  const all = (paths: Path[]) => ({ paths, complete: true });
  switch (type) {
    case "plant":
    case "portfolio":
      return pathsToResource(reads, person, permission, `${type}:${id}`, now);
    case "organization":
      return all([asAdmin(person, id)]);
    case "cooperation": {
      const { value } = await cooperationHead(reads, id);
      return all(value === undefined ? [] : pathsToCooperation(person, permission, value));
    }
    default: {
      const { value: share } = await shareHead(reads, id);
      const cooperation = share && (await cooperationHead(reads, share.cooperation)).value;
      if (cooperation === undefined) return all([]);
      const limits = limitsOfCooperation(cooperation, now);
      const own = cooperation.partner === undefined ? [] : asAdmin(person, cooperation.partner).limits;
      return all([{ through: `cooperation:${cooperation.id}`, limits: [...limits, ...own] }]);
    }
  }
}

/** Through being an admin of an organization. */
function asAdmin({ user, roles }: Person, organization: string): Path {
  const role = roles.get(organization);
  const through = `organization:${organization}`;
  if (role === undefined) return { through, limits: [{ code: "not_person", user, organization }] };
  return { through, limits: role === "admin" ? [] : [{ code: "not_admin", user, organization, role }] };
}

/** The sides of a cooperation whose admins a permission is for (model.fga, type cooperation). */
function pathsToCooperation(person: Person, permission: string, { id, initiator, partner }: Cooperation): Path[] {
  const ofInitiator = asAdmin(person, initiator);
  if (permission === "can_manage") return [ofInitiator];
  const ofPartner: Path =
    partner === undefined
      ? { through: `cooperation:${id}`, limits: [{ code: "cooperation_invited", cooperation: id }] }
      : asAdmin(person, partner);
  return permission === "can_answer" ? [ofPartner] : [ofInitiator, ofPartner];
}

async function pathsToResource(
  reads: Reads,
  person: Person,
  permission: string,
  ref: ResourceRef,
  now: Date,
): Promise<{ paths: Path[]; complete: boolean }> {
  const { value } = await resourceHead(reads, ref);
  if (value === undefined) return { paths: [], complete: true };
  const { owner, portfolio } = value;
  const places: ResourceRef[] = [ref, ...(portfolio === undefined ? [] : [`portfolio:${portfolio}` as const])];
  const own = person.roles.has(owner) ? [await ownPath(reads, person, permission, owner, places)] : [];
  const through = await sharePaths(reads, person, permission, places, now);
  const met = new Set(through.paths.map(({ cooperation }) => cooperation));
  const gone = await gonePaths(reads, person, { permission, owner, places, met });
  const paths = [...own, ...through.paths.map(({ path }) => path), ...gone];
  const stranger: Limit = {
    code: "stranger",
    user: person.user,
    resource: ref,
    owner,
    organizations: [...person.roles.keys()],
  };
  return {
    paths: paths.length > 0 ? paths : [{ through: ref, limits: [stranger] }],
    complete: through.complete,
  };
}

/** Through the owner: as its admin, or by a job role. */
async function ownPath(
  reads: Reads,
  person: Person,
  permission: string,
  organization: string,
  places: readonly ResourceRef[],
): Promise<Path> {
  const path = asAdmin(person, organization);
  const { user } = person;
  const role = person.roles.get(organization);
  const needs = needsOf(permission);
  const [resource] = places;
  if (path.limits.length === 0 || needs.length === 0 || role === undefined || resource === undefined) return path;
  const held: Limit[] = [];
  for (const place of places) {
    const job = await jobRoleOf(reads, place, user);
    if (job !== undefined && needs.includes(job)) return { ...path, limits: [] };
    if (job !== undefined) held.push({ code: "job_role_too_low", user, resource: place, role: job, needs });
  }
  const none: Limit = { code: "no_job_role", user, resource, organization, role, needs };
  return { ...path, limits: [held[0] ?? none] };
}

/** Through each share that stands on the resource or its portfolio and has to do with the person. */
async function sharePaths(
  reads: Reads,
  person: Person,
  permission: string,
  places: readonly ResourceRef[],
  now: Date,
): Promise<{ paths: { path: Path; cooperation: string }[]; complete: boolean }> {
  const { user, roles, email } = person;
  const paths: { path: Path; cooperation: string }[] = [];
  let complete = true;
  for (const place of places) {
    const found = await reads.readSome({ object: place, relation: "shared_viewer" }, SHARES_MAX);
    complete &&= found.complete;
    for (const tuple of found.tuples) {
      const [through = ""] = tuple.user.split("#", 1);
      const share = (await shareHead(reads, idOf(through))).value;
      const cooperation = share && (await cooperationHead(reads, share.cooperation)).value;
      if (share === undefined || cooperation === undefined) continue;
      const { partner } = cooperation;
      const role = partner === undefined ? undefined : roles.get(partner);
      const own = await reads.read({ object: through, user: `user:${user}` });
      const [delegation] = delegationsFrom(share.id, own);
      const isInvited = partner === undefined && email !== undefined && email === cooperation.email;
      if (role === undefined && delegation === undefined && !isInvited) continue;
      const limits = limitsOfShare({ cooperation, share, role, delegation }, user, permission, now);
      paths.push({ path: { through, limits }, cooperation: cooperation.id });
    }
  }
  return { paths, complete };
}
