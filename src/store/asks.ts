/** What the partner of a cooperation asks for, as the store has it, with the shares that it is about. */
import { AsksRecord, asksObject, keptAsks, liveShares, type SharesAsked } from "../domain/cooperation/asks.ts";
import type { ShareId } from "../domain/ids.ts";
import { type Cooperation, type Head, headFrom } from "../domain/records.ts";
import type { Reads } from "../ports.ts";
import { inTurns, shareHead } from "./snapshot.ts";

/** The asks of a cooperation without an answer; `also`: a share to be read besides theirs. Behind the cooperation's head. */
export async function asksOf(
  reads: Reads,
  cooperation: Cooperation,
  also?: ShareId,
): Promise<{ asks: Head<AsksRecord>; shares: SharesAsked }> {
  const object = asksObject(cooperation.id);
  const asks = headFrom(object, await reads.read({ object, relation: "head" }), AsksRecord);
  const ids = new Set([...keptAsks(asks).flatMap(({ share }) => share ?? []), ...(also === undefined ? [] : [also])]);
  const heads = await inTurns([...ids], (id) => shareHead(reads, id));
  return { asks, shares: liveShares(cooperation, heads) };
}
