/** Pictures: what is written into them stays text, and a screen reader gets their title. */
import fc from "fast-check";
import { parseFragment } from "parse5";
import { describe, expect, test } from "vitest";
import { fitted, picture, svg, textWidth } from "../../../src/console/svg.ts";

const HOSTILE = [
  `</text><script>alert(1)</script>`,
  `"><image href=x onerror=alert(1)>`,
  `' onload='alert(1)`,
  "<!--",
  "]]>&amp;<![CDATA[",
  "\u202Ereversed\u0000\u001b",
  "اسم 👩‍👩‍👧 \ud800",
];

type Node = { nodeName: string; value?: string; attrs?: { name: string; value: string }[]; childNodes?: Node[] };
const parsed = (markup: unknown): Node => parseFragment(String(markup)) as unknown as Node;
const all = (node: Node): Node[] => [node, ...(node.childNodes ?? []).flatMap(all)];
const named = (node: Node, name: string) => all(node).filter(({ nodeName }) => nodeName === name);
const textOf = (node: Node): string =>
  all(node)
    .map(({ value }) => value ?? "")
    .join("");

const pictureOf = (text: string) =>
  picture({ id: "p", title: text, width: 10.2, height: 5, class: "graph" }, [
    svg("g", { class: "node" }, [svg("title", {}, text), svg("text", { x: 1.4, "data-name": text }, text)]),
  ]);

const shown = (text: string) => text.toWellFormed().replace(/\p{Cc}/gu, "\ufffd");

describe("pictures", () => {
  test("a text is the same text for a reader of the page, whatever is in it", () => {
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: "binary" })), (text) => {
        const found = parsed(pictureOf(text));
        expect(
          all(found)
            .map(({ nodeName }) => nodeName)
            .filter((name) => !name.startsWith("#")),
        ).toEqual(["svg", "title", "g", "title", "text"]);
        const [drawn] = named(found, "text");
        expect(drawn && textOf(drawn)).toBe(shown(text));
        expect(drawn?.attrs).toContainEqual({ name: "data-name", value: shown(text) });
      }),
    );
  });

  test("a picture is one image with a title, and nothing in it has a style of its own", () => {
    const [image] = named(parsed(pictureOf("Tom's graph")), "svg");
    expect(image?.attrs).toEqual(
      expect.arrayContaining([
        { name: "role", value: "img" },
        { name: "aria-labelledby", value: "p-title" },
        { name: "viewBox", value: "0 0 11 5" },
      ]),
    );
    expect(image && named(image, "title")[0]).toMatchObject({ attrs: [{ name: "id", value: "p-title" }] });
    expect(String(pictureOf("x"))).not.toMatch(/style=|xlink/);
  });

  test("a text that does not fit is cut between characters, one that fits is not", () => {
    expect(fitted("plant:7", textWidth("plant:7"))).toBe("plant:7");
    expect(fitted("👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧", 3 * 14 - 1)).toBe("👩‍👩‍👧👩‍👩‍👧…");
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 10, max: 200 }), (text, room) => {
        const cut = fitted(text, room);
        expect(cut === text || text.startsWith(cut.slice(0, -1))).toBe(true);
        if (cut !== text) expect(textWidth(cut)).toBeLessThanOrEqual(room);
      }),
    );
  });
});
