/** How many cooperations still bind an organization: for the last admin, and for deleting it. */
import type { Relationships } from "../ports.ts";
import { cooperationHead, cooperationIdsOf, inTurns } from "./snapshot.ts";

type Reads = Pick<Relationships, "read">;

/**
 * The cooperations that bind: as initiator all that have not ended, as partner the
 * accepted ones. An invitation that nobody answered must not keep the last admin of
 * the invited organization from leaving.
 */
export async function liveCooperationsOf(reads: Reads, organization: string): Promise<number> {
  const initiated = await statuses(reads, organization, "initiator");
  const joined = await statuses(reads, organization, "partner");
  return (
    initiated.filter((status) => status !== "ended").length +
    joined.filter((status) => status === "active" || status === "paused").length
  );
}

/** The invitations that wait for an organization's answer. */
export async function openCooperationsOf(reads: Reads, organization: string): Promise<number> {
  return (await statuses(reads, organization, "partner")).filter((status) => status === "pending").length;
}

async function statuses(reads: Reads, organization: string, side: "initiator" | "partner") {
  const ids = await cooperationIdsOf(reads, organization, side);
  const heads = await inTurns(ids, (id) => cooperationHead(reads, id));
  return heads.flatMap(({ value }) => (value ? [value.status] : []));
}
