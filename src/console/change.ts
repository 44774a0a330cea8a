/**
 * Sends a change of a form. What would take access from somebody is shown first, with their names, and is done only once
 * that was confirmed. What has changed meanwhile is not overwritten.
 */
import { html } from "hono/html";
import type { Problem, SendOptions } from "./api.ts";
import type { ConsoleContext } from "./context.ts";
import { type DryRun, impactList, takesAway } from "./impact.ts";
import type { Names } from "./names.ts";
import { flash, type Nav, page } from "./page.ts";
import { button, hidden, linkButton } from "./parts.ts";
import type { Href } from "./path.ts";

export type Change = {
  method: "PATCH" | "PUT" | "DELETE" | "POST";
  path: string;
  body?: object;
  etag: string;
  reason?: string | undefined;
};

export type ChangePages = {
  nav: Nav;
  title: string;
  names: Names;
  /** Where its form is sent. */
  action: Href;
  /** Where somebody gets who does not confirm. */
  cancel: Href;
  /** What the form was sent with, for the confirmation to send it again. */
  carry: Readonly<Record<string, string | undefined>>;
  isConfirmed: boolean;
  done: { href: Href; text: string };
  /** The form again, with why it was refused. */
  refused: (problem: Problem) => Promise<Response>;
  /** The form again, as it is now. */
  changed: () => Promise<Response>;
};

/** Makes the change, or asks whether it is meant. */
export async function makeChange(c: ConsoleContext, change: Change, pages: ChangePages): Promise<Response> {
  const { api } = c.var.console;
  const { method, path, body, etag: ifMatch, reason } = change;
  const send = <T>(options: SendOptions) => api.send<T>(method, path, body, { ifMatch, reason, ...options });
  const failed = (problem: Problem) => (problem.status === 412 ? pages.changed() : pages.refused(problem));
  if (!pages.isConfirmed) {
    const tried = await send<DryRun>({ dryRun: true });
    if (!tried.ok) return failed(tried.problem);
    if (tried.value.impact.some(takesAway)) return confirmPage(c, tried.value, pages);
  }
  const done = await send({});
  return done.ok ? flash(c, pages.done.href, pages.done.text) : failed(done.problem);
}

/** Who loses what by a change that nobody has made yet, and the form to make it. */
function confirmPage(c: ConsoleContext, { impact }: DryRun, pages: ChangePages): Promise<Response> {
  const { words } = c.var.console;
  const { confirm } = words.permissions;
  const body = html`<p>${confirm.lead}</p>
${impactList(impact, c.var.console, pages.names)}
<form method="post" action="${pages.action}" class="actions">
${Object.entries({ ...pages.carry, confirmed: "yes" }).map(([name, value]) => hidden(name, value))}
${button({ text: confirm.submit, kind: "danger" })}
${linkButton(pages.cancel, { text: words.frame.cancel, kind: "quiet" })}
</form>`;
  return page(c, { title: `${confirm.title}: ${pages.title}`, nav: pages.nav, body });
}
