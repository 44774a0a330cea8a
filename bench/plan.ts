/** Which systems are measured at what, and for how long: all of it in about an hour, one of each kind in two minutes. */
import { availableParallelism } from "node:os";
import type { Load } from "./measure.ts";
import { OPERATIONS } from "./operations.ts";
import { KINDS } from "./questions.ts";
import type { Workload } from "./streams.ts";
import type { StartSystem, System } from "./system.ts";
import { startCeiling } from "./systems/ceiling.ts";
import { startCerbos } from "./systems/cerbos.ts";
import {
  startConcordat,
  startConcordatBare,
  startConcordatMemory,
  startConcordatPostgres,
  startConcordatWorkers,
} from "./systems/concordat.ts";
import { startConcordatTokens } from "./systems/concordat-tokens.ts";
import {
  startOpenFga,
  startOpenFgaCaches,
  startOpenFgaCachesPostgres,
  startOpenFgaPostgres,
} from "./systems/openfga.ts";
import { startSpicedb } from "./systems/spicedb.ts";

/** Every system by the name it has in results.json. */
export const STARTS: Record<string, StartSystem> = {
  ceiling: startCeiling,
  concordat: startConcordat,
  "concordat-bare": startConcordatBare,
  "concordat-memory": startConcordatMemory,
  "concordat-tokens": startConcordatTokens,
  "concordat-workers-2": startConcordatWorkers(2),
  "concordat-workers-4": startConcordatWorkers(4),
  openfga: startOpenFga,
  "openfga-caches": startOpenFgaCaches,
  "concordat-postgres": startConcordatPostgres,
  "openfga-postgres": startOpenFgaPostgres,
  "openfga-caches-postgres": startOpenFgaCachesPostgres,
  spicedb: startSpicedb,
  cerbos: startCerbos,
};

export type Plan = {
  scale: number;
  systems: string[];
  /** Other sizes of the world, and what is measured on them. */
  growth: { scales: number[]; systems: string[]; workloads: Workload[] };
  loads: Load[];
  rounds: number;
};

/**
 * Whether a system is given a workload. The ceiling has nothing but what lies in its Redis. What is no check costs the same with
 * Redis and with memory, and more processes are there for hits, as tokens are: of what else is asked the engine is the limit. What runs
 * beside the checks shows in hits, in misses and in one action. Misses of one kind are compared with the engine's own.
 */
export function takes(system: System, workload: Workload): boolean {
  if (system.name === "ceiling") return workload === "hit" || workload === "batch20";
  if (system.name.startsWith("concordat-workers-") || system.name === "concordat-tokens") return workload === "hit";
  if (system.name === "concordat-bare") return BARE.includes(workload);
  if (workload.startsWith("miss:")) return COMPARED.includes(system.name);
  return system.name !== "concordat-memory" || !OPERATIONS.some((one) => one === workload);
}

const COMPARED = ["concordat", "openfga", "concordat-postgres", "openfga-postgres"];
const BARE: Workload[] = ["hit", "miss", "action:delegate"];

/** Workers show nothing where there are not twice as many cores: Redis and the load need as many. */
const isForThisMachine = (name: string): boolean =>
  2 * Number(/-workers-(\d+)$/.exec(name)?.[1] ?? 1) <= availableParallelism();

/** `seconds` of a slice, several of which make a run. */
const load = (workload: Workload, concurrency: number, seconds: number): Load => ({ workload, concurrency, seconds });

/** All of it; with `full` on ten times the world too. What is asked for first is first: a run that is cut off has it. */
export function wholePlan(full: boolean): Plan {
  const [short, long] = [1, 3];
  const operations = OPERATIONS.map((workload) => load(workload, 1, 2));
  return {
    scale: 1,
    systems: Object.keys(STARTS).filter(isForThisMachine),
    growth: {
      scales: full ? [0.1, 10] : [0.1],
      systems: ["concordat", "concordat-postgres"],
      workloads: ["hit", "miss", ...OPERATIONS],
    },
    rounds: 3,
    loads: [
      // short ones first: they show whether this machine is ever quiet
      load("miss", 1, short),
      ...KINDS.map((kind) => load(`miss:${kind}`, 1, short)),
      // a slice begins a minute of the access log, in which every fact is new once: to show what that costs it must be long
      { ...load("hit", 32, long), longer: { systems: ["concordat", "concordat-bare"], seconds: 15 } },
      // where there are workers for many cores, 32 connections are few to each
      ...(isForThisMachine("concordat-workers-4") ? [load("hit", 128, long)] : []),
      load("miss", 32, short),
      ...operations.slice(0, -1),
      // 30 seconds; its actions leave changes behind, which are then followed for a while
      load("mix", 32, 10),
      ...operations.slice(-1),
      load("hit", 1, short),
      load("first", 1, short),
      load("batch20", 32, long),
    ],
  };
}

/** One workload of each kind, on a tenth of the world. */
export function quickPlan(): Plan {
  return {
    scale: 0.1,
    systems: ["ceiling", "concordat", "openfga"],
    growth: { scales: [], systems: [], workloads: [] },
    rounds: 3,
    loads: [
      load("hit", 32, 2),
      load("miss", 1, 1),
      load("list:cooperations", 1, 1),
      load("action:delegate", 1, 1),
      { ...load("mix", 32, 5), rounds: 1 },
    ],
  };
}
