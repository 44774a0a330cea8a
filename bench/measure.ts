/**
 * Measures systems side by side: short slices of load in turn, several rounds of them,
 * and of each figure the median, so that a noisy moment of the machine hits all alike
 * and decides nothing. A slice that was not what it is called is an error.
 */
import { join } from "node:path";
import { freshFolder } from "./engine.ts";
import { drive, writeStream } from "./load.ts";
import { cpuSecondsOf } from "./processes.ts";
import type { Streams, Workload } from "./streams.ts";
import type { System } from "./system.ts";

/** A line of results.json. */
export type Run = {
  system: string;
  workload: Workload;
  tuples: number;
  concurrency: number;
  rps: number;
  p50_ms: number;
  p99_ms: number;
  cpu_s_per_1000: number;
};

/** A system on a world of so many relationships, and how far it is in each workload. */
export type Contestant = { system: System; tuples: number; streams: Streams; walks: Map<Workload, Walk> };

/** `rounds` where it is measured more often than the others. */
export type Load = { workload: Workload; concurrency: number; seconds: number; rounds?: number };

type Figures = Pick<Run, "rps" | "p50_ms" | "p99_ms" | "cpu_s_per_1000">;
/** One instance, what it is sent, and which request of that is next. */
type Walk = { instance: Omit<System, "keeping">; stream: string; from: number };

/** Of all answers of a slice, how many may be what it is not called. */
const OTHERS_MAX = 0.02;
/** Two actions on one thing at once may meet; more than this is a system that refuses. */
const REFUSED_MAX = 0.001;

/** Runs one load on all of them that can take it. */
export async function measure(load: Load, contestants: readonly Contestant[], rounds: number): Promise<Run[]> {
  const walks = contestants.flatMap((contestant) => {
    const walk = walkOf(contestant, load.workload);
    return walk === undefined ? [] : [{ walk, tuples: contestant.tuples, slices: [] as Figures[] }];
  });
  // a slice that is not counted, for what compiles as it runs; a miss is far more than that
  if (isKept(load.workload)) for (const { walk } of walks) await slice(load, walk);
  for (let round = 0; round < (load.rounds ?? rounds); round++)
    for (const { walk, slices } of walks) slices.push(await slice(load, walk));
  return walks.map(({ walk, tuples, slices }) => {
    const middle = (figure: keyof Figures) => median(slices.map((one) => one[figure]));
    return {
      system: walk.instance.name,
      workload: load.workload,
      tuples,
      concurrency: load.concurrency,
      rps: Math.round(middle("rps")),
      p50_ms: rounded(middle("p50_ms")),
      p99_ms: rounded(middle("p99_ms")),
      cpu_s_per_1000: rounded(middle("cpu_s_per_1000")),
    };
  });
}

/** Whether it asks what was asked before. */
const isKept = (workload: Workload): boolean => workload.startsWith("hit") || workload === "batch20";

/** Where a contestant is in a workload's stream; undefined where it has no such request. */
function walkOf({ system, streams, walks }: Contestant, workload: Workload): Walk | undefined {
  const known = walks.get(workload);
  if (known !== undefined) return known;
  const instance = isKept(workload) ? (system.keeping ?? system) : system;
  const requests = streams.requests(instance, workload);
  if (requests.length === 0) return undefined;
  const stream = join(freshFolder(), "stream");
  writeStream(stream, requests);
  const walk: Walk = { instance, stream, from: 0 };
  walks.set(workload, walk);
  return walk;
}

async function slice({ workload, concurrency, seconds }: Load, walk: Walk): Promise<Figures> {
  const { instance, stream, from } = walk;
  const before = { counts: await instance.counts?.(), cpu: cpuSecondsOf(instance.processes) };
  const done = await drive(instance.url, stream, { concurrency, seconds, from });
  const cpu = cpuSecondsOf(instance.processes) - before.cpu;
  const counts = await instance.counts?.();
  // on from where it ended, so that a miss is not asked for again while it is kept
  walk.from += done.requests + concurrency;
  const what = `${instance.name}, ${workload}, ${concurrency} at once`;
  if (done.refused > done.requests * REFUSED_MAX)
    throw new Error(`${what}: ${done.refused} of ${done.requests} refused`);
  if (counts && before.counts) {
    const hits = counts.hits - before.counts.hits;
    const misses = counts.misses - before.counts.misses;
    const others = workload.startsWith("miss") || workload === "first" ? hits : workload === "mix" ? 0 : misses;
    if (others > (hits + misses) * OTHERS_MAX) throw new Error(`${what}: ${hits} hits and ${misses} misses`);
  }
  return {
    rps: done.requests / (done.microseconds / 1e6),
    p50_ms: done.p50 / 1000,
    p99_ms: done.p99 / 1000,
    cpu_s_per_1000: (cpu / done.requests) * 1000,
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (low === undefined || high === undefined) throw new Error("no median of nothing");
  return (low + high) / 2;
}

/** To three digits that mean something. */
function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
