/** The history of a cooperation or organization, newest first, as one side may see it. */
import { entriesFrom, type Side, type VisibleEntry, visibleTo } from "../domain/history.ts";
import type { Relationships } from "../ports.ts";

/** A page of entries below number `before` (undefined: from the newest). `next` is where the page after goes on. */
export async function historyOf(
  reads: Pick<Relationships, "read">,
  object: string,
  side: Side | undefined,
  page: { before?: number | undefined; limit: number },
): Promise<{ items: VisibleEntry[]; next: number | undefined }> {
  const entries = entriesFrom(await reads.read({ object, relation: "log" })).reverse();
  const left = entries.filter((entry) => page.before === undefined || entry.common.n < page.before);
  const items = left.slice(0, page.limit);
  return {
    items: items.map((entry) => visibleTo(entry, side)),
    next: left.length > items.length ? items.at(-1)?.common.n : undefined,
  };
}
