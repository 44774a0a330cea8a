/**
 * What is said where a page was older than what it was about: nothing was done, and this has happened since. What happened
 * are the entries of the history behind the page's ETag, which is the number of the last one that it knew.
 */
import { html } from "hono/html";
import { v1Path } from "../api.ts";
import type { ConsoleContext } from "../context.ts";
import { type Entry, entriesTable } from "../entries.ts";
import type { Names } from "../names.ts";
import type { Html } from "../parts.ts";

/** More is not read: who was away for that long looks at the history. */
const ENTRIES_MAX = 50;

/** The notice above the page that is shown again, as things are now. `share`: only what happened to this one. */
export async function changedMeanwhile(
  c: ConsoleContext,
  id: string,
  etag: string,
  names: Names,
  share?: string,
): Promise<Html> {
  const { stale } = c.var.visit.words.cooperations.acting;
  const n = Number(/^"(\d+)"$/.exec(etag)?.[1] ?? Number.NaN);
  const path = v1Path`/v1/cooperations/${id}/history`;
  const history = await c.var.console.api.get<{ items: Entry[] }>(path, { limit: ENTRIES_MAX });
  // every comparison with what is no number is false
  const newer = history.ok ? history.value.items.filter((entry) => entry.n > n) : [];
  const since = share === undefined ? newer : newer.filter(({ object }) => object === `share:${share}`);
  return html`<div class="notice" data-kind="warning" role="alert"><h2>${stale.heading}</h2>
<p>${since.length === 0 ? stale.unknown : stale.text}</p></div>
${since.length > 0 && entriesTable(c.var.visit, stale.caption, since, names)}`;
}
