/** What several processes counted is added up: each count once, and what is not a count as it says itself. */
import { describe, expect, test } from "vitest";
import { addUp, type Counts, createMetrics, createSupervisorMetrics, lastingOf, textOf } from "../../src/metrics.ts";

const NOW = () => new Date("2030-01-01T12:00:00Z");

/** The value of a series; undefined where it is not there. */
async function seriesOf(all: readonly Counts[], series: string): Promise<number | undefined> {
  const line = (await textOf(all)).split("\n").find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

const HITS = 'concordat_check_duration_seconds_count{source="hit"}';
const FAST = 'concordat_check_duration_seconds_bucket{le="0.001",source="hit"}';
const SECONDS = 'concordat_check_duration_seconds_sum{source="hit"}';
const FAILED = 'concordat_cache_failures_total{operation="lookup"}';

/** Two processes that counted something of everything, in different numbers. */
function two() {
  const [one, other] = [createMetrics(NOW), createMetrics(NOW)];
  for (const seconds of [0.0005, 0.5]) one.meter.checked("hit", seconds);
  other.meter.checked("hit", 0.25);
  other.meter.cacheFailed("lookup");
  one.meter.cacheUp(true);
  other.meter.cacheUp(false);
  one.meter.changesRead(NOW().getTime() - 3000);
  other.meter.changesRead(NOW().getTime() - 1000);
  return { one, other, counts: () => Promise.all([one.counts(), other.counts()]) };
}

describe("the metrics of several processes", () => {
  test("counts, buckets and sums are added, also of what only one of them counted", async () => {
    const all = await two().counts();
    const values = await Promise.all([HITS, FAST, SECONDS, FAILED].map((series) => seriesOf(all, series)));
    expect(values).toEqual([3, 1, 0.7505, 1]);
  });

  test("the cache is up where it is for all, and the changes are as old as the newest reading of them", async () => {
    const { one, counts } = two();
    expect(await seriesOf(await counts(), "concordat_cache_up")).toBe(0);
    expect(await seriesOf([await one.counts()], "concordat_cache_up")).toBe(1);
    expect(await seriesOf(await counts(), "concordat_changes_age_seconds")).toBe(1);
  });

  test("what a process says of itself alone is the same as what is said of it among others", async () => {
    const { one } = two();
    const lines = (text: string) => text.split("\n").filter((line) => line.startsWith("concordat_"));
    expect(lines(await textOf([await one.counts()])).toSorted()).toEqual(lines(await one.text()).toSorted());
  });

  test("of a process that has ended its counts are kept, however often it is added up, and not how it was", async () => {
    const { one, counts } = two();
    const [first, second] = await counts();
    let kept: Counts = [];
    for (const ended of [first, second]) kept = addUp([kept, lastingOf(ended as Counts)]);
    expect(await seriesOf([kept], HITS)).toBe(3);
    expect(await seriesOf([kept], "concordat_cache_up")).toBeUndefined();
    expect(await seriesOf([kept], "process_resident_memory_bytes")).toBeUndefined();
    expect(await seriesOf([kept], "process_cpu_seconds_total")).toBeGreaterThan(0);
    expect(await seriesOf([kept, await one.counts()], HITS)).toBe(5);
    // no text is asked for before anything was counted
    expect(await textOf([addUp([])])).toBe("\n");
  });

  test("the process that supervises them says how many answer and how many ended", async () => {
    let ready = 1;
    const own = createSupervisorMetrics(NOW, () => ready);
    own.workerEnded();
    ready = 2;
    const all = [await own.counts(), ...(await two().counts())];
    expect(await seriesOf(all, "concordat_workers_ready")).toBe(2);
    expect(await seriesOf(all, "concordat_workers_ended_total")).toBe(1);
    expect(await seriesOf(all, HITS)).toBe(3);
  });
});
