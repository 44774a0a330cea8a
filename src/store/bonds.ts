/** How many cooperations still bind an organization: for the last admin, and for deleting it. */
import type { TupleStore } from "../ports.ts";
import { cooperationHead, cooperationIdsOf, inTurns } from "./snapshot.ts";

type Reads = Pick<TupleStore, "read">;

/**
 * How many cooperations bind it: as initiator all that have not ended, as partner the accepted ones. An offer that
 * waits for its answer binds nobody: it must keep neither the last admin from leaving nor the organization from being
 * deleted.
 */
export async function bondsOf(reads: Reads, organization: string): Promise<number> {
  const initiated = await statuses(reads, organization, "initiator");
  const joined = await statuses(reads, organization, "partner");
  const accepted = joined.filter((status) => status === "active" || status === "paused");
  return initiated.filter((status) => status !== "ended").length + accepted.length;
}

async function statuses(reads: Reads, organization: string, side: "initiator" | "partner") {
  const ids = await cooperationIdsOf(reads, organization, side);
  const heads = await inTurns(ids, (id) => cooperationHead(reads, id));
  return heads.flatMap(({ value }) => (value ? [value.status] : []));
}
