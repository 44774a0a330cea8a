/**
 * What is held of every page without a browser: that a parser finds no fault in it, that each id is there one time, that
 * headings leave no level out, and that every control has a name for who does not see what is beside it.
 */
import { expect } from "vitest";
import { flawsIn, type Html } from "./html.ts";

type Element = Html["elements"][number];
type Node = Element["childNodes"][number];

const attribute = ({ attrs }: Element, name: string) => attrs.find((one) => one.name === name)?.value;
const textIn = (node: Node): string =>
  "value" in node ? node.value : "childNodes" in node ? node.childNodes.map(textIn).join("") : "";
const isNamed = (text: string | undefined) => text !== undefined && text.trim() !== "";

/** Controls, links and landmarks that nothing names, as their tags with their attributes. */
export function unnamedIn({ elements }: Html): string[] {
  const labels = elements.filter(({ tagName }) => tagName === "label");
  const labelled = new Set(labels.filter((one) => isNamed(textIn(one))).map((one) => attribute(one, "for")));
  const byId = new Map(elements.map((one) => [attribute(one, "id"), one]));
  const refersToText = (one: Element) =>
    (attribute(one, "aria-labelledby") ?? "").split(" ").some((id) => {
      const other = id === "" ? undefined : byId.get(id);
      return other !== undefined && isNamed(textIn(other));
    });
  const isControl = ({ tagName }: Element) => /^(input|select|textarea)$/.test(tagName);
  const hasText = ({ tagName }: Element) => /^(button|a|summary|h[1-6]|legend|caption|th|option)$/.test(tagName);
  const needsLabel = ({ tagName }: Element) => /^(nav|section|dialog)$/.test(tagName);
  return elements
    .filter((one) => {
      if (isControl(one) && attribute(one, "type") === "hidden") return false;
      const named = isNamed(attribute(one, "aria-label")) || refersToText(one);
      if (isControl(one)) return !named && !labelled.has(attribute(one, "id"));
      if (hasText(one)) return !named && !one.childNodes.some((child) => isNamed(textIn(child)));
      return needsLabel(one) && !named;
    })
    .map(({ tagName, attrs }) => [tagName, ...attrs.map(({ name, value }) => `${name}=${value}`)].join(" "));
}

/** Holds a page to all of it. */
export function expectWellMade({ path, html }: { path: string; html: Html }): void {
  expect(flawsIn(html), path).toEqual([]);
  expect(unnamedIn(html), path).toEqual([]);
  const [first] = html.elements.filter(({ tagName }) => /^h[1-6]$/.test(tagName));
  expect(first?.tagName, `the first heading of ${path}`).toBe("h1");
}
