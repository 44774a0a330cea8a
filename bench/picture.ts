/**
 * The picture for docs/benchmarks.md: how many questions a second each system answers that were
 * asked before, and how long one waits for an answer that was not. Plain SVG, readable
 * on light and dark.
 */
import { writeFileSync } from "node:fs";
import type { Run } from "./measure.ts";
import { mainTuples } from "./targets.ts";

const WIDTH = 720;
const LABEL_WIDTH = 170;
const VALUE_WIDTH = 90;
const ROW_HEIGHT = 26;
const BAR_HEIGHT = 16;
const TITLE_HEIGHT = 40;

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #24292f; }
  .title { font-weight: 600; }
  .bar { fill: #8c959f; }
  .own { fill: #0969da; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .bar { fill: #6e7681; }
    .own { fill: #4493f8; }
  }`;

type Bar = { label: string; value: number; text: string };

/** Writes the picture of these runs; parts that were not measured are left out. */
export function writePicture(path: string, runs: readonly Run[]): void {
  const tuples = mainTuples(runs);
  const of = (workload: Run["workload"], concurrency: number) =>
    runs.filter((run) => run.workload === workload && run.concurrency === concurrency && run.tuples === tuples);
  const whole = (value: number) => Math.round(value).toLocaleString("en").replaceAll(",", " ");
  const hits = of("hit", 32).map(({ system, rps }) => ({ label: system, value: rps, text: whole(rps) }));
  const misses = of("miss", 1).map(({ system, p50_ms }) => ({ label: system, value: p50_ms, text: `${p50_ms} ms` }));
  const panels = [
    { title: "Asked before: questions answered a second, 32 at once", bars: hits.sort((a, b) => b.value - a.value) },
    { title: "Not asked before: time to the answer, median", bars: misses.sort((a, b) => a.value - b.value) },
  ].filter(({ bars }) => bars.length > 0);

  let top = 0;
  const parts = panels.map(({ title, bars }) => {
    const part = panel(title, bars, top);
    top += TITLE_HEIGHT + bars.length * ROW_HEIGHT;
    return part;
  });
  const height = top + 10;
  writeFileSync(
    path,
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${panels.map(({ title }) => title).join("; ")}">
  <style>${STYLE}
  </style>
${parts.join("\n")}
</svg>
`,
  );
}

function panel(title: string, bars: Bar[], top: number): string {
  const longest = Math.max(...bars.map(({ value }) => value));
  const room = WIDTH - LABEL_WIDTH - VALUE_WIDTH;
  const rows = bars.map(({ label, value, text }, n) => {
    const y = top + TITLE_HEIGHT + n * ROW_HEIGHT;
    const width = Math.max(1, (value / longest) * room).toFixed(1);
    const middle = y + BAR_HEIGHT - 3;
    return [
      `  <text x="${LABEL_WIDTH - 10}" y="${middle}" text-anchor="end">${label}</text>`,
      `  <rect class="${label.startsWith("concordat") ? "own" : "bar"}" x="${LABEL_WIDTH}" y="${y}" width="${width}" height="${BAR_HEIGHT}" rx="2"/>`,
      `  <text x="${(LABEL_WIDTH + Number(width) + 8).toFixed(1)}" y="${middle}">${text}</text>`,
    ].join("\n");
  });
  return [`  <text class="title" x="0" y="${top + TITLE_HEIGHT - 14}">${title}</text>`, ...rows].join("\n");
}
