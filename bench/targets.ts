/** What Concordat should reach, and what it did in this run, each with both figures: reached, or short by how much. */
import type { Run } from "./measure.ts";
import { OPERATIONS } from "./operations.ts";
import { ANSWER, KINDS } from "./questions.ts";

/** `is` and `wanted` in the same unit; more is better, or less. */
export type Target = { what: string; is: number; wanted: number; better: "more" | "less" };

const AT_ONCE = 32;
const YES_RATIO_MAX = 1.3;
const GROWTH_MAX = 1.2;
const HIT_GROWTH_MAX = 1.1;
const MIX_ACTION_P99_MAX_MS = 1000;
const LIST_P50_MAX_MS = 100;
/** Concordat with the engine that it is compared with, on each datastore. */
const ON = [
  { own: "concordat", direct: "openfga", noRatioMax: 2, actionMaxMs: 50 },
  { own: "concordat-postgres", direct: "openfga-postgres", noRatioMax: 1.5, actionMaxMs: 20 },
] as const;
/** What runs beside the checks may cost three hundredths. */
const BESIDE_MIN = 0.97;
const PEERS_OF_HITS = ["openfga-caches", "spicedb", "cerbos"];
/** The mix on PostgreSQL, over each of these. */
const MIX_OVER = { "openfga-postgres": 10, "openfga-caches-postgres": 1, "openfga-caches": 1, cerbos: 1 };

/** The targets that these runs can say something of. `bytesPerDecision` where Redis was measured. */
export function targetsOf(runs: readonly Run[], bytesPerDecision: number | undefined): Target[] {
  const tuples = mainTuples(runs);
  const find = (system: string, workload: Run["workload"], concurrency: number, of = tuples) =>
    runs.find(
      (run) =>
        run.system === system && run.workload === workload && run.concurrency === concurrency && run.tuples === of,
    );
  const targets: Target[] = [];
  const hold = (what: string, is: number | undefined, wanted: number, better: Target["better"]) => {
    if (is !== undefined) targets.push({ what, is, wanted, better });
  };
  const ratio = (a: Run | undefined, b: Run | undefined, figure: "rps" | "p50_ms" | "p99_ms") =>
    a && b && a[figure] / b[figure];

  const hits = find("concordat", "hit", AT_ONCE);
  const ceiling = find("ceiling", "hit", AT_ONCE);
  hold("hits: throughput over the ceiling's", ratio(hits, ceiling, "rps"), 0.85, "more");
  hold("hits: p99 over the ceiling's", ratio(hits, ceiling, "p99_ms"), 1.3, "less");
  const direct = find("openfga", "hit", AT_ONCE);
  hold("hits: throughput over OpenFGA's, asked directly", ratio(hits, direct, "rps"), 50, "more");
  const bare = find("concordat-bare", "hit", AT_ONCE);
  hold("hits: throughput over that without access log and scheduler", ratio(hits, bare, "rps"), BESIDE_MIN, "more");
  for (const peer of PEERS_OF_HITS)
    hold(`hits: throughput over ${peer}'s`, ratio(hits, find(peer, "hit", AT_ONCE), "rps"), 1, "more");
  for (const { own, direct, noRatioMax } of ON)
    for (const kind of KINDS) {
      const [miss, asked] = [find(own, `miss:${kind}`, 1), find(direct, `miss:${kind}`, 1)];
      const wanted = ANSWER[kind] ? YES_RATIO_MAX : noRatioMax;
      hold(`miss, ${kind}: p50 over OpenFGA's${onPostgres(own)}`, ratio(miss, asked, "p50_ms"), wanted, "less");
    }
  for (const { own, actionMaxMs } of ON)
    for (const workload of OPERATIONS) {
      const wanted = workload.startsWith("action:")
        ? actionMaxMs
        : workload.startsWith("list:")
          ? LIST_P50_MAX_MS
          : undefined;
      if (wanted) hold(`${workload}: p50 in ms${onPostgres(own)}`, find(own, workload, 1)?.p50_ms, wanted, "less");
    }
  for (const { own } of ON) {
    const { mix } = find(own, "mix", AT_ONCE) ?? {};
    hold(`mix: p99 of actions in ms${onPostgres(own)}`, mix?.action_p99_ms, MIX_ACTION_P99_MAX_MS, "less");
    hold(`mix: answers after more than 10 s, or never${onPostgres(own)}`, mix?.late, 0, "less");
  }
  const mixed = find("concordat-postgres", "mix", AT_ONCE);
  for (const [peer, wanted] of Object.entries(MIX_OVER)) {
    const what = `mix on PostgreSQL: throughput over ${peer}'s`;
    hold(what, ratio(mixed, find(peer, "mix", AT_ONCE), "rps"), wanted, "more");
  }
  for (const { own } of ON)
    for (const [workload, concurrency, name, wanted] of GROWING) {
      const sizes = runs
        .filter((run) => run.system === own && run.workload === workload && run.concurrency === concurrency)
        .sort((a, b) => a.tuples - b.tuples);
      const [smallest] = sizes;
      for (const larger of sizes.slice(1)) {
        const what = `${name}: p50 at ${larger.tuples} tuples over that at ${smallest?.tuples}${onPostgres(own)}`;
        hold(what, ratio(larger, smallest, "p50_ms"), wanted, "less");
      }
    }
  hold("bytes in Redis for each cached decision", bytesPerDecision, 400, "less");
  return targets;
}

const onPostgres = (own: (typeof ON)[number]["own"]) => (own === "concordat" ? "" : ", on PostgreSQL");

const GROWING: [Run["workload"], concurrency: number, name: string, wanted: number][] = [
  ["hit", AT_ONCE, "hits", HIT_GROWTH_MAX],
  ...OPERATIONS.map((workload): [Run["workload"], number, string, number] => [workload, 1, workload, GROWTH_MAX]),
];

/** The world that most was measured on. */
export function mainTuples(runs: readonly Run[]): number {
  const counts = Map.groupBy(runs, ({ tuples }) => tuples);
  return [...counts].sort(([, a], [, b]) => b.length - a.length)[0]?.[0] ?? 0;
}

/** Both figures of a target, as text. */
export function figuresOf({ is, wanted, better }: Target): { is: string; wanted: string } {
  return { is: String(Number(is.toPrecision(3))), wanted: `${better === "more" ? "≥" : "≤"} ${wanted}` };
}

/** Whether it was reached, and if not, short by how much of what was wanted. */
export function verdictOf({ is, wanted, better }: Target): string {
  if (better === "more" ? is >= wanted : is <= wanted) return "reached";
  if (wanted === 0) return `short by ${is}`;
  const short = better === "more" ? 1 - is / wanted : is / wanted - 1;
  return `short by ${Math.ceil(short * 100)} %`;
}
