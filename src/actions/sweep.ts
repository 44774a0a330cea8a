/**
 * Clears away what removed cooperations and shares leave without effect. What is
 * still to do stands in the store (`sweep:all#pending`), written with the removal, so a
 * sweep that was cut off is finished by the next one; doing it twice does no harm. A
 * mark alone takes nothing away: what its record does not call removed stays. What cannot
 * be read keeps nothing else from being swept.
 */
import { errorFacts } from "../domain/error-facts.ts";
import { splitRef } from "../domain/ids.ts";
import { StoreDamaged } from "../domain/store-damaged.ts";
import { sweepMark, type TupleKey } from "../domain/tuples.ts";
import { cooperationHead, shareIdsOf, shareWithDelegations } from "../queries/snapshot.ts";
import type { ActionDeps } from "./perform.ts";

type SweepDeps = Pick<ActionDeps, "relationships" | "warn">;

/** Sweeps all that is marked. Returns how many marks it cleared; never throws: a mark that stays is swept later. */
export async function sweep(deps: SweepDeps): Promise<number> {
  try {
    const marks = await deps.relationships.read({ object: "sweep:all", relation: "pending" });
    let cleared = 0;
    for (const { user } of marks)
      try {
        if (await sweepMarked(deps, user)) cleared++;
        else deps.warn("marked_but_not_removed", { marked: user });
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

/** Sweeps one marked cooperation or share, and then its mark. False where it goes on: then the mark stays. */
async function sweepMarked(deps: SweepDeps, marked: string): Promise<boolean> {
  const [type, id] = splitRef(marked);
  const shares = type === "cooperation" ? await shareIdsOf(deps.relationships, id) : [id];
  let isOver = type === "share" || (await hasEnded(deps, id));
  for (const share of shares) isOver = (await sweepShare(deps, share)) && isOver;
  // the mark goes last: until then the next sweep begins here again
  if (isOver) await deps.relationships.erase([keyOf(sweepMark(marked as `share:${string}`))]);
  return isOver;
}

const hasEnded = async (deps: SweepDeps, cooperation: string) =>
  (await cooperationHead(deps.relationships, cooperation)).value?.status === "ended";

/** Takes away what stands on a share. False, and nothing is taken, where its record says that it goes on. */
async function sweepShare(deps: SweepDeps, id: string): Promise<boolean> {
  const { head, tuples } = await shareWithDelegations(deps.relationships, id);
  // swept already, or never there: nothing says what may go
  if (head.value === undefined) return true;
  const { resource, cooperation, removed_at } = head.value;
  if (removed_at === undefined && !(await hasEnded(deps, cooperation))) return false;
  const onResource = (await deps.relationships.read({ object: resource })).filter((tuple) => {
    return tuple.user.startsWith(`share:${id}#`);
  });
  // the head names the resource and the link names the share: both must outlive what they lead to
  const link = tuples.filter((tuple) => tuple.relation === "head" || tuple.relation === "cooperation");
  const rest = tuples.filter((tuple) => !link.includes(tuple));
  await deps.relationships.erase([...onResource, ...rest].map(keyOf));
  await deps.relationships.erase(link.map(keyOf));
  return true;
}

const keyOf = ({ user, relation, object }: TupleKey): TupleKey => ({ user, relation, object });
