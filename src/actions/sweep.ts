/**
 * Clears away what removed cooperations and shares leave without effect. What is
 * still to do stands in the store (`sweep:all#pending`), written with the removal, so a
 * sweep that was cut off is finished by the next one; doing it twice does no harm.
 */
import { splitRef } from "../domain/ids.ts";
import { sweepMark, type TupleKey } from "../domain/tuples.ts";
import { shareIdsOf, shareWithDelegations } from "../queries/snapshot.ts";
import type { ActionDeps } from "./perform.ts";

type SweepDeps = Pick<ActionDeps, "relationships" | "warn">;

/** Sweeps all that is marked. Returns how many marks it cleared; never throws: a mark that stays is swept later. */
export async function sweep(deps: SweepDeps): Promise<number> {
  try {
    const marks = await deps.relationships.read({ object: "sweep:all", relation: "pending" });
    for (const { user } of marks) {
      const [type, id] = splitRef(user);
      const shares = type === "cooperation" ? await shareIdsOf(deps.relationships, id) : [id];
      for (const share of shares) await sweepShare(deps, share);
      // the mark goes last: until then the next sweep begins here again
      await deps.relationships.erase([keyOf(sweepMark(user as `share:${string}`))]);
    }
    return marks.length;
  } catch (error) {
    deps.warn("sweep_failed", { error: String(error) });
    return 0;
  }
}

async function sweepShare(deps: SweepDeps, id: string): Promise<void> {
  const { head, tuples } = await shareWithDelegations(deps.relationships, id);
  const resource = head.value?.resource;
  const onResource =
    resource === undefined
      ? []
      : (await deps.relationships.read({ object: resource })).filter((tuple) => {
          return tuple.user.startsWith(`share:${id}#`);
        });
  // the head names the resource and the link names the share: both must outlive what they lead to
  const link = tuples.filter((tuple) => tuple.relation === "head" || tuple.relation === "cooperation");
  const rest = tuples.filter((tuple) => !link.includes(tuple));
  await deps.relationships.erase([...onResource, ...rest].map(keyOf));
  await deps.relationships.erase(link.map(keyOf));
}

const keyOf = ({ user, relation, object }: TupleKey): TupleKey => ({ user, relation, object });
