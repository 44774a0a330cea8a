/** Which systems are measured at what, and for how long: all of it in some half an hour, one of each kind in two minutes. */
import type { Load } from "./measure.ts";
import { OPERATIONS } from "./operations.ts";
import { KINDS } from "./questions.ts";
import type { Workload } from "./streams.ts";
import type { StartSystem, System } from "./system.ts";
import { startCeiling } from "./systems/ceiling.ts";
import { startCerbos } from "./systems/cerbos.ts";
import {
  startConcordat,
  startConcordatMemory,
  startConcordatPostgres,
  startConcordatWorkers,
} from "./systems/concordat.ts";
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
  "concordat-memory": startConcordatMemory,
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
 * Whether a system is given a workload. What keeps no answers is not asked for hits of one kind: the same
 * questions are `miss` to it. The ceiling has nothing but what lies in its Redis. What is no check costs the same with
 * Redis and with memory, and more processes are there for hits: of what else is asked the engine is the limit.
 */
export function takes(system: System, workload: Workload): boolean {
  if (system.name === "ceiling") return workload === "hit" || workload === "batch20";
  if (system.name.startsWith("concordat-workers-")) return workload === "hit";
  if (system.name === "concordat-memory" && OPERATIONS.some((one) => one === workload)) return false;
  return system.keeping !== undefined || !workload.startsWith("hit:");
}

/** `seconds` of a slice, several of which make a run. */
const load = (workload: Workload, concurrency: number, seconds: number): Load => ({ workload, concurrency, seconds });

/** All of it; with `full` on ten times the world too, and in longer slices. */
export function wholePlan(full: boolean): Plan {
  const [short, long] = full ? [3, 5] : [1, 3];
  const operations = OPERATIONS.map((workload) => load(workload, 1, 2));
  return {
    scale: 1,
    systems: Object.keys(STARTS),
    growth: {
      scales: full ? [0.1, 10] : [0.1],
      systems: ["concordat", "concordat-postgres"],
      workloads: ["hit", "miss", ...OPERATIONS],
    },
    rounds: 3,
    loads: [
      { ...load("hit", 32, long), rounds: 5 },
      load("hit", 1, short),
      ...KINDS.map((kind) => load(`hit:${kind}`, 32, short)),
      load("miss", 32, short),
      load("miss", 1, short),
      load("first", 1, short),
      ...KINDS.map((kind) => load(`miss:${kind}`, 1, short)),
      load("batch20", 32, long),
      ...operations.slice(0, -1),
      // 30 seconds; its actions leave changes behind, which are then followed for a while
      load("mix", 32, 10),
      ...operations.slice(-1),
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
