/**
 * The parts that pages are made of: native elements with a label each, which work with the keyboard and without script.
 * Every text is escaped where it is placed, so that nobody's name becomes markup.
 */
import { html } from "hono/html";
import type { Problem } from "./api.ts";
import type { Href } from "./path.ts";
import { type IconName, icon } from "./svg.ts";
import type { ConsoleLanguage, Words } from "./words.ts";

/** Markup. Text that is put into it is escaped; an array is put in piece by piece. */
export type Html = ReturnType<typeof html>;
/** Markup or text. */
export type Content = Html | string | number | undefined | false | readonly (Html | string)[];

type WithWords = { words: Words };

/** A status by its word and its colour. */
export const badge = ({ words }: WithWords, status: keyof Words["frame"]["status"]): Html =>
  html`<span class="badge" data-status="${status}">${words.frame.status[status]}</span>`;

/**
 * A table with a caption; the first cell of a row is its heading. On a narrow screen each cell has its column's name.
 * `isHeaded`: a heading just before it says what the caption says, which is then only read out.
 */
export function table(parts: {
  caption: string;
  isHeaded?: boolean;
  head: readonly string[];
  rows: readonly (readonly Content[])[];
}): Html {
  const cell = (content: Content, n: number) =>
    n === 0 ? html`<th scope="row">${content}</th>` : html`<td data-label="${parts.head[n] ?? ""}">${content}</td>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${parts.caption}"><table>
<caption${parts.isHeaded && html` class="unseen"`}>${parts.caption}</caption>
<thead><tr>${parts.head.map((text) => html`<th scope="col">${text}</th>`)}</tr></thead>
<tbody>${parts.rows.map((row) => html`<tr>${row.map(cell)}</tr>`)}</tbody>
</table></div>`;
}

/** A native dialog, opened by a `button` with this id as `opens`. What it holds is a page of its own too, since browsers without invokers do not open it. */
export const dialogOf = ({ words }: WithWords, id: string, title: string, body: Content): Html =>
  html`<dialog id="${id}" aria-labelledby="${id}-title" closedby="any">
<header><h2 id="${id}-title">${title}</h2>
<button type="button" class="quiet" command="close" commandfor="${id}">${words.frame.close}</button></header>
${body}
</dialog>`;

type FieldParts = {
  label: string;
  name: string;
  value?: string | undefined;
  hint?: string | undefined;
  /** What is wrong with what was sent. */
  error?: string | undefined;
  required?: boolean | undefined;
};

const describedBy = (id: string, { hint, error }: FieldParts) =>
  [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");

const labelled = (id: string, { label, hint, error }: FieldParts, control: Html): Html =>
  html`<div class="field"><label for="${id}">${label}</label>
${hint && html`<p class="hint" id="${id}-hint">${hint}</p>`}${control}
${error && html`<p class="error" id="${id}-error">${error}</p>`}</div>`;

/** A line of text. Its id is `f-<name>`, or what `id` says where a page has the name twice. */
export function field(
  parts: FieldParts & {
    id?: string;
    type?: "text" | "email" | "search" | "number";
    autocomplete?: string;
    maxlength?: number;
  },
): Html {
  const { id = `f-${parts.name}`, type = "text", autocomplete = "off", maxlength = 500 } = parts;
  return labelled(
    id,
    parts,
    html`<input id="${id}" name="${parts.name}" type="${type}" value="${parts.value ?? ""}" autocomplete="${autocomplete}" maxlength="${maxlength}" dir="auto" aria-describedby="${describedBy(id, parts)}" aria-invalid="${parts.error === undefined ? "false" : "true"}"${parts.required && " required"}>`,
  );
}

/** Several lines of text. */
export function textArea(parts: FieldParts & { id?: string; maxlength?: number }): Html {
  const { id = `f-${parts.name}`, maxlength = 500 } = parts;
  return labelled(
    id,
    parts,
    html`<textarea id="${id}" name="${parts.name}" rows="3" maxlength="${maxlength}" dir="auto" aria-describedby="${describedBy(id, parts)}" aria-invalid="${parts.error === undefined ? "false" : "true"}"${parts.required && " required"}>${parts.value ?? ""}</textarea>`,
  );
}

export type Option = { value: string; text: string; hint?: string | undefined; disabled?: boolean | undefined };

/** One of several, in a list that opens. */
export function select(parts: FieldParts & { id?: string; options: readonly Option[] }): Html {
  const { id = `f-${parts.name}` } = parts;
  const option = ({ value, text, disabled }: Option) =>
    html`<option value="${value}"${value === parts.value && " selected"}${disabled && " disabled"}>${text}</option>`;
  return labelled(
    id,
    parts,
    html`<select id="${id}" name="${parts.name}" aria-describedby="${describedBy(id, parts)}"${parts.required && " required"}>${parts.options.map(option)}</select>`,
  );
}

/** One of a few, each with what it means. */
export function radios(parts: FieldParts & { id?: string; options: readonly Option[] }): Html {
  const { id = `f-${parts.name}` } = parts;
  const option = ({ value, text, hint, disabled }: Option, n: number) =>
    html`<div class="choice"><input type="radio" id="${id}-${n}" name="${parts.name}" value="${value}"${value === parts.value && " checked"}${disabled && " disabled"}${parts.required && " required"}>
<label for="${id}-${n}">${text}${hint && html`<span class="hint">${hint}</span>`}</label></div>`;
  return html`<fieldset class="field" id="${id}"><legend>${parts.label}</legend>
${parts.hint && html`<p class="hint">${parts.hint}</p>`}${parts.options.map(option)}
${parts.error && html`<p class="error" id="${id}-error">${parts.error}</p>`}</fieldset>`;
}

/** A box to tick. */
export const checkbox = (parts: {
  label: Content;
  name: string;
  value?: string;
  checked?: boolean;
  id?: string;
}): Html => {
  const { id = `f-${parts.name}`, value = "on" } = parts;
  return html`<div class="choice"><input type="checkbox" id="${id}" name="${parts.name}" value="${value}"${parts.checked && " checked"}><label for="${id}">${parts.label}</label></div>`;
};

/** A date and time in UTC; `value` is an instant as the API has it. */
export function dateField(parts: FieldParts & { id?: string }): Html {
  const { id = `f-${parts.name}` } = parts;
  const value = parts.value === undefined || parts.value === "" ? "" : parts.value.slice(0, 16);
  return labelled(
    id,
    { ...parts, label: `${parts.label} (UTC)` },
    html`<input id="${id}" name="${parts.name}" type="datetime-local" value="${value}" aria-describedby="${describedBy(id, parts)}" aria-invalid="${parts.error === undefined ? "false" : "true"}"${parts.required && " required"}>`,
  );
}

/** The instant that a date field was sent with, as the API takes it; undefined for an empty one. What is no date is passed on, to be refused there. */
export function instantFrom(text: string | undefined): string | undefined {
  if (text === undefined || text === "") return undefined;
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(text)) return text;
  return `${text.length === 16 ? `${text}:00` : text}Z`;
}

/** An instant as people write it, in UTC. */
export function dateText({ words, language }: WithWords & { language: ConsoleLanguage }, iso: string): Html {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return html`${iso}`;
  const locale = { en: "en-GB", de: "de-DE" }[language];
  const text = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" }).format(
    date,
  );
  return html`<time datetime="${iso}">${text} ${words.frame.utc}</time>`;
}

/** What is said where there is nothing, and what to do then. */
export const empty = (text: string, action?: Html): Html => html`<div class="empty"><p>${text}</p>${action}</div>`;

/** The link to the next page of a list. */
export const pager = ({ words }: WithWords, next: Href | undefined): Html =>
  html`${next && html`<nav class="pager" aria-label="${words.frame.more}"><a class="button" href="${next}">${words.frame.more}</a></nav>`}`;

/** Why something was refused, in the words of the API. */
export const problemBox = ({ words }: WithWords, problem: Problem): Html =>
  html`<div class="notice" data-kind="problem" role="alert"><h2>${words.frame.problem.heading}</h2>
<p>${problem.title}${problem.detail && html`. ${problem.detail}`}</p>
${(problem.errors?.length ?? 0) > 0 && html`<ul>${problem.errors?.map(({ pointer, detail }) => html`<li><code>${pointer}</code> ${detail}</li>`)}</ul>`}
<p class="hint">${words.frame.problem.code} <code>${problem.code}</code></p></div>`;

type ButtonParts = {
  text: string;
  icon?: IconName | undefined;
  kind?: "primary" | "danger" | "quiet" | undefined;
  /** Of a form that has several. */
  name?: string | undefined;
  value?: string | undefined;
  /** The id of the dialog that it opens, instead of sending a form. */
  opens?: string | undefined;
};

/** A button: of its form, or of a dialog. */
export const button = ({ text, icon: shape, kind = "primary", name, value, opens }: ButtonParts): Html => {
  const drawn = shape && icon(shape);
  if (opens !== undefined)
    return html`<button type="button" class="${kind}" command="show-modal" commandfor="${opens}">${drawn}${text}</button>`;
  if (name !== undefined)
    return html`<button class="${kind}" name="${name}" value="${value ?? ""}">${drawn}${text}</button>`;
  return html`<button class="${kind}">${drawn}${text}</button>`;
};

/** A link that looks like a button. */
export const linkButton = (href: Href, { text, icon: shape, kind = "primary" }: ButtonParts): Html =>
  html`<a class="button ${kind}" href="${href}">${shape && icon(shape)}${text}</a>`;

/** A value that a form carries along. */
export const hidden = (name: string, value: string | undefined): Html =>
  html`${value !== undefined && html`<input type="hidden" name="${name}" value="${value}">`}`;

/** Links behind one button, open without script. `of`: what it is of, for who does not see what is beside it. */
export const menu = (parts: { label: string; of?: string; items: readonly { href: Href; text: string }[] }): Html =>
  html`<details class="menu"><summary>${icon("menu")}<span>${parts.label}</span>${parts.of && html`<span class="unseen"> ${parts.of}</span>`}</summary>
<ul>${parts.items.map(({ href, text }) => html`<li><a href="${href}">${text}</a></li>`)}</ul></details>`;
