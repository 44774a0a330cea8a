/**
 * Pages of a search (AuthZEN 1.0 §8.2). The engine has no pages, so each page asks it again and continues behind the
 * last id: an id that is added or removed in between neither repeats nor hides another. The token is opaque but not
 * secret: it holds a position, and only the query decides what may be seen.
 */
import { createHash } from "node:crypto";

/** What a caller asks for; without a limit all that is left. */
export type PageRequest = { token?: string | undefined; limit?: number | undefined };

/** `next_token` is empty at the end; `total` is present when the engine's list was complete. */
export type Page = { next_token: string; count: number; total?: number };

/**
 * One page of all `ids`, sorted by code units. `query` names all that the results depend on. Undefined for a token that
 * was not made here, or was made for another query or limit.
 */
export function searchPage(
  ids: readonly string[],
  complete: boolean,
  query: readonly string[],
  request: PageRequest,
): { ids: string[]; page: Page } | undefined {
  const digest = createHash("sha256").update(JSON.stringify(query)).digest("base64url");
  const from = request.token === undefined ? { after: "" } : readToken(request.token);
  if (from === undefined || (from.digest !== undefined && from.digest !== digest)) return undefined;
  // AuthZEN's own example omits the limit on the second page: the token holds it
  const limit = request.limit ?? from.limit;
  if (from.digest !== undefined && limit !== from.limit) return undefined;

  const left = ids.filter((id) => id > from.after).sort(byCodeUnit);
  const page = left.slice(0, limit);
  const next_token = page.length === left.length ? "" : writeToken({ digest, after: page.at(-1) ?? from.after, limit });
  return { ids: page, page: { next_token, count: page.length, ...(complete ? { total: ids.length } : {}) } };
}

type Position = { digest?: string; after: string; limit?: number | undefined };

function writeToken({ digest, after, limit }: Position): string {
  return Buffer.from(JSON.stringify([digest, after, limit])).toString("base64url");
}

function readToken(token: string): Position | undefined {
  try {
    const [digest, after, limit] = JSON.parse(Buffer.from(token, "base64url").toString());
    if (typeof digest !== "string" || typeof after !== "string" || typeof limit !== "number") return undefined;
    return { digest, after, limit };
  } catch {
    return undefined;
  }
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
