/**
 * The choice of a plant or portfolio to share: a list of all where there are few, a search where there are many. Both
 * work without script; with it the search answers as one types.
 */
import { html } from "hono/html";
import type { z } from "zod";
import type { ResourceType } from "../../domain/ids.ts";
import type { ResourceView } from "../../http/v1/views.ts";
import { type ApiAnswer, v1Path } from "../api.ts";
import { assetHref } from "../assets.ts";
import type { ConsoleContext } from "../context.ts";
import { named } from "../names.ts";
import { type Html, radios, select } from "../parts.ts";
import { type Href, withQuery } from "../path.ts";

const TYPES = ["portfolio", "plant"] as const satisfies ResourceType[];
type Resource = z.infer<typeof ResourceView>;
type Page = { items: Resource[]; next_cursor: string | null };

/** As many as a list has at most. */
const LIST_MAX = 200;
/** As many as a search shows. */
const FOUND_MAX = 20;

/** `isWhole`: whether these are all there are of the type, so that nobody needs to search. */
export type Resources = { type: ResourceType; search: string; isWhole: boolean; found: Page };

/** The type that the address asks for; plants where it asks for none. */
export const typeIn = (c: ConsoleContext): ResourceType =>
  c.req.query("type") === "portfolio" ? "portfolio" : "plant";

/** The resources of an organization to choose from, as the address asks for them. */
export async function resourcesFor(
  c: ConsoleContext,
  organization: string,
  foundMax = FOUND_MAX,
): Promise<ApiAnswer<Resources>> {
  const { api } = c.var.console;
  const type = typeIn(c);
  const search = (c.req.query("search") ?? "").slice(0, 200);
  const path = v1Path`/v1/organizations/${organization}/resources`;
  const all = await api.get<Page>(path, { type, limit: LIST_MAX });
  if (!all.ok) return all;
  if (all.value.next_cursor === null) return { ...all, value: { type, search: "", isWhole: true, found: all.value } };
  const nothing: Page = { items: [], next_cursor: null };
  const found =
    search === "" ? { ...all, value: nothing } : await api.get<Page>(path, { type, search, limit: foundMax });
  return found.ok ? { ...found, value: { type, search, isWhole: false, found: found.value } } : found;
}

/** Links between the two types. */
export function typeLinks(c: ConsoleContext, here: Href, current: ResourceType): Html {
  const { words } = c.var.console;
  return html`<nav class="types" aria-label="${words.permissions.add.type}"><span>${words.permissions.add.type}:</span>
${TYPES.map((type) => {
  const href = withQuery(here, { type });
  return html`<a class="button quiet" href="${href}"${type === current && html` aria-current="true"`}>${words.frame.resource[type]}</a>`;
})}</nav>`;
}

/** The search of a type with many: a form of its own, before the one that shares. What it finds is in `#choice`. */
export function searchForm(c: ConsoleContext, here: Href, { type, search, isWhole }: Resources): Html | false {
  const { add } = c.var.console.words.permissions;
  if (isWhole) return false;
  const [path, query = ""] = here.split("?") as [Href, string?];
  const kept = new URLSearchParams(query).get("organization");
  return html`<form class="search" method="get" action="${path}" role="search">
${kept !== null && html`<input type="hidden" name="organization" value="${kept}">`}
<input type="hidden" name="type" value="${type}">
<div class="field"><label for="search">${add.search[type]}</label>
<input id="search" name="search" type="search" value="${search}" maxlength="200" autocomplete="off" dir="auto"
 hx-get="${path}" hx-include="closest form" hx-trigger="input changed delay:300ms" hx-target="#choice" hx-select="#choice" hx-swap="outerHTML"></div>
<button class="quiet">${add.searchButton}</button></form>
<script src="${assetHref("htmx.js")}" defer></script>`;
}

/** The field in which one is chosen. `shared`: those that are in the cooperation already. */
export function resourceField(
  c: ConsoleContext,
  { type, search, isWhole, found }: Resources,
  shared: ReadonlySet<string>,
  value: string | undefined,
): Html {
  const { add } = c.var.console.words.permissions;
  const options = found.items.map(({ resource, name }) => {
    const text = named(resource.slice(type.length + 1), name);
    const isShared = shared.has(resource);
    return { value: resource, text: isShared ? `${text} · ${add.alreadyShared}` : text, disabled: isShared };
  });
  const parts = { label: add.choose[type], name: "resource", value, required: true };
  if (isWhole && options.length === 0) return html`<div id="choice"><p>${add.none[type]}</p></div>`;
  if (isWhole)
    return html`<div id="choice">${select({ ...parts, options: [{ value: "", text: add.first }, ...options] })}</div>`;
  const hint = search === "" ? add.searchFirst : options.length === 0 ? add.nothingFound(search) : undefined;
  return html`<div id="choice">${options.length > 0 && radios({ ...parts, options })}
<p class="hint" role="status">${hint ?? (found.next_cursor !== null && add.moreFound)}</p></div>`;
}
