/** The impact of a dry run: the access through a cooperation as it is, compared with the access after the change. */
import { type CooperationAccess, type Impact, impactOf } from "../../domain/cooperation/impact.ts";
import { type CooperationId, idOfType, type ResourceRef, type ShareId, type UserId } from "../../domain/ids.ts";
import type { Cooperation, Delegation, Share } from "../../domain/records.ts";
import { StoreDamaged } from "../../faults.ts";
import type { Reads } from "../../ports.ts";
import { actingAdminsOf, isActivePerson } from "../../store/acting.ts";
import { plantsIn } from "../../store/resources.ts";
import { cooperationHead, inTurns, sharesOf } from "../../store/snapshot.ts";

/** The changed parts of a decision, each as it would be. A delegation whose `after` is undefined is revoked. */
export type PlannedChange = {
  cooperation: Cooperation;
  share?: Share | undefined;
  delegation?: { share: ShareId; user: UserId; after: Delegation | undefined } | undefined;
};

/** The impact of a change on the access through its cooperation. */
export async function impactOfChange(reads: Reads, change: PlannedChange, now: Date): Promise<Impact> {
  const stored = (await cooperationHead(reads, change.cooperation.id)).value;
  if (stored === undefined) return { gains: [], loses: [], redated: [] };
  const before = await reachOf(reads, stored, change);
  return impactOf(before, applied(before, change), now);
}

/** The impact of moving a plant between portfolios, for each cooperation that a portfolio is shared in. */
export async function impactOfMove(
  reads: Reads,
  plant: ResourceRef,
  portfolios: { from?: string | undefined; to?: string | undefined },
  shares: readonly Share[],
  now: Date,
): Promise<(Impact & { cooperation: CooperationId })[]> {
  const ids = [...new Set(shares.map((share) => share.cooperation))].sort();
  return inTurns(ids, async (id) => {
    const cooperation = (await cooperationHead(reads, id)).value;
    if (cooperation === undefined) throw new StoreDamaged(`cooperation:${id}`, "it has shares and no record");
    const before = await reachOf(reads, cooperation, { cooperation });
    const moved = new Map(before.plantsIn);
    for (const [portfolio, plants] of moved) {
      const others = plants.filter((other) => other !== plant);
      moved.set(portfolio, idOfType("portfolio", portfolio) === portfolios.to ? [...others, plant] : others);
    }
    return { cooperation: id, ...impactOf(before, { ...before, plantsIn: moved }, now) };
  });
}

async function reachOf(reads: Reads, cooperation: Cooperation, change: PlannedChange): Promise<CooperationAccess> {
  // an organization that joins is the partner only after the change
  const { partner } = change.cooperation;
  const shares = await sharesOf(reads, cooperation.id);
  const admins = partner === undefined ? [] : await actingAdminsOf(reads, partner);
  const delegates = shares.flatMap(({ delegations }) => delegations.map((delegation) => delegation.user));
  const holders = [...new Set([...delegates, ...(change.delegation ? [change.delegation.user] : [])])];
  const isActive = await inTurns(
    holders,
    async (user) => partner !== undefined && isActivePerson(reads, partner, user),
  );
  const resources = [...shares.map(({ share }) => share.resource), ...(change.share ? [change.share.resource] : [])];
  const portfolios = [...new Set(resources)].filter((ref) => ref.startsWith("portfolio:"));
  const plants = await inTurns(portfolios, (ref) => plantsIn(reads, idOfType("portfolio", ref)));
  return {
    cooperation,
    shares,
    admins,
    people: new Set(holders.filter((_, index) => isActive[index])),
    plantsIn: new Map(portfolios.map((ref, index) => [ref, plants[index] ?? []])),
  };
}

function applied(before: CooperationAccess, { cooperation, share, delegation }: PlannedChange): CooperationAccess {
  const kept = before.shares.map((one) => (one.share.id === share?.id ? { ...one, share } : one));
  const isNew = share !== undefined && !before.shares.some((one) => one.share.id === share.id);
  const shares = isNew ? [...kept, { share, delegations: [] }] : kept;
  if (delegation === undefined) return { ...before, cooperation, shares };
  const { after, user } = delegation;
  return {
    ...before,
    cooperation,
    shares: shares.map((one) => {
      if (one.share.id !== delegation.share) return one;
      const others = one.delegations.filter((other) => other.user !== user);
      return { ...one, delegations: after ? [...others, after] : others };
    }),
  };
}
