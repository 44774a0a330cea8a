/**
 * Pages of a list: `{items, next_cursor}`, in a stable order. A cursor is a position in its own list; a cursor of
 * another list or query is refused.
 */
import { createHash, createHmac } from "node:crypto";
import { z } from "zod";
import type { Tuple } from "../domain/tuples.ts";
import type { ReadFilter, TupleStore } from "../ports.ts";
import { inTurns } from "../store/snapshot.ts";

export const PAGE_DEFAULT = 50;
export const PAGE_MAX = 200;
/** Items looked up at the same time; each may take several reads. */
const LOOKS_AT_ONCE = 16;
/** What a search looks through may be long, and no client waits for long. */
const PAGE_MILLISECONDS = 2000;

/** The query parameters of every list. */
export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(PAGE_DEFAULT),
  cursor: z.string().max(2000).optional(),
});
export type PageQuery = z.infer<typeof PageQuery>;

/** Of `search`, in a list that looks through names. */
export const SOUGHT =
  "In names and ids, without case and accents. Until all names of a large organization are read a page may hold fewer items than its limit, or none, and a `next_cursor`: only `null` is the end.";

type Page<T> = { items: T[]; next_cursor: string | null };

const digest = (query: unknown) => createHash("sha256").update(JSON.stringify(query)).digest("base64url").slice(0, 16);

/** The cursor behind the last item of a page. `query` is all that the list depends on. */
export function cursorAfter(query: unknown, last: string): string {
  return Buffer.from(JSON.stringify([digest(query), last])).toString("base64url");
}

/** The position of a cursor, without `after` at the beginning; undefined for a cursor of another list. */
export function readCursor(query: unknown, cursor: string | undefined): { after?: string } | undefined {
  if (cursor === undefined) return {};
  try {
    const [of, after] = JSON.parse(Buffer.from(cursor, "base64url").toString()) as unknown[];
    return of === digest(query) && typeof after === "string" ? { after } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * One page of the items that `look` finds for keys, which are sorted by code units in the given order; keys without an
 * item are skipped. Looks up no more than the page needs, and skips none behind PAGE_MILLISECONDS: then it has fewer items
 * than its limit, or none, and a cursor. Undefined for a cursor of another list.
 */
export async function pageOf<K extends string, T>(
  keys: readonly K[],
  query: unknown,
  { limit, cursor }: PageQuery,
  look: (key: K) => Promise<T | undefined>,
  order: "ascending" | "descending" = "ascending",
): Promise<Page<T> | undefined> {
  const from = readCursor(query, cursor);
  if (from === undefined) return undefined;
  const startedAt = performance.now();
  // by comparison: the last key of the page before may have been deleted
  const { after } = from;
  const start = keys.findIndex((key) => after === undefined || (order === "ascending" ? key > after : key < after));
  const left = start < 0 ? [] : keys.slice(start);
  const items: T[] = [];
  let last: string | undefined = after;
  const looks: Promise<T | undefined>[] = [];
  /** Keys without an item in a row: the more there are, the further one looks ahead. */
  let misses = 0;
  for (const [at, key] of left.entries()) {
    // one more than the page holds: the page ends behind its last item
    const looksMax = Math.min(LOOKS_AT_ONCE, Math.max(limit + 1 - items.length, misses));
    for (const next of left.slice(looks.length, at + looksMax)) {
      const looking = look(next);
      // an earlier one that fails ends the page, and nobody waits for this one then
      looking.catch(() => {});
      looks.push(looking);
    }
    const item = await looks[at];
    misses = item === undefined ? misses + 1 : 0;
    if (item === undefined) {
      const isOver = performance.now() - startedAt > PAGE_MILLISECONDS;
      if (isOver && at + 1 < left.length) return { items, next_cursor: cursorAfter(query, key) };
      continue;
    }
    if (items.length === limit) return { items, next_cursor: cursorAfter(query, last ?? "") };
    items.push(item);
    last = key;
  }
  return { items, next_cursor: null };
}

/** What `pageOfTuples` reads with, and the secret that its cursors are sealed with. */
type PageDeps = { tupleStore: Pick<TupleStore, "readPage">; invitation: { secret: string } };

/**
 * One page of the items that `look` finds for the tuples that match the filters: filter by filter, of each the oldest
 * first; of tuples without an item the page is shorter. A page takes the same number of reads wherever it is in a list of
 * any length; OpenFGA sorts all tuples that match for each. Undefined for a cursor of another list.
 */
export async function pageOfTuples<T>(
  { tupleStore, invitation: { secret } }: PageDeps,
  filters: readonly ReadFilter[],
  query: unknown,
  { limit, cursor }: PageQuery,
  look: (tuple: Tuple) => Promise<T | undefined>,
): Promise<Page<T> | undefined> {
  const from = readCursor(query, cursor);
  if (from === undefined) return undefined;
  // the engine's own position is in it: sealed with the query, so that the engine is given no other for this list
  const seal = (position: string) =>
    createHmac("sha256", secret)
      .update(`cursor ${digest(query)} ${position}`)
      .digest("hex");
  const [sealed, position = "0 "] = from.after?.split("|") ?? [];
  if (from.after !== undefined && sealed !== seal(position)) return undefined;
  const [at = "", token = ""] = position.split(" ");

  const left = filters
    .slice(Number(at))
    .map((filter, n) => ({ filter, n: Number(at) + n, after: n === 0 ? token : "" }));
  const read = (filter: ReadFilter, max: number, after: string) =>
    tupleStore.readPage(filter, { max, after: after === "" ? undefined : after });
  // together: most lists are short, and are then read in one round
  const pages = await Promise.all(left.map(({ filter, after }) => read(filter, limit, after)));
  const tuples: Tuple[] = [];
  let behind: string | undefined;
  for (const [index, { filter, n, after }] of left.entries()) {
    const room = limit - tuples.length;
    const whole = pages[index];
    if (behind === undefined && room === 0 && whole?.tuples.length) behind = `${n} ${after}`;
    if (behind !== undefined) break;
    // once more where it is too long, so that the engine says where the page ends
    const page = whole && whole.tuples.length > room ? await read(filter, room, after) : whole;
    if (page === undefined) return undefined;
    tuples.push(...page.tuples);
    if (page.next !== undefined) behind = `${n} ${page.next}`;
  }
  const items = (await inTurns(tuples, look)).filter((item) => item !== undefined);
  return { items, next_cursor: behind === undefined ? null : cursorAfter(query, `${seal(behind)}|${behind}`) };
}
