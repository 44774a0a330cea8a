/**
 * The pictures for docs/benchmarks.md: for a user, how long one waits for an answer; for an operator, what a system answers
 * and what it costs as the store grows. A mark is a median, the band behind it the least and the most of its slices. Plain
 * SVG, readable on light and dark. Pure.
 */
import type { Run } from "./measure.ts";
import { OPERATIONS } from "./operations.ts";
import type { Range } from "./summary.ts";
import { mainTuples } from "./targets.ts";

const WIDTH = 800;
const LABEL_WIDTH = 270;
const VALUE_WIDTH = 170;
const ROW_HEIGHT = 22;
const HEAD_HEIGHT = 58;
const MARK = 5;

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #24292f; }
  .title { font-weight: 600; }
  .axis { font-size: 11px; }
  .grid { stroke: #d0d7de; }
  .mark, .line { fill: #57606a; stroke: #57606a; }
  .own { fill: #0969da; stroke: #0969da; }
  .band { stroke: none; opacity: 0.3; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .grid { stroke: #3d444d; }
    .mark, .line { fill: #9198a1; stroke: #9198a1; }
    .own { fill: #4493f8; stroke: #4493f8; }
  }`;

type Mark = { value: number; range: Range | undefined };
/** A row's marks are joined by a line, from the first to the last. */
type Row = { label: string; marks: Mark[]; text: string };
/** `unit` is that of the axis, which is logarithmic. */
type Panel = { title: string; unit: string; rows: Row[] };

/** Time to an answer, half of them (first mark) and 99 of 100 (second). Parts that were not measured are left out. */
export function usersPicture(runs: readonly Run[]): string {
  const times = (title: string, workload: Run["workload"], concurrency: number): Panel => ({
    title: `${title}: time to an answer, p50 and p99`,
    unit: "ms",
    rows: onMain(runs, workload, concurrency)
      .sort((a, b) => a.p50_ms - b.p50_ms)
      .map(({ system, p50_ms, p99_ms, spread }) => ({
        label: system,
        marks: [
          { value: p50_ms, range: spread?.p50_ms },
          { value: p99_ms, range: spread?.p99_ms },
        ],
        text: `${p50_ms} · ${p99_ms} ms`,
      })),
  });
  return svg([
    times("Hits, 32 at once", "hit", 32),
    times("Misses, one at a time", "miss", 1),
    times("Mix, 32 at once", "mix", 32),
  ]);
}

/** Throughput with the cores that it keeps busy, and time as the store grows: a mark for each size of it. */
export function operatorsPicture(runs: readonly Run[]): string {
  const throughput: Row[] = onMain(runs, "hit", 32)
    .sort((a, b) => b.rps - a.rps)
    .map(({ system, rps, cpu_s_per_1000, spread }) => ({
      label: system,
      marks: [{ value: rps, range: spread?.rps }],
      text: `${whole(rps)}/s on ${Number(((rps * cpu_s_per_1000) / 1000).toPrecision(2))} cores`,
    }));
  const growth = [...new Set(runs.map(({ system }) => system))].flatMap((system) =>
    (["hit", "miss", ...OPERATIONS] as const).flatMap((workload): Row[] => {
      const sizes = runs
        .filter((run) => run.system === system && run.workload === workload)
        .filter(({ concurrency }) => concurrency === (workload === "hit" ? 32 : 1))
        .sort((a, b) => a.tuples - b.tuples);
      const marks = sizes.map(({ p50_ms, spread }) => ({ value: p50_ms, range: spread?.p50_ms }));
      const text = `${sizes.map(({ p50_ms }) => p50_ms).join(" → ")} ms`;
      return sizes.length > 1 ? [{ label: `${system}, ${workload}`, marks, text }] : [];
    }),
  );
  const sizes = [...new Set(runs.map(({ tuples }) => tuples))].sort((a, b) => a - b).map(whole);
  return svg([
    { title: "Hits a second, 32 at once, and the cores that the system keeps busy", unit: "/s", rows: throughput },
    { title: `Time to an answer, p50, at ${sizes.join(", ")} relationships`, unit: "ms", rows: growth },
  ]);
}

const onMain = (runs: readonly Run[], workload: Run["workload"], concurrency: number): Run[] => {
  const tuples = mainTuples(runs);
  return runs.filter((run) => run.workload === workload && run.concurrency === concurrency && run.tuples === tuples);
};

const whole = (value: number) => Math.round(value).toLocaleString("en").replaceAll(",", " ");

function svg(all: readonly Panel[]): string {
  const panels = all.filter(({ rows }) => rows.length > 0);
  let top = 0;
  const parts = panels.map((panel) => {
    const part = panelAt(panel, top);
    top += HEAD_HEIGHT + panel.rows.length * ROW_HEIGHT + 10;
    return part;
  });
  const label = panels.map(({ title }) => title).join("; ");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" role="img" aria-label="${label}">
  <style>${STYLE}
  </style>
${parts.join("\n")}
</svg>
`;
}

function panelAt({ title, unit, rows }: Panel, top: number): string {
  const values = rows.flatMap(({ marks }) => marks.flatMap(({ value, range }) => [value, ...(range ?? [])]));
  // whole decades, at least one
  const first = Math.floor(Math.log10(Math.min(...values)));
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...values))));
  const room = WIDTH - LABEL_WIDTH - VALUE_WIDTH;
  const xOf = (value: number) => LABEL_WIDTH + ((Math.log10(value) - first) / (last - first)) * room;
  const bottom = top + HEAD_HEIGHT + rows.length * ROW_HEIGHT;
  const lines = [`  <text class="title" x="0" y="${top + 20}">${title}</text>`];
  for (let decade = first; decade <= last; decade++) {
    const x = xOf(10 ** decade).toFixed(1);
    lines.push(
      `  <line class="grid" x1="${x}" x2="${x}" y1="${top + HEAD_HEIGHT - 8}" y2="${bottom}"/>`,
      `  <text class="axis" x="${x}" y="${top + HEAD_HEIGHT - 14}" text-anchor="middle">${decade < 0 ? 10 ** decade : whole(10 ** decade)} ${unit}</text>`,
    );
  }
  for (const [n, { label, marks, text }] of rows.entries()) {
    const y = top + HEAD_HEIGHT + (n + 0.5) * ROW_HEIGHT;
    const own = label.startsWith("concordat") ? " own" : "";
    const [from = 0, to = 0] = [marks[0], marks.at(-1)].map((mark) => xOf(mark?.value ?? 1));
    lines.push(`  <text x="${LABEL_WIDTH - 10}" y="${y + 4}" text-anchor="end">${label}</text>`);
    lines.push(
      `  <line class="line${own}" x1="${from.toFixed(1)}" x2="${to.toFixed(1)}" y1="${y}" y2="${y}" stroke-width="2"/>`,
    );
    for (const [nth, { value, range }] of marks.entries()) {
      if (range) {
        const [least, most] = [xOf(range[0]), xOf(range[1])];
        lines.push(
          `  <rect class="mark${own} band" x="${least.toFixed(1)}" y="${y - MARK - 2}" width="${(most - least).toFixed(1)}" height="${2 * (MARK + 2)}"/>`,
        );
      }
      const x = xOf(value);
      lines.push(
        nth === 0
          ? `  <circle class="mark${own}" cx="${x.toFixed(1)}" cy="${y}" r="${MARK - 1}"/>`
          : `  <rect class="mark${own}" x="${(x - 1.5).toFixed(1)}" y="${y - MARK}" width="3" height="${2 * MARK}"/>`,
      );
    }
    lines.push(`  <text x="${WIDTH - VALUE_WIDTH + 12}" y="${y + 4}">${text}</text>`);
  }
  return lines.join("\n");
}
