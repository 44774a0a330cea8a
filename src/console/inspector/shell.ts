/**
 * What the pages of the inspector share: that they are for engineers, their own navigation, forms that lead to an address,
 * pictures beside tables, and the same request for OpenFGA's command line.
 */
import { html } from "hono/html";
import type { Api, ApiAnswer, Problem } from "../api.ts";
import type { ConsoleApp, ConsoleContext, ConsoleDeps } from "../context.ts";
import { presentedSession } from "../cookies.ts";
import { page, problemPage, sentencePage } from "../page.ts";
import { button, type Content, dateText, field, type Html } from "../parts.ts";
import { type Href, to } from "../path.ts";
import { nameInLog } from "../session.ts";
import type { Words } from "../words.ts";
import { drawGraph } from "./draw-graph.ts";
import { type Graph, NODES_MAX } from "./graph.ts";
import type { Layouts, NotDrawn } from "./layouts.ts";
import { objectHref } from "./tree.ts";

type InspectorWords = Words["inspector"];

/** The pages of the navigation, each with its address. */
export const PAGES = {
  start: to`/console/inspector`,
  model: to`/console/inspector/model`,
  objects: to`/console/inspector/objects`,
  why: to`/console/inspector/why`,
  reach: to`/console/inspector/reach`,
  people: to`/console/inspector/people`,
  cooperations: to`/console/inspector/cooperations`,
  tuples: to`/console/inspector/tuples`,
  findings: to`/console/inspector/findings`,
  system: to`/console/inspector/system`,
} as const satisfies Record<keyof InspectorWords["pages"], Href>;
export type PageName = keyof typeof PAGES;

/** Keeps everybody out who has no scope `admin`: to them there is no such page. */
export function guardInspector(app: ConsoleApp, { log }: Pick<ConsoleDeps, "log">): void {
  // the pattern fits /inspector too
  app.use("/inspector/*", async (c, next) => {
    if (c.var.console.inspect === undefined) return sentencePage(c, c.var.visit.words.frame.problem.notFound, 404);
    // whose requests the others with this id are: these name no person
    log("info", "inspected", { request_id: c.var.requestId, session: nameInLog(presentedSession(c)) });
    return next();
  });
}

/** What a page of the inspector reads with, and its words. */
export function inspecting(c: ConsoleContext): { api: Api; words: InspectorWords } {
  const { inspect, words } = c.var.console;
  if (inspect === undefined) throw new Error("a page of the inspector without scope admin");
  return { api: inspect, words: words.inspector };
}

type InspectorPage = {
  name: PageName;
  title: string;
  body: Content;
  /** The commands that answer the same. */
  fga?: readonly (readonly string[])[];
  status?: number;
};

/** A page of the inspector as a reply. */
export function inspectorPage(c: ConsoleContext, { name, title, body, fga = [], status = 200 }: InspectorPage) {
  const { words } = inspecting(c);
  const entry = (one: PageName) =>
    html`<li><a href="${PAGES[one]}"${one === name && html` aria-current="page"`}>${words.pages[one]}</a></li>`;
  const nav = html`<nav class="pages" aria-label="${words.nav}"><ul>${(Object.keys(PAGES) as PageName[]).map(entry)}</ul></nav>`;
  const commands = html`<details class="fga"><summary>${words.fga}</summary><p class="hint">${words.fgaHint}</p>
${fga.map((command) => html`<pre tabindex="0"><code>${command.map(shellQuoted).join(" ")}</code></pre>`)}</details>`;
  return page(c, { title, nav: "inspector", status, body: html`${nav}${body}${fga.length > 0 && commands}` });
}

const shellQuoted = (word: string) => (/^[\w:.=/@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

/** A refusal as a page. OpenFGA's own has a message where ours has a title. */
export function refusedPage(c: ConsoleContext, answer: Extract<ApiAnswer<unknown>, { ok: false }>) {
  const { title, message } = answer.problem as Problem & { title?: string };
  return problemPage(c, {
    ...answer,
    problem: { ...answer.problem, title: title ?? String(message ?? answer.problem.code) },
  });
}

type FormField = { name: string; label: string; hint?: string; value?: string | undefined; required?: boolean };

/** A form whose answer has an address: what was asked is in it. */
export function askForm(action: Href, words: InspectorWords, fields: readonly (FormField | Html)[]): Html {
  const one = (part: FormField | Html) => ("label" in part ? field(part) : part);
  return html`<form class="ask" method="get" action="${action}">${fields.map(one)}${button({ text: words.show })}</form>`;
}

/** An object as a link to its page; a person, share or resource as a text that changes the direction of no other. */
export const objectLink = (ref: string): Html => html`<a href="${objectHref(ref)}"><bdi>${ref}</bdi></a>`;

/** A sentence of the API, which is in English. */
export const sentence = (text: string): Html => html`<span lang="en" dir="auto">${text}</span>`;

/** A date, and whether it has passed; without one that there is no end. */
export function untilCell(c: ConsoleContext, date: string | null | undefined): Content {
  return date === undefined || date === null ? inspecting(c).words.noEnd : dateText(c.var.visit, date);
}

/** A picture that may be wider than the page. */
export const scrolled = ({ picture }: InspectorWords, title: string, drawn: Html | string): Html =>
  html`<div class="scroll drawing" tabindex="0" role="region" aria-label="${picture(title)}">${drawn}</div>`;

/** Why there is no picture, and that the table has the same. */
export function notDrawn({ notDrawn: says }: InspectorWords, reason: NotDrawn): Html {
  const text = reason === "too_large" ? says.too_large(NODES_MAX) : says[reason];
  return html`<p class="notice" data-kind="note" data-not-drawn="${reason}">${text}</p>`;
}

/** The graph as a picture; or why there is none. */
export async function graphPicture(words: InspectorWords, layouts: Layouts, graph: Graph, id: string, title: string) {
  const placed = await layouts.place(graph);
  if (typeof placed === "string") return notDrawn(words, placed);
  return scrolled(words, title, drawGraph(placed, { id, title }));
}
