/**
 * `/console/cooperations/{id}`: a cooperation as one side sees it: its status and what that means, its dates, the contacts
 * of both sides, what is shared and delegated, and the menu of what its reader may do. One that has ended is shown as it was.
 */
import { html } from "hono/html";
import type { z } from "zod";
import { shownName } from "../../domain/text.ts";
import type { AskView } from "../../http/v1/asks.ts";
import type { DelegationView } from "../../http/v1/views.ts";
import { v1Path } from "../api.ts";
import type { ConsoleApp, ConsoleContext, SignedIn } from "../context.ts";
import { type Names, namesOfCooperation } from "../names.ts";
import { page, problemPage } from "../page.ts";
import { badge, type Content, dateText, empty, type Html, linkButton, menu, table } from "../parts.ts";
import { type Href, to } from "../path.ts";
import {
  getCooperation,
  pageOfCooperation,
  partnerName,
  personShown,
  resourceShown,
  type SeenBy,
  type ShownCooperation,
  seenBy,
  statusShown,
} from "./cooperation-shown.ts";
import { menuFor, stepsFor } from "./cooperation-steps.ts";
import { knownNames } from "./impact-shown.ts";

type Ask = z.infer<typeof AskView>;
type Delegation = z.infer<typeof DelegationView>;
type Shown = { signedIn: SignedIn; cooperation: ShownCooperation; seen: SeenBy; names: Names };

/** What is behind them is on the page of the permissions. */
const SHARES_MAX = 50;
const DELEGATES_MAX = 10;

export function cooperationPages(app: ConsoleApp): void {
  app.get("/cooperations/:id", async (c) => {
    const found = await getCooperation(c, c.req.param("id"));
    if (!found.ok) return problemPage(c, found);
    const cooperation = found.value;
    const seen = seenBy(c, cooperation);
    const isLive = cooperation.status === "active" || cooperation.status === "paused";
    const [names, asks] = await Promise.all([
      isLive ? knownNames(c, cooperation, seen) : namesOfCooperation(cooperation),
      isLive ? asksOf(c, cooperation.id) : [],
    ]);
    const shown: Shown = { signedIn: c.var.console, cooperation, seen, names };
    const body = [stateOf(shown), asksShown(shown, asks), sharesShown(shown), contactsShown(shown), factsShown(shown)];
    return page(c, { title: partnerName(c.var.visit, cooperation, seen.side), nav: "cooperations", body });
  });
}

async function asksOf(c: ConsoleContext, id: string): Promise<Ask[]> {
  const found = await c.var.console.api.get<{ items: Ask[] }>(v1Path`/v1/cooperations/${id}/asks`);
  return found.ok ? found.value.items : [];
}

/** The status with what it means to the reader, what they are asked to do, and the menu of the rest. */
function stateOf({ signedIn, cooperation, seen }: Shown): Html {
  const { cooperations } = signedIn.words;
  const status = statusShown(cooperation);
  const organization = seen.organization?.id;
  const answers = stepsFor(cooperation, seen.side).filter((name) => name === "accept" || name === "decline");
  const behind = (page: string) => pageOfCooperation(cooperation.id, organization, page);
  const items = [
    ...menuFor(signedIn, cooperation, seen.side, organization),
    { href: behind("history"), text: cooperations.history },
    { href: behind("access-log"), text: cooperations.accessLog },
  ];
  return html`<p>${badge(signedIn, status)} ${cooperations.state[seen.side][status]} ${cooperation.ended_as && cooperations.endedAs[cooperation.ended_as]}</p>
<div class="actions">${answers.map((name) =>
    linkButton(pageOfCooperation(cooperation.id, organization, name), {
      text: cooperations.acting.steps[name].text,
      kind: name === "accept" ? "primary" : "quiet",
    }),
  )}${menu({ label: cooperations.actions, items })}</div>`;
}

const DATES = [
  "created_at",
  "sent_at",
  "accepted_at",
  "starts_at",
  "expires_at",
  "review_by",
  "reviewed_at",
  "resume_at",
  "ended_at",
] as const;

function factsShown({ signedIn, cooperation }: Shown): Html {
  const { facts } = signedIn.words.cooperations;
  const { initiator, partner, label } = cooperation;
  const dates = DATES.flatMap((name) => {
    const at = cooperation[name];
    // that it has no expiration is worth a line, the rest is not
    if (at === null) return name === "expires_at" ? [[facts[name], html`${signedIn.words.frame.never}`] as const] : [];
    return [[facts[name], dateText(signedIn, at)] as const];
  });
  const lines: (readonly [string, Html])[] = [
    [facts.initiator, html`<bdi>${shownName(initiator.name)}</bdi>`],
    ...(partner === null ? [] : [[facts.partner, html`<bdi>${shownName(partner.name)}</bdi>`] as const]),
    ...(label === null ? [] : [[facts.invited, html`<bdi>${label}</bdi>`] as const]),
    ...dates,
  ];
  return html`<section aria-labelledby="facts"><h2 id="facts">${facts.heading}</h2>
<dl class="facts">${lines.map(([name, text]) => html`<dt>${name}</dt><dd>${text}</dd>`)}</dl></section>`;
}

function contactsShown({ signedIn, cooperation }: Shown): Html {
  const { contacts, facts } = signedIn.words.cooperations;
  const { status, initiator, partner } = cooperation;
  const side = (name: "initiator" | "partner", organization: string) => {
    const people = cooperation.contacts[name];
    const none = html`<p class="hint">${status === "ended" ? contacts.ended : contacts.none}</p>`;
    const lines = people.map(
      (one) => html`<li>${personShown(one.user, one.name)}${one.email && html` <bdi>${one.email}</bdi>`}</li>`,
    );
    return html`<div><h3>${facts[name]}: <bdi>${shownName(organization)}</bdi></h3>${people.length === 0 ? none : html`<ul class="plain">${lines}</ul>`}</div>`;
  };
  return html`<section aria-labelledby="contacts"><h2 id="contacts">${contacts.heading}</h2>
<div class="columns">${side("initiator", initiator.name)}${side("partner", partner?.name ?? cooperation.label ?? "")}</div></section>`;
}

/** What is shared, or was when it ended, with whom it is delegated to. */
function sharesShown({ signedIn, cooperation, seen, names }: Shown): Html {
  const { cooperations, frame } = signedIn.words;
  const { shared } = cooperations;
  const isEnded = cooperation.status === "ended";
  const heading = isEnded ? shared.ended : shared[seen.side];
  const organization = seen.organization?.id;
  const mayShare = seen.side === "initiator" && cooperation.actions.includes("share");
  const permissions = pageOfCooperation(cooperation.id, organization, "permissions");
  const received = organization === undefined ? undefined : to`/console/organizations/${organization}/received`;
  const section = (body: Content) =>
    html`<section aria-labelledby="shared"><h2 id="shared">${heading}</h2>${body}</section>`;
  const date = (at: string | null, none: string): Content => (at === null ? none : dateText(signedIn, at));
  const all = isEnded ? (cooperation.shared_at_end ?? []) : cooperation.shares;
  if (all.length === 0)
    return section(
      empty(
        isEnded ? shared.noneAtEnd : shared.none,
        mayShare ? linkButton(permissions, { text: shared.add, icon: "plus" }) : undefined,
      ),
    );
  const head = [shared.resource, shared.role, shared.until, ...(isEnded ? [] : [shared.people])];
  const delegations = cooperation.shares.map((share) => share.delegations);
  const rows = all
    .slice(0, SHARES_MAX)
    .map((share, n) => [
      resourceShown(signedIn, share.resource, share.name),
      frame.role[share.role],
      html`${share.starts_at !== null && html`${shared.starts} ${dateText(signedIn, share.starts_at)}, `}${date(share.expires_at, frame.never)}`,
      ...(isEnded ? [] : [delegatesShown(signedIn, delegations[n] ?? [], names)]),
    ]);
  const more = all.length - SHARES_MAX;
  const next: { href: Href; text: string } | undefined = mayShare
    ? { href: permissions, text: cooperations.permissions }
    : seen.side === "partner" && received && !isEnded
      ? { href: received, text: cooperations.received }
      : undefined;
  return section(html`${table({ caption: shared.caption, head, rows })}
${more > 0 && html`<p class="hint">${shared.more(more)}</p>`}
${next && html`<p>${linkButton(next.href, { text: next.text, kind: "quiet" })}</p>`}`);
}

function delegatesShown(signedIn: SignedIn, delegations: readonly Delegation[], names: Names): Content {
  const { frame, cooperations } = signedIn.words;
  if (delegations.length === 0) return cooperations.shared.nobody;
  const lines = delegations
    .slice(0, DELEGATES_MAX)
    .map(
      ({ user, effective_role, expires_at }) =>
        html`<li><bdi>${names.person(user)}</bdi>: ${frame.role[effective_role]}${expires_at && html`, ${cooperations.asks.until} ${dateText(signedIn, expires_at)}`}</li>`,
    );
  const more = delegations.length - DELEGATES_MAX;
  return html`<ul class="plain">${lines}${more > 0 && html`<li>${cooperations.shared.moreNames(more)}</li>`}</ul>`;
}

/** What the partner asks for: for the initiator with where to answer it. */
function asksShown({ signedIn, cooperation, seen }: Shown, asks: readonly Ask[]): Html {
  const words = signedIn.words.cooperations.asks;
  if (asks.length === 0) return html``;
  const answer = (n: number) =>
    seen.side === "initiator" &&
    html` <a href="${pageOfCooperation(cooperation.id, seen.organization?.id, "asks", n)}">${words.answer}</a>`;
  return html`<section aria-labelledby="asks"><h2 id="asks">${seen.side === "initiator" ? words.heading : words.own}</h2>
<p class="hint">${words.waiting}</p>
<ul class="plain">${asks.map((ask) => html`<li>${askShown(signedIn, ask)}${answer(ask.n)}</li>`)}</ul></section>`;
}

/** What is asked for, in a line. */
export function askShown(signedIn: SignedIn, { resource, name, role, expires_at }: Ask): Html {
  const { cooperations, frame } = signedIn.words;
  const of = resource === null ? html`${cooperations.asks.cooperation}` : resourceShown(signedIn, resource, name);
  return html`${role && html`${frame.role[role]}: `}${of}${expires_at && html`, ${cooperations.asks.until} ${dateText(signedIn, expires_at)}`}`;
}
