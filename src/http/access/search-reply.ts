/** The reply to a search (AuthZEN 1.0 §8.3), the same for all three. */
import type { Context } from "hono";
import type { SearchResult } from "../../check/search.ts";
import { refused } from "../problem.ts";
import { invalidPageToken } from "./body.ts";

/**
 * `page` comes first and only when one was asked for. `context.complete` is false,
 * and there only then, when the engine may have stopped before the end.
 */
export function searchReply(
  c: Context,
  result: SearchResult,
  paged: boolean,
  entityOf: (id: string) => object,
): Response {
  if (result.kind === "invalid_page_token") return invalidPageToken(c);
  if (result.kind === "outside") return refused(c, result.outside);
  return c.json({
    ...(paged ? { page: result.page } : {}),
    ...(result.complete ? {} : { context: { complete: false } }),
    results: result.ids.map(entityOf),
  });
}
