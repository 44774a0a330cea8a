/**
 * Access paths that have ended: shares with an organization of the person that were removed, and cooperations of theirs
 * with the owner without a share of the resource. Shares that were swept are only in the cooperation's history.
 */

import type { DenialReason, Path } from "../../domain/explain/denial-reason.ts";
import { denialsOfCooperation, needsOf } from "../../domain/explain/denials.ts";
import type { VisibleEntry } from "../../domain/history.ts";
import type { CooperationId, OrganizationId, ResourceRef } from "../../domain/ids.ts";
import { type Cooperation, isSide, ShareRecord } from "../../domain/records.ts";
import type { OrganizationRole } from "../../domain/roles.ts";
import type { Reads } from "../../ports.ts";
import { historyOf } from "../../store/history.ts";
import { cooperationHead, cooperationIdsOf, endedIdsOf, organizationHead } from "../../store/snapshot.ts";

/** The newest cooperations of each organization that are examined, and the entries of each. */
const COOPERATIONS_MAX = 10;
const ENTRIES_MAX = 100;

/** The permission, and the resources that could give it. `met`: cooperations that have a live share of these. */
type Asked = {
  now: Date;
  permission: string;
  owner: OrganizationId;
  places: readonly ResourceRef[];
  met: ReadonlySet<CooperationId>;
};

type Found = { paths: Path[]; complete: boolean };

/** The paths, of cooperations that are not `met`; none for a permission that never crosses. Throws EngineUnavailable. */
export async function endedPaths(
  reads: Reads,
  { roles }: { roles: ReadonlyMap<OrganizationId, OrganizationRole> },
  { permission, owner, places, met, now }: Asked,
): Promise<Found> {
  const paths: Path[] = [];
  let complete = true;
  for (const organization of roles.keys()) {
    const all = [cooperationIdsOf(reads, organization, "partner"), endedIdsOf(reads, organization, "partner")];
    const ids = [...new Set((await Promise.all(all)).flat())].filter((id) => !met.has(id));
    const { value: present } = await organizationHead(reads, organization);
    complete &&= ids.length <= COOPERATIONS_MAX;
    for (const id of ids.sort().reverse().slice(0, COOPERATIONS_MAX)) {
      const { value } = await cooperationHead(reads, id);
      if (value?.initiator !== owner || !isSide(value, "partner", present)) continue;
      const found = await pathsOf(reads, value, permission, places, now);
      paths.push(...found.paths);
      complete &&= found.complete;
    }
  }
  return { paths, complete };
}

async function pathsOf(
  reads: Reads,
  cooperation: Cooperation,
  permission: string,
  places: readonly ResourceRef[],
  now: Date,
): Promise<Found> {
  const all = (...paths: Path[]) => ({ paths, complete: true });
  const { id, status, initiator: owner, partner } = cooperation;
  const through = `cooperation:${id}`;
  if (!needsOf(permission).some((role) => role !== "operator"))
    return status === "active" ? all({ through, denials: [{ code: "never_shared", permission, owner }] }) : all();
  const { items, next } = await historyOf(reads, through, undefined, { limit: ENTRIES_MAX });
  const shares = items.flatMap(sharesIn).filter(({ resource }) => places.includes(resource));
  const [newest] = shares;
  if (newest === undefined) {
    const [resource = ""] = places;
    const denial: DenialReason = { code: "not_shared", cooperation: id, initiator: owner, partner, resource };
    // older entries were not read
    return { paths: status === "ended" ? [] : [{ through, denials: [denial] }], complete: next === undefined };
  }
  if (status === "ended") return all({ through, denials: denialsOfCooperation(cooperation, now) });
  const { id: share, resource, removed_at } = newest;
  // the history is newer than the shares that were read: the next reading finds the share itself
  if (removed_at === undefined) return all();
  return all({ through: `share:${share}`, denials: [{ code: "share_removed", share, resource, removed_at }] });
}

/** The shares in an entry, as they were after it. */
function sharesIn({ object, after }: VisibleEntry) {
  const records = object.startsWith("share:") ? [after] : [after?.with ?? []].flat();
  return records.flatMap((share) => ShareRecord.safeParse(share).data ?? []);
}
