/** What came in: the shares that an organization's admins reach and hand on. */
import { idOf } from "../domain/ids.ts";
import type { Relationships } from "../ports.ts";
import { organizationName, type Reader, shareView } from "./cooperations.ts";
import { cooperationHead, cooperationIdsOf, inTurns, shareIdsOf, shareWithDelegations } from "./snapshot.ts";

type Reads = Pick<Relationships, "read">;

/** The ids of the shares in accepted cooperations of a partner, in a stable order. */
export async function incomingShareIds(reads: Reads, organization: string): Promise<string[]> {
  const ids = await cooperationIdsOf(reads, organization, "partner");
  const heads = await inTurns(ids, (id) => cooperationHead(reads, id));
  const accepted = heads.filter(({ value }) => value?.status === "active" || value?.status === "paused");
  return (await inTurns(accepted, (head) => shareIdsOf(reads, idOf(head.object)))).flat().sort();
}

/** One share that came in, with its owner; undefined for one that was removed meanwhile. */
export async function incomingShare(reads: Reads, id: string, reader: Reader, now: Date) {
  const { head, delegations } = await shareWithDelegations(reads, id);
  const share = head.value;
  if (share === undefined || share.removed_at !== undefined) return undefined;
  const cooperation = (await cooperationHead(reads, share.cooperation)).value;
  if (cooperation === undefined) return undefined;
  const view = await shareView(reads, cooperation, { share, n: head.n, delegations }, reader, now);
  const owner = { id: cooperation.initiator, name: await organizationName(reads, cooperation.initiator) };
  return { ...view, owner, status: cooperation.status };
}
