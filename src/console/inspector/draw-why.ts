/**
 * The answer to a question as a picture in fixed columns: on the left what is asked about, then step by step what leads
 * from there to the person, with what ends there or is missing. Pure.
 */
import type { Href } from "../path.ts";
import { arrowHead, fitted, node, picture, type SvgPart, svg } from "../svg.ts";

/** A step: a box, and the words on the line that leads to it. `kind` is a class of the stylesheet. */
export type WhyStep = {
  label: string;
  line: string;
  kind: string;
  detail?: string;
  href?: Href;
  next: readonly WhyStep[];
};

const BOX = { width: 210, height: 28 };
const COLUMN = 340;
const ROW = 44;
const MARGIN = 8;
const BASELINE = 4;
const PADDING = 10;
/** More are not read, and make a page too long: the tree as text has all of them. */
const ROWS_MAX = 40;

/** How many rows a step takes with all that follows from it. */
const rowsOf = ({ next }: WhyStep): number =>
  Math.max(
    1,
    next.reduce((sum, step) => sum + rowsOf(step), 0),
  );
const depthOf = ({ next }: WhyStep): number => 1 + Math.max(0, ...next.map(depthOf));

/** Whether it is short enough to be drawn. */
export const isDrawableWhy = (step: WhyStep): boolean => rowsOf(step) <= ROWS_MAX;

/** The picture; `id` is its own in the page, `title` says the question and its answer. */
export function drawWhy(first: WhyStep, { id, title }: { id: string; title: string }) {
  const head = `${id}-arrow`;
  const width = (depthOf(first) - 1) * COLUMN + BOX.width + 2 * MARGIN;
  const height = rowsOf(first) * ROW - (ROW - BOX.height) + 2 * MARGIN;
  return picture({ id, title, class: "why", hasLinks: true, width, height }, [
    arrowHead(head),
    ...drawn(first, { x: MARGIN, y: MARGIN, head }, undefined),
  ]);
}

type Place = { x: number; y: number; head: string };

function drawn(step: WhyStep, place: Place, from: { x: number; y: number } | undefined): SvgPart[] {
  const { x, y, head } = place;
  const middle = y + BOX.height / 2;
  const begins = { x: x + BOX.width, y: middle };
  let row = y;
  const following = step.next.flatMap((next) => {
    const parts = drawn(next, { x: x + COLUMN, y: row, head }, begins);
    row += rowsOf(next) * ROW;
    return parts;
  });
  return [...(from === undefined ? [] : [line(step, from, { x, y: middle }, head)]), box(step, x, y), ...following];
}

function box({ label, kind, detail = label, href }: WhyStep, x: number, y: number): SvgPart {
  const shown = fitted(label, BOX.width - PADDING);
  const text = svg("text", { x: x + BOX.width / 2, y: y + BOX.height / 2 + BASELINE }, shown);
  return node({ kind, href, detail }, [svg("rect", { x, y, ...BOX, rx: 4 }), text]);
}

/** From the box before, straight along the row, so that words on the line are above it. */
function line(step: WhyStep, from: { x: number; y: number }, to: { x: number; y: number }, head: string): SvgPart {
  const bend = from.x + PADDING;
  const d = `M${from.x} ${from.y}L${bend} ${from.y}L${bend} ${to.y}L${to.x} ${to.y}`;
  return svg("g", { class: `edge ${step.kind}` }, [
    svg("path", { d, "marker-end": `url(#${head})` }),
    svg(
      "text",
      { x: bend + PADDING, y: to.y - BASELINE, class: "start" },
      fitted(step.line, COLUMN - BOX.width - 3 * PADDING),
    ),
  ]);
}
