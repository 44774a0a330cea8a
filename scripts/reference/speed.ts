/** What was measured (bench/results.json): every system side by side, a miss kind by kind, the mix, what is no check, and the targets. */
import { cannotOf } from "../../bench/cannot.ts";
import type { Run } from "../../bench/measure.ts";
import { OPERATIONS } from "../../bench/operations.ts";
import { ANSWER, KINDS } from "../../bench/questions.ts";
import { isDisturbed, memoryText, type Results, spreadOf } from "../../bench/results.ts";
import type { Range } from "../../bench/summary.ts";
import { figuresOf, mainTuples, targetsOf, verdictOf } from "../../bench/targets.ts";
import { code, table } from "./blocks.ts";

type Figure = "rps" | "p50_ms" | "p99_ms" | "cpu_s_per_1000";
type Column = { heading: string; workload: Run["workload"]; concurrency: number; figure: Figure };

const COLUMNS: Column[] = [
  { heading: "hits/s", workload: "hit", concurrency: 32, figure: "rps" },
  { heading: "p50", workload: "hit", concurrency: 32, figure: "p50_ms" },
  { heading: "p99", workload: "hit", concurrency: 32, figure: "p99_ms" },
  { heading: "CPU s per 1000", workload: "hit", concurrency: 32, figure: "cpu_s_per_1000" },
  { heading: "batches of 20/s", workload: "batch20", concurrency: 32, figure: "rps" },
  { heading: "mix/s", workload: "mix", concurrency: 32, figure: "rps" },
  { heading: "misses/s", workload: "miss", concurrency: 32, figure: "rps" },
  { heading: "miss, p50", workload: "miss", concurrency: 1, figure: "p50_ms" },
  { heading: "first, p50", workload: "first", concurrency: 1, figure: "p50_ms" },
];

/** The machine and how quiet it was, then the tables; those of what was not measured are left out. */
export function speedBlock(results: Results): string {
  const tuples = mainTuples(results.runs);
  const runs = results.runs.filter((run) => run.tuples === tuples);
  const versions = Object.entries(results.versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${results.machine}; ${thousands(tuples)} relationships; ${versions.join(", ")}.`,
    ...quietLine(results),
    systemsTable(results, COLUMNS),
    kindsTable(runs),
    ...mixTable(runs),
    ...operationsTable(runs),
    targetsTable(results),
    cannotTable(runs),
  ].join("\n\n");
}

/** What a run lacks that was made before this page described it. */
const EARLIER_RUN =
  "In runs from now on there are also " +
  "the systems on PostgreSQL and with several workers; the hit rate, actions and memory of the mix; actions, lists, searches and " +
  "explanations; the spread of each figure, with its shaded band; and how quiet the machine was.";

/** How much the ceiling differed from slice to slice, at the worst, and which loads were disturbed to the end. */
function quietLine({ quiet = [] }: Results): string[] {
  if (quiet.length === 0) return [EARLIER_RUN];
  const worst = Math.max(...quiet.map(({ ceiling_rps }) => spreadOf(ceiling_rps)));
  const repeated = quiet.filter((one) => one.repeated).length;
  const disturbed = quiet.filter(({ ceiling_rps }) => isDisturbed(ceiling_rps));
  const names = disturbed.map(({ workload, concurrency }) => `${workload} (${concurrency} at once)`);
  return [
    `Beside ${quiet.length} loads the ceiling's best slice was at most ${worst.toFixed(2)} times its worst; ${repeated} were measured twice. ` +
      `Disturbed to the end: ${names.join(", ") || "none"}.`,
  ];
}

/** The mix of questions and actions, its times apart. */
function mixTable(runs: readonly Run[]): string[] {
  const rows = runs.flatMap(({ system, rps, spread, p50_ms, p99_ms, mix }) => {
    if (mix === undefined) return [];
    const { hit_rate, action_p50_ms, action_p99_ms, late, memory_mib } = mix;
    const times = [p50_ms, p99_ms, action_p50_ms, action_p99_ms].map((value) => (value ? `${value} ms` : ""));
    const hits = hit_rate === undefined ? "" : `${(hit_rate * 100).toFixed(1)} %`;
    return [[code(system), ranged(rps, spread?.rps), hits, ...times, String(late), memoryText(memory_mib)]];
  });
  const headings = ["mix", "/s", "hits", "question, p50", "p99", "action, p50", "p99", "after 10 s or never", "MiB"];
  return rows.length > 0 ? [table(headings, rows)] : [];
}

/** What is no check, one at a time: half of them took at most this, and 99 of 100. */
function operationsTable(all: readonly Run[]): string[] {
  const runs = all.filter(({ workload }) => OPERATIONS.some((one) => one === workload));
  const systems = [...new Set(runs.map(({ system }) => system))];
  const rows = OPERATIONS.map((workload) => [
    workload,
    ...systems.map((system) => {
      const run = runs.find((one) => one.system === system && one.workload === workload);
      if (run === undefined) return "";
      if (workload === "import") return `${ranged(run.rps, run.spread?.rps)} lines/s`;
      return `${run.p50_ms} · ${run.p99_ms} ms`;
    }),
  ]);
  return runs.length > 0 ? [table(["p50 · p99 of", ...systems.map(code)], rows)] : [];
}

const SUMMARY = ["hits/s", "p50", "p99", "miss, p50"];

/** Every system in the figures that one asks for first. */
export function speedSummary(results: Results): string {
  return systemsTable(
    results,
    COLUMNS.filter(({ heading }) => SUMMARY.includes(heading)),
  );
}

/** In the order in which they were started. */
function systemsTable({ runs: all, versions }: Results, columns: readonly Column[]): string {
  const tuples = mainTuples(all);
  const runs = all.filter((run) => run.tuples === tuples);
  const systems = Object.keys(versions).filter((name) => runs.some(({ system }) => system === name));
  const rows = systems.map((system) => [code(system), ...columns.map((column) => cell(runs, system, column))]);
  return table(["system", ...columns.map(({ heading }) => heading)], rows);
}

function kindsTable(runs: readonly Run[]): string {
  const at = { concurrency: 1, figure: "p50_ms" } as const;
  const systems = ["concordat", "openfga", "concordat-postgres", "openfga-postgres"].filter((name) =>
    runs.some(({ system }) => system === name),
  );
  const rows = KINDS.map((kind) => [
    kind,
    ANSWER[kind] ? "yes" : "no",
    ...systems.map((system) => cell(runs, system, { workload: `miss:${kind}`, ...at })),
  ]);
  return table(["a miss about", "answer", ...systems.map((system) => `${code(system)}, p50`)], rows);
}

function targetsTable({ runs, redis_bytes_per_decision }: Results): string {
  const rows = targetsOf(runs, redis_bytes_per_decision).map((target) => {
    const { is, wanted } = figuresOf(target);
    return [target.what, is, wanted, verdictOf(target)];
  });
  return table(["target", "measured", "wanted", ""], rows);
}

function cannotTable(runs: readonly Run[]): string {
  const systems = [...new Set(runs.map(({ system }) => system))].filter((system) => cannotOf(system).length > 0);
  return table(
    ["system", "what it does not guarantee by itself"],
    systems.map((system) => [code(system), cannotOf(system).join("; ")]),
  );
}

function cell(runs: readonly Run[], system: string, { workload, concurrency, figure }: Omit<Column, "heading">) {
  const run = runs.find((one) => one.system === system && one.workload === workload && one.concurrency === concurrency);
  if (run === undefined) return "";
  const value = run[figure];
  if (figure === "rps") return ranged(value, run.spread?.rps);
  return figure === "cpu_s_per_1000" ? String(value) : `${value} ms`;
}

/** A throughput with the least and the most of its slices, where they are known. */
const ranged = (value: number, range: Range | undefined): string =>
  range === undefined ? thousands(value) : `${thousands(value)} (${range.map(thousands).join("–")})`;

/** 1234567 as `1 234 567`. */
export const thousands = (value: number): string => Math.round(value).toLocaleString("en").replaceAll(",", " ");
