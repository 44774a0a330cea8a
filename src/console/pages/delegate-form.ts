/** The form that delegates a share to a person, and what is delegated now. */
import { html } from "hono/html";
import type { Problem } from "../api.ts";
import { assetHref } from "../assets.ts";
import type { ConsoleContext } from "../context.ts";
import type { Form } from "../form.ts";
import { named } from "../names.ts";
import {
  button,
  type Content,
  dateField,
  dateText,
  empty,
  type Html,
  hidden,
  linkButton,
  radios,
  select,
  table,
} from "../parts.ts";
import { to, withFragment, withQuery } from "../path.ts";
import { fieldError } from "./opened.ts";
import { type PeopleFound, type Received, receivedHref } from "./opened-received.ts";

/** Whom it is delegated to, each with its change and its removal. */
export function delegationsTable(c: ConsoleContext, opened: Received): Html {
  const { words } = c.var.console;
  const { delegations: say } = words.received;
  const { share, organization, names } = opened;
  if (share.delegations.length === 0) return empty(say.empty);
  const row = ({ user, role, effective_role, effective_until }: (typeof share.delegations)[number]): Content[] => {
    const name = names.person(user);
    const change = withFragment(withQuery(receivedHref(opened), { user }), "delegate");
    const remove = to`/console/organizations/${organization}/received/${share.id}/delegations/${user}/remove`;
    return [
      html`<bdi>${name}</bdi>`,
      html`${words.frame.role[role]}${role !== effective_role && html`<br><span class="hint">${say.reduced(words.frame.role[effective_role])}</span>`}`,
      effective_until === null ? words.frame.never : dateText(c.var.visit, effective_until),
      html`<span class="actions">
${share.actions.includes("delegate") && html`<a class="button quiet" href="${change}" aria-label="${say.of(say.change, name)}">${say.change}</a>`}
${share.actions.includes("revoke") && html`<a class="button quiet" href="${remove}" aria-label="${say.of(say.remove, name)}">${say.remove}</a>`}</span>`,
    ];
  };
  const head = [say.person, say.role, say.until, say.actions];
  return table({ caption: say.heading, isHeaded: true, head, rows: share.delegations.map(row) });
}

/** The form, of a new delegation or of the one that the address or the form names. */
export function delegateForm(
  c: ConsoleContext,
  opened: Received,
  people: PeopleFound,
  form?: Form,
  problem?: Problem,
): Html {
  const { words } = c.var.console;
  const { delegate: say } = words.received;
  const { share, names } = opened;
  const user = form?.text("user") ?? c.req.query("user");
  const held = share.delegations.find((one) => one.user === user);
  const roles = share.may_grant.map((role) => ({
    value: role,
    text: words.frame.role[role],
    hint: words.permissions.allows[role],
  }));
  const expires = form === undefined ? (held?.expires_at ?? undefined) : form.text("expires_at");
  return html`<h2 id="delegate">${held === undefined ? say.heading : say.changeHeading(names.person(held.user))}</h2>
${held === undefined && !people.isWhole && peopleSearch(c, opened, people)}
<form class="stack" method="post" action="${withQuery(receivedHref(opened), { search: people.search })}">
${hidden("etag", share.etag)}${hidden("seen", opened.etag)}
${held === undefined ? personField(c, people, user, form !== undefined && user === undefined) : html`${hidden("user", held.user)}${hidden("was_expires_at", held.expires_at ?? undefined)}`}
${radios({ label: say.role, name: "role", value: form?.text("role") ?? held?.role, required: true, options: roles, error: fieldError(problem, "role") })}
${dateField({ label: say.expires, name: "expires_at", value: expires, hint: say.expiresHint, error: fieldError(problem, "expires_at") })}
<div class="actions">${button({ text: held === undefined ? say.submit : say.submitChange })}
${held !== undefined && linkButton(receivedHref(opened), { text: words.frame.cancel, kind: "quiet" })}</div></form>`;
}

/** The search of people, where there are too many for a list. */
function peopleSearch(c: ConsoleContext, opened: Received, { search }: PeopleFound): Html {
  const { received, permissions } = c.var.console.words;
  const here = receivedHref(opened);
  return html`<form class="search" method="get" action="${here}" role="search">
<div class="field"><label for="search">${received.delegate.search}</label>
<input id="search" name="search" type="search" value="${search}" maxlength="200" autocomplete="off" dir="auto"
 hx-get="${here}" hx-trigger="input changed delay:300ms" hx-target="#people" hx-select="#people" hx-swap="outerHTML"></div>
<button class="quiet">${permissions.add.searchButton}</button></form>
<script src="${assetHref("htmx.js")}" defer></script>`;
}

/** The field in which a person is chosen. */
function personField(c: ConsoleContext, people: PeopleFound, user: string | undefined, isMissing: boolean): Html {
  const { words } = c.var.console;
  const { delegate: say } = words.received;
  const { add } = words.permissions;
  const options = people.found.map((one) => ({
    value: one.user,
    text: `${named(one.user, one.name)} · ${words.frame.organizationRole[one.role]}`,
  }));
  const parts = {
    label: say.person,
    name: "user",
    value: user,
    required: true,
    error: isMissing ? say.chooseOne : undefined,
  };
  if (people.isWhole)
    return html`<div id="people">${select({ ...parts, options: [{ value: "", text: say.first }, ...options] })}</div>`;
  const { search, isCut } = people;
  const hint =
    search === "" ? add.searchFirst : options.length === 0 ? add.nothingFound(search) : isCut && add.moreFound;
  return html`<div id="people">${options.length > 0 && radios({ ...parts, options })}<p class="hint" role="status">${hint}</p></div>`;
}
