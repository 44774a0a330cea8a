/**
 * Pictures as SVG that is made here. What is written into one is escaped where it is written: no name ends its text or its
 * attribute. Nothing has a style of its own, so a strict policy allows it; colours come from the console's stylesheet by
 * class. This is the only file of the console that gives a page markup that is not escaped again.
 */
import { raw } from "hono/html";
import type { Href } from "./path.ts";

/** Shapes of 16 by 16, drawn in the colour of the text. */
const SHAPES = {
  plus: "M8 2v12M2 8h12",
  edit: "M2 14l1-4 8-8 3 3-8 8zM9 4l3 3",
  trash: "M2 4h12M6 4V2h4v2M4 4l1 10h6l1-10",
  menu: "M8 3v0M8 8v0M8 13v0",
  search: "M7 2a5 5 0 1 0 0 10A5 5 0 0 0 7 2M11 11l4 4",
  next: "M6 3l5 5-5 5",
  warning: "M8 2L1 14h14zM8 6v4M8 12v0",
  copy: "M5 5h9v9H5zM2 11V2h9",
} as const;

export type IconName = keyof typeof SHAPES;

/** An icon beside a text that says the same: readers of the screen skip it. */
export const icon = (name: IconName) =>
  raw(
    `<svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false"><path d="${SHAPES[name]}"/></svg>`,
  );

/** A part of a picture, whose text and attributes are escaped. */
export type SvgPart = { readonly markup: string };

type Tag = "a" | "circle" | "defs" | "desc" | "g" | "line" | "marker" | "path" | "polyline" | "rect" | "text" | "title";
type Attributes = Readonly<Record<string, string | number | undefined>>;

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

// controls and lone surrogates are no characters of a document
const escaped = (text: string): string =>
  text
    .toWellFormed()
    .replace(/\p{Cc}/gu, "\ufffd")
    .replace(/[&<>"']/g, (one) => ESCAPES[one] ?? one);

/** Half a pixel is not seen, and a page is shorter without it. */
const valueText = (value: string | number): string => (typeof value === "number" ? `${Math.round(value)}` : value);

const attributesText = (attributes: Attributes): string =>
  Object.entries(attributes)
    .filter((one): one is [string, string | number] => one[1] !== undefined)
    .map(([name, value]) => ` ${name}="${escaped(valueText(value))}"`)
    .join("");

const joined = (parts: readonly (SvgPart | undefined)[]): string => parts.map((part) => part?.markup ?? "").join("");

/** An element with its attributes and what is in it: parts, or a text. Links come from path.ts alone. */
export function svg(tag: Tag, attributes: Attributes, inside: readonly (SvgPart | undefined)[] | string = []): SvgPart {
  const content = typeof inside === "string" ? escaped(inside) : joined(inside);
  return { markup: `<${tag}${attributesText(attributes)}>${content}</${tag}>` };
}

type Described = {
  /** Its own in the page. */
  id: string;
  title: string;
  width: number;
  height: number;
  class: string;
  /** Whether parts of it are links: what is an image to a screen reader has none. */
  hasLinks?: boolean;
};

/** A whole picture, for a page; a screen reader reads its title, and the table beside it has the rest. */
export function picture(
  { id, title, width, height, class: name, hasLinks = false }: Described,
  parts: readonly (SvgPart | undefined)[],
) {
  const named = `${id}-title`;
  const [w, h] = [Math.ceil(width), Math.ceil(height)];
  const attributes = attributesText({
    class: `picture ${name}`,
    role: hasLinks ? "group" : "img",
    "aria-labelledby": named,
    viewBox: `0 0 ${w} ${h}`,
    width: w,
    height: h,
  });
  return raw(`<svg${attributes}>${svg("title", { id: named }, title).markup}${joined(parts)}</svg>`);
}

/** A box, with what is shown when it is pointed at; a link where it leads somewhere. The keyboard has the table's links. */
export function node(
  { kind, href, detail }: { kind: string; href?: Href | undefined; detail?: string | undefined },
  parts: readonly SvgPart[],
): SvgPart {
  const inside = [detail === undefined ? undefined : svg("title", {}, detail), ...parts];
  const attributes = { class: `node ${kind}` };
  return href === undefined ? svg("g", attributes, inside) : svg("a", { ...attributes, href, tabindex: -1 }, inside);
}

/** The head of an arrow, to be named by lines as `url(#id)`. */
export const arrowHead = (id: string): SvgPart =>
  svg("defs", {}, [
    svg(
      "marker",
      { id, class: "arrow", viewBox: "0 0 8 8", refX: 8, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" },
      [svg("path", { d: "M0 0 8 4 0 8z" })],
    ),
  ]);

/** The width of a character in pixels, at the 13 of the stylesheet: in doubt too much, so that no text leaves its box. */
const CHARACTER = 8;
const BROAD_CHARACTER = 9.2;
const WIDE_CHARACTER = 14;
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\p{Extended_Pictographic}]/u;
const BROAD = /[\p{Lu}\p{Nd}mw]/u;
const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

const widths = (text: string): { one: string; width: number }[] =>
  [...graphemes.segment(text)].map(({ segment }) => ({
    one: segment,
    width: WIDE.test(segment) ? WIDE_CHARACTER : BROAD.test(segment) ? BROAD_CHARACTER : CHARACTER,
  }));

/** About how wide a text is drawn, in pixels. */
export const textWidth = (text: string): number => widths(text).reduce((sum, { width }) => sum + width, 0);

/** The text, or as much of its beginning as fits, with an ellipsis. No character is cut. */
export function fitted(text: string, room: number): string {
  if (textWidth(text) <= room) return text;
  let left = room - CHARACTER;
  let shown = "";
  for (const { one, width } of widths(text)) {
    left -= width;
    if (left < 0) break;
    shown += one;
  }
  return `${shown}…`;
}
