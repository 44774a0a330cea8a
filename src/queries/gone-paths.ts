/**
 * Ways in that are gone: what was shared with an organization of the person's and taken
 * back, and cooperations of theirs with the owner in which it is not shared. Of shares
 * that were swept only the cooperation's history still knows.
 */
import type { VisibleEntry } from "../domain/history.ts";
import { idOf, type ResourceRef } from "../domain/ids.ts";
import type { Path } from "../domain/limit.ts";
import { type Cooperation, ShareRecord } from "../domain/records.ts";
import type { OrganizationRole } from "../domain/roles.ts";
import { needsOf } from "../domain/share-limits.ts";
import type { Relationships } from "../ports.ts";
import { historyOf } from "./history.ts";
import { cooperationHead } from "./snapshot.ts";

type Reads = Pick<Relationships, "read">;

/** Cooperations of the person's organizations that are looked at, the newest, and of each so many entries. */
const COOPERATIONS_MAX = 10;
const ENTRIES_MAX = 100;

/** What is asked for: the permission, and where it could come from. `met`: cooperations that a share of it still stands for. */
type Asked = { permission: string; owner: string; places: readonly ResourceRef[]; met: ReadonlySet<string> };

/** The paths, of cooperations that are not `met`; none for a permission that never crosses. Throws EngineUnavailable. */
export async function gonePaths(
  reads: Reads,
  { roles }: { roles: ReadonlyMap<string, OrganizationRole> },
  { permission, owner, places, met }: Asked,
): Promise<Path[]> {
  const paths: Path[] = [];
  for (const organization of roles.keys()) {
    const filter = { object: "cooperation:", relation: "partner", user: `organization:${organization}` };
    const ids = (await reads.read(filter)).map(({ object }) => idOf(object)).filter((id) => !met.has(id));
    for (const id of ids.sort().reverse().slice(0, COOPERATIONS_MAX)) {
      const { value } = await cooperationHead(reads, id);
      if (value?.initiator === owner) paths.push(...(await pathOf(reads, value, permission, places)));
    }
  }
  return paths;
}

async function pathOf(
  reads: Reads,
  cooperation: Cooperation,
  permission: string,
  places: readonly ResourceRef[],
): Promise<Path[]> {
  const { id, status, initiator: owner, ended_as, ended_at } = cooperation;
  const through = `cooperation:${id}`;
  if (!needsOf(permission).some((role) => role !== "operator"))
    return status === "active" ? [{ through, limits: [{ code: "never_shared", permission, owner }] }] : [];
  const { items } = await historyOf(reads, through, undefined, { limit: ENTRIES_MAX });
  const shares = items.flatMap(sharesIn).filter(({ resource }) => places.includes(resource));
  const [newest] = shares;
  if (newest === undefined) {
    const [resource = ""] = places;
    return status === "ended" ? [] : [{ through, limits: [{ code: "not_shared", cooperation: id, resource }] }];
  }
  if (status === "ended")
    return [{ through, limits: [{ code: "cooperation_ended", cooperation: id, ended_as, ended_at }] }];
  const { id: share, resource, removed_at } = newest;
  // a history that is newer than what was read before: the next look sees the share itself
  if (removed_at === undefined) return [];
  return [{ through: `share:${share}`, limits: [{ code: "share_removed", share, resource, removed_at }] }];
}

/** The shares that an entry tells of, as they were after it. */
function sharesIn({ object, after }: VisibleEntry) {
  const told = object.startsWith("share:") ? [after] : [after?.with ?? []].flat();
  return told.flatMap((share) => ShareRecord.safeParse(share).data ?? []);
}
