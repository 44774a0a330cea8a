/**
 * Measures the check, and what people do beside it, against what else one could use: starts every system with the same
 * world, sees that all give the same answers, then measures them in turn with wrk. Writes bench/results.json and its
 * pictures; a run that left something out (--quick, on a tenth of the world and in two minutes, --systems, --only, no
 * PostgreSQL, or what failed) writes bench/partial* instead. --only with --quick measures what it names on the tenth.
 * Nothing else should run on the machine meanwhile.
 *
 *   npm run bench -- [--quick | --full] [--systems concordat,openfga] [--only hit,miss:delegate]
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { startContest } from "../bench/contestants.ts";
import { wrkVersion } from "../bench/load.ts";
import { type Contestant, measure, type Run } from "../bench/measure.ts";
import { operatorsPicture, usersPicture } from "../bench/picture.ts";
import { quickPlan, takes, wholePlan } from "../bench/plan.ts";
import { signal } from "../bench/processes.ts";
import {
  describeMachine,
  isDisturbed,
  printRuns,
  type Quiet,
  type Results,
  redisVersion,
  spreadOf,
} from "../bench/results.ts";
import type { System } from "../bench/system.ts";
import { agreeWithModel } from "../bench/systems/spicedb-cerbos-agree.ts";
import { figuresOf, targetsOf, verdictOf } from "../bench/targets.ts";
import { findServer } from "../src/openfga/server/find-server.ts";
import { measureEngineReads, printEngineReads } from "../test/support/engine-reads.ts";
import { argumentsOrExit } from "./arguments.ts";

const USAGE = "usage: npm run bench -- [--quick | --full] [--systems <name>,…] [--only <workload>,…]";
const { values: options } = argumentsOrExit(USAGE, {
  options: {
    quick: { type: "boolean", default: false },
    full: { type: "boolean", default: false },
    systems: { type: "string" },
    only: { type: "string" },
  },
});

/** After so many loads in a row that were disturbed twice the machine is never quiet, and none is measured once more. */
const NOISY_MAX = 3;

const startedAt = performance.now();
const say = (text: string) => {
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  console.error(`${String(seconds).padStart(4)} s  ${text}`);
};

async function printReads(): Promise<void> {
  const found = await findServer({ ...process.env, OPENFGA_API_URL: "" }, { line: say, counter: () => {} });
  if (found.kind !== "binary") return say("engine reads are not counted: OpenFGA runs in a container");
  const model = readFileSync(new URL("../model.fga", import.meta.url), "utf8");
  console.log(
    `Reads of its datastore that OpenFGA needs for one can_view\n\n${printEngineReads(await measureEngineReads(found.path, model))}\n`,
  );
}

async function main(running: System[]): Promise<void> {
  const plan = options.quick ? quickPlan() : wholePlan(options.full);
  const systems = options.systems?.split(",") ?? plan.systems;
  const only = options.only?.split(",");
  // what is named is measured, also where --quick has it not
  const loads = only ? wholePlan(options.full).loads.filter(({ workload }) => only.includes(workload)) : plan.loads;
  if (loads.length === 0) throw new Error(`There is no workload ${options.only} in this run.`);
  const wrk = await wrkVersion();
  if (!options.quick) await printReads();
  if (systems.some((name) => name === "spicedb" || name === "cerbos")) {
    await agreeWithModel(new Date());
    say("spicedb and cerbos keep the laws as model.fga does, lapsed dates too");
  }

  const starting = { at: new Date(), started: (system: System) => void running.push(system), say };
  const main = await startContest(plan.scale, systems, starting);
  const onGrowth = plan.growth.systems.filter((name) => systems.includes(name));
  const grown: Contestant[] = [];
  for (const scale of plan.growth.scales) grown.push(...(await startContest(scale, onGrowth, starting)).contestants);

  const runs: Run[] = [];
  const quiet: Quiet[] = [];
  const versions = Object.fromEntries(main.contestants.map(({ system }) => [system.name, system.version]));
  const bytes = main.bytesPerDecision.get("concordat");
  const keep = (name: "results" | "partial"): string => {
    const path = (ending: string) => fileURLToPath(new URL(`../bench/${name}${ending}`, import.meta.url));
    const results: Results = {
      machine: describeMachine(),
      versions: { ...versions, node: process.versions.node, redis: redisVersion(), wrk },
      ...(bytes !== undefined && { redis_bytes_per_decision: Math.round(bytes) }),
      ...(quiet.length > 0 && { quiet }),
      runs,
    };
    writeFileSync(path(".json"), `${JSON.stringify(results, undefined, 2)}\n`);
    writeFileSync(path("-users.svg"), usersPicture(runs));
    writeFileSync(path("-operators.svg"), operatorsPicture(runs));
    return path(".json");
  };
  const ceiling = main.contestants.find(({ system }) => system.name === "ceiling");
  let failed = false;
  let noisy = 0;
  for (const load of loads) {
    const { workload, concurrency } = load;
    const contestants = [...main.contestants, ...(plan.growth.workloads.includes(workload) ? grown : [])];
    const able = contestants.filter(({ system }) => takes(system, workload));
    const what = `${workload}, ${concurrency} at once`;
    try {
      const measured = await measure(load, able, plan.rounds, ceiling);
      const isRepeated = isDisturbed(measured.ceiling) && noisy < NOISY_MAX;
      if (isRepeated) {
        say(
          `${what}: disturbed, the ceiling did ${measured.ceiling?.join(" to ")} requests a second; measured once more`,
        );
        const again = await measure(load, able, plan.rounds, ceiling);
        if (spreadOf(again.ceiling) < spreadOf(measured.ceiling)) Object.assign(measured, again);
        noisy = isDisturbed(measured.ceiling) ? noisy + 1 : 0;
      }
      for (const failure of measured.failures) say(`left out: ${failure}`);
      failed ||= measured.failures.length > 0;
      runs.push(...measured.runs);
      const range = measured.ceiling;
      if (range)
        quiet.push({ workload, concurrency, ceiling_rps: range, ...(isRepeated && { repeated: true as const }) });
      say(`${what}: the ceiling did ${range?.join(" to ") ?? "not run"}${isDisturbed(range) ? ", disturbed" : ""}`);
      console.log(printRuns(measured.runs));
      // what an interrupted run measured is there
      keep("partial");
    } catch (error) {
      // what was measured before is not lost with it
      failed = true;
      say(`${what} is left out: ${(error as Error).message}`);
    }
  }

  const isWhole =
    !failed && main.missing.length === 0 && !options.quick && options.systems === undefined && only === undefined;
  const path = keep(isWhole ? "results" : "partial");
  console.log(`${describeMachine()}\n\n${printRuns(runs)}\n`);
  for (const target of targetsOf(runs, bytes)) {
    const { is, wanted } = figuresOf(target);
    console.log(`${target.what}: ${is}, wanted ${wanted}: ${verdictOf(target)}`);
  }
  say(`wrote ${path} and two pictures beside it`);
  if (failed) process.exitCode = 1;
}

// each process that is started listens for the end of this one
process.setMaxListeners(0);
// what was started ends with this process, and its folders go when it exits by itself
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
const running: System[] = [];
try {
  await main(running);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
} finally {
  // what is stopped cannot end by itself
  for (const system of running)
    for (const { processes } of [system, system.keeping ?? system]) signal(processes, "SIGCONT");
  await Promise.all(running.map((system) => system.stop()));
  // what a system had started when its start failed would keep this process
  process.exit();
}
