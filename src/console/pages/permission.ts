/**
 * `/console/cooperations/{id}/permissions/{share}`: one share, its role and dates to be changed or the share to be removed.
 * Who loses what by it is shown before, and a share that somebody else changed meanwhile is not overwritten.
 */
import { html } from "hono/html";
import { type Problem, v1Path } from "../api.ts";
import { makeChange } from "../change.ts";
import type { ConsoleApp, ConsoleContext } from "../context.ts";
import { valueText } from "../entries.ts";
import { type Form, readForm } from "../form.ts";
import { type DryRun, impactList } from "../impact.ts";
import { resourceName } from "../names.ts";
import { page, problemPage, sentencePage } from "../page.ts";
import { button, type Content, dateField, field, type Html, hidden, linkButton } from "../parts.ts";
import { type Href, to } from "../path.ts";
import { changedPage } from "./changed-page.ts";
import { fieldError, type Opened, openCooperation } from "./opened.ts";
import { permissionsHref, roleRadios, type ShownShare } from "./permission-parts.ts";
import { refusalShown } from "./refusal-shown.ts";

const DATES = ["starts_at", "expires_at", "step_down_at"] as const;
const FIELDS = ["role", ...DATES] as const;

export function permissionPages(app: ConsoleApp): void {
  app.get("/cooperations/:id/permissions/:share", async (c) => {
    const opened = await openShare(c);
    if (opened instanceof Response) return opened;
    const { title } = c.var.console.words.permissions.edit;
    const body = html`${backLink(c, opened)}${editForm(c, opened)}`;
    return page(c, { title: title(opened.name), nav: "cooperations", body });
  });
  app.post("/cooperations/:id/permissions/:share", async (c) => {
    const opened = await openShare(c);
    return opened instanceof Response ? opened : change(c, opened, await readForm(c));
  });
  app.get("/cooperations/:id/permissions/:share/remove", async (c) => {
    const opened = await openShare(c);
    return opened instanceof Response ? opened : removePage(c, opened);
  });
  app.post("/cooperations/:id/permissions/:share/remove", async (c) => {
    const opened = await openShare(c);
    if (opened instanceof Response) return opened;
    const { permissions } = c.var.console.words;
    const form = await readForm(c);
    const [etag, reason] = [form.etag, form.text("reason")];
    const path = v1Path`/v1/shares/${opened.share.id}`;
    return makeChange(
      c,
      { method: "DELETE", path, etag, reason },
      {
        ...pagesOf(opened, form, permissions.remove),
        action: removeHref(opened),
        // the page that this form is of has shown it already
        isConfirmed: true,
        refused: (problem) => removePage(c, opened, problem),
        changed: async () => changedPage(c, { ...changedParts(opened, form), form: await removeForm(c, opened) }),
      },
    );
  });
}

type OpenedShare = Opened & { share: ShownShare; name: string };

/** The share that the address names in its cooperation. */
async function openShare(c: ConsoleContext): Promise<OpenedShare | Response> {
  const [opened, found] = await Promise.all([
    openCooperation(c),
    c.var.console.api.get<ShownShare>(v1Path`/v1/shares/${c.req.param("share") ?? ""}`),
  ]);
  if (opened instanceof Response) return opened;
  if (!found.ok) return problemPage(c, found);
  const share = found.value;
  // an address that was put together of two cooperations is nobody's
  if (share.cooperation !== opened.id) return sentencePage(c, c.var.visit.words.frame.problem.notFound, 404);
  return { ...opened, share, name: resourceName(share.resource, share.name) };
}

const editHref = ({ id, share, at }: OpenedShare): Href => at(to`/console/cooperations/${id}/permissions/${share.id}`);
const removeHref = ({ id, share, at }: OpenedShare): Href =>
  at(to`/console/cooperations/${id}/permissions/${share.id}/remove`);
const backLink = (c: ConsoleContext, opened: OpenedShare): Html =>
  html`<p><a href="${permissionsHref(opened)}">${c.var.console.words.permissions.title}</a></p>`;

/** What the confirmation and the reply of both changes have in common. */
const pagesOf = (
  opened: OpenedShare,
  form: Form,
  words: { title: (name: string) => string; done: (name: string) => string },
) => ({
  nav: "cooperations" as const,
  title: words.title(opened.name),
  names: opened.names,
  cancel: permissionsHref(opened),
  carry: carried(form),
  done: { href: permissionsHref(opened), text: words.done(opened.name) },
});

const carried = (form: Form) =>
  Object.fromEntries(
    [...FIELDS, ...DATES.map((name) => `was_${name}`), "was_role", "reason", "etag", "seen"].map((name) => [
      name,
      form.text(name),
    ]),
  );

const changedParts = ({ id, share, names }: OpenedShare, form: Form) => ({
  nav: "cooperations" as const,
  cooperation: id,
  seen: form.text("seen"),
  share: share.id,
  names,
});

async function change(c: ConsoleContext, opened: OpenedShare, form: Form): Promise<Response> {
  const { edit } = c.var.console.words.permissions;
  const role = form.text("role");
  const dates = Object.fromEntries(
    DATES.flatMap((name) => {
      // there is no such field for what has started, nor a step down from viewer
      const isMeant =
        name === "starts_at" ? form.text("was_starts_at") !== undefined : name !== "step_down_at" || role !== "viewer";
      return isMeant ? [[name, form.date(name)]] : [];
    }),
  );
  const path = v1Path`/v1/shares/${opened.share.id}`;
  return makeChange(
    c,
    { method: "PATCH", path, body: { role, ...dates }, etag: form.etag, reason: form.text("reason") },
    {
      ...pagesOf(opened, form, edit),
      action: editHref(opened),
      isConfirmed: form.text("confirmed") === "yes",
      refused: (problem) => {
        const body = html`${backLink(c, opened)}${refusalShown(c.var.visit, problem)}${editForm(c, opened, form, problem)}`;
        return page(c, { title: edit.title(opened.name), nav: "cooperations", body, status: problem.status });
      },
      changed: () =>
        changedPage(c, {
          ...changedParts(opened, form),
          wanted: wantedBy(c, opened, form, { role, ...dates }),
          form: editForm(c, opened),
        }),
    },
  );
}

/** What somebody wanted who came too late, in words. */
function wantedBy(c: ConsoleContext, { names }: OpenedShare, form: Form, wanted: Record<string, unknown>): Content {
  const { member } = c.var.console.words.records;
  const changed = Object.entries(wanted).filter(([name, value]) => (value ?? undefined) !== form.text(`was_${name}`));
  const lines = changed.map(
    ([name, value]) => html`<li>${member[name] ?? name}: ${valueText(c.var.visit, name, value, names)}</li>`,
  );
  return html`<ul class="plain">${lines}</ul>`;
}

function editForm(c: ConsoleContext, opened: OpenedShare, form?: Form, problem?: Problem): Html {
  const { words } = c.var.console;
  const { edit, add } = words.permissions;
  const { share, etag } = opened;
  const value = (name: (typeof FIELDS)[number]) => (form === undefined ? (share[name] ?? undefined) : form.text(name));
  const date = (name: (typeof DATES)[number], label: string, hint: string) =>
    dateField({ label, name, hint, value: value(name), error: fieldError(problem, name) });
  return html`<form class="stack" method="post" action="${editHref(opened)}">
${hidden("etag", form?.text("etag") ?? share.etag)}${hidden("seen", form?.text("seen") ?? etag)}
${FIELDS.map((name) => hidden(`was_${name}`, share[name] ?? undefined))}
${roleRadios(words, value("role"), fieldError(problem, "role"))}
<div class="columns">
${share.starts_at !== null && date("starts_at", add.starts, add.startsHint)}
${date("expires_at", add.expires, add.expiresHint)}
${date("step_down_at", edit.stepDown, edit.stepDownHint)}
</div>
${field({ label: edit.reason, name: "reason", hint: edit.reasonHint, value: form?.text("reason"), error: fieldError(problem, "reason") })}
<div class="actions">${button({ text: edit.submit })}${linkButton(permissionsHref(opened), { text: words.frame.cancel, kind: "quiet" })}</div>
</form>`;
}

async function removePage(c: ConsoleContext, opened: OpenedShare, problem?: Problem): Promise<Response> {
  const { remove } = c.var.console.words.permissions;
  const body = html`${backLink(c, opened)}${problem !== undefined && refusalShown(c.var.visit, problem)}
${await removeForm(c, opened)}`;
  return page(c, { title: remove.title(opened.name), nav: "cooperations", body, status: problem?.status ?? 200 });
}

/** Who loses what by the removal, and the button. */
async function removeForm(c: ConsoleContext, opened: OpenedShare): Promise<Html> {
  const { api, words } = c.var.console;
  const { remove, edit } = words.permissions;
  const { share, etag, names } = opened;
  const tried = await api.send<DryRun>("DELETE", v1Path`/v1/shares/${share.id}`, undefined, { dryRun: true });
  if (!tried.ok) return refusalShown(c.var.visit, tried.problem);
  return html`<p>${remove.lead}</p>
${impactList(tried.value.impact, c.var.visit, names)}
<form class="stack" method="post" action="${removeHref(opened)}">
${hidden("etag", share.etag)}${hidden("seen", etag)}
${field({ label: edit.reason, name: "reason", hint: edit.reasonHint })}
<div class="actions">${button({ text: remove.submit, icon: "trash", kind: "danger" })}
${linkButton(permissionsHref(opened), { text: words.frame.cancel, kind: "quiet" })}</div></form>`;
}
