/**
 * Every mail in every language is what people have read (golden/mails), its text and its HTML say the same, and the HTML
 * is well-formed and asks nobody for anything.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { type DefaultTreeAdapterMap, type ParserError, parse, serialize } from "parse5";
import { describe, expect, it } from "vitest";
import { LANGUAGES } from "../../../src/domain/language.ts";
import { WORDING } from "../../../src/mail/languages.ts";
import { link, mailsIn, page } from "../../support/mail.ts";

type Node = DefaultTreeAdapterMap["node"];
type Element = DefaultTreeAdapterMap["element"];

const FOLDER = new URL("../../golden/mails/", import.meta.url);
const MAILS = LANGUAGES.flatMap((language) =>
  Object.entries(mailsIn(language)).map(([kind, mail]) => ({ name: `${language}/${kind}`, mail })),
);
const FILES = MAILS.flatMap(({ name, mail }) => [
  { file: `${name}.txt`, content: `Subject: ${mail.subject}\n\n${mail.text}` },
  { file: `${name}.html`, content: mail.html },
]);

/** The tags of a page, in their order. */
const tagsIn = (html: string) => html.match(/<\/?[a-z][^>\s]*/g) ?? [];

/** The elements of a page, and what is wrong with it: what the parser objects to, or had to add, move or drop. */
function parsed(html: string) {
  const errors: string[] = [];
  const document = parse(html, { onParseError: ({ code }: ParserError) => errors.push(code) });
  if (tagsIn(serialize(document)).join() !== tagsIn(html).join()) errors.push("mended");
  const elements = (node: Node): Element[] => [
    ...("tagName" in node ? [node] : []),
    ...("childNodes" in node ? node.childNodes.flatMap(elements) : []),
  ];
  return { errors, elements: elements(document) };
}

const attribute = ({ attrs }: Element, name: string) => attrs.find((one) => one.name === name)?.value;
const textIn = (node: Node): string =>
  "value" in node ? node.value : "childNodes" in node ? node.childNodes.map(textIn).join("") : "";

/** What HTML can load or send: every address that is no link to be clicked on. */
function asksFor(html: string): string[] {
  const { elements } = parsed(html);
  const loading = elements.filter(({ tagName, attrs }) => {
    const loads = /^(img|script|link|iframe|object|embed|video|audio|source|form|base|svg|input)$/.test(tagName);
    return loads || attrs.some(({ name }) => /^(on|style$|src|background|srcset|ping|action)/.test(name));
  });
  const styles = elements.filter(({ tagName }) => tagName === "style").map(textIn);
  return [
    ...loading.map(({ tagName }) => tagName),
    ...styles.flatMap((text) => text.match(/url\(|@import|http/g) ?? []),
  ];
}

describe("a mail", () => {
  it.each(FILES)("equals golden/mails/$file", ({ file, content }) => {
    const path = new URL(file, FOLDER);
    if (process.env.UPDATE_GOLDEN === "1") {
      mkdirSync(new URL(".", path), { recursive: true });
      writeFileSync(path, content);
    }
    expect(content, "when the change is meant, UPDATE_GOLDEN=1 writes the file").toBe(readFileSync(path, "utf8"));
  });

  it("has a golden file in each language, and no golden file is of a mail that is not sent", () => {
    const kept = readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).filter((name) => /\.\w+$/.test(name));
    expect(kept.toSorted()).toEqual(FILES.map(({ file }) => file).toSorted());
    expect(FILES.length).toBe(LANGUAGES.length * Object.keys(mailsIn("en")).length * 2);
  });

  it.each(MAILS)("is well-formed HTML in its language, with a title and one main part ($name)", ({ mail }) => {
    const { errors, elements } = parsed(mail.html);
    expect(errors).toEqual([]);
    const only = (tag: string) => elements.filter(({ tagName }) => tagName === tag);
    expect(only("html").map((one) => attribute(one, "lang"))).toEqual([mail.language]);
    expect(only("main").map((one) => attribute(one, "lang"))).toEqual([mail.language]);
    expect(only("title").map(textIn)).toEqual([mail.subject]);
    const known = /^(html|head|meta|title|style|body|main|p|ul|li|a)$/;
    expect(elements.filter(({ tagName }) => !known.test(tagName))).toEqual([]);
    expect(asksFor(mail.html)).toEqual([]);
  });

  it.each(MAILS)("says in HTML what it says in its text, with no link but ours ($name)", ({ mail }) => {
    const { elements } = parsed(mail.html);
    const lines = elements.flatMap((element) => {
      const url = attribute(element, "href");
      if (element.tagName === "a") return [textIn(element), String(url)];
      if (element.tagName === "li") return [`- ${textIn(element)}`];
      return element.tagName === "p" && !element.childNodes.some((child) => "tagName" in child)
        ? [textIn(element)]
        : [];
    });
    expect(lines).toEqual(mail.text.split("\n").filter((line) => line !== ""));
    const links = elements.flatMap((element) => attribute(element, "href") ?? []);
    expect(links.filter((one) => ![link, page].includes(one))).toEqual([]);
    expect(mail.html.match(/https?:/g)?.length ?? 0).toBe(links.length);
  });

  it("of HTML that is broken, loads something or runs something is found out", () => {
    const [{ mail: { html } = { html: "" } } = {}] = MAILS;
    const planted = (what: string) => html.replace("<ul>", `${what}<ul>`);
    for (const what of ["<p>", "</p>", "<b>", "<a href='", "&x;", "<li>"])
      expect(parsed(planted(what)).errors).not.toEqual([]);
    expect(parsed(html.replace("</ul>", "</ol>")).errors).not.toEqual([]);
    expect(asksFor(planted('<img src="https://a.example/pixel">'))).toEqual(["img"]);
    expect(asksFor(planted('<p onclick="x()">'))).toEqual(["p"]);
    expect(asksFor(planted('<p style="background: url(x)">'))).toEqual(["p"]);
    expect(asksFor(html.replace("<style>", "<style>@import 'x';"))).toEqual(["@import"]);
  });
});

describe("the languages", () => {
  it("have no text in common that another language was copied from", () => {
    const texts = (value: unknown): string[] =>
      typeof value === "string"
        ? [value]
        : typeof value === "function"
          ? [String(value("A", "B", "C", "D"))]
          : Object.values(value as object).flatMap(texts);
    const long = LANGUAGES.map((language) => texts(WORDING[language]).filter((text) => text.length > 35));
    const all = long.flat();
    expect(all.length).toBeGreaterThan(LANGUAGES.length * 8);
    expect(all.filter((text, index) => all.indexOf(text) !== index)).toEqual([]);
  });
});
