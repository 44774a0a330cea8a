/**
 * How the process was in the last minutes: a sample of its metrics every few seconds, kept in memory, so many and no more.
 * A replica and a worker each have their own.
 */
import type { Counts } from "../../metrics.ts";

/** What a sample has of the metrics; those that count only ever grow. */
export const SERIES = {
  hits: { metric: "concordat_check_duration_seconds_count", labels: { source: "hit" }, counts: true },
  misses: { metric: "concordat_check_duration_seconds_count", labels: { source: "miss" }, counts: true },
  unstored: { metric: "concordat_check_duration_seconds_count", labels: { source: "engine" }, counts: true },
  seconds: { metric: "concordat_check_duration_seconds_sum", labels: {}, counts: true },
  engine_calls: { metric: "concordat_engine_calls_total", labels: {}, counts: true },
  cache_failures: { metric: "concordat_cache_failures_total", labels: {}, counts: true },
  cache_up: { metric: "concordat_cache_up", labels: {}, counts: false },
  changes_age: { metric: "concordat_changes_age_seconds", labels: {}, counts: false },
  events_lag: { metric: "concordat_events_lag_seconds", labels: {}, counts: false },
  schedule_lag: { metric: "concordat_schedule_lag_seconds", labels: {}, counts: false },
  log_lines: { metric: "concordat_access_log_lines_total", labels: {}, counts: true },
  log_waiting: { metric: "concordat_access_log_waiting", labels: {}, counts: false },
  log_lost: { metric: "concordat_access_log_lost_total", labels: {}, counts: true },
  limited: { metric: "concordat_rate_limited_total", labels: {}, counts: true },
  memory: { metric: "process_resident_memory_bytes", labels: {}, counts: false },
} as const satisfies Record<string, { metric: string; labels: Record<string, string>; counts: boolean }>;
export type SeriesName = keyof typeof SERIES;

/** The metrics at an instant (milliseconds since the epoch); undefined where one is not there. */
export type MetricsSample = { at: number } & { readonly [S in SeriesName]: number | undefined };

export const SAMPLE_EVERY_MILLISECONDS = 10_000;
/** A quarter of an hour. */
const SAMPLES_MAX = 90;

export type Samples = {
  /** Takes one more, and forgets the oldest beyond the bound. Never throws. */
  take(): Promise<void>;
  /** Those that are kept, oldest first. */
  all(): readonly MetricsSample[];
};

type Value = { labels?: Record<string, unknown>; value?: unknown; metricName?: string };

/** The sum of a metric's values with these labels; of a lag the largest. Undefined where there is none. */
function valueIn(counts: Counts, name: SeriesName): number | undefined {
  const { metric, labels, counts: isCounted } = SERIES[name];
  const found = counts
    .flatMap(({ name: of, values }) => (values as Value[]).map((one) => ({ ...one, of: one.metricName ?? of })))
    .filter(
      ({ of, labels: own }) => of === metric && Object.entries(labels).every(([label, is]) => own?.[label] === is),
    )
    .map(({ value }) => Number(value));
  if (found.length === 0) return undefined;
  return isCounted ? found.reduce((sum, value) => sum + value, 0) : Math.max(...found);
}

/** A sample of what was counted. */
export function sampleOf(counts: Counts, at: number): MetricsSample {
  const values = (Object.keys(SERIES) as SeriesName[]).map((name) => [name, valueIn(counts, name)]);
  return { at, ...Object.fromEntries(values) };
}

/** The samples of this process, which nobody has taken yet. */
export function createSamples(counts: () => Promise<Counts>, clock: () => Date): Samples {
  const samples: MetricsSample[] = [];
  return {
    async take() {
      const found = await counts().catch(() => undefined);
      if (found === undefined) return;
      samples.push(sampleOf(found, clock().getTime()));
      if (samples.length > SAMPLES_MAX) samples.shift();
    },
    all: () => samples,
  };
}

/** How much a count grew a second, between each sample and the one before; undefined where it began anew. */
export function ratesOf(samples: readonly MetricsSample[], value: (sample: MetricsSample) => number | undefined) {
  return samples.slice(1).map((sample, n) => {
    const before = samples[n];
    const [now, then] = [value(sample), before && value(before)];
    const seconds = (sample.at - (before?.at ?? 0)) / 1000;
    const grew = now === undefined || then === undefined ? undefined : now - then;
    return { at: sample.at, value: grew === undefined || grew < 0 || seconds <= 0 ? undefined : grew / seconds };
  });
}
