/** `/console/organizations/{org}/received`: what other organizations share with one's own, from whom, at which role, until when. */
import { html } from "hono/html";
import type { z } from "zod";
import type { IncomingShareView } from "../../http/v1/views.ts";
import { v1Path } from "../api.ts";
import type { ConsoleApp, ConsoleContext } from "../context.ts";
import { named, resourceName } from "../names.ts";
import { page, problemPage } from "../page.ts";
import { badge, type Content, dateText, empty, pager, table } from "../parts.ts";
import { to, withQuery } from "../path.ts";

type Incoming = z.infer<typeof IncomingShareView>;

/** Shares on one page. */
const PAGE = 50;

export function receivedPages(app: ConsoleApp): void {
  app.get("/organizations/:org/received", async (c) => {
    const { api, organization, words } = c.var.console;
    const { received } = words;
    const path = v1Path`/v1/organizations/${organization.id}/incoming-shares`;
    const found = await api.get<{ items: Incoming[]; next_cursor: string | null }>(path, {
      limit: PAGE,
      cursor: c.req.query("cursor"),
    });
    if (!found.ok) return problemPage(c, found);
    const { items, next_cursor: cursor } = found.value;
    const { columns } = received;
    const head = [
      columns.resource,
      columns.owner,
      columns.role,
      columns.until,
      columns.status,
      columns.people,
      columns.delegate,
    ];
    const rows = items.map((share) => row(c, share));
    const next =
      cursor === null ? undefined : withQuery(to`/console/organizations/${organization.id}/received`, { cursor });
    const body = html`<p>${received.lead}</p>
${items.length === 0 ? empty(received.empty) : table({ caption: received.title, isHeaded: true, head, rows })}
${pager(c.var.visit, next)}`;
    return page(c, { title: received.title, nav: "received", body });
  });
}

function row(c: ConsoleContext, share: Incoming): Content[] {
  const { organization, words } = c.var.console;
  const { received } = words;
  const [type] = share.resource.split(":", 1) as ["plant" | "portfolio"];
  const name = resourceName(share.resource, share.name);
  const href = to`/console/organizations/${organization.id}/received/${share.id}`;
  return [
    html`<bdi>${named(share.resource.slice(type.length + 1), share.name)}</bdi> <span class="hint">${words.frame.resource[type]}</span>`,
    html`<bdi>${share.owner.name}</bdi>`,
    words.frame.role[share.role],
    share.effective_until === null ? words.frame.never : dateText(c.var.visit, share.effective_until),
    badge(c.var.visit, share.expired ? "expired" : share.status),
    String(share.delegations.length),
    html`<a class="button quiet" href="${href}" aria-label="${received.openOf(name)}">${received.open}</a>`,
  ];
}
