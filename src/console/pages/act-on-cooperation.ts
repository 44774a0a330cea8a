/**
 * `/console/cooperations/{id}/{step}`: what a step means for whom, in names, before it is done; and the step itself. A form
 * carries the ETag of what its page showed: what was changed meanwhile is shown, and nothing of it is overwritten.
 */
import { html } from "hono/html";
import { type ApiAnswer, v1Path } from "../api.ts";
import type { ConsoleApp, ConsoleContext } from "../context.ts";
import type { DryRun } from "../impact.ts";
import { flash, page, problemPage } from "../page.ts";
import { button, type Content, dateField, field, type Html, hidden, instantFrom, linkButton } from "../parts.ts";
import { changedMeanwhile } from "./changed-meanwhile.ts";
import {
  getCooperation,
  pageOfCooperation,
  partnerName,
  type SeenBy,
  type ShownCooperation,
  seenBy,
} from "./cooperation-shown.ts";
import { STEP_NAMES, type StepName, stepNamed, stepsFor } from "./cooperation-steps.ts";
import { impactShown, knownNames } from "./impact-shown.ts";
import { refusalShown } from "./refusal-shown.ts";

/** What was filled in; an empty date is one that is cleared. */
type Filled = { date?: string | undefined; reason?: string | undefined };

/** A page that is made again says why, and with which status. */
type Again = { notice: Content; status: number };

export function cooperationStepPages(app: ConsoleApp): void {
  // in a group: without it Hono takes an alternative for the end of any longer address, as that of a share's removal
  const path = `/cooperations/:id/:step{(?:${STEP_NAMES.join("|")})}`;
  app.get(path, async (c) => {
    const asked = await askedOf(c);
    return asked instanceof Response ? asked : stepPage(c, asked, { date: c.req.query("date") });
  });
  app.post(path, async (c) => {
    const asked = await askedOf(c);
    if (asked instanceof Response) return asked;
    const { cooperation, seen, name } = asked;
    const form = await c.req.parseBody<Record<string, string>>();
    const filled = { date: form.date, reason: form.reason?.trim() || undefined };
    // an empty date clears it, and one that was not sent does not
    if (stepNamed(name).date?.first && filled.date === undefined) return stepPage(c, asked, filled);
    // a form without an ETag matches nothing
    const etag = form.etag || '"0"';
    const done = await send(c, asked, filled, { ifMatch: etag, reason: filled.reason });
    if (done.ok) {
      const text = c.var.visit.words.cooperations.acting.steps[name].done;
      return flash(c, pageOfCooperation(cooperation.id, seen.organization?.id), text);
    }
    if (done.problem.code === "stale")
      return stepPage(c, asked, filled, {
        notice: await changedMeanwhile(c, cooperation.id, etag, await knownNames(c, cooperation, seen)),
        status: 412,
      });
    return stepPage(c, asked, filled, { notice: refusalShown(c.var.visit, done.problem), status: done.status });
  });
}

type AskedStep = { name: StepName; cooperation: ShownCooperation; seen: SeenBy; etag: string };

/** The step in the address, and the cooperation as it is now; or the reply that there is none for this reader. */
async function askedOf(c: ConsoleContext): Promise<AskedStep | Response> {
  const found = await getCooperation(c, c.req.param("id") ?? "");
  if (!found.ok) return problemPage(c, found);
  const name = STEP_NAMES.find((one) => one === c.req.param("step"));
  if (name === undefined) throw new Error("the route has no such step");
  const cooperation = found.value;
  return { name, cooperation, seen: seenBy(c, cooperation), etag: cooperation.etag };
}

function send(
  c: ConsoleContext,
  { name, cooperation }: AskedStep,
  { date }: Filled,
  options: { dryRun?: true; ifMatch?: string; reason?: string | undefined },
): Promise<ApiAnswer<unknown>> {
  const { method, path, date: dated } = stepNamed(name);
  const instant = instantFrom(date) ?? null;
  const body = dated && { [dated.member]: instant };
  return c.var.console.api.send(method, `${v1Path`/v1/cooperations/${cooperation.id}`}${path}`, body, options);
}

/** The page of a step: what it means and the form that does it, or first the date that this depends on. */
async function stepPage(c: ConsoleContext, asked: AskedStep, filled: Filled, again?: Again): Promise<Response> {
  const { visit } = c.var;
  const { name, cooperation, seen } = asked;
  const words = visit.words.cooperations;
  const { text, explain } = words.acting.steps[name];
  const link = linkButton(pageOfCooperation(cooperation.id, seen.organization?.id), {
    text: words.back,
    kind: "quiet",
  });
  const back = html`<p>${link}</p>`;
  const parts = (...body: Content[]) => ({
    title: `${text}: ${partnerName(visit, cooperation, seen.side)}`,
    nav: "cooperations" as const,
    body: [again?.notice, ...body].map((one) => html`${one}`),
  });
  if (!stepsFor(cooperation, seen.side).includes(name))
    return page(c, { ...parts(html`<p>${words.acting.notNow}</p>`, back), status: again?.status ?? 409 });
  const { date } = stepNamed(name);
  const isFirst = date?.first && filled.date === undefined;
  if (isFirst)
    return page(c, { ...parts(html`<p>${explain}</p>`, dateForm(c, asked), back), status: again?.status ?? 200 });
  const dry = await send(c, asked, filled, { dryRun: true });
  const first = date?.first ? dateForm(c, asked, filled.date) : undefined;
  if (!dry.ok) {
    const notice = again === undefined && refusalShown(visit, dry.problem);
    // a date that was wrong is filled in anew
    const form = date && !date.first ? stepForm(c, asked, filled) : undefined;
    const body = parts(notice, html`<p>${explain}</p>`, first, form, back);
    return page(c, { ...body, status: again?.status ?? dry.status });
  }
  const impact = impactShown(visit, dry.value as DryRun, await knownNames(c, cooperation, seen));
  const body = parts(html`<p>${explain}</p>`, first, impact, stepForm(c, asked, filled), back);
  return page(c, { ...body, status: again?.status ?? 200 });
}

/** Asks for the date that a step's meaning depends on. */
function dateForm(c: ConsoleContext, { name, cooperation, seen }: AskedStep, date?: string): Html {
  const words = c.var.visit.words.cooperations.form;
  const now = cooperation.expires_at ?? undefined;
  return html`<form class="stack" method="get" action="${pageOfCooperation(cooperation.id, undefined, name)}">
${hidden("organization", seen.organization?.id)}
${dateField({ label: words.expires, name: "date", value: date ?? now, hint: words.expiresHint })}
${button({ text: words.continue, kind: date === undefined ? "primary" : "quiet" })}</form>`;
}

/** Does it. */
function stepForm(c: ConsoleContext, { name, cooperation, seen, etag }: AskedStep, { date, reason }: Filled): Html {
  const words = c.var.visit.words.cooperations;
  const { date: dated, isDanger } = stepNamed(name);
  const { form } = words;
  const dateOf = dated?.first
    ? hidden("date", date)
    : dated && dateField({ label: form.resumes, name: "date", value: instantFrom(date), hint: form.resumesHint });
  return html`<form class="stack" method="post" action="${pageOfCooperation(cooperation.id, seen.organization?.id, name)}">
${hidden("etag", etag)}${dateOf}
${field({ label: form.reason, name: "reason", value: reason, hint: form.reasonHint })}
${button({ text: words.acting.steps[name].submit, kind: isDanger ? "danger" : "primary" })}</form>`;
}
