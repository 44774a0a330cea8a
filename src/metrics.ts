/** Prometheus metrics of this process: no label holds an id, address or name of anybody. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Clock, Meter, Source, Unstored } from "./ports.ts";

/** `registry` has the service's own metrics, without those of the process. */
export type Metrics = { meter: Meter; text: () => Promise<string>; registry: Registry };

/** From a tenth of a millisecond: a hit takes less than one. */
const BUCKETS_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

const SOURCES: Source[] = ["hit", "miss", "engine"];
const UNSTORED: Unstored[] = ["away", "leased", "no_owner", "overtaken", "date"];

/** Reading the process (its open files, for one) costs many times the rest, and anybody may request it. */
const PROCESS_EVERY_MILLISECONDS = 1_000;

/** Node's metrics of the process, read at most once a second. */
function processMetrics(clock: Clock): () => Promise<string> {
  const register = new Registry();
  collectDefaultMetrics({ register });
  let text: Promise<string> | undefined;
  let readAt = 0;
  return () => {
    const now = clock().getTime();
    if (text === undefined || Math.abs(now - readAt) >= PROCESS_EVERY_MILLISECONDS) {
      readAt = now;
      text = register.metrics();
    }
    return text;
  };
}

/** Metrics with a registry of their own, so that two services in one process are counted apart. */
export function createMetrics(clock: Clock): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const ofProcess = processMetrics(clock);

  const checks = new Histogram({
    name: "concordat_check_duration_seconds",
    help: "Duration of checks, by the source of the answer: hit (the cache), miss (the engine, and it was stored), engine (the engine, and it was not stored).",
    labelNames: ["source"],
    buckets: BUCKETS_SECONDS,
    registers,
  });
  const unstored = new Counter({
    name: "concordat_check_unstored_total",
    help: "Answers that were not stored, by reason: away (the cache does not answer), leased (an action is writing), no_owner (the object has no owner), overtaken (the owner changed meanwhile), date (an expiry date is within the TTL).",
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
      cacheForged: () => forgedEntries.inc(),
      rateLimited: (policy) => rateLimited.labels(policy).inc(),
      changesRead: (to) => {
        changesReadTo = to;
      },
    },
    text: async () => `${await registry.metrics()}${await ofProcess()}`,
    registry,
  };
}
