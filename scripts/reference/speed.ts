/** What was measured (bench/results.json): every system side by side, a miss kind by kind, and the targets. */
import { cannotOf } from "../../bench/cannot.ts";
import type { Run } from "../../bench/measure.ts";
import { ANSWER, KINDS } from "../../bench/questions.ts";
import type { Results } from "../../bench/results.ts";
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

/** The machine, then three tables: systems, kinds of miss, targets. */
export function speedBlock(results: Results): string {
  const tuples = mainTuples(results.runs);
  const runs = results.runs.filter((run) => run.tuples === tuples);
  const versions = Object.entries(results.versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${results.machine}; ${thousands(tuples)} relationships; ${versions.join(", ")}.`,
    systemsTable(runs),
    kindsTable(runs),
    targetsTable(results),
    cannotTable(runs),
  ].join("\n\n");
}

const SUMMARY = ["hits/s", "p50", "p99", "miss, p50"];

/** Every system in the figures that one asks for first. */
export function speedSummary({ runs: all }: Results): string {
  const tuples = mainTuples(all);
  const columns = COLUMNS.filter(({ heading }) => SUMMARY.includes(heading));
  return systemsTable(
    all.filter((run) => run.tuples === tuples),
    columns,
  );
}

function systemsTable(runs: readonly Run[], columns: readonly Column[] = COLUMNS): string {
  const systems = [...new Set(runs.map(({ system }) => system))];
  const rows = systems.map((system) => [code(system), ...columns.map((column) => cell(runs, system, column))]);
  return table(["system", ...columns.map(({ heading }) => heading)], rows);
}

function kindsTable(runs: readonly Run[]): string {
  const at = { concurrency: 1, figure: "p50_ms" } as const;
  const rows = KINDS.map((kind) => [
    kind,
    ANSWER[kind] ? "yes" : "no",
    ...["concordat", "openfga"].map((system) => cell(runs, system, { workload: `miss:${kind}`, ...at })),
  ]);
  return table(["a miss about", "answer", `${code("concordat")}, p50`, `${code("openfga")}, p50`], rows);
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
  if (figure === "rps") return thousands(value);
  return figure === "cpu_s_per_1000" ? String(value) : `${value} ms`;
}

/** 1234567 as `1 234 567`. */
const thousands = (value: number): string => Math.round(value).toLocaleString("en").replaceAll(",", " ");
