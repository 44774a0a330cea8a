/** Somebody of the sample who is signed in to the console, and what they read on a page: texts, links, menus and forms. */
import { expect } from "vitest";
import type { Console } from "./console.ts";
import { SAMPLE_LINK } from "./console-service.ts";
import { createVisitor, type Visited, type Visitor } from "./console-visitor.ts";
import { textsOf } from "./html.ts";
import { expectWellMade } from "./page-checks.ts";

type Form = Visited["forms"][number];
export type Reader = {
  /** A page, which is held to what every page is. */
  open(path: string): Promise<Visited>;
  /** Fills in the form of this page that is sent to such an address, and sends it with the rest as it is. */
  fill(page: Visited, action: RegExp, fields?: Readonly<Record<string, string>>): Promise<Visited>;
  visitor: Visitor;
};

const checked = (page: Visited): Visited => {
  expectWellMade(page);
  return page;
};

/** The form of a page that is sent to such an address. */
export function formTo(page: Visited, action: RegExp): Form {
  const found = page.forms.find((form) => action.test(form.action));
  if (found === undefined) throw new Error(`${page.path} has no form to ${action}: ${readText(page)}`);
  return found;
}

/** Signs somebody in by the list of the sample people. */
export async function signInAs({ service }: Pick<Console, "service">, person: string): Promise<Reader> {
  const visitor = createVisitor(service);
  const list = await visitor.get(SAMPLE_LINK);
  const started = await visitor.send(formTo(list, /try-as/), { person });
  expect(started.path).toMatch(/^\/console/);
  return {
    visitor,
    open: async (path) => checked(await visitor.get(path)),
    fill: async (page, action, fields = {}) => {
      const form = formTo(page, action);
      const own = form.fields.filter(({ type, name }) => type !== "button" && name !== "");
      const sent = Object.fromEntries(own.map(({ name, value }) => [name, value]));
      return checked(await visitor.send(form, { ...sent, ...fields }));
    },
  };
}

type Element = Visited["html"]["elements"][number];
type Node = Element["childNodes"][number] | Element;

/** What a reader sees apart from what is beside it. */
const APART = /^(td|th|dt|dd|li|a|p|h[1-6]|summary|option|label|legend|button|caption)$/;
const spaced = (node: Node): string => {
  const text = "value" in node ? node.value : "childNodes" in node ? node.childNodes.map(spaced).join("") : "";
  return "tagName" in node && APART.test(node.tagName) ? ` ${text} ` : text;
};

/** The text of the page's own part, as one line. */
export function readText(page: Pick<Visited, "html">): string {
  const main = page.html.elements.find(({ tagName }) => tagName === "main");
  return main === undefined ? "" : spaced(main).replaceAll(/\s+/g, " ").trim();
}

const attribute = (element: Element, name: string) => element.attrs.find((one) => one.name === name)?.value;

/** The addresses of the page's own links by their texts; of one text the first. */
export function linksOn(page: Pick<Visited, "html">): Map<string, string> {
  const main = page.html.elements.find(({ tagName }) => tagName === "main");
  const links = new Map<string, string>();
  const look = (node: Node | undefined): void => {
    for (const child of node !== undefined && "childNodes" in node ? node.childNodes : []) {
      if ("tagName" in child && child.tagName === "a") {
        const [text = ""] = textsOf({ elements: [child], errors: [] }, "a");
        if (!links.has(text)) links.set(text, attribute(child, "href") ?? "");
      }
      look(child);
    }
  };
  look(main);
  return links;
}

/** The last parts of the addresses that the page's own links lead to under a cooperation: its menu. */
export const offeredOn = (page: Pick<Visited, "html">, id: string): string[] =>
  [...linksOn(page).values()].flatMap((href) => {
    const found = new RegExp(`^/console/cooperations/${id}/([^?]+)`).exec(href)?.[1];
    return found === undefined ? [] : [found];
  });
