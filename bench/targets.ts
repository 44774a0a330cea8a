/** What Concordat should reach, and what it did in this run, each with both figures: reached, or short by how much. */
import type { Run } from "./measure.ts";
import { ANSWER, KINDS } from "./questions.ts";

/** `is` and `wanted` in the same unit; more is better, or less. */
export type Target = { what: string; is: number; wanted: number; better: "more" | "less" };

const HITS_CONCURRENCY = 32;
const MISS_CONCURRENCY = 1;
const YES_RATIO_MAX = 1.3;
const NO_RATIO_MAX = 2;

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

  const hits = find("concordat", "hit", HITS_CONCURRENCY);
  const ceiling = find("ceiling", "hit", HITS_CONCURRENCY);
  hold("hits: throughput over the ceiling's", ratio(hits, ceiling, "rps"), 0.85, "more");
  hold("hits: p99 over the ceiling's", ratio(hits, ceiling, "p99_ms"), 1.3, "less");
  const direct = find("openfga", "hit", HITS_CONCURRENCY);
  hold("hits: throughput over OpenFGA's, asked directly", ratio(hits, direct, "rps"), 50, "more");
  const others = runs.filter(
    ({ system, workload, concurrency, tuples: of }) =>
      workload === "hit" &&
      concurrency === HITS_CONCURRENCY &&
      of === tuples &&
      !["ceiling", "concordat", "concordat-memory", "openfga"].includes(system),
  );
  for (const other of others) hold(`hits: throughput over ${other.system}'s`, ratio(hits, other, "rps"), 1, "more");
  for (const kind of KINDS) {
    const miss = find("concordat", `miss:${kind}`, MISS_CONCURRENCY);
    const asked = find("openfga", `miss:${kind}`, MISS_CONCURRENCY);
    const wanted = ANSWER[kind] ? YES_RATIO_MAX : NO_RATIO_MAX;
    hold(`miss, ${kind}: p50 over OpenFGA's`, ratio(miss, asked, "p50_ms"), wanted, "less");
  }
  for (const other of runs.filter(({ system, tuples: of }) => system === "concordat" && of !== tuples)) {
    if (other.workload !== "hit" || other.concurrency !== HITS_CONCURRENCY) continue;
    const [small, large] = other.tuples < tuples ? [other, hits] : [hits, other];
    const what = `hits: p50 at ${large?.tuples} tuples over that at ${small?.tuples}`;
    hold(what, ratio(large, small, "p50_ms"), 1.1, "less");
  }
  hold("bytes in Redis for each cached decision", bytesPerDecision, 400, "less");
  return targets;
}

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
  const short = better === "more" ? 1 - is / wanted : is / wanted - 1;
  return `short by ${Math.ceil(short * 100)} %`;
}
