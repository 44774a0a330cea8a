/** Finds a cooperation or share for a caller, and whether they may see it. */

import { type Caller, isService } from "../../domain/caller.ts";
import type { Side } from "../../domain/history.ts";
import type { CooperationId, ShareId } from "../../domain/ids.ts";
import { refuseUnlessVisible, sidesOf } from "../../domain/membership.ts";
import { alive, type Cooperation, type Delegation, type Share } from "../../domain/records.ts";
import { isRefusal, type Result } from "../../domain/result.ts";
import type { Reads } from "../../ports.ts";
import { membershipsIn } from "../../store/acting.ts";
import { cooperationHead, shareHead, shareWithDelegations } from "../../store/snapshot.ts";
import type { Reader } from "./cooperations.ts";

/** What a caller is on both sides of a cooperation. */
export async function readerOf(reads: Reads, cooperation: Cooperation, caller: Caller): Promise<Reader> {
  return { memberships: await membershipsIn(reads, cooperation, caller), service: isService(caller) };
}

/** The side whose private history entries a reader sees; undefined for services. */
export function sideOf(reader: Reader): Side | undefined {
  return sidesOf(reader.memberships)[0];
}

export type FoundCooperation = { cooperation: Cooperation; n: number; reader: Reader };

/** A cooperation that the caller may see, or why not. */
export async function findCooperation(
  reads: Reads,
  id: CooperationId,
  caller: Caller,
): Promise<Result<FoundCooperation>> {
  const what = "cooperation";
  const { value, n } = await cooperationHead(reads, id);
  return value === undefined ? { code: "not_found", what } : visible(reads, { value, n }, caller, what);
}

/** `what` names what they asked for in the refusal. */
async function visible(
  reads: Reads,
  { value, n }: { value: Cooperation; n: number },
  caller: Caller,
  what: string,
): Promise<Result<FoundCooperation>> {
  const reader = await readerOf(reads, value, caller);
  const refusal = reader.service ? undefined : refuseUnlessVisible(reader.memberships, value, what);
  return refusal ?? { cooperation: value, n, reader };
}

export type FoundShare = Omit<FoundCooperation, "n"> & {
  found: { share: Share; n: number; delegations: Delegation[] };
};

/** A live share that the caller may see, or why not. A removed share, and one of an ended cooperation, is not found, swept or not. */
export async function findShare(reads: Reads, id: ShareId, caller: Caller): Promise<Result<FoundShare>> {
  const known = (await shareHead(reads, id)).value;
  if (known === undefined) return { code: "not_found", what: "share" };
  const { value, n } = await cooperationHead(reads, known.cooperation);
  if (value === undefined) return { code: "not_found", what: "share" };
  const [cooperation, { head, delegations }] = await Promise.all([
    visible(reads, { value, n }, caller, "share"),
    shareWithDelegations(reads, id),
  ]);
  if (isRefusal(cooperation)) return cooperation;
  const share = alive(head);
  if (share === undefined || value.status === "ended") return { code: "not_found", what: "share" };
  return { ...cooperation, found: { share, n: head.n, delegations } };
}
