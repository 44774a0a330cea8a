/** `/console/cooperations/{id}/asks/{n}`: what a partner asks for, what a yes would mean in names, and the answer. */
import { html } from "hono/html";
import type { z } from "zod";
import type { AskView } from "../../http/v1/asks.ts";
import { v1Path } from "../api.ts";
import type { ConsoleApp, ConsoleContext } from "../context.ts";
import type { DryRun } from "../impact.ts";
import { flash, page, problemPage } from "../page.ts";
import { button, type Content, field, linkButton } from "../parts.ts";
import { askShown } from "./cooperation.ts";
import {
  getCooperation,
  pageOfCooperation,
  partnerName,
  type SeenBy,
  type ShownCooperation,
  seenBy,
} from "./cooperation-shown.ts";
import { impactShown, knownNames } from "./impact-shown.ts";
import { refusalShown } from "./refusal-shown.ts";

type Ask = z.infer<typeof AskView>;
const ANSWERS = ["accept", "decline"] as const;

export function answerAskPages(app: ConsoleApp): void {
  app.get("/cooperations/:id/asks/:n{[0-9]+}", (c) => askPage(c, undefined, 200));
  app.post("/cooperations/:id/asks/:n{[0-9]+}", async (c) => {
    const { id = "", n = "" } = c.req.param();
    const { api, words } = c.var.console;
    const { asks } = words.cooperations;
    const { answer, reason } = await c.req.parseBody<Record<string, string>>();
    const [said] = ANSWERS.filter((one) => one === answer);
    if (said === undefined) return askPage(c, undefined, 400);
    const path = `${v1Path`/v1/cooperations/${id}/asks/${n}`}/${said}`;
    const done = await api.send("POST", path, undefined, { reason: reason?.trim() || undefined });
    if (!done.ok) return askPage(c, refusalShown(c.var.visit, done.problem), done.status);
    const text = said === "accept" ? asks.accepted : asks.declined;
    return flash(c, pageOfCooperation(id, c.req.query("organization")), text);
  });
}

async function askPage(c: ConsoleContext, notice: Content, status: number): Promise<Response> {
  const { id = "", n = "" } = c.req.param();
  const { api } = c.var.console;
  const found = await getCooperation(c, id);
  if (!found.ok) return problemPage(c, found);
  const cooperation = found.value;
  const seen = seenBy(c, cooperation);
  const list = await api.get<{ items: Ask[] }>(v1Path`/v1/cooperations/${id}/asks`);
  if (!list.ok) return problemPage(c, list);
  const ask = list.value.items.find((one) => one.n === Number(n));
  const { asks, back: backText } = c.var.visit.words.cooperations;
  const link = linkButton(pageOfCooperation(id, seen.organization?.id), { text: backText, kind: "quiet" });
  const back = html`<p>${link}</p>`;
  const whole = (body: Content[], as: number) =>
    page(c, {
      title: `${asks.title}: ${partnerName(c.var.visit, cooperation, seen.side)}`,
      body: wrapped(body),
      status: as,
      nav: "waiting",
    });
  // whose it is not to answer finds none either
  if (ask === undefined || seen.side !== "initiator" || !cooperation.actions.includes("decline_ask"))
    return whole([notice, html`<p>${asks.gone}</p>`, back], status === 200 ? 404 : status);
  return whole([notice, await answerOf(c, ask, cooperation, seen), back], status);
}

const wrapped = (body: readonly Content[]) => body.map((one) => html`${one}`);

async function answerOf(c: ConsoleContext, ask: Ask, cooperation: ShownCooperation, seen: SeenBy): Promise<Content> {
  const { console: signedIn, visit } = c.var;
  const { asks, form } = signedIn.words.cooperations;
  const names = await knownNames(c, cooperation, seen);
  const path = v1Path`/v1/cooperations/${cooperation.id}/asks/${ask.n}/accept`;
  const dry = ask.stale ? undefined : await signedIn.api.send<DryRun>("POST", path, undefined, { dryRun: true });
  const action = pageOfCooperation(cooperation.id, seen.organization?.id, "asks", ask.n);
  return html`<p>${askShown(signedIn, ask)}, ${asks.by} ${html`<bdi>${names.person(ask.by)}</bdi>`}</p>
<p>${asks.note}: <q dir="auto">${ask.note}</q></p>
${dry === undefined ? html`<p>${asks.stale}</p>` : dry.ok ? impactShown(visit, dry.value, names) : refusalShown(visit, dry.problem)}
<form class="stack" method="post" action="${action}">
${field({ label: form.reason, name: "reason", hint: form.reasonHint })}
<div class="actions">${dry?.ok && button({ text: asks.accept, name: "answer", value: "accept" })}
${button({ text: asks.decline, name: "answer", value: "decline", kind: "quiet" })}</div></form>`;
}
