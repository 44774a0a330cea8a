/** People of the console's worlds who are signed in, and how they send a form of a page as a browser would, with some fields filled in. */
import { expect } from "vitest";
import type { Console } from "./console.ts";
import { SAMPLE_LINK } from "./console-service.ts";
import { createVisitor, type Visited, type Visitor } from "./console-visitor.ts";
import type { Form } from "./html.ts";

export type SignedIn = {
  get: Visitor["get"];
  /** Sends the form of `page` whose action fits, with what it holds and these fields; undefined leaves one out. */
  send(page: Visited, action: RegExp, fields?: Fields): Promise<Visited>;
};
type Fields = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Somebody who signed in by the list of the sample people. */
export async function signIn(own: Console, person: string): Promise<SignedIn> {
  const visitor = createVisitor(own.service);
  const { forms } = await visitor.get(SAMPLE_LINK);
  const { text } = await visitor.send(formOf(forms, /\/try-as$/), { person });
  expect(text).toContain("Signed in as");
  return {
    get: visitor.get,
    send({ forms: some }, action, fields = {}) {
      const form = formOf(some, action);
      const chosen = form.fields.filter(({ type }) => !["radio", "checkbox", "button"].includes(type));
      const held = Object.fromEntries(chosen.map(({ name, value }) => [name, value]));
      const all = Object.entries({ ...held, ...fields }).filter(([, value]) => value !== undefined);
      return visitor.send(form, Object.fromEntries(all) as Record<string, string>);
    },
  };
}

/** The one form whose action fits. */
export function formOf(forms: readonly Form[], action: RegExp): Form {
  const [form, ...more] = forms.filter((one) => action.test(one.action));
  expect(more, `more than one form of ${action}`).toEqual([]);
  if (form === undefined) throw new Error(`no form of ${action} among ${forms.map((one) => one.action).join(" ")}`);
  return form;
}

/** What a field of the form offers. */
export const offeredIn = (page: Visited, action: RegExp, name: string): string[] =>
  formOf(page.forms, action).fields.find((field) => field.name === name)?.options ?? [];

/** What a page says, in one line, without its markup. */
export function saidOn({ html }: Visited): string {
  const main = html.elements.find(({ tagName }) => tagName === "main");
  const texts = (node: unknown): string => {
    const { value, childNodes = [], nodeName } = node as { value?: string; childNodes?: unknown[]; nodeName: string };
    return nodeName === "#text" ? (value ?? "") : childNodes.map(texts).join("");
  };
  return texts(main ?? { nodeName: "", childNodes: [] })
    .replaceAll(/\s+/g, " ")
    .trim();
}
