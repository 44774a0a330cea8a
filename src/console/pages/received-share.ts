/**
 * `/console/organizations/{org}/received/{share}`: what came in, to be delegated to one's own people. On offer is what the
 * owner allowed, viewer or the share's own role, and nothing else; the API refuses the rest too.
 */
import { html } from "hono/html";
import { type Problem, v1Path } from "../api.ts";
import { makeChange } from "../change.ts";
import type { ConsoleApp, ConsoleContext } from "../context.ts";
import { type Form, readForm } from "../form.ts";
import { type DryRun, impactList } from "../impact.ts";
import { page } from "../page.ts";
import { button, type Html, hidden, linkButton } from "../parts.ts";
import { type Href, to } from "../path.ts";
import { asksSection } from "./asks.ts";
import { changedPage } from "./changed-page.ts";
import { delegateForm, delegationsTable } from "./delegate-form.ts";
import { openReceived, peopleFor, type Received, receivedHref, shareFacts } from "./opened-received.ts";
import { refusalShown } from "./refusal-shown.ts";

export function receivedSharePages(app: ConsoleApp): void {
  app.get("/organizations/:org/received/:share", async (c) => {
    const opened = await openReceived(c);
    return opened instanceof Response ? opened : sharePage(c, opened);
  });
  app.post("/organizations/:org/received/:share", async (c) => {
    const opened = await openReceived(c);
    return opened instanceof Response ? opened : delegate(c, opened, await readForm(c));
  });
  app.get("/organizations/:org/received/:share/delegations/:user/remove", async (c) => {
    const opened = await openReceived(c);
    return opened instanceof Response ? opened : revokePage(c, opened);
  });
  app.post("/organizations/:org/received/:share/delegations/:user/remove", async (c) => {
    const opened = await openReceived(c);
    return opened instanceof Response ? opened : revoke(c, opened, await readForm(c));
  });
}

/** The form that was sent, and why it was refused. */
type Sent = { delegate?: Form; ask?: Form; problem?: Problem };

/** The whole page; also in place of another one that was refused. */
export async function sharePage(c: ConsoleContext, opened: Received, sent: Sent = {}): Promise<Response> {
  const { problem } = sent;
  const { words } = c.var.console;
  const { received } = words;
  const { share, name } = opened;
  const may = share.actions.includes("delegate");
  const people = may ? await peopleFor(c, opened) : undefined;
  const body = html`<p><a href="${to`/console/organizations/${opened.organization}/received`}">${received.share.back}</a></p>
${problem !== undefined && refusalShown(c.var.visit, problem)}
${shareFacts(c, opened)}
<section aria-labelledby="delegations"><h2 id="delegations">${received.delegations.heading}</h2>
${delegationsTable(c, opened)}</section>
<section aria-labelledby="delegate">${people === undefined ? closed(c, opened) : delegateForm(c, opened, people, sent.delegate, problem)}</section>
${await asksSection(c, opened, sent.ask, problem)}`;
  return page(c, { title: received.share.title(name), nav: "received", body, status: problem?.status ?? 200 });
}

/** Why nothing can be delegated. */
function closed(c: ConsoleContext, { share, cooperation }: Received): Html {
  const { delegate: heading, share: say } = c.var.console.words.received;
  const why =
    cooperation.status === "paused" ? say.closed.paused : share.expired ? say.closed.expired : say.closed.other;
  return html`<h2 id="delegate">${heading.heading}</h2><p>${why}</p>`;
}

async function delegate(c: ConsoleContext, opened: Received, form: Form): Promise<Response> {
  const { received } = c.var.console.words;
  const { share, id, names } = opened;
  const user = form.text("user");
  const role = form.text("role");
  const { etag } = form;
  const here = receivedHref(opened);
  if (user === undefined) return sharePage(c, opened, { delegate: form });
  const carry = ["user", "role", "expires_at", "was_expires_at", "etag", "seen"];
  return makeChange(
    c,
    { method: "PUT", path: delegationPath(share.id, user), body: { role, expires_at: form.date("expires_at") }, etag },
    {
      nav: "received",
      title: received.delegate.changeHeading(names.person(user)),
      names,
      action: here,
      cancel: here,
      carry: Object.fromEntries(carry.map((name) => [name, form.text(name)])),
      isConfirmed: form.text("confirmed") === "yes",
      done: { href: here, text: received.delegate.done(names.person(user)) },
      refused: (problem) => sharePage(c, opened, { delegate: form, problem }),
      changed: async () => {
        const people = await peopleFor(c, opened);
        const again = share.actions.includes("delegate") ? delegateForm(c, opened, people, form) : closed(c, opened);
        const parts = { cooperation: id, seen: form.text("seen"), names, share: share.id };
        return changedPage(c, { nav: "received", ...parts, form: html`${delegationsTable(c, opened)}${again}` });
      },
    },
  );
}

const delegationPath = (share: string, user: string) => v1Path`/v1/shares/${share}/delegations/${user}`;

const userIn = (c: ConsoleContext): string => c.req.param("user") ?? "";
const revokeHref = ({ organization, share }: Received, user: string): Href =>
  to`/console/organizations/${organization}/received/${share.id}/delegations/${user}/remove`;

async function revokePage(c: ConsoleContext, opened: Received, problem?: Problem): Promise<Response> {
  const { revoke: say } = c.var.console.words.received;
  const body = html`<p><a href="${receivedHref(opened)}">${opened.name}</a></p>
${problem !== undefined && refusalShown(c.var.visit, problem)}
${await revokeForm(c, opened)}`;
  const title = say.title(opened.names.person(userIn(c)));
  return page(c, { title, nav: "received", body, status: problem?.status ?? 200 });
}

/** Who loses what by taking it back, and the button. */
async function revokeForm(c: ConsoleContext, opened: Received): Promise<Html> {
  const { api, words } = c.var.console;
  const { share, names } = opened;
  const user = userIn(c);
  const tried = await api.send<DryRun>("DELETE", delegationPath(share.id, user), undefined, { dryRun: true });
  if (!tried.ok) return refusalShown(c.var.visit, tried.problem);
  return html`${impactList(tried.value.impact, c.var.visit, names)}
<form class="actions" method="post" action="${revokeHref(opened, user)}">
${hidden("etag", share.etag)}${hidden("seen", opened.etag)}
${button({ text: words.received.revoke.submit, icon: "trash", kind: "danger" })}
${linkButton(receivedHref(opened), { text: words.frame.cancel, kind: "quiet" })}</form>`;
}

function revoke(c: ConsoleContext, opened: Received, form: Form): Promise<Response> {
  const { revoke: say } = c.var.console.words.received;
  const { share, id, names } = opened;
  const user = userIn(c);
  const here = receivedHref(opened);
  return makeChange(
    c,
    { method: "DELETE", path: delegationPath(share.id, user), etag: form.etag },
    {
      nav: "received",
      title: say.title(names.person(user)),
      names,
      action: revokeHref(opened, user),
      cancel: here,
      carry: {},
      // the page that this form is of has shown who loses what
      isConfirmed: true,
      done: { href: here, text: say.done(names.person(user)) },
      refused: (problem) => revokePage(c, opened, problem),
      changed: async () => {
        const parts = { cooperation: id, seen: form.text("seen"), names, share: share.id };
        return changedPage(c, { nav: "received", ...parts, form: await revokeForm(c, opened) });
      },
    },
  );
}
