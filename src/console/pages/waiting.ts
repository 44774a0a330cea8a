/** `/console/organizations/{org}/waiting`: everything that waits for an admin of the organization, by kind, each with where to see to it. */
import { html } from "hono/html";
import type { z } from "zod";
import type { WAITS } from "../../domain/cooperation/waiting.ts";
import type { AskView } from "../../http/v1/asks.ts";
import { v1Path } from "../api.ts";
import type { ConsoleApp, ConsoleDeps, SignedIn } from "../context.ts";
import { page, problemPage } from "../page.ts";
import { badge, dateText, empty, type Html, linkButton, pager } from "../parts.ts";
import { type Href, to, withQuery } from "../path.ts";
import { askShown } from "./cooperation.ts";
import { pageOfCooperation, partnerName, type ShownItem, statusShown } from "./cooperation-shown.ts";
import { stepsFor } from "./cooperation-steps.ts";
import { notAdminPage } from "./not-admin.ts";

type Kind = (typeof WAITS)[number];
type Waiting = ShownItem & {
  direction: "outgoing" | "incoming";
  waits: Kind[];
  asks: z.infer<typeof AskView>[];
};
type List = { items: Waiting[]; next_cursor: string | null };

const SIDE_OF = { outgoing: "initiator", incoming: "partner" } as const;
/** In the order of how long somebody else has to wait. */
const KINDS = ["answer", "asks", "review", "end", "invitation"] as const satisfies readonly Kind[];

export function waitingPages(app: ConsoleApp, deps: ConsoleDeps): void {
  app.get("/organizations/:org/waiting", async (c) => {
    const { api, organization, words } = c.var.console;
    if (organization.role !== "admin") return notAdminPage(c);
    const { waiting } = words.cooperations;
    const path = v1Path`/v1/organizations/${organization.id}/waiting`;
    const cursor = c.req.query("cursor") || undefined;
    const found = await api.get<List>(path, { cursor });
    if (!found.ok) return problemPage(c, found);
    const { items, next_cursor } = found.value;
    const now = deps.clock();
    const href = to`/console/organizations/${organization.id}/waiting`;
    const sections = KINDS.flatMap((kind) => {
      const lines = items
        .filter(({ waits }) => waits.includes(kind))
        .flatMap((item) => linesOf(c.var.console, kind, item, now));
      return lines.length === 0 ? [] : [sectionOf(c.var.console, kind, lines)];
    });
    const list = to`/console/organizations/${organization.id}/cooperations`;
    const nothing = empty(waiting.none, linkButton(list, { text: waiting.toList, kind: "quiet" }));
    const body = [
      html`<p class="hint">${waiting.intro}</p>`,
      ...(sections.length === 0 ? [nothing] : sections),
      html`${next_cursor !== null && html`<p>${waiting.more}</p>`}`,
      pager(c.var.console, next_cursor === null ? undefined : withQuery(href, { cursor: next_cursor })),
    ];
    return page(c, { title: waiting.title, nav: "waiting", body });
  });
}

function sectionOf({ words }: SignedIn, kind: Kind, lines: readonly Html[]): Html {
  const { kinds, counted } = words.cooperations.waiting;
  return html`<section aria-labelledby="${kind}"><h2 id="${kind}">${counted(kinds[kind].heading, lines.length)}</h2>
<ul class="cards">${lines}</ul></section>`;
}

/** One line, or one for each ask. */
function linesOf(signedIn: SignedIn, kind: Kind, item: Waiting, now: Date): Html[] {
  const { words, organization } = signedIn;
  const side = SIDE_OF[item.direction];
  const href = (behind?: string, n?: number) => pageOfCooperation(item.id, organization.id, behind, n);
  const date = (member: "expires_at" | "review_by") => {
    const at = item[member];
    if (at === null) return html``;
    const missed = Date.parse(at) <= now.getTime() && html` (${words.cooperations.waiting.missed})`;
    return html`${words.cooperations.next[member]} ${dateText(signedIn, at)}${missed}`;
  };
  const line = (facts: Html, to: Href) => lineOf(signedIn, kind, item, facts, to);
  switch (kind) {
    case "answer":
      return [line(html`${words.cooperations.state.partner.pending}`, href())];
    case "asks":
      return item.asks.map((ask) => line(askShown(signedIn, ask), href("asks", ask.n)));
    case "review":
      return [line(date("review_by"), href("review"))];
    case "end":
      return [line(html`${date("expires_at")} ${side === "partner" && date("review_by")}`, href())];
    case "invitation": {
      const step = stepsFor(item, side).includes("resend") ? href("resend") : href();
      return [
        line(
          html`${item.sent_at !== null && html`${words.cooperations.facts.sent_at} ${dateText(signedIn, item.sent_at)}`}`,
          step,
        ),
      ];
    }
  }
}

function lineOf(signedIn: SignedIn, kind: Kind, item: Waiting, facts: Html, act: Href): Html {
  const { cooperations } = signedIn.words;
  const name = partnerName(signedIn, item, SIDE_OF[item.direction]);
  return html`<li class="card"><h3><a href="${pageOfCooperation(item.id, signedIn.organization.id)}" dir="auto">${name}</a></h3>
${badge(signedIn, statusShown(item))}
<p class="hint">${facts}</p>
<a class="button quiet" href="${act}">${cooperations.waiting.kinds[kind].act}<span class="unseen">: ${name}</span></a></li>`;
}
