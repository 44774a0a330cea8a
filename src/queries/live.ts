/** How many cooperations still bind an organization: for the last admin, and for deleting it. */
import type { Relationships } from "../ports.ts";
import { cooperationHead, cooperationIdsOf, inTurns } from "./snapshot.ts";

type Reads = Pick<Relationships, "read">;

/**
 * `live`: the cooperations that bind, as initiator all that have not ended, as partner
 * the accepted ones. `open`: the invitations that wait for its answer; such a one must
 * not keep the last admin of the invited organization from leaving.
 */
export async function bondsOf(reads: Reads, organization: string): Promise<{ live: number; open: number }> {
  const initiated = await statuses(reads, organization, "initiator");
  const joined = await statuses(reads, organization, "partner");
  const accepted = joined.filter((status) => status === "active" || status === "paused");
  return {
    live: initiated.filter((status) => status !== "ended").length + accepted.length,
    open: joined.filter((status) => status === "pending").length,
  };
}

async function statuses(reads: Reads, organization: string, side: "initiator" | "partner") {
  const ids = await cooperationIdsOf(reads, organization, side);
  const heads = await inTurns(ids, (id) => cooperationHead(reads, id));
  return heads.flatMap(({ value }) => (value ? [value.status] : []));
}
