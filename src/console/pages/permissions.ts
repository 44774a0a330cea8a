/**
 * `/console/cooperations/{id}/permissions`, Manage Permissions: what the initiator shares in a cooperation, at which role
 * and until when, and the form that shares more. Only what may be shared is on offer, and the API refuses the rest too.
 */
import { html } from "hono/html";
import { type Problem, v1Path } from "../api.ts";
import type { ConsoleApp, ConsoleContext } from "../context.ts";
import { type Form, readForm } from "../form.ts";
import { named, resourceName } from "../names.ts";
import { flash, page, problemPage } from "../page.ts";
import {
  badge,
  button,
  type Content,
  dateField,
  dateText,
  empty,
  type Html,
  hidden,
  linkButton,
  pager,
  table,
} from "../parts.ts";
import { to, withQuery } from "../path.ts";
import { changedPage } from "./changed-page.ts";
import { fieldError, type Opened, openCooperation } from "./opened.ts";
import { datesOf, permissionsHref, roleRadios, type ShownShare } from "./permission-parts.ts";
import { presetForm } from "./presets.ts";
import { refusalShown } from "./refusal-shown.ts";
import { type Resources, resourceField, resourcesFor, searchForm, typeLinks } from "./resource-choice.ts";

type Shares = { items: ShownShare[]; next_cursor: string | null };

/** Shares on one page. */
const PAGE = 50;

export function permissionsPages(app: ConsoleApp): void {
  app.get("/cooperations/:id/permissions", async (c) => {
    const opened = await openCooperation(c);
    return opened instanceof Response ? opened : permissionsPage(c, opened);
  });
  app.post("/cooperations/:id/permissions", async (c) => {
    const opened = await openCooperation(c);
    if (opened instanceof Response) return opened;
    const { id, cooperation, names } = opened;
    const { api, words } = c.var.console;
    const form = await readForm(c);
    const body = { resource: form.text("resource") ?? "", role: form.text("role"), ...datesOf(form) };
    const { etag } = form;
    const added = await api.send<ShownShare>("POST", v1Path`/v1/cooperations/${id}/shares`, body, { ifMatch: etag });
    if (added.ok) {
      const { resource, name } = added.value;
      return flash(c, permissionsHref(opened), words.permissions.add.done(resourceName(resource, name)));
    }
    if (added.status !== 412) return permissionsPage(c, opened, { form, problem: added.problem });
    const choice = await resourcesFor(c, cooperation.initiator.id);
    if (!choice.ok) return problemPage(c, choice);
    const again = addForm(c, opened, choice.value, { form });
    return changedPage(c, { nav: "cooperations", cooperation: id, seen: etag, names, form: again });
  });
}

/** What was sent, and why it was refused. */
type Sent = { form?: Form; problem?: Problem };

async function permissionsPage(c: ConsoleContext, opened: Opened, sent: Sent = {}): Promise<Response> {
  const { api, words } = c.var.console;
  const { permissions } = words;
  const { id, cooperation, other } = opened;
  const may = cooperation.actions.includes("share");
  const [shares, choice] = await Promise.all([
    api.get<Shares>(v1Path`/v1/cooperations/${id}/shares`, { limit: PAGE, cursor: c.req.query("cursor") }),
    may ? resourcesFor(c, cooperation.initiator.id) : undefined,
  ]);
  if (!shares.ok) return problemPage(c, shares);
  if (choice !== undefined && !choice.ok) return problemPage(c, choice);
  const here = permissionsHref(opened);
  const next = shares.value.next_cursor;
  const body = html`<p><a href="${opened.home}">${permissions.back}</a></p>
<p>${permissions.lead(other)}</p>
${sent.problem !== undefined && refusalShown(c.var.visit, sent.problem)}
${cooperation.status === "ended" && html`<p>${permissions.ended}</p>`}
${
  choice !== undefined &&
  html`<section aria-labelledby="add"><h2 id="add">${permissions.add.heading}</h2>
${typeLinks(c, here, choice.value.type)}
${searchForm(c, here, choice.value)}
${addForm(c, opened, choice.value, sent)}
<p><a href="${opened.at(withQuery(to`/console/cooperations/${id}/permissions/many`, { type: choice.value.type }))}">${permissions.many.link}</a></p></section>
${await presetForm(c, opened)}`
}
<section aria-labelledby="current"><h2 id="current">${permissions.current.heading}</h2>
${current(c, opened, shares.value.items)}
${pager(c.var.visit, next === null ? undefined : withQuery(here, { cursor: next }))}</section>`;
  return page(c, { title: permissions.title, nav: "cooperations", body, status: sent.problem?.status ?? 200 });
}

function addForm(c: ConsoleContext, opened: Opened, choice: Resources, { form, problem }: Sent): Html {
  const { words } = c.var.console;
  const { add } = words.permissions;
  const shared = new Set(opened.cooperation.shares.map(({ resource }) => resource));
  const action = withQuery(permissionsHref(opened), { type: choice.type, search: choice.search });
  return html`<form class="stack" method="post" action="${action}">
${hidden("etag", opened.etag)}
${resourceField(c, choice, shared, form?.text("resource"))}
${roleRadios(words, form?.text("role"), fieldError(problem, "role"))}
<div class="columns">
${dateField({ label: add.starts, name: "starts_at", value: form?.text("starts_at"), hint: add.startsHint, error: fieldError(problem, "starts_at") })}
${dateField({ label: add.expires, name: "expires_at", value: form?.text("expires_at"), hint: add.expiresHint, error: fieldError(problem, "expires_at") })}
</div>
${button({ text: add.submit, icon: "plus" })}</form>`;
}

/** What is shared now, each with its editor and its removal. */
function current(c: ConsoleContext, opened: Opened, shares: readonly ShownShare[]): Html {
  const { words } = c.var.console;
  const { current: say } = words.permissions;
  if (shares.length === 0) return empty(say.empty);
  const row = (share: ShownShare): Content[] => {
    const name = resourceName(share.resource, share.name);
    const [type] = share.resource.split(":", 1) as ["plant" | "portfolio"];
    const ends = share.expires_at === null ? words.frame.never : dateText(c.var.visit, share.expires_at);
    const people = share.delegations.map(({ user }) => opened.names.person(user));
    return [
      html`<bdi>${named(share.resource.slice(type.length + 1), share.name)}</bdi> <span class="hint">${words.frame.resource[type]}</span>`,
      words.frame.role[share.role],
      share.starts_at === null ? say.now : dateText(c.var.visit, share.starts_at),
      html`${ends}${share.step_down_at !== null && html`<br>${say.stepsDown} ${dateText(c.var.visit, share.step_down_at)}`}${share.expired && html` ${badge(c.var.visit, "expired")}`}`,
      people.length === 0 ? say.nobody : html`<bdi>${people.join(", ")}</bdi>`,
      html`<span class="actions">${share.actions.includes("change_share") && iconLink(opened, share.id, "edit", say.edit, say.of(say.edit, name))}
${share.actions.includes("unshare") && iconLink(opened, share.id, "remove", say.remove, say.of(say.remove, name))}</span>`,
    ];
  };
  const head = [say.resource, say.role, say.starts, say.ends, say.people, say.actions];
  return table({ caption: say.heading, isHeaded: true, head, rows: shares.map(row) });
}

/** A link with a picture; its name says of which share it is. */
function iconLink({ id, at }: Opened, share: string, action: "edit" | "remove", text: string, label: string): Html {
  const own = to`/console/cooperations/${id}/permissions/${share}`;
  const href = at(action === "edit" ? own : to`/console/cooperations/${id}/permissions/${share}/remove`);
  return html`<span title="${label}">${linkButton(href, { text, icon: action === "edit" ? "edit" : "trash", kind: "quiet" })}</span>`;
}
