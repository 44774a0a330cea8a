/** The parts of pages: whatever text is put into them is text, in each place of each part. */
import { expect, test } from "vitest";
import * as parts from "../../../src/console/parts.ts";
import { to } from "../../../src/console/path.ts";
import { WORDS } from "../../../src/console/words.ts";

const HOSTILE = `<img src=x onerror=alert(1)>"' onfocus=alert(1) x=\`&lt;`;
const WITH = { words: WORDS.en, language: "en" as const };

/** Every part, with that text in every place for a text. */
const everyPart = (text: string): Record<string, parts.Html> => {
  const field = { label: text, name: text, value: text, hint: text, error: text, id: text };
  const options = [{ value: text, text, hint: text }];
  const problem = { status: 400, code: text, title: text, detail: text, errors: [{ pointer: text, detail: text }] };
  return {
    table: parts.table({ caption: text, head: [text, text], rows: [[text, text]] }),
    dialogOf: parts.dialogOf(WITH, text, text, text),
    field: parts.field(field),
    textArea: parts.textArea(field),
    select: parts.select({ ...field, options }),
    radios: parts.radios({ ...field, options }),
    checkbox: parts.checkbox({ label: text, name: text, value: text, id: text }),
    dateField: parts.dateField(field),
    dateText: parts.dateText(WITH, text),
    empty: parts.empty(text),
    problemBox: parts.problemBox(WITH, problem),
    button: parts.button({ text, name: text, value: text }),
    opener: parts.button({ text, opens: text }),
    linkButton: parts.linkButton(to`/console/${text}`, { text }),
    hidden: parts.hidden(text, text),
    menu: parts.menu({ label: text, items: [{ href: to`/console/${text}`, text }] }),
  };
};

/** The elements of markup, with the names of their attributes. */
const shapeOf = (markup: string): string[] =>
  [...markup.matchAll(/<[a-z][^>]*>/gi)].map(([tag]) => tag.replaceAll(/"[^"]*"/g, '""'));

test("hostile text adds no element and no attribute to any part", async () => {
  const [harmless, hostile] = [everyPart("x"), everyPart(HOSTILE)];
  for (const [name, markup] of Object.entries(hostile)) {
    const text = String(await markup);
    expect(shapeOf(text), name).toEqual(shapeOf(String(await harmless[name])));
    expect(text, name).not.toContain("<img");
  }
});

test("every attribute of every part is quoted", async () => {
  for (const [name, markup] of Object.entries(everyPart("x")))
    for (const tag of shapeOf(String(await markup))) expect(tag.replaceAll('=""', ""), name).not.toContain("=");
});

test("a field has a label of its own, and names its hint and its error", async () => {
  const text = String(await parts.field({ label: "Name", name: "n", hint: "h", error: "e", required: true }));
  expect(text).toContain('<label for="f-n">');
  expect(text).toContain('aria-describedby="f-n-hint f-n-error"');
  expect(text).toContain('aria-invalid="true" required');
  expect(String(await parts.field({ label: "Name", name: "n" }))).not.toContain("required");
});

test("a date is shown in UTC and can be read by programs, and what is none is shown as it is", async () => {
  const at = "2027-03-10T09:00:00Z";
  expect(String(await parts.dateText(WITH, at))).toBe(`<time datetime="${at}">10 Mar 2027, 09:00 UTC</time>`);
  const german = { words: WORDS.de, language: "de" as const };
  expect(String(await parts.dateText(german, at))).toContain("10.03.2027, 09:00 UTC");
});

test("what a date field is sent with is an instant in UTC, and anything else is passed on to be refused", () => {
  expect(parts.instantFrom("2027-03-10T09:00")).toBe("2027-03-10T09:00:00Z");
  expect(parts.instantFrom("2027-03-10T09:00:30")).toBe("2027-03-10T09:00:30Z");
  expect(parts.instantFrom("")).toBeUndefined();
  expect(parts.instantFrom("tomorrow")).toBe("tomorrow");
});
