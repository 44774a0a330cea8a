/**
 * Prometheus metrics of this process, and of several added up: no label holds an id, address or name of anybody.
 */
import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { type AccessLogMeter, createAccessLogMetrics } from "./access-log-metrics.ts";
import { createEventMetrics } from "./event-metrics.ts";
import type { Clock, Meter, Source, Unstored } from "./ports.ts";

/** What a process counted, as data that another process can add to its own. */
export type Counts = readonly {
  name: string;
  help: string;
  /** `gauge` where it says how something is now; all others only ever grow. */
  type: string;
  aggregator: string;
  values: readonly object[];
}[];

/** `registry` has the service's own metrics, without those of the process. */
export type Metrics = {
  meter: Meter;
  accessLog: AccessLogMeter;
  text: () => Promise<string>;
  counts: () => Promise<Counts>;
  registry: Registry;
};

/** From a tenth of a millisecond: a hit takes less than one. */
const BUCKETS_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

const SOURCES: Source[] = ["hit", "miss", "engine"];
const UNSTORED: Unstored[] = ["away", "leased", "no_owner", "overtaken", "date"];

/** Reading the process (its open files, for one) costs many times the rest, and anybody may request it. */
const PROCESS_EVERY_MILLISECONDS = 1_000;

/** Node's metrics of the process, read at most once a second. */
function processMetrics(clock: Clock) {
  const register = new Registry();
  collectDefaultMetrics({ register });
  return {
    text: everySecond(clock, () => register.metrics()),
    counts: everySecond(clock, () => countsOf(register)),
  };
}

function everySecond<T>(clock: Clock, read: () => Promise<T>): () => Promise<T> {
  let found: Promise<T> | undefined;
  let readAt = 0;
  return () => {
    const now = clock().getTime();
    if (found === undefined || Math.abs(now - readAt) >= PROCESS_EVERY_MILLISECONDS) {
      readAt = now;
      found = read();
    }
    return found;
  };
}

// prom-client types the kind of a metric as a number, and gives its name
const countsOf = (registry: Registry) => registry.getMetricsAsJSON() as unknown as Promise<Counts>;

/** The sums of what several processes counted; a gauge is aggregated as it says itself. */
export function addUp(all: readonly Counts[]): Counts {
  const added = AggregatorRegistry.aggregate(all as Counts[]).getMetricsAsArray() as unknown as Counts;
  return added.map(({ name, help, type, aggregator, values }) => ({ name, help, type, aggregator, values }));
}

/** What is left of a process that has ended: all but how things were. */
export const lastingOf = (counts: Counts): Counts => counts.filter(({ type }) => type !== "gauge");

/** In Prometheus's text format. */
export const textOf = (all: readonly Counts[]): Promise<string> =>
  AggregatorRegistry.aggregate(all as Counts[]).metrics();

/** The metrics of the process that supervises the workers: its own, and how the workers are. */
export function createSupervisorMetrics(clock: Clock, workersReady: () => number) {
  const registry = new Registry();
  const ofProcess = processMetrics(clock);
  const registers = [registry];
  new Gauge({
    name: "concordat_workers_ready",
    help: "Workers that answer.",
    registers,
    collect() {
      this.set(workersReady());
    },
  });
  const ended = new Counter({
    name: "concordat_workers_ended_total",
    help: "Workers that ended though the service was not stopping.",
    registers,
  });
  return {
    registry,
    workerEnded: () => ended.inc(),
    counts: async (): Promise<Counts> => [...(await countsOf(registry)), ...(await ofProcess.counts())],
  };
}

/** Metrics with a registry of their own, so that two services in one process are counted apart. */
export function createMetrics(clock: Clock): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const ofProcess = processMetrics(clock);

  const checks = new Histogram({
    name: "concordat_check_duration_seconds",
    help: "Duration of checks, by the source of the answer: hit (the cache), miss (the engine, and it is stored, or is found to end too soon for that), engine (the engine, and it was not stored).",
    labelNames: ["source"],
    buckets: BUCKETS_SECONDS,
    registers,
  });
  const unstored = new Counter({
    name: "concordat_check_unstored_total",
    help: "Answers that were not stored, by reason: away (the cache does not answer), leased (an action is writing), no_owner (the object has no owner), overtaken (the owner changed meanwhile), date (access ends within CACHE_UNWATCHED_SECONDS).",
    labelNames: ["reason"],
    registers,
  });
  const engineCalls = new Counter({
    name: "concordat_engine_calls_total",
    help: "Calls to OpenFGA for checks and searches, by the kind of call: check, batch_check, expand, list, api (a request that is forwarded).",
    labelNames: ["call"],
    registers,
  });
  const cacheFailures = new Counter({
    name: "concordat_cache_failures_total",
    help: "Operations that Redis did not answer in time, or refused, by operation.",
    labelNames: ["operation"],
    registers,
  });
  const forgedEntries = new Counter({
    name: "concordat_cache_forged_total",
    help: "Cache entries that the service did not write, or did not write under that key: somebody else writes to Redis.",
    registers,
  });
  const rateLimited = new Counter({
    name: "concordat_rate_limited_total",
    help: "Requests that were answered 429, by the rate limit that was reached, for example writes-user.",
    labelNames: ["policy"],
    registers,
  });
  let changesReadTo: number | undefined;
  new Gauge({
    name: "concordat_changes_age_seconds",
    help: "Seconds since OpenFGA's change log was last read to its end, by whichever replica reads it. It should stay near one; missing until the first time.",
    aggregator: "min",
    registers,
    collect() {
      // unknown is not zero: the metric is missing until then
      if (changesReadTo === undefined) this.remove();
      else this.set(Math.max(0, clock().getTime() - changesReadTo) / 1000);
    },
  });

  let cacheIsUp: boolean | undefined;
  new Gauge({
    name: "concordat_cache_up",
    help: "1 while the cache can be used, 0 while it does not answer; missing until the first probe.",
    aggregator: "min",
    registers,
    collect() {
      if (cacheIsUp === undefined) this.remove();
      else this.set(cacheIsUp ? 1 : 0);
    },
  });
  const clockOffsets = new Gauge({
    name: "concordat_clock_offset_seconds",
    help: "Seconds by which this process's clock is ahead of another's, by whose: cache, engine.",
    labelNames: ["of"],
    aggregator: "average",
    registers,
  });

  // looked up here and not for each of many thousand hits a second
  const bySource = new Map(SOURCES.map((source) => [source, checks.labels(source)]));
  // a counter that never counted is zero, not missing
  for (const reason of UNSTORED) unstored.labels(reason).inc(0);
  return {
    meter: {
      checked: (source, seconds) => bySource.get(source)?.observe(seconds),
      unstored: (reason) => unstored.labels(reason).inc(),
      engineCalled: (call) => engineCalls.labels(call).inc(),
      cacheFailed: (operation) => cacheFailures.labels(operation).inc(),
      cacheUp: (isUp) => {
        cacheIsUp = isUp;
      },
      clockOffset: (of, seconds) => clockOffsets.labels(of).set(seconds),
      ...createEventMetrics(registry, clock),
      cacheForged: () => forgedEntries.inc(),
      rateLimited: (policy) => rateLimited.labels(policy).inc(),
      changesRead: (to) => {
        changesReadTo = to;
      },
    },
    accessLog: createAccessLogMetrics(registry),
    text: async () => `${await registry.metrics()}${await ofProcess.text()}`,
    counts: async () => [...(await countsOf(registry)), ...(await ofProcess.counts())],
    registry,
  };
}
