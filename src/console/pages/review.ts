/**
 * `/console/cooperations/{id}/review`: what an admin of the initiator looks at before they confirm that a cooperation is still
 * needed: who has access and last used it, and what changed since the last time.
 */
import { html } from "hono/html";
import type { z } from "zod";
import type { RightView } from "../../http/v1/register.ts";
import { type Problem, v1Path } from "../api.ts";
import type { ConsoleApp, ConsoleContext } from "../context.ts";
import { type Entry, entriesTable } from "../entries.ts";
import { type Form, readForm } from "../form.ts";
import { flash, page, problemPage } from "../page.ts";
import { button, type Content, dateField, dateText, empty, type Html, hidden, table, textArea } from "../parts.ts";
import { type Href, to, withQuery } from "../path.ts";
import { changedPage } from "./changed-page.ts";
import { fieldError, type Opened, openCooperation } from "./opened.ts";
import { refusalShown } from "./refusal-shown.ts";

type Right = z.infer<typeof RightView>;
type Review = {
  review_by: string | null;
  missed: boolean;
  last_review: { at: string; by: string; note: string | null } | null;
  access: { items: Right[]; next_cursor: string | null };
  changes: { items: Entry[]; complete: boolean };
  etag: string;
};

/** Rights on one page. */
const PAGE = 50;

export function reviewPages(app: ConsoleApp): void {
  app.get("/cooperations/:id/review", async (c) => {
    const opened = await openCooperation(c);
    return opened instanceof Response ? opened : reviewPage(c, opened);
  });
  app.post("/cooperations/:id/review", async (c) => {
    const opened = await openCooperation(c);
    if (opened instanceof Response) return opened;
    const form = await readForm(c);
    const { etag } = form;
    const body = { note: form.text("note") ?? "", review_by: form.date("review_by") };
    const done = await c.var.console.api.send("POST", v1Path`/v1/cooperations/${opened.id}/review`, body, {
      ifMatch: etag,
    });
    if (done.ok) return flash(c, opened.home, c.var.console.words.records.review.done);
    if (done.status !== 412) return reviewPage(c, opened, { form, problem: done.problem });
    return changedPage(c, {
      nav: "cooperations",
      cooperation: opened.id,
      seen: etag,
      names: opened.names,
      form: confirmForm(c, opened, opened.etag, { form }),
    });
  });
}

const reviewHref = ({ id, at }: Opened): Href => at(to`/console/cooperations/${id}/review`);

/** What was sent, and why it was refused. */
type Sent = { form?: Form; problem?: Problem };

async function reviewPage(c: ConsoleContext, opened: Opened, sent: Sent = {}): Promise<Response> {
  const { api, words } = c.var.console;
  const { review: say, back } = words.records;
  const query = { limit: PAGE, cursor: c.req.query("cursor") };
  const found = await api.get<Review>(v1Path`/v1/cooperations/${opened.id}/review`, query);
  if (!found.ok) return problemPage(c, found);
  const { review_by, missed, last_review, access, changes, etag } = found.value;
  const more = access.next_cursor;
  const may = opened.cooperation.actions.includes("review");
  const body = html`<p><a href="${opened.home}">${back}</a></p>
<p>${say.lead}</p>
${sent.problem !== undefined && refusalShown(c.var.visit, sent.problem)}
${missed && html`<div class="notice" data-kind="warning"><p>${say.missed}</p></div>`}
<dl class="facts"><dt>${say.due}</dt><dd>${review_by === null ? say.noDue : dateText(c.var.visit, review_by)}</dd>
<dt>${say.last}</dt><dd>${last_review === null ? say.never : lastReview(c, opened, last_review)}</dd></dl>
<section aria-labelledby="access"><h2 id="access">${say.access}</h2>
${access.items.length === 0 ? empty(say.accessEmpty) : accessTable(c, opened, access.items)}
${more !== null && html`<nav class="pager" aria-label="${say.more}"><a class="button" href="${withQuery(reviewHref(opened), { cursor: more })}">${say.more}</a></nav>`}</section>
<section aria-labelledby="changes"><h2 id="changes">${say.changes}</h2>
${changes.items.length === 0 ? empty(say.changesEmpty) : entriesTable(c.var.visit, say.changes, changes.items, opened.names, true)}
${!changes.complete && html`<p><a href="${opened.at(to`/console/cooperations/${opened.id}/history`)}">${say.changesMore}</a></p>`}</section>
<section aria-labelledby="confirm"><h2 id="confirm">${say.confirm}</h2>
${may ? confirmForm(c, opened, etag, sent) : html`<p>${say.gone}</p>`}</section>`;
  return page(c, { title: say.title, nav: "cooperations", body, status: sent.problem?.status ?? 200 });
}

function lastReview(c: ConsoleContext, { names }: Opened, { at, by, note }: NonNullable<Review["last_review"]>): Html {
  const { review: say } = c.var.console.words.records;
  return html`${dateText(c.var.visit, at)} <bdi>${say.by(names.person(by))}</bdi>${note !== null && html`<br><bdi>${note}</bdi>`}`;
}

function accessTable(c: ConsoleContext, { names }: Opened, rights: readonly Right[]): Html {
  const { words } = c.var.console;
  const { review: say } = words.records;
  const used = ({ last_used, used_since }: Right): Content => {
    if (last_used !== null) return dateText(c.var.visit, last_used);
    return used_since === null ? say.unused : html`${say.unusedSince} ${dateText(c.var.visit, used_since)}`;
  };
  const row = (right: Right): Content[] => [
    html`<bdi>${names.person(right.user)}</bdi>`,
    html`<bdi>${names.resource(right.resource)}</bdi>`,
    html`${words.frame.role[right.effective_role]}, ${say.heldAs[right.path.held_as]}${right.state === "suspended" && html` (${say.suspended})`}`,
    dateText(c.var.visit, right.since),
    right.until === null ? words.frame.never : dateText(c.var.visit, right.until),
    used(right),
  ];
  const head = [say.person, say.resource, say.role, say.since, say.until, say.used];
  return table({ caption: say.access, isHeaded: true, head, rows: rights.map(row) });
}

function confirmForm(c: ConsoleContext, opened: Opened, etag: string | undefined, { form, problem }: Sent): Html {
  const { review: say } = c.var.console.words.records;
  return html`<form class="stack" method="post" action="${reviewHref(opened)}">
${hidden("etag", etag)}
${textArea({ label: say.note, name: "note", value: form?.text("note"), hint: say.noteHint, required: true, error: fieldError(problem, "note") })}
${dateField({ label: say.next, name: "review_by", value: form?.text("review_by"), hint: say.nextHint, error: fieldError(problem, "review_by") })}
${button({ text: say.submit })}</form>`;
}
