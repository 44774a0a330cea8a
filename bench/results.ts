/** What was measured, as a file that other programs read and as a table that people do. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus, release, totalmem, type } from "node:os";
import type { Run } from "./measure.ts";

/** bench/results.json. `redis_bytes_per_decision` where Redis was measured. */
export type Results = {
  machine: string;
  versions: Record<string, string>;
  redis_bytes_per_decision?: number;
  runs: Run[];
};

/** Processor, memory and system of this machine. */
export function describeMachine(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}, ${memory} GiB, ${type()} ${release()}`;
}

/** The version of the redis-server on PATH. */
export function redisVersion(): string {
  return /v=(\S+)/.exec(execFileSync("redis-server", ["--version"], { encoding: "utf8" }))?.[1] ?? "unknown";
}

export function writeResults(path: string, results: Results): void {
  writeFileSync(path, `${JSON.stringify(results, undefined, 2)}\n`);
}

const COLUMNS = ["workload", "concurrency", "system", "tuples", "rps", "p50_ms", "p99_ms", "cpu_s_per_1000"] as const;

/** One line for each run, in columns. */
export function printRuns(runs: readonly Run[]): string {
  const rows = [COLUMNS.map(String), ...runs.map((run) => COLUMNS.map((column) => String(run[column])))];
  const widths = COLUMNS.map((_, n) => Math.max(...rows.map((row) => row[n]?.length ?? 0)));
  const isText = (n: number) => COLUMNS[n] === "workload" || COLUMNS[n] === "system";
  const cell = (text: string, n: number) => (isText(n) ? text.padEnd(widths[n] ?? 0) : text.padStart(widths[n] ?? 0));
  return rows.map((row) => row.map(cell).join("  ").trimEnd()).join("\n");
}
