/** What the slices of a run come to: of each figure the median, with the least and the most. Pure. */
import type { Mix, Run } from "./measure.ts";

/** The least and the most of some slices. */
export type Range = [least: number, most: number];

/** Those of one slice; `cpu` is that of each process, in seconds for 1000 answers. */
export type Figures = Pick<Run, "rps" | "p50_ms" | "p99_ms"> & { cpu: Record<string, number>; mix?: Mix };

/** The median of each figure, and over which range it was. */
export function summaryOf(slices: readonly Figures[]): Omit<Run, "system" | "workload" | "tuples" | "concurrency"> {
  const middle = (figure: "rps" | "p50_ms" | "p99_ms") => median(slices.map((one) => one[figure]));
  const mixes = slices.flatMap(({ mix }) => mix ?? []);
  return {
    rps: Math.round(middle("rps")),
    p50_ms: rounded(middle("p50_ms")),
    p99_ms: rounded(middle("p99_ms")),
    cpu_s_per_1000: rounded(median(slices.map(({ cpu }) => Object.values(cpu).reduce((sum, one) => sum + one, 0)))),
    cpu_s_per_1000_by: Object.fromEntries(
      Object.keys(slices[0]?.cpu ?? {}).map((name) => [name, rounded(median(slices.map(({ cpu }) => cpu[name] ?? 0)))]),
    ),
    ...(slices.length > 1 && {
      spread: { rps: rangeOf(slices, "rps"), p50_ms: rangeOf(slices, "p50_ms"), p99_ms: rangeOf(slices, "p99_ms") },
    }),
    ...(mixes.length > 0 && { mix: summaryOfMix(mixes) }),
  };
}

/** Medians; of what was late the sum, and of memory what it was at the end. */
function summaryOfMix(mixes: readonly Mix[]): Mix {
  const middle = (figure: "hit_rate" | "action_p50_ms" | "action_p99_ms") => {
    const values = mixes.flatMap((one) => one[figure] ?? []);
    return values.length > 0 ? { [figure]: rounded(median(values)) } : {};
  };
  return {
    ...middle("hit_rate"),
    ...middle("action_p50_ms"),
    ...middle("action_p99_ms"),
    late: mixes.reduce((sum, { late }) => sum + late, 0),
    memory_mib: mixes.at(-1)?.memory_mib ?? {},
  };
}

/** Of one figure. */
export const rangeOf = (slices: readonly Figures[], figure: "rps" | "p50_ms" | "p99_ms"): Range => {
  const values = slices.map((one) => rounded(one[figure]));
  return [Math.min(...values), Math.max(...values)];
};

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (low === undefined || high === undefined) throw new Error("no median of nothing");
  return (low + high) / 2;
}

/** To three digits that mean something. */
function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
