/**
 * Pages of a list: `{items, next_cursor}`, in a stable order. A cursor says where its
 * own list goes on and nothing else; one of another list or query is refused.
 */
import { createHash } from "node:crypto";
import { z } from "zod";

export const PAGE_DEFAULT = 50;
export const PAGE_MAX = 200;
/** Each look may take several reads of the engine. */
const LOOKS_AT_ONCE = 16;

/** The query parameters of every list. */
export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(PAGE_DEFAULT),
  cursor: z.string().max(2000).optional(),
});
export type PageQuery = z.infer<typeof PageQuery>;

const digest = (query: unknown) => createHash("sha256").update(JSON.stringify(query)).digest("base64url").slice(0, 16);

/** The cursor behind the last item given. `query` is all that the list depends on. */
export function cursorAfter(query: unknown, last: string): string {
  return Buffer.from(JSON.stringify([digest(query), last])).toString("base64url");
}

/** Where a cursor goes on: undefined for the beginning, `foreign` for a cursor that is not this list's. */
export function readCursor(query: unknown, cursor: string | undefined): { after?: string } | "foreign" {
  if (cursor === undefined) return {};
  try {
    const [of, after] = JSON.parse(Buffer.from(cursor, "base64url").toString()) as unknown[];
    return of === digest(query) && typeof after === "string" ? { after } : "foreign";
  } catch {
    return "foreign";
  }
}

/**
 * One page of keys that stand in the given order of code units, keeping those that `look` finds
 * something behind. Looks no further than the page needs.
 */
export async function pageOf<T>(
  keys: readonly string[],
  query: unknown,
  { limit, cursor }: PageQuery,
  look: (key: string) => Promise<T | undefined>,
  order: "ascending" | "descending" = "ascending",
): Promise<{ items: T[]; next_cursor: string | null } | "foreign"> {
  const from = readCursor(query, cursor);
  if (from === "foreign") return "foreign";
  // by order, not by finding it again: the last one given may be gone
  const { after } = from;
  const left = keys.filter((key) => after === undefined || (order === "ascending" ? key > after : key < after));
  const items: T[] = [];
  let last = after;
  for (let at = 0; at < left.length; at += LOOKS_AT_ONCE) {
    const some = left.slice(at, at + LOOKS_AT_ONCE);
    const found = await Promise.all(some.map(look));
    for (const [index, item] of found.entries()) {
      if (item === undefined) continue;
      // there is one more than the page holds: the page ends behind the last one given
      if (items.length === limit) return { items, next_cursor: cursorAfter(query, last ?? "") };
      items.push(item);
      last = some[index];
    }
  }
  return { items, next_cursor: null };
}
