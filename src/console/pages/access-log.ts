/**
 * `/console/cooperations/{id}/access-log`: who used access through the cooperation. The initiator sees all of it, a partner
 * what its own people did, as the API decides. What fits is had as a file too.
 */
import { html } from "hono/html";
import type { ShownLine } from "../../domain/access-log/shown.ts";
import { v1Path } from "../api.ts";
import type { ConsoleApp, ConsoleContext } from "../context.ts";
import { page, problemPage } from "../page.ts";
import {
  button,
  type Content,
  dateField,
  dateText,
  empty,
  field,
  type Html,
  hidden,
  instantFrom,
  select,
  table,
} from "../parts.ts";
import { type Href, to, withQuery } from "../path.ts";
import { type Opened, openCooperation } from "./opened.ts";
import { refusalShown } from "./refusal-shown.ts";

/** Lines on one page. */
const PAGE = 50;
const PERMISSIONS = ["can_view", "can_manage_technical", "can_manage_commercial"];
const FILTERS = ["user", "permission", "decision", "from", "to"] as const;
type Filters = { [F in (typeof FILTERS)[number]]?: string | undefined };

export function accessLogPages(app: ConsoleApp): void {
  app.get("/cooperations/:id/access-log", async (c) => {
    const opened = await openCooperation(c);
    return opened instanceof Response ? opened : logPage(c, opened);
  });
  app.get("/cooperations/:id/access-log/file", async (c) => {
    const { api } = c.var.console;
    const format = c.req.query("format") === "ndjson" ? "ndjson" : "csv";
    const opened = await api.open(logPath(c.req.param("id")), { ...asked(filtersIn(c)), format });
    if (!opened.ok) return problemPage(c, opened);
    const { body, headers } = opened.reply;
    const kept = ["Content-Type", "Content-Disposition"].map((name) => [name, headers.get(name) ?? ""] as const);
    return new Response(body, { headers: Object.fromEntries(kept) });
  });
}

const logPath = (id: string) => v1Path`/v1/cooperations/${id}/access-log`;

/** The filters of the address, as its form has them. */
const filtersIn = (c: ConsoleContext): Filters =>
  Object.fromEntries(FILTERS.map((name) => [name, c.req.query(name) || undefined]));

/** The same as the API takes them. */
const asked = ({ from, to: before, ...rest }: Filters) => ({
  ...rest,
  from: instantFrom(from),
  to: instantFrom(before),
});

async function logPage(c: ConsoleContext, opened: Opened): Promise<Response> {
  const { api, words } = c.var.console;
  const { log: say, back } = words.records;
  const filters = filtersIn(c);
  const query = { ...asked(filters), limit: PAGE, cursor: c.req.query("cursor") };
  const found = await api.get<{ items: ShownLine[]; next_cursor: string | null }>(logPath(opened.id), query);
  const here = withQuery(opened.at(to`/console/cooperations/${opened.id}/access-log`), filters);
  const body = html`<p><a href="${opened.home}">${back}</a></p>
<p>${opened.isInitiator ? say.lead.initiator : say.lead.partner}</p>
${filterForm(c, opened, filters)}
${found.ok ? lines(c, opened, found.value.items, found.value.next_cursor, here) : refusalShown(c.var.visit, found.problem)}
${found.ok && files(c, opened, filters)}`;
  return page(c, { title: say.title, nav: "cooperations", body, status: found.status });
}

function filterForm(c: ConsoleContext, opened: Opened, filters: Filters): Html {
  const { records, permissions } = c.var.console.words;
  const { log: say } = records;
  const any = { value: "", text: say.any };
  const what = PERMISSIONS.map((value) => ({ value, text: permissions.impact.what[value] ?? value }));
  const answers = [
    { value: "true", text: say.allowed },
    { value: "false", text: say.denied },
  ];
  return html`<form class="stack" method="get" action="${to`/console/cooperations/${opened.id}/access-log`}" role="search" aria-label="${say.filters}">
${hidden("organization", opened.organization)}
<div class="columns">
${field({ label: say.user, name: "user", value: filters.user, maxlength: 200 })}
${select({ label: say.permission, name: "permission", value: filters.permission ?? "", options: [any, ...what] })}
${select({ label: say.decision, name: "decision", value: filters.decision ?? "", options: [any, ...answers] })}
${dateField({ label: say.from, name: "from", value: filters.from })}
${dateField({ label: say.to, name: "to", value: filters.to })}
</div>
${button({ text: say.apply, kind: "quiet" })}</form>`;
}

function lines(
  c: ConsoleContext,
  opened: Opened,
  items: readonly ShownLine[],
  cursor: string | null,
  here: Href,
): Html {
  const { log: say } = c.var.console.words.records;
  const head = [say.when, say.who, say.permission, say.resource, say.answer, say.count];
  const rows = items.map((line) => row(c, opened, line));
  const nothing = empty(cursor === null ? say.empty : say.emptyPage);
  return html`${rows.length === 0 ? nothing : table({ caption: say.caption, head, rows })}
${cursor !== null && html`<nav class="pager" aria-label="${say.older}"><a class="button" href="${withQuery(here, { cursor })}">${say.older}</a></nav>`}`;
}

function row(c: ConsoleContext, { names }: Opened, line: ShownLine): Content[] {
  const { records, permissions } = c.var.console.words;
  const { log: say } = records;
  const span = (from: string, until: string) =>
    html`${dateText(c.var.visit, from)}${from.slice(0, 16) !== until.slice(0, 16) && html` ${say.until} ${dateText(c.var.visit, until)}`}`;
  if (line.kind === "gap") return [span(line.from, line.to), say.gap, "", "", line.reason, line.lost ?? ""];
  const { user, permission, resource, decision, count, first, last } = line;
  const reasons = line.path === "cooperation" ? (line.reasons ?? []) : [];
  return [
    span(first, last),
    html`<bdi>${user === undefined ? say.erased : names.person(user)}</bdi>`,
    permissions.impact.what[permission] ?? permission,
    html`<bdi>${names.resource(resource)}</bdi>`,
    html`${decision ? say.allowed : say.denied}${reasons.length > 0 && html`<br><span class="hint">${say.why}: ${reasons.map((one) => say.reasons[one] ?? one).join(", ")}</span>`}`,
    String(count),
  ];
}

/** Links to all that fits, as files. */
function files(c: ConsoleContext, { id, at }: Opened, filters: Filters): Html {
  const { log: say } = c.var.console.words.records;
  const href = (format: string) =>
    withQuery(at(to`/console/cooperations/${id}/access-log/file`), { ...filters, format });
  return html`<p>${say.download} <a href="${href("csv")}" download>${say.csv}</a> · <a href="${href("ndjson")}" download>${say.ndjson}</a></p>`;
}
