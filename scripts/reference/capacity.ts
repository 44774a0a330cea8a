/** What the measured figures (bench/results.json) come to for larger loads, with the arithmetic. */
import type { Run } from "../../bench/measure.ts";
import type { Results } from "../../bench/results.ts";
import { mainTuples } from "../../bench/targets.ts";
import { code, table } from "./blocks.ts";
import { thousands } from "./speed.ts";

/** How busy a part is planned to be: the rest is for peaks, and for the time in which another one is replaced. */
const BUSY = 0.6;
const CHECKS = [10_000, 100_000, 1_000_000];
const HIT_RATES = [0.9, 0.99, 0.999];
/** With the engine that is used in production, where that was measured. */
const SYSTEMS = ["concordat-postgres", "concordat"];

/** Two tables: the figures of one of each part, and how many of each the three loads need. Throws without a hit and a miss. */
export function capacityBlock({ runs: all, redis_bytes_per_decision }: Results): string {
  const tuples = mainTuples(all);
  const find = (workload: Run["workload"], concurrency: number) => {
    const runs = all.filter(
      (run) => run.tuples === tuples && run.workload === workload && run.concurrency === concurrency,
    );
    const system = SYSTEMS.find((name) => runs.some((run) => run.system === name));
    return runs.find((run) => run.system === system);
  };
  const [hit, miss, mix, action] = [find("hit", 32), find("miss", 32), find("mix", 32), find("action:delegate", 1)];
  if (!hit || !miss) throw new Error("bench/results.json has no hits or no misses of Concordat");
  const name = ({ system, workload, concurrency }: Run) => `${code(system)}, ${workload}, ${concurrency} at once`;
  const cpu = ({ cpu_s_per_1000, cpu_s_per_1000_by: by }: Run, process?: string) =>
    process === undefined ? cpu_s_per_1000 : by?.[process];
  const figures: [figure: string, value: string | undefined, run: Run | undefined][] = [
    ["one process answers hits", `${thousands(hit.rps)} a second`, hit],
    ["CPU of a hit, all processes", milliseconds(cpu(hit)), hit],
    ["of it Redis", milliseconds(cpu(hit, "redis")), hit],
    ["CPU of a miss, all processes", milliseconds(cpu(miss)), miss],
    ["of it the process of Concordat", milliseconds(cpu(miss, "service")), miss],
    ["of it OpenFGA", milliseconds(cpu(miss, "openfga")), miss],
    ["of it PostgreSQL", milliseconds(cpu(miss, "postgres")), miss],
    ["misses that two cores answer", `${thousands(miss.rps)} a second`, miss],
    [
      "hit rate of the mix",
      mix?.mix?.hit_rate === undefined ? undefined : `${(mix.mix.hit_rate * 100).toFixed(1)} %`,
      mix,
    ],
    ["actions, one after the other", action && `${thousands(action.rps)} a second`, action],
    ["a decision in Redis", redis_bytes_per_decision ? `${redis_bytes_per_decision} bytes` : undefined, hit],
  ];
  const measured = figures.flatMap(([figure, value, run]) => (value && run ? [[figure, value, name(run)]] : []));
  const redis = cpu(hit, "redis");
  const cores = (seconds: number) =>
    Number((seconds / BUSY).toPrecision(2))
      .toLocaleString("en")
      .replaceAll(",", " ");
  const rows = CHECKS.map((checks) => [
    thousands(checks),
    String(Math.ceil(checks / (hit.rps * BUSY))),
    redis === undefined ? "not measured apart" : cores((checks * redis) / 1000),
    ...HIT_RATES.map((rate) => cores((checks * (1 - rate) * miss.cpu_s_per_1000) / 1000)),
  ]);
  const percent = (rate: number) => `${Number((rate * 100).toFixed(1))} %`;
  const headings = [
    "checks a second",
    "processes",
    "cores of Redis",
    ...HIT_RATES.map((rate) => `cores for misses at ${percent(rate)} hits`),
  ];
  const arithmetic =
    `Processes = checks ÷ (${BUSY} × hits a second). Cores of Redis = checks × CPU of a hit in Redis ÷ ${BUSY}. ` +
    `Cores for misses = checks × (1 − hit rate) × CPU of a miss ÷ ${BUSY}.`;
  const notYet = [
    ...(hit.system === SYSTEMS[0]
      ? []
      : ["Every run so far is on the embedded engine with sqlite, none on PostgreSQL."]),
    ...(redis === undefined ? ["The CPU time that Redis takes of a hit is not measured yet."] : []),
  ];
  const tables = [table(["figure", "measured", "run"], measured), table(headings, rows)];
  return [...tables, [arithmetic, ...notYet].join(" ")].join("\n\n");
}

const milliseconds = (secondsPer1000: number | undefined) =>
  secondsPer1000 === undefined ? undefined : `${secondsPer1000} ms`;
