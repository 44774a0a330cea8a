/** The access paths to a permission on a plant or portfolio: through the owner, through shares, and ended ones. */
import type { DenialReason, Path } from "../../domain/explain/denial-reason.ts";
import { asAdmin, denialsOfShare, needsOf } from "../../domain/explain/denials.ts";
import { type CooperationId, idOfType, type OrganizationId, type ResourceRef } from "../../domain/ids.ts";
import type { Resource } from "../../domain/records.ts";
import { sharedRelation, UPCOMING } from "../../domain/relations.ts";
import { cooperationHead, delegationsFrom, jobRoleOf, resourceHead, shareHead } from "../../store/snapshot.ts";
import { type Asking, endedPaths, type FoundPaths } from "./ended-paths.ts";

/** Shares of one resource that are looked at, of those that have started and of the others. */
const SHARES_MAX = 50;

/** Every path with its denial reasons; `complete` is false when some were left out. Throws EngineUnavailable. */
export async function pathsToResource(asking: Asking, ref: ResourceRef): Promise<FoundPaths> {
  const { reads, person } = asking;
  const { value } = await resourceHead(reads, ref);
  if (value === undefined) return { paths: [], complete: true };
  const { owner } = value;
  const places = placesOf(ref, value);
  const own = person.roles.has(owner) ? [await ownPath(asking, owner, places)] : [];
  const through = await sharePaths(asking, places);
  const met = new Set(through.paths.map(({ cooperation }) => cooperation));
  const gone = await endedPaths(asking, { owner, places, met });
  const paths = [...own, ...through.paths.map(({ path }) => path), ...gone.paths];
  const stranger: DenialReason = {
    code: "stranger",
    user: person.user,
    resource: ref,
    owner,
    organizations: [...person.roles.keys()],
  };
  return {
    paths: paths.length > 0 ? paths : [{ through: ref, denials: [stranger] }],
    complete: through.complete && gone.complete,
  };
}

/** What gives access to a resource: itself, and the portfolio that it lies in. */
export const placesOf = (ref: ResourceRef, { portfolio }: Resource): ResourceRef[] => [
  ref,
  ...(portfolio === undefined ? [] : [`portfolio:${portfolio}` as const]),
];

/** Through the owner: as its admin, or by a job role. */
async function ownPath(
  { reads, person, permission }: Asking,
  organization: OrganizationId,
  places: readonly ResourceRef[],
): Promise<Path> {
  const path = asAdmin(person, organization, { acts: permission === "can_share" });
  const { user } = person;
  const role = person.roles.get(organization);
  const needs = needsOf(permission);
  const [resource] = places;
  if (path.denials.length === 0 || needs.length === 0 || role === undefined || resource === undefined) return path;
  const held: DenialReason[] = [];
  for (const place of places) {
    const job = await jobRoleOf(reads, place, user);
    if (job !== undefined && needs.includes(job)) return { ...path, denials: [] };
    if (job !== undefined) held.push({ code: "job_role_too_low", user, resource: place, role: job, needs });
  }
  const none: DenialReason = { code: "no_job_role", user, resource, organization, role, needs };
  return { ...path, denials: [held[0] ?? none] };
}

/** A path through a share, and the cooperation that the share is in. */
type SharePath = { path: Path; cooperation: CooperationId };

/** The paths through each share of the resource or its portfolio that involves the person. Throws EngineUnavailable. */
export async function sharePaths(
  { reads, person, permission, now }: Asking,
  places: readonly ResourceRef[],
): Promise<{ paths: SharePath[]; complete: boolean }> {
  const { user, roles, suspendedIn, email } = person;
  const paths: SharePath[] = [];
  const namedBy = (relation: string) =>
    Promise.all(places.map((object) => reads.readSome({ object, relation }, SHARES_MAX)));
  // in this order: a share that starts in between is then in both, and not in neither
  const upcoming = await namedBy(UPCOMING);
  const found = [...(await namedBy(sharedRelation("viewer"))), ...upcoming];
  const shares = new Set(found.flatMap(({ tuples }) => tuples.map((tuple) => tuple.user.split("#", 1)[0] ?? "")));
  for (const through of shares) {
    const share = (await shareHead(reads, idOfType("share", through))).value;
    const cooperation = share && (await cooperationHead(reads, share.cooperation)).value;
    if (share === undefined || cooperation === undefined) continue;
    const { partner } = cooperation;
    const role = partner === undefined ? undefined : roles.get(partner);
    const own = await reads.read({ object: through, user: `user:${user}` });
    const [delegation] = delegationsFrom(share.id, own);
    const isInvited = partner === undefined && email !== undefined && email === cooperation.email;
    if (role === undefined && delegation === undefined && !isInvited) continue;
    const isSuspended = partner !== undefined && suspendedIn.has(partner);
    const met = { cooperation, share, role, isSuspended, delegation };
    const denials = denialsOfShare(met, user, permission, now);
    paths.push({ path: { through, denials }, cooperation: cooperation.id });
  }
  return { paths, complete: found.every((some) => some.complete) };
}
