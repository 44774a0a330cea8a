/** Incoming shares: those that a partner's admins have access to and may delegate. */
import { idOf } from "../../domain/ids.ts";
import type { TupleStore } from "../../ports.ts";
import { cooperationHead, cooperationIdsOf, inTurns, shareIdsOf, shareWithDelegations } from "../../store/snapshot.ts";
import { organizationName, type Reader, shareView } from "./cooperations.ts";

type Reads = Pick<TupleStore, "read">;

/** The ids of the shares in accepted cooperations of a partner, in a stable order; `unsettled`: cooperations that have ended and still count as live, to be settled. */
export async function incomingShareIds(
  reads: Reads,
  organization: string,
): Promise<{ ids: string[]; unsettled: string[] }> {
  const cooperations = await cooperationIdsOf(reads, organization, "partner");
  const heads = await inTurns(cooperations, (id) => cooperationHead(reads, id));
  const unsettled = heads.flatMap(({ value }) => (value?.status === "ended" ? [value.id] : []));
  const accepted = heads.filter(({ value }) => value?.status === "active" || value?.status === "paused");
  const ids = (await inTurns(accepted, (head) => shareIdsOf(reads, idOf(head.object)))).flat().sort();
  return { ids, unsettled };
}

/** An incoming share with its owner; undefined when it was removed meanwhile. */
export async function incomingShare(reads: Reads, id: string, reader: Reader, now: Date) {
  const { head, delegations } = await shareWithDelegations(reads, id);
  const share = head.value;
  if (share === undefined || share.removed_at !== undefined) return undefined;
  const cooperation = (await cooperationHead(reads, share.cooperation)).value;
  // it may have ended since the list was read
  if (cooperation === undefined || cooperation.status === "ended") return undefined;
  const [view, name] = await Promise.all([
    shareView(reads, cooperation, { share, n: head.n, delegations }, reader, now),
    organizationName(reads, cooperation.initiator),
  ]);
  return { ...view, owner: { id: cooperation.initiator, name }, status: cooperation.status };
}
