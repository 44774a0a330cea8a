/**
 * `/console/cooperations/{id}/permissions/many`: several plants and portfolios shared at once, previewed line by line. The
 * preview has a key: a batch that was cut off, or a page that is loaded again, repeats nothing.
 */
import { randomUUID } from "node:crypto";
import { html } from "hono/html";
import { v1Path } from "../api.ts";
import type { ConsoleApp, ConsoleContext } from "../context.ts";
import { type Form, readForm } from "../form.ts";
import { named } from "../names.ts";
import { page, problemPage } from "../page.ts";
import { button, checkbox, dateField, type Html, hidden, linkButton } from "../parts.ts";
import { type Href, to } from "../path.ts";
import { batchLines, resourceNames, type ShownBatch } from "./batch-lines.ts";
import { type Opened, openCooperation } from "./opened.ts";
import { datesOf, permissionsHref, roleRadios } from "./permission-parts.ts";
import { refusalShown } from "./refusal-shown.ts";
import { type Resources, resourcesFor, searchForm, typeLinks } from "./resource-choice.ts";

/** As many as a search shows here, to tick. */
const FOUND_MAX = 100;

export function manyPages(app: ConsoleApp): void {
  app.get("/cooperations/:id/permissions/many", async (c) => {
    const opened = await openCooperation(c);
    return opened instanceof Response ? opened : choicePage(c, opened);
  });
  app.post("/cooperations/:id/permissions/many", async (c) => {
    const opened = await openCooperation(c);
    if (opened instanceof Response) return opened;
    const { many } = c.var.console.words.permissions;
    const form = await readForm(c);
    const isConfirmed = form.text("confirmed") === "yes";
    if (form.all("resource").length === 0)
      return choicePage(c, opened, { form, wrong: html`<p>${many.noneChosen}</p>` });
    const idempotencyKey = form.text("key") ?? randomUUID();
    const body = { lines: linesOf(form) };
    const path = v1Path`/v1/cooperations/${opened.id}/shares/batch`;
    const answer = await c.var.console.api.send<ShownBatch>("POST", path, body, {
      ...(isConfirmed ? { idempotencyKey } : { dryRun: true }),
    });
    if (answer.ok) return linesPage(c, opened, answer.value, form, idempotencyKey);
    const wrong = refusalShown(c.var.visit, answer.problem);
    return choicePage(c, opened, { form, wrong, status: answer.status });
  });
}

const manyHref = ({ id, at }: Opened): Href => at(to`/console/cooperations/${id}/permissions/many`);

/** A batch takes no ETag: each of its lines only adds, and what is shared already is refused. */
const linesOf = (form: Form) =>
  form.all("resource").map((resource) => ({ action: "share", resource, role: form.text("role"), ...datesOf(form) }));

type Sent = { form?: Form; wrong?: Html; status?: number };

async function choicePage(c: ConsoleContext, opened: Opened, { form, wrong, status }: Sent = {}): Promise<Response> {
  const { words } = c.var.console;
  const { permissions } = words;
  const choice = await resourcesFor(c, opened.cooperation.initiator.id, FOUND_MAX);
  if (!choice.ok) return problemPage(c, choice);
  const { add, many } = permissions;
  const here = manyHref(opened);
  const body = html`<p><a href="${permissionsHref(opened)}">${permissions.title}</a></p>
<p>${many.lead}</p>
${wrong !== undefined && html`<div role="alert">${wrong}</div>`}
${typeLinks(c, here, choice.value.type)}
${searchForm(c, here, choice.value)}
<form class="stack" method="post" action="${here}">
${boxes(c, opened, choice.value, new Set(form?.all("resource")))}
${roleRadios(words, form?.text("role"))}
<div class="columns">
${dateField({ label: add.starts, name: "starts_at", value: form?.text("starts_at"), hint: add.startsHint })}
${dateField({ label: add.expires, name: "expires_at", value: form?.text("expires_at"), hint: add.expiresHint })}
</div>
${button({ text: many.preview })}</form>`;
  return page(c, { title: many.title, nav: "cooperations", body, status: status ?? (wrong === undefined ? 200 : 400) });
}

/** Those to choose from, to be ticked. */
function boxes(c: ConsoleContext, opened: Opened, { type, search, isWhole, found }: Resources, ticked: Set<string>) {
  const { add, many } = c.var.console.words.permissions;
  const shared = new Set(opened.cooperation.shares.map(({ resource }) => resource));
  const free = found.items.filter(({ resource }) => !shared.has(resource));
  const hint =
    free.length > 0 ? undefined : isWhole ? add.none[type] : search === "" ? add.searchFirst : add.nothingFound(search);
  return html`<fieldset class="field" id="choice"><legend>${many.choose}</legend>
${hint !== undefined && html`<p class="hint">${hint}</p>`}
${free.map(({ resource, name }, n) => {
  const label = html`<bdi>${named(resource.slice(type.length + 1), name)}</bdi>`;
  return checkbox({ label, name: "resource", value: resource, checked: ticked.has(resource), id: `resource-${n}` });
})}
${found.next_cursor !== null && html`<p class="hint">${add.moreFound}</p>`}</fieldset>`;
}

/** The preview with its button, or the result. It is the reply to the form itself: loaded again it is sent with its key. */
async function linesPage(
  c: ConsoleContext,
  opened: Opened,
  batch: ShownBatch,
  form: Form,
  key: string,
): Promise<Response> {
  const { words } = c.var.console;
  const { many, lines } = words.permissions;
  const names = await resourceNames(c, opened);
  const isOpen = batch.dry_run || batch.stopped !== null;
  const again = html`<form class="actions" method="post" action="${manyHref(opened)}">
${form.all("resource").map((resource) => hidden("resource", resource))}
${["role", "starts_at", "expires_at"].map((name) => hidden(name, form.text(name)))}
${hidden("key", key)}${hidden("confirmed", "yes")}
${button({ text: batch.dry_run ? many.submit : lines.again })}
${linkButton(permissionsHref(opened), { text: words.frame.cancel, kind: "quiet" })}</form>`;
  const body = html`<p><a href="${permissionsHref(opened)}">${words.permissions.title}</a></p>
${batchLines(c, batch, names)}
${isOpen && again}`;
  const title = batch.dry_run ? many.previewTitle : many.resultTitle;
  return page(c, { title, nav: "cooperations", body });
}
