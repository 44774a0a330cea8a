/**
 * Measures systems side by side: short slices of load in turn, several rounds of them, and of each figure the median with
 * the least and the most, so that a noisy moment of the machine hits all alike and decides nothing. The ceiling is measured
 * beside every load: how much it differs from slice to slice shows how quiet the machine was. A slice that was not what it
 * is called is an error.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freshFolder } from "./engine.ts";
import { drive, driveTimed, type Slice, writeStream } from "./load.ts";
import { IMPORT_LINES } from "./operations.ts";
import { cpuSecondsOf, memoryOf, signal } from "./processes.ts";
import type { Streams, Workload } from "./streams.ts";
import { type Figures, type Range, rangeOf, summaryOf } from "./summary.ts";
import type { Counts, System } from "./system.ts";

/** A line of results.json. An import is counted in lines, and its times are those of a file of a hundred. */
export type Run = {
  system: string;
  workload: Workload;
  tuples: number;
  concurrency: number;
  rps: number;
  /** Of the mix's questions alone. */
  p50_ms: number;
  p99_ms: number;
  cpu_s_per_1000: number;
  /** The same of each of its processes; older results have none. */
  cpu_s_per_1000_by?: Record<string, number>;
  /** Over the slices, where there were several; results from before it was kept have none. */
  spread?: { rps: Range; p50_ms: Range; p99_ms: Range };
  mix?: Mix;
};

/** What is measured of the mix alone. */
export type Mix = {
  /** Of the system's own count, where it has one: answers from its cache among all. */
  hit_rate?: number;
  /** Where it has actions. */
  action_p50_ms?: number;
  action_p99_ms?: number;
  /** Answers that took longer than ten seconds, or never came. */
  late: number;
  /** Resident at the end, of each of its processes. */
  memory_mib: Record<string, number>;
};

/** A system on a world of so many relationships, and how far it is in each workload. */
export type Contestant = { system: System; tuples: number; streams: Streams; walks: Map<Workload, Walk> };

/** `rounds` where it is measured more or less often than the others; `longer` where slices of some systems last longer. */
export type Load = {
  workload: Workload;
  concurrency: number;
  seconds: number;
  rounds?: number;
  longer?: { systems: readonly string[]; seconds: number };
};

/** One instance, what it is sent, of how many requests, and which of them is next. */
type Walk = { instance: Omit<System, "keeping">; stream: string; length: number; from: number };

/** Of all answers of a slice, how many may be what it is not called. */
const OTHERS_MAX = 0.02;
/** Two actions on one thing at once may meet; more than this is a system that refuses. */
const REFUSED_MAX = 0.001;
/** How the ceiling is measured beside a load that it does not take itself. */
const BESIDE: Load = { workload: "hit", concurrency: 32, seconds: 1 };

/**
 * Runs one load on all of them that can take it. Also gives what the ceiling did meanwhile, where there is one. A slice
 * that fails is taken once more, for a datastore that paused for a moment; a system that fails again is left out from then
 * on, with the reason, and takes nothing of the others with it.
 */
export async function measure(
  load: Load,
  contestants: readonly Contestant[],
  rounds: number,
  ceiling: Contestant | undefined,
): Promise<{ runs: Run[]; ceiling: Range | undefined; failures: string[] }> {
  const failures: string[] = [];
  let walks = contestants.flatMap((contestant) => {
    const walk = walkOf(contestant, load.workload);
    return walk === undefined ? [] : [{ walk, contestant, slices: [] as Figures[] }];
  });
  const beside = ceiling && !contestants.includes(ceiling) ? walkOf(ceiling, BESIDE.workload) : undefined;
  const besides: Figures[] = [];
  const each = async (take: (one: (typeof walks)[number]) => Promise<unknown>) => {
    for (const one of walks)
      await take(one)
        .catch(() => take(one))
        .catch((error: Error) => {
          failures.push(error.message);
          walks = walks.filter((other) => other !== one);
        });
  };
  // a slice that is not counted, for what compiles as it runs
  if (!isTimed(load.workload)) await each(({ walk }) => slice(load, walk));
  if (beside?.from === 0) await slice(BESIDE, beside);
  for (let round = 0; round < (load.rounds ?? rounds); round++) {
    if (beside) besides.push(await slice(BESIDE, beside));
    await each(async ({ walk, slices }) => slices.push(await slice(load, walk)));
  }
  if (beside) besides.push(await slice(BESIDE, beside));
  const ofCeiling = walks.find(({ contestant }) => contestant === ceiling)?.slices ?? besides;
  return {
    runs: walks.map(({ walk, contestant, slices }) => ({
      system: walk.instance.name,
      workload: load.workload,
      tuples: contestant.tuples,
      concurrency: load.concurrency,
      ...summaryOf(slices),
    })),
    ceiling: ofCeiling.length > 0 ? rangeOf(ofCeiling, "rps") : undefined,
    failures,
  };
}

/** Whether it asks what was asked before. */
const isKept = (workload: Workload): boolean => workload.startsWith("hit") || workload === "batch20";
/** Whether each request is timed by itself: actions apart from questions, and none is left unanswered. */
const isTimed = (workload: Workload): boolean =>
  workload === "mix" || workload === "import" || workload.startsWith("action:");

/** Where a contestant is in a workload's stream; undefined where it has no such request. */
function walkOf({ system, streams, walks }: Contestant, workload: Workload): Walk | undefined {
  const known = walks.get(workload);
  if (known !== undefined) return known;
  const instance = isKept(workload) ? (system.keeping ?? system) : system;
  const requests = streams.requests(instance, workload);
  if (requests.length === 0) return undefined;
  const stream = join(freshFolder(), "stream");
  writeStream(stream, requests);
  const walk: Walk = { instance, stream, length: requests.length, from: 0 };
  walks.set(workload, walk);
  return walk;
}

/** A slice of one instance, while all others are stopped: what is idle follows changes, refreshes and collects all the same. */
async function slice(load: Load, walk: Walk): Promise<Figures> {
  await wake(walk.instance);
  try {
    return await measuredSlice(load, walk);
  } finally {
    rest(walk.instance);
  }
}

/** A service that was stopped first reads what was changed meanwhile: until then it keeps no answer for long. */
const WAKING_MILLISECONDS = 1500;
const WAKING_TRIES_MAX = 50;

/** Several processes watch over each other, and would take one that is stopped for dead. */
const staysAwake = ({ name }: Pick<System, "name">): boolean => name.includes("-workers-");

/** After five minutes nobody reads what was missed (follow-changes.ts), and what was kept counts no more. */
const REST_MAX_MILLISECONDS = 240_000;
const restingSince = new WeakMap<object, number>();

export function rest(system: Pick<System, "name" | "processes">): void {
  if (staysAwake(system)) return;
  restingSince.set(system, performance.now());
  signal(system.processes, "SIGSTOP");
}

export async function wake(system: Omit<System, "keeping">): Promise<void> {
  if (staysAwake(system)) return;
  signal(system.processes, "SIGCONT");
  if (!system.counts) return;
  await sleep(WAKING_MILLISECONDS);
  const hasLost = performance.now() - (restingSince.get(system) ?? 0) > REST_MAX_MILLISECONDS;
  const refill = () => (hasLost ? system.refill?.() : undefined);
  const { kept } = system;
  if (kept === undefined) return refill();
  for (let tries = 0; tries < WAKING_TRIES_MAX; tries++) {
    const before = await system.counts();
    await system.answer(kept);
    if ((await system.counts()).hits > before.hits) return refill();
    await sleep(WAKING_MILLISECONDS / 5);
  }
  throw new Error(`${system.name} keeps nothing after it was stopped`);
}

async function measuredSlice({ workload, concurrency, longer, ...load }: Load, walk: Walk): Promise<Figures> {
  const seconds = longer?.systems.includes(walk.instance.name) ? longer.seconds : load.seconds;
  const { instance, stream, from } = walk;
  const before = { counts: await instance.counts?.(), cpu: cpuSecondsOf(instance.processes) };
  const options = { concurrency, seconds, from };
  const done = isTimed(workload)
    ? // an action and the one that takes it back
      await driveTimed(instance.url, stream, { ...options, together: workload.startsWith("action:") ? 2 : 1 })
    : await drive(instance.url, stream, options);
  const cpu = cpuSecondsOf(instance.processes);
  const counts = await instance.counts?.();
  // on from where it ended, so that a miss is not asked for again while it is kept
  walk.from += isTimed(workload) ? Math.ceil(done.answers / concurrency) : done.requests + concurrency;
  const what = `${instance.name}, ${workload}, ${concurrency} at once`;
  if (done.refused > done.answers * REFUSED_MAX) throw new Error(`${what}: ${done.refused} of ${done.answers} refused`);
  if (workload === "import" && walk.from > walk.length) throw new Error(`${what}: everybody is there already`);
  const hitRate = counts && before.counts && hitRateOf(what, workload, before.counts, counts);
  const each = workload === "import" ? IMPORT_LINES : 1;
  const used = Object.entries(cpu).map(([name, seconds]) => [name, seconds - (before.cpu[name] ?? 0)] as const);
  return {
    rps: (done.requests * each) / (done.microseconds / 1e6),
    p50_ms: done.p50 / 1000,
    p99_ms: done.p99 / 1000,
    cpu: Object.fromEntries(used.map(([name, seconds]) => [name, (seconds / (done.answers * each)) * 1000])),
    ...(workload === "mix" && { mix: mixOf(done, hitRate, instance) }),
  };
}

/** Of a slice's answers, those from the cache. Throws when hits missed, or misses hit. */
function hitRateOf(what: string, workload: Workload, before: Counts, after: Counts): number {
  const hits = after.hits - before.hits;
  const misses = after.misses - before.misses;
  const isMiss = workload.startsWith("miss") || workload === "first";
  const others = isMiss ? hits : isKept(workload) ? misses : 0;
  if (others > (hits + misses) * OTHERS_MAX) throw new Error(`${what}: ${hits} hits and ${misses} misses`);
  return hits / (hits + misses);
}

function mixOf(
  { actions, late = 0 }: Slice,
  hitRate: number | undefined,
  { processes }: Pick<System, "processes">,
): Mix {
  return {
    ...(hitRate !== undefined && { hit_rate: hitRate }),
    ...(actions && { action_p50_ms: actions.p50 / 1000, action_p99_ms: actions.p99 / 1000 }),
    late,
    memory_mib: memoryOf(processes),
  };
}
