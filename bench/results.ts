/** What was measured, as a file that other programs read and as a table that people do. */
import { execFileSync } from "node:child_process";
import { cpus, release, totalmem, type } from "node:os";
import type { Run } from "./measure.ts";
import type { Range } from "./summary.ts";

/** What the ceiling did while a load was measured; of two times, where the first was disturbed, in the quieter. */
export type Quiet = { workload: Run["workload"]; concurrency: number; ceiling_rps: Range; repeated?: true };

/** bench/results.json. `redis_bytes_per_decision` where Redis was measured; results from before `quiet` was kept have none. */
export type Results = {
  machine: string;
  versions: Record<string, string>;
  redis_bytes_per_decision?: number;
  quiet?: Quiet[];
  runs: Run[];
};

/** Processor, memory and system of this machine; of the kernel's release the version, since the rest names its build. */
export function describeMachine(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}, ${memory} GiB, ${type()} ${/^\d+\.\d+/.exec(release())?.[0] ?? release()}`;
}

/** The version of the redis-server on PATH. */
export function redisVersion(): string {
  return /v=(\S+)/.exec(execFileSync("redis-server", ["--version"], { encoding: "utf8" }))?.[1] ?? "unknown";
}

/** The most that the ceiling's best slice may be above its worst; beyond it something else ran on the machine. */
const SPREAD_MAX = 1.25;

/** How many times the least the most is. */
export const spreadOf = ([least, most]: Range = [1, 1]): number => most / least;

/** Whether the ceiling says that something disturbed a load. Where it was not measured nobody knows. */
export const isDisturbed = (range: Range | undefined): boolean => spreadOf(range) > SPREAD_MAX;

const COLUMNS: [heading: string, of: (run: Run) => string | number | undefined][] = [
  ["workload", ({ workload }) => workload],
  ["at once", ({ concurrency }) => concurrency],
  ["system", ({ system }) => system],
  ["tuples", ({ tuples }) => tuples],
  ["rps", ({ rps }) => rps],
  ["least–most", ({ spread }) => spread?.rps.join("–")],
  ["p50_ms", ({ p50_ms }) => p50_ms],
  ["p99_ms", ({ p99_ms }) => p99_ms],
  ["cpu_s_per_1000", ({ cpu_s_per_1000 }) => cpu_s_per_1000],
  ["hit rate", ({ mix }) => mix?.hit_rate],
  ["action p50", ({ mix }) => mix?.action_p50_ms],
  ["action p99", ({ mix }) => mix?.action_p99_ms],
  ["late", ({ mix }) => mix?.late],
  ["MiB", ({ mix }) => mix && memoryText(mix.memory_mib)],
];

/** Each process with its mebibytes. */
export const memoryText = (memory: Record<string, number>): string =>
  Object.entries(memory)
    .map(([name, mebibytes]) => `${name} ${mebibytes}`)
    .join(", ");

/** One line for each run, in those columns that have something. */
export function printRuns(runs: readonly Run[]): string {
  const columns = COLUMNS.filter(([, of]) => runs.some((run) => of(run) !== undefined));
  const rows = [columns.map(([heading]) => heading), ...runs.map((run) => columns.map(([, of]) => `${of(run) ?? ""}`))];
  const widths = columns.map((_, n) => Math.max(...rows.map((row) => row[n]?.length ?? 0)));
  const isText = (n: number) => ["workload", "system", "MiB"].includes(columns[n]?.[0] ?? "");
  const cell = (text: string, n: number) => (isText(n) ? text.padEnd(widths[n] ?? 0) : text.padStart(widths[n] ?? 0));
  return rows.map((row) => row.map(cell).join("  ").trimEnd()).join("\n");
}
