/**
 * `/console/cooperations/{id}/history`: the one trail that both sides see, each entry with its proof. Entries are compared
 * with their hashes when they are shown; the whole chain and the signature on its end are verified by the service.
 */
import { html } from "hono/html";
import { v1Path } from "../api.ts";
import type { ConsoleApp, ConsoleContext } from "../context.ts";
import { actionText, actorText, type Entry, entryDetail, isVerified } from "../entries.ts";
import type { Names } from "../names.ts";
import { page, problemPage } from "../page.ts";
import { type Content, dateText, empty, type Html, table } from "../parts.ts";
import { type Href, to, withQuery } from "../path.ts";
import { type Opened, openCooperation } from "./opened.ts";

/** Entries on one page. */
const PAGE = 30;

type History = { items: Entry[]; next_cursor: string | null };
type Verified = {
  n: number;
  hash: string;
  holds: boolean;
  signed: "valid" | "missing" | "invalid" | "unknown_key" | "unchecked";
  problems: string[];
};

export function historyPages(app: ConsoleApp): void {
  app.get("/cooperations/:id/history", async (c) => {
    const opened = await openCooperation(c);
    if (opened instanceof Response) return opened;
    const { api, words } = c.var.console;
    const { history: say, back } = words.records;
    const query = { limit: PAGE, cursor: c.req.query("cursor") };
    const found = await api.get<History>(v1Path`/v1/cooperations/${opened.id}/history`, query);
    if (!found.ok) return problemPage(c, found);
    const { items, next_cursor: cursor } = found.value;
    const rows = items.map((entry, at) => row(c, entry, items[at + 1], opened.names));
    const head = [say.n, say.when, say.who, say.what, say.detail, say.proof];
    const body = html`<p><a href="${opened.home}">${back}</a></p>
<p>${say.lead}</p>
<p>${say.linked} <a href="${verifyHref(opened)}">${say.verify}</a></p>
${rows.length === 0 ? empty(say.empty) : table({ caption: say.caption, head, rows })}
${cursor !== null && html`<nav class="pager" aria-label="${say.older}"><a class="button" href="${withQuery(historyHref(opened), { cursor })}">${say.older}</a></nav>`}`;
    return page(c, { title: say.title, nav: "cooperations", body });
  });
  app.get("/cooperations/:id/history/verify", async (c) => {
    const opened = await openCooperation(c);
    if (opened instanceof Response) return opened;
    const found = await c.var.console.api.get<Verified>(v1Path`/v1/cooperations/${opened.id}/history/verify`);
    return found.ok ? verifiedPage(c, opened, found.value) : problemPage(c, found);
  });
}

const historyHref = ({ id, at }: Opened): Href => at(to`/console/cooperations/${id}/history`);
const verifyHref = ({ id, at }: Opened): Href => at(to`/console/cooperations/${id}/history/verify`);

function row(c: ConsoleContext, entry: Entry, older: Entry | undefined, names: Names): Content[] {
  const { history: say } = c.var.console.words.records;
  const { n, at, reason, request_id, proof } = entry;
  const verified = isVerified(entry, older);
  return [
    String(n),
    dateText(c.var.visit, at),
    html`<bdi>${actorText(c.var.visit, entry, names)}</bdi>`,
    actionText(c.var.visit, entry),
    html`${entryDetail(c.var.visit, entry, names)}${reason !== undefined && html`<p class="hint">${say.reason}: <bdi>${reason}</bdi></p>`}`,
    html`<span class="proof" data-verified="${verified ? "yes" : "no"}">${verified ? say.verified : say.broken}</span>
<details><summary><code>${proof.hash.slice(0, 12)}</code></summary>
<dl class="facts"><dt>${say.hash}</dt><dd><code>${proof.hash}</code></dd>
<dt>${say.previous}</dt><dd><code>${proof.previous}</code></dd>
<dt>${say.request}</dt><dd><code>${request_id}</code></dd></dl></details>`,
  ];
}

function verifiedPage(c: ConsoleContext, opened: Opened, { n, hash, holds, signed, problems }: Verified) {
  const { history: say } = c.var.console.words.records;
  const result: Html = holds
    ? html`<div class="notice" data-kind="done" role="status"><p>${say.holds}</p></div>`
    : html`<div class="notice" data-kind="problem" role="alert"><p>${say.holdsNot}</p><ul>${problems.map((one) => html`<li>${one}</li>`)}</ul></div>`;
  const body = html`<p><a href="${historyHref(opened)}">${say.title}</a></p>
${result}
<dl class="facts"><dt>${say.entries}</dt><dd>${n}</dd><dt>${say.end}</dt><dd><code>${hash}</code></dd>
<dt>${say.signature}</dt><dd>${say.signed[signed]}</dd></dl>
<p class="hint">${say.how}</p>`;
  return page(c, { title: say.verifyTitle, nav: "cooperations", body });
}
