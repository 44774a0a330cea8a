/** A timeline as a picture: a row for each thing, its bars by time with what they were, the actions as dots, and now as a line. Pure. */
import { fitted, picture, type SvgPart, svg } from "../svg.ts";
import type { Bar, Lane, Timeline } from "./timeline.ts";

/** The words that it needs; `bar` says all of a bar, for who points at it. */
export type TimelineWords = {
  title: string;
  now: string;
  lane(lane: Lane): string;
  kind(kind: string): string;
  bar(lane: Lane, bar: Bar): string;
  mark(mark: Timeline["marks"][number]): string;
};

/** More rows are not read, and make a page too long: the table has all of them. */
export const LANES_MAX = 60;
/** More dots lie on each other. */
const MARKS_MAX = 200;
const LABELS = 230;
const CHART = 700;
const ROW = 30;
const BAR = 20;
const AXIS = 34;
/** Room for the word below the line of now. */
const FOOT = 22;
const MARGIN = 8;
const TICKS = 5;
const BASELINE = 4;
const DAY = 86_400_000;

/** The picture; `id` is its own in the page. */
export function drawTimeline({ lanes, marks, from, to }: Timeline, now: Date, id: string, words: TimelineWords) {
  const x = (at: number) => LABELS + (CHART * (Math.min(Math.max(at, from), to) - from)) / Math.max(1, to - from);
  const shown = lanes.slice(0, LANES_MAX);
  const height = AXIS + (shown.length + 1) * ROW + FOOT;
  const bars = shown.flatMap((lane, n) => drawnLane(lane, AXIS + (n + 1) * ROW, x, { words, to }));
  const dots = marks
    .slice(-MARKS_MAX)
    .map((mark) =>
      svg("g", { class: "mark" }, [
        svg("title", {}, words.mark(mark)),
        svg("circle", { cx: x(Date.parse(mark.at)), cy: AXIS + ROW / 2, r: 5 }),
      ]),
    );
  const present = x(now.getTime());
  return picture({ id, title: words.title, class: "timeline", width: LABELS + CHART + 6 * MARGIN, height }, [
    ...axis({ from, to }, x, height),
    svg("g", { class: "now" }, [
      svg("line", { x1: present, y1: AXIS - MARGIN, x2: present, y2: height - FOOT + MARGIN / 2 }),
      svg("text", { x: present, y: height - MARGIN / 2 }, words.now),
    ]),
    ...bars,
    ...dots,
  ]);
}

function axis({ from, to }: { from: number; to: number }, x: (at: number) => number, height: number): SvgPart[] {
  const isShort = to - from < 2 * DAY;
  return Array.from({ length: TICKS }, (_, n) => from + ((to - from) * n) / (TICKS - 1)).map((at) => {
    const text = new Date(at).toISOString();
    return svg("g", { class: "tick" }, [
      svg("line", { x1: x(at), y1: AXIS - MARGIN, x2: x(at), y2: height - FOOT }),
      svg(
        "text",
        { x: x(at), y: AXIS - 2 * MARGIN },
        isShort ? text.slice(5, 16).replace("T", " ") : text.slice(0, 10),
      ),
    ]);
  });
}

function drawnLane(
  lane: Lane,
  top: number,
  x: (at: number) => number,
  { words, to }: { words: TimelineWords; to: number },
): SvgPart[] {
  const label = svg(
    "text",
    { class: "lane", x: 0, y: top + ROW / 2 + BASELINE },
    fitted(words.lane(lane), LABELS - MARGIN),
  );
  const bars = lane.bars.map((bar) => {
    const [left, right] = [x(bar.from), x(bar.to ?? to)];
    const width = Math.max(2, right - left);
    const says = fitted(words.kind(bar.kind), width - MARGIN);
    return svg("g", { class: `bar ${bar.kind}` }, [
      svg("title", {}, words.bar(lane, bar)),
      svg("rect", { x: left, y: top + (ROW - BAR) / 2, width, height: BAR, rx: 3 }),
      says === "…" ? undefined : svg("text", { x: left + MARGIN / 2, y: top + ROW / 2 + BASELINE }, says),
    ]);
  });
  return [label, ...bars];
}
