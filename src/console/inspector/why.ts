/**
 * `/console/inspector/why`: may this person do that, now or at another time? The answer with its path as a picture and as
 * rows; of a no, every access path that is closed, with what would make it a yes.
 */
import { html } from "hono/html";
import { DENIAL_REASONS } from "../../domain/explain/denial-reason.ts";
import type { ConsoleApp, ConsoleContext } from "../context.ts";
import { dateField, dateText, type Html, instantFrom, table } from "../parts.ts";
import { withQuery } from "../path.ts";
import { drawWhy, isDrawableWhy, type WhyStep } from "./draw-why.ts";
import { type AccessQuestion, explained } from "./explained.ts";
import {
  askForm,
  inspecting,
  inspectorPage,
  objectLink,
  PAGES,
  refusedPage,
  scrolled,
  sentence,
  untilCell,
} from "./shell.ts";
import { firstStep, objectHref, type ShownBranch, type ShownExplanation, stepWords } from "./tree.ts";

/** The address of an answer. */
export const whyHref = ({ user, permission, object, at }: AccessQuestion) =>
  withQuery(PAGES.why, { user, permission, object, at });

export function whyPages(app: ConsoleApp): void {
  app.get("/inspector/why", async (c) => {
    const { api, words } = inspecting(c);
    const { user = "", permission = "", object = "", at } = c.req.query();
    const asked: AccessQuestion = {
      user: user.trim().replace(/^user:/, ""),
      permission: permission.trim(),
      object: object.trim(),
      at: instantFrom(at),
    };
    const form = questionForm(c, asked);
    if ([asked.user, asked.permission, asked.object].includes(""))
      return inspectorPage(c, { name: "why", title: words.why.title, body: form });
    const answer = await explained(api, asked);
    if (!answer.ok) return refusedPage(c, answer);
    const title = words.why.question(asked.user, asked.permission, asked.object);
    const body = html`${form}${answerOf(c, answer.value)}${pictureOf(c, asked, answer.value, title)}
${answer.value.decision ? "" : closedTable(c, answer.value)}${treeTable(c, answer.value)}`;
    const time = asked.at === undefined ? [] : ["--context", JSON.stringify({ current_time: asked.at })];
    const fga = [["fga", "query", "check", `user:${asked.user}`, asked.permission, asked.object, ...time]];
    return inspectorPage(c, { name: "why", title, body, fga });
  });
}

function questionForm(c: ConsoleContext, { user, permission, object, at }: AccessQuestion): Html {
  const { words } = inspecting(c);
  const { fields } = words;
  return askForm(PAGES.why, words, [
    { name: "user", label: fields.person, hint: fields.personHint, value: user, required: true },
    {
      name: "permission",
      label: fields.permission,
      hint: fields.permissionHint,
      value: permission || "can_view",
      required: true,
    },
    { name: "object", label: fields.object, hint: fields.objectHint, value: object, required: true },
    dateField({ name: "at", label: fields.at, hint: fields.atHint, value: at }),
  ]);
}

function answerOf(c: ConsoleContext, { decision, reason, at, until, complete }: ShownExplanation): Html {
  const { words } = inspecting(c);
  return html`<div class="notice" data-kind="${decision ? "done" : "problem"}" data-decision="${String(decision)}">
<p><strong>${decision ? words.why.answerYes : words.why.answerNo}</strong> ${sentence(reason)}</p>
<p>${words.why.asOf} ${dateText(c.var.visit, at)}${until !== null && html` · ${words.columns.until}: ${dateText(c.var.visit, until)}`}</p>
${!complete && html`<p>${words.incomplete}</p>`}</div>`;
}

function pictureOf(c: ConsoleContext, asked: AccessQuestion, explanation: ShownExplanation, title: string): Html {
  const { words } = inspecting(c);
  const heading = explanation.decision ? words.why.path : words.why.closed;
  const first = explanation.decision
    ? firstStep(explanation, { resource: asked.object, permission: asked.permission }, stepWords(words))
    : closedSteps(explanation, asked.object);
  const drawn = isDrawableWhy(first)
    ? scrolled(words, heading, drawWhy(first, { id: "why", title }))
    : html`<p class="notice" data-kind="note" data-not-drawn="too_large">${words.why.tooMany}</p>`;
  return html`<h2>${heading}</h2>${drawn}`;
}

/** Each closed path, and what is missing on it one after the other. */
function closedSteps({ paths }: ShownExplanation, object: string): WhyStep {
  const next = paths.map(({ through, limits }): WhyStep => {
    const missing = limits.toReversed().reduce<WhyStep[]>((behind, { code, says }) => {
      return [{ label: code, line: "", kind: "no missing", detail: says, next: behind }];
    }, []);
    return { label: through, line: "", kind: "no", href: objectHref(through), next: missing };
  });
  return { label: object, line: "", kind: "no", href: objectHref(object), next };
}

const adviceOf = (code: string): string | undefined =>
  Object.entries(DENIAL_REASONS).find(([name]) => name === code)?.[1].advice;

function closedTable(c: ConsoleContext, { paths }: ShownExplanation): Html {
  const { columns, why } = inspecting(c).words;
  const rows = paths.flatMap(({ through, limits }) =>
    limits.map(({ code, says }) => [
      objectLink(through),
      html`<code>${code}</code>`,
      sentence(says),
      sentence(adviceOf(code) ?? ""),
    ]),
  );
  return table({ caption: why.closed, head: [columns.through, columns.code, columns.missing, columns.advice], rows });
}

/** The branches in reading order, each with its number: `1.2` is the second behind the first. */
function numbered(branch: ShownBranch, number: string): { number: string; branch: ShownBranch }[] {
  const inside = [
    ...(branch.next ? [branch.next] : []),
    ...(branch.any_of ?? []),
    ...(branch.all_of ?? []),
    ...(branch.none_of ?? []),
  ];
  return [{ number, branch }, ...inside.flatMap((one, n) => numbered(one, `${number}.${n + 1}`))];
}

/** More rows are not read, and make a page too long. */
const ROWS_MAX = 300;

function treeTable(c: ConsoleContext, { tree }: ShownExplanation): Html {
  const { words } = inspecting(c);
  if (tree === null) return html``;
  const { number, holds, says, until } = words.columns;
  const all = numbered(tree, "1");
  const rows = all
    .slice(0, ROWS_MAX)
    .map(({ number: at, branch }) => [
      at,
      branch.holds ? words.yes : words.no,
      sentence(branch.says),
      branch.tuple === undefined ? "" : untilCell(c, branch.expires_at),
    ]);
  return html`<details class="tree"${rows.length <= 40 && " open"}><summary>${words.why.tree}</summary>
${table({ caption: words.why.tree, head: [number, holds, says, until], rows })}${all.length > ROWS_MAX && html`<p>${words.incomplete}</p>`}</details>`;
}
