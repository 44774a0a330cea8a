/**
 * `/console/organizations/{org}/cooperations`: outgoing and incoming, found by partner and status, a page at a time. Each
 * has the menu of what its reader may do. Search works as one types where scripts run, and by its button elsewhere.
 */
import { html } from "hono/html";
import { STATUSES } from "../../domain/records.ts";
import { shownName } from "../../domain/text.ts";
import { v1Path } from "../api.ts";
import { assetHref } from "../assets.ts";
import type { ConsoleApp, ConsoleContext, ConsoleDeps, OwnOrganization, SignedIn } from "../context.ts";
import { page, problemPage } from "../page.ts";
import { badge, button, empty, field, type Html, linkButton, menu, pager, select } from "../parts.ts";
import { type Href, to, withQuery } from "../path.ts";
import { nextDate, pageOfCooperation, partnerName, type ShownItem, statusShown } from "./cooperation-shown.ts";
import { menuFor } from "./cooperation-steps.ts";
import { notAdminPage } from "./not-admin.ts";

type Listed = ShownItem & { direction: Direction; people_count?: number };
type List = { items: Listed[]; next_cursor: string | null };

const LISTS = ["outgoing", "incoming"] as const;
type Direction = (typeof LISTS)[number];
const SIDE_IN = { outgoing: "initiator", incoming: "partner" } as const;
const STATUSES_FOUND = [...STATUSES.filter((status) => status !== "ended"), "expired", "ended"] as const;

/** As many as fit into a page of 100 kB: of both lists half of that each. */
const ITEMS_MAX = 50;

/** What is looked for: only what a form of the page can send. */
type Sought = { search?: string; status?: string; direction?: Direction; cursor?: string };

export function cooperationListPages(app: ConsoleApp, deps: ConsoleDeps): void {
  app.get("/organizations/:org/cooperations", async (c) => {
    const { api, organization, words } = c.var.console;
    if (organization.role !== "admin") return notAdminPage(c);
    const sought = soughtIn(c);
    const lists = LISTS.filter((one) => sought.direction === undefined || sought.direction === one);
    const { search, status, cursor } = sought;
    const query = { search, status, cursor, count_people: true, limit: ITEMS_MAX / lists.length };
    const path = v1Path`/v1/organizations/${organization.id}/cooperations`;
    const found = await Promise.all(lists.map((direction) => api.get<List>(path, { ...query, direction })));
    const refused = found.find((answer) => !answer.ok);
    if (refused !== undefined && !refused.ok) return problemPage(c, refused);
    const now = deps.clock();
    const sections = lists.map((direction, n) => {
      const answer = found[n];
      return answer?.ok ? sectionOf(c.var.console, direction, answer.value, sought, now) : html``;
    });
    const body = [
      html`<p>${linkButton(to`/console/organizations/${organization.id}/invite`, { text: words.cooperations.invite, icon: "plus" })}</p>`,
      searchForm(c.var.console, sought),
      html`<div id="results">${search && html`<p class="hint" role="status">${words.cooperations.found(shownName(search))}</p>`}${sections}</div>`,
      html`<script src="${assetHref("htmx.js")}" defer></script>`,
    ];
    return page(c, { title: words.cooperations.title, nav: "cooperations", body });
  });
}

function soughtIn(c: ConsoleContext): Sought {
  const { search, status, direction, cursor } = c.req.query();
  return {
    ...(search && { search }),
    ...(STATUSES_FOUND.some((one) => one === status) && status !== undefined && { status }),
    ...(direction === "outgoing" || direction === "incoming" ? { direction } : {}),
    // a cursor is a place in one of the two lists
    ...(cursor && direction && { cursor }),
  };
}

const listHref = (organization: OwnOrganization): Href => to`/console/organizations/${organization.id}/cooperations`;

function searchForm({ words, organization }: SignedIn, { search, status, direction }: Sought): Html {
  const { cooperations, frame } = words;
  const href = listHref(organization);
  const options = [
    { value: "", text: cooperations.anyStatus },
    ...STATUSES_FOUND.map((one) => ({ value: one, text: frame.status[one] })),
  ];
  return html`<search><form class="search" method="get" action="${href}" hx-get="${href}" hx-include="this" hx-trigger="input delay:300ms, change, submit" hx-target="#results" hx-select="#results" hx-swap="outerHTML" hx-replace-url="true">
${field({ label: cooperations.search, name: "search", type: "search", value: search, maxlength: 200 })}
${select({ label: cooperations.status, name: "status", value: status ?? "", options })}
${direction && html`<input type="hidden" name="direction" value="${direction}">`}
${button({ text: cooperations.find, icon: "search", kind: "quiet" })}
${(search || status || direction) && linkButton(href, { text: cooperations.all, kind: "quiet" })}
</form></search>`;
}

function sectionOf(signedIn: SignedIn, direction: Direction, list: List, sought: Sought, now: Date): Html {
  const { words, organization } = signedIn;
  const { heading, hint, empty: nothing } = words.cooperations.lists[direction];
  const next = withQuery(listHref(organization), { ...sought, direction, cursor: list.next_cursor ?? undefined });
  const isSought = sought.search !== undefined || sought.status !== undefined;
  const invite =
    direction === "outgoing"
      ? linkButton(to`/console/organizations/${organization.id}/invite`, { text: words.cooperations.invite })
      : undefined;
  const content =
    list.items.length > 0
      ? html`<ul class="cards">${list.items.map((item) => cardOf(signedIn, item, now))}</ul>`
      : isSought
        ? empty(words.cooperations.notFound)
        : empty(nothing, invite);
  return html`<section aria-labelledby="${direction}"><h2 id="${direction}">${heading}</h2>
<p class="hint">${hint}</p>
${content}
${pager(signedIn, list.next_cursor === null ? undefined : next)}</section>`;
}

function cardOf(signedIn: SignedIn, item: Listed, now: Date): Html {
  const { words, organization } = signedIn;
  const { cooperations } = words;
  const side = SIDE_IN[item.direction];
  const name = partnerName(signedIn, item, side);
  const items = menuFor(signedIn, item, side, organization.id);
  const facts = [
    nextDate(signedIn, item, now),
    cooperations.shares(item.shares_count),
    ...(item.people_count === undefined ? [] : [cooperations.people(item.people_count)]),
  ];
  return html`<li class="card"><h3><a href="${pageOfCooperation(item.id, organization.id)}" dir="auto">${name}</a></h3>
${badge(signedIn, statusShown(item))}
<p class="hint">${facts.map((fact, n) => html`${n > 0 && " · "}${fact}`)}</p>
${items.length > 0 && menu({ label: cooperations.actions, of: cooperations.actionsOf(name), items })}</li>`;
}
