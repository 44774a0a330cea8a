/**
 * Deletes the tuples that removed cooperations, shares and organizations leave without effect. The removal itself
 * writes a mark into the store (`sweep:all#pending`), so the next sweep finishes one that was interrupted; sweeping
 * twice does no harm. A mark alone deletes nothing: what its record does not call removed stays. A record that cannot
 * be read keeps nothing else from being swept.
 */
import { errorFacts } from "../domain/error-facts.ts";
import { type CooperationId, idOfType, type OrganizationId, type ShareId, splitRef } from "../domain/ids.ts";
import { isSide } from "../domain/records.ts";
import { SIDES } from "../domain/relations.ts";
import { sweepMark, tuplesOfSides } from "../domain/state-tuples.ts";
import { keyOf, type Tuple, type TupleKey } from "../domain/tuples.ts";
import { StoreDamaged } from "../faults.ts";
import {
  cooperationHead,
  cooperationIdsOf,
  endedIdsOf,
  organizationHead,
  shareIdsOf,
  shareWithDelegations,
} from "../store/snapshot.ts";
import type { ActionDeps } from "./run/action.ts";

type SweepDeps = Pick<ActionDeps, "tupleStore" | "warn">;

/** Sweeps all that is marked. Returns how many marks it cleared; never throws: a mark that stays is swept later. */
export async function sweep(deps: SweepDeps): Promise<number> {
  try {
    const marks = await deps.tupleStore.read({ object: "sweep:all", relation: "pending" });
    let cleared = 0;
    for (const { user } of marks)
      try {
        const isOver = await sweepMarked(deps, user);
        // the mark is deleted last: until then the next sweep does this again
        if (isOver) {
          await deps.tupleStore.erase([keyOf(sweepMark(user as `share:${string}`))]);
          cleared++;
        } else deps.warn("marked_but_not_removed", { marked: user });
      } catch (error) {
        if (!(error instanceof StoreDamaged)) throw error;
        deps.warn("sweep_failed", { marked: user, ...errorFacts(error) });
      }
    return cleared;
  } catch (error) {
    deps.warn("sweep_failed", errorFacts(error));
    return 0;
  }
}

/** False where something of it is still in use. */
async function sweepMarked(deps: SweepDeps, marked: string): Promise<boolean> {
  const [type] = splitRef(marked);
  if (type === "organization") return sweepOrganization(deps, idOfType("organization", marked));
  if (type === "share") return sweepShare(deps, idOfType("share", marked));
  const id = idOfType("cooperation", marked);
  let isOver = await hasEnded(deps, id);
  for (const share of await shareIdsOf(deps.tupleStore, id)) isOver = (await sweepShare(deps, share)) && isOver;
  await settleEnded(deps, [id]);
  return isOver;
}

/** Removes a deleted organization from the sides of cooperations that ended with it, so that no later one under its id is a side of them. False for one that was never deleted. */
export async function sweepOrganization(deps: SweepDeps, id: OrganizationId): Promise<boolean> {
  const { tupleStore } = deps;
  const { value } = await organizationHead(tupleStore, id);
  if (value === undefined || (value.deleted_at === undefined && value.incarnation === undefined)) return false;
  for (const side of SIDES) {
    const ids = [...(await endedIdsOf(tupleStore, id, side)), ...(await cooperationIdsOf(tupleStore, id, side))];
    await settleEnded(deps, ids);
  }
  return true;
}

/**
 * Makes the sides of ended cooperations former ones, as their end does; stores that older versions wrote still hold
 * them among the present ones. A side whose organization no longer exists gets none.
 */
export async function settleEnded(deps: Pick<ActionDeps, "tupleStore">, ids: readonly CooperationId[]): Promise<void> {
  for (const id of ids) await settleOne(deps, id);
}

async function settleOne({ tupleStore }: Pick<ActionDeps, "tupleStore">, id: CooperationId): Promise<void> {
  const { value } = await cooperationHead(tupleStore, id);
  if (value?.status !== "ended") return;
  const exists = async (tuple: TupleKey) => (await tupleStore.read(keyOf(tuple))).length > 0;
  const deletes: TupleKey[] = [];
  const writes: Tuple[] = [];
  for (const tuple of tuplesOfSides(value, "present")) if (await exists(tuple)) deletes.push(keyOf(tuple));
  for (const [index, tuple] of tuplesOfSides(value, "former").entries()) {
    const side = SIDES[index] ?? "initiator";
    const { value: organization } = await organizationHead(tupleStore, idOfType("organization", tuple.user));
    // one without a record is damage, and proves nothing
    const isWanted = organization === undefined || isSide(value, side, organization);
    if ((await exists(tuple)) === isWanted) continue;
    if (isWanted) writes.push(tuple);
    else deletes.push(keyOf(tuple));
  }
  // an ended cooperation never changes again, so a stale Write was done by another sweep, or the next one does it
  if (deletes.length + writes.length === 0) return;
  if ((await tupleStore.write({ deletes, writes })) === "unknown")
    throw new Error(`whether the sides of cooperation ${id} were settled is not known`);
}

const hasEnded = async (deps: SweepDeps, cooperation: CooperationId) =>
  (await cooperationHead(deps.tupleStore, cooperation)).value?.status === "ended";

/** Deletes the tuples of a share. False, and nothing is deleted, where its record says that it is still in use. */
async function sweepShare(deps: SweepDeps, id: ShareId): Promise<boolean> {
  const { head, tuples } = await shareWithDelegations(deps.tupleStore, id);
  // swept already, or never there: nothing says what may be deleted
  if (head.value === undefined) return true;
  const { resource, cooperation, removed_at } = head.value;
  if (removed_at === undefined && !(await hasEnded(deps, cooperation))) return false;
  const onResource = (await deps.tupleStore.read({ object: resource })).filter((tuple) => {
    return tuple.user === `share:${id}` || tuple.user.startsWith(`share:${id}#`);
  });
  // the head names the resource and the link names the share: both are deleted after what they lead to
  const link = tuples.filter((tuple) => tuple.relation === "head" || tuple.relation === "cooperation");
  const rest = tuples.filter((tuple) => !link.includes(tuple));
  await deps.tupleStore.erase([...onResource, ...rest].map(keyOf));
  await deps.tupleStore.erase(link.map(keyOf));
  return true;
}
