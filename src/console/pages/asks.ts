/**
 * Asking for more: another role on a share that came in, or a later date of it or of the whole cooperation, with a reason
 * that both sides read; what waits for an answer, and what became of the rest.
 */
import { html } from "hono/html";
import { type Problem, v1Path } from "../api.ts";
import type { ConsoleContext } from "../context.ts";
import { type Entry, entriesTable } from "../entries.ts";
import type { Form } from "../form.ts";
import { button, type Content, dateField, dateText, empty, field, type Html, radios, table } from "../parts.ts";
import { type Href, to } from "../path.ts";
import { fieldError } from "./opened.ts";
import type { Received } from "./opened-received.ts";
import { OFFERED_ROLES } from "./permission-parts.ts";

/** An ask as `GET /v1/cooperations/{id}/asks` lists it. */
type Ask = {
  n: number;
  share: string | null;
  resource: string | null;
  name: string | null;
  role: (typeof OFFERED_ROLES)[number] | null;
  expires_at: string | null;
  note: string;
  by: string;
  at: string;
  stale: boolean;
};

/** Entries that are looked through for answers, and answers that are shown. */
const ENTRIES_MAX = 100;
const ANSWERS_MAX = 5;

/** What waits, what was answered, and the form. */
export async function asksSection(c: ConsoleContext, opened: Received, form?: Form, problem?: Problem): Promise<Html> {
  const { asks: say } = c.var.console.words.received;
  const { id, cooperation } = opened;
  const { api } = c.var.console;
  const [open, entries] = await Promise.all([
    api.get<{ items: Ask[] }>(v1Path`/v1/cooperations/${id}/asks`),
    api.get<{ items: Entry[] }>(v1Path`/v1/cooperations/${id}/history`, { limit: ENTRIES_MAX }),
  ]);
  const answers = (entries.ok ? entries.value.items : []).filter(isAnswer).slice(0, ANSWERS_MAX);
  return html`<section aria-labelledby="asks"><h2 id="asks">${say.heading}</h2>
<p>${say.lead(cooperation.initiator.name)}</p>
${open.ok && openAsks(c, opened, open.value.items)}
${answers.length > 0 && entriesTable(c.var.visit, say.answered, answers, opened.names)}
${cooperation.actions.includes("ask") && askForm(c, opened, form, problem)}</section>`;
}

/** A no or a withdrawal; a yes is the change itself, which names the ask. */
const isAnswer = ({ action, after }: Entry): boolean =>
  action === "decline_ask" || action === "withdraw_ask" || after?.asked !== undefined;

function openAsks(c: ConsoleContext, opened: Received, asks: readonly Ask[]): Html {
  const { words } = c.var.console;
  const { asks: say } = words.received;
  if (asks.length === 0) return empty(say.openEmpty);
  const row = ({ n, resource, role, expires_at, note, by, at, stale }: Ask): Content[] => [
    html`<bdi>${resource === null ? say.date : opened.names.resource(resource)}</bdi>: ${role !== null && say.to(words.frame.role[role])} ${expires_at !== null && html`${say.until} ${dateText(c.var.visit, expires_at)}`}`,
    html`<bdi>${note}</bdi>`,
    html`<bdi>${opened.names.person(by)}</bdi>`,
    dateText(c.var.visit, at),
    stale ? say.stale : say.waits,
    html`<form method="post" action="${withdrawHref(opened, n)}"><button class="quiet" aria-label="${say.withdrawOf(n)}">${say.withdraw}</button></form>`,
  ];
  const head = [say.what, say.reason, say.by, say.at, say.state, say.withdraw];
  return table({ caption: say.openHeading, head, rows: asks.map(row) });
}

const withdrawHref = ({ organization, share }: Received, n: number): Href =>
  to`/console/organizations/${organization}/received/${share.id}/asks/${n}/withdraw`;

function askForm(c: ConsoleContext, { organization, share, name }: Received, form?: Form, problem?: Problem): Html {
  const { words } = c.var.console;
  const { asks: say } = words.received;
  const roles = OFFERED_ROLES.filter((role) => role !== share.role);
  return html`<form class="stack" method="post" action="${to`/console/organizations/${organization}/received/${share.id}/asks`}">
${radios({
  label: say.about,
  name: "about",
  value: form?.text("about") ?? "share",
  options: [
    { value: "share", text: say.aboutShare(name) },
    { value: "cooperation", text: say.aboutCooperation },
  ],
})}
${radios({
  label: say.role,
  name: "asked_role",
  value: form?.text("asked_role") ?? "",
  options: [
    { value: "", text: say.keepRole },
    ...roles.map((role) => ({ value: role, text: words.frame.role[role], hint: words.permissions.allows[role] })),
  ],
})}
${dateField({ label: say.expires, name: "asked_expires_at", value: form?.text("asked_expires_at") })}
${field({ label: say.note, name: "note", value: form?.text("note"), hint: say.noteHint, required: true, error: fieldError(problem, "note") })}
${button({ text: say.submit })}</form>`;
}
