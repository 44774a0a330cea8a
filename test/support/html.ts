/**
 * Pages as a parser reads them: their links and forms, and what in them somebody could have put there who may only
 * write text. No browser and no script.
 */
import { type DefaultTreeAdapterMap, type ParserError, parse } from "parse5";

type Node = DefaultTreeAdapterMap["node"];
type Element = DefaultTreeAdapterMap["element"];

/** A field of a form. `options`: what a select, or radio buttons of one name, offer. */
export type Field = { name: string; type: string; value: string; options: string[] };
export type Form = { method: "get" | "post"; action: string; fields: Field[] };

const elementsIn = (node: Node): Element[] => [
  ...("tagName" in node ? [node] : []),
  ...("childNodes" in node ? node.childNodes.flatMap(elementsIn) : []),
];
const attribute = ({ attrs }: Element, name: string) => attrs.find((one) => one.name === name)?.value;
const textIn = (node: Node): string =>
  "value" in node ? node.value : "childNodes" in node ? node.childNodes.map(textIn).join("") : "";

/** A page, read once. */
export type Html = { elements: Element[]; errors: string[] };

export function readHtml(text: string): Html {
  const errors: string[] = [];
  const document = parse(text, {
    onParseError: ({ code, startLine }: ParserError) => errors.push(`${code}:${startLine}`),
  });
  return { elements: elementsIn(document), errors };
}

/** Where its links lead, as they are written. */
export const hrefsIn = ({ elements }: Html): string[] =>
  elements.flatMap((element) => (element.tagName === "a" ? (attribute(element, "href") ?? []) : []));

/** The texts of all its elements of this tag. */
export const textsOf = ({ elements }: Html, tag: string): string[] =>
  elements.filter(({ tagName }) => tagName === tag).map((element) => textIn(element).replaceAll(/\s+/g, " ").trim());

/** The forms of the page at `path`, with everything that a browser would send. */
export function formsIn({ elements }: Html, path: string): Form[] {
  const controls = elements.filter(({ tagName }) => /^(input|select|textarea|button)$/.test(tagName));
  return elements
    .filter(({ tagName }) => tagName === "form")
    .map((form) => {
      const inside = new Set(elementsIn(form));
      const id = attribute(form, "id");
      const own = controls.filter((one) => {
        const named = attribute(one, "form");
        return named === undefined ? inside.has(one) : named === id;
      });
      return {
        method: attribute(form, "method")?.toLowerCase() === "post" ? "post" : "get",
        action: attribute(form, "action") ?? path,
        fields: fieldsOf(own),
      };
    });
}

function fieldsOf(controls: readonly Element[]): Field[] {
  const fields = new Map<string, Field>();
  for (const control of controls) {
    const name = attribute(control, "name");
    if (name === undefined || name === "") continue;
    const type = control.tagName === "input" ? (attribute(control, "type") ?? "text") : control.tagName;
    const value = control.tagName === "textarea" ? textIn(control) : (attribute(control, "value") ?? "");
    const field = fields.get(name) ?? { name, type, value: "", options: [] };
    if (control.tagName === "select") {
      const options = elementsIn(control).filter(({ tagName }) => tagName === "option");
      const values = options.map((option) => attribute(option, "value") ?? textIn(option));
      const chosen = options.findIndex((option) => attribute(option, "selected") !== undefined);
      field.options.push(...values);
      field.value = values[Math.max(0, chosen)] ?? "";
    } else if (type === "radio" || type === "checkbox" || type === "button") {
      field.options.push(value);
      if (attribute(control, "checked") !== undefined || field.value === "") field.value = value;
    } else field.value = value;
    fields.set(name, field);
  }
  return [...fields.values()];
}

/** Attributes whose value is an address. */
const ADDRESSES = /^(href|src|action|formaction|xlink:href|poster|data|srcset|ping|background)$/;

/**
 * What no page of ours has: a script of the page itself, handlers, styles in attributes, addresses that are not paths,
 * and an element or attribute called `planted`, which is what hostile texts try to become.
 */
export function foreignIn({ elements }: Html): string[] {
  return elements.flatMap(({ tagName, attrs, childNodes }) => {
    const found: string[] = [];
    if (tagName === "planted") found.push("<planted>");
    if (/^(iframe|object|embed|base|style)$/.test(tagName)) found.push(`<${tagName}>`);
    if (tagName === "script" && childNodes.length > 0) found.push("<script> with a text");
    for (const { name, value } of attrs) {
      if (/^on/.test(name) || name === "style" || name === "planted") found.push(`${tagName} ${name}`);
      if (ADDRESSES.test(name) && !/^(\/(?!\/)|\?|#|$)/.test(value)) found.push(`${tagName} ${name}="${value}"`);
    }
    return found;
  });
}

/** What is wrong with a page as a page: parse errors, ids that are there twice, controls nobody names, headings that leave a level out. */
export function flawsIn({ elements, errors }: Html): string[] {
  const ids = elements.flatMap((element) => attribute(element, "id") ?? []);
  const twice = ids.filter((id, index) => ids.indexOf(id) !== index);
  const known = new Set(ids);
  const references = ["for", "aria-labelledby", "aria-describedby", "commandfor", "popovertarget", "aria-controls"];
  const dangling = elements.flatMap((element) =>
    references.flatMap((name) =>
      (attribute(element, name) ?? "")
        .split(" ")
        .filter((id) => id !== "" && !known.has(id))
        .map((id) => `${name}="${id}" of nothing`),
    ),
  );
  const levels = elements.flatMap(({ tagName }) => /^h([1-6])$/.exec(tagName)?.[1] ?? []).map(Number);
  const skipped = levels
    .filter((level, index) => level > (levels[index - 1] ?? 0) + 1)
    .map((level) => `h${level} too deep`);
  const mains = elements.filter(({ tagName }) => tagName === "main").length;
  return [
    ...errors,
    ...twice.map((id) => `id ${id} twice`),
    ...dangling,
    ...skipped,
    ...(mains === 1 ? [] : [`${mains} main elements`]),
  ];
}
