/** The history of a cooperation or organization, newest first, as one side may see it. */
import { entryFrom, type Side, type VisibleEntry, visibleTo } from "../domain/history.ts";
import { entryNumber, entryRef } from "../domain/records.ts";
import type { Relationships } from "../ports.ts";
import { inTurns } from "./snapshot.ts";

/**
 * A page of entries below number `before` (undefined: from the newest), none below `first`. `next` is where
 * the page after goes on. Numbers have no gaps, so a page is read by its numbers and a
 * long history costs no more than a short one.
 */
export async function historyOf(
  reads: Pick<Relationships, "read">,
  object: string,
  side: Side | undefined,
  page: { before?: number | undefined; limit: number; first?: number },
): Promise<{ items: VisibleEntry[]; next: number | undefined }> {
  const [head] = await reads.read({ object, relation: "head" });
  const newest = head === undefined ? 0 : entryNumber(head.user);
  const from = Math.min(newest, (page.before ?? newest + 1) - 1);
  const { first = 1 } = page;
  const length = Math.min(page.limit, Math.max(from - first + 1, 0));
  const numbers = Array.from({ length }, (_, index) => from - index);
  const found = await inTurns(numbers, (n) => reads.read({ object, relation: "log", user: entryRef(object, n) }));
  const items = found.flat().map((tuple) => visibleTo(entryFrom(tuple), side));
  const last = numbers.at(-1) ?? 0;
  return { items, next: last > first ? last : undefined };
}
