/**
 * What an import reports while it runs: each refused line immediately, progress some times a second, and at the end
 * that all lines are done, or why it stopped and with which line to continue.
 */
import { z } from "@hono/zod-openapi";
import { importLines, type LineOutcome } from "../../../actions/import-lines.ts";
import type { Call } from "../../../actions/run/action.ts";
import { errorFacts } from "../../../domain/error-facts.ts";
import type { NumberedLine } from "../../../domain/registry/import-line.ts";
import { BodyBroken, BodyIdle } from "../../../faults.ts";
import { damageDetail, FAULTS, faultOf, listedErrors } from "../../problem.ts";
import { dataOf, detailOf } from "../../refusal-detail.ts";
import type { V1Deps } from "../route.ts";

/** How often progress is reported while nothing is refused. */
const PROGRESS_MILLISECONDS = 250;

const Counts = {
  line: z.int().describe("All lines up to this one are done: committed, the same as before, or refused."),
  read: z.int().describe("Lines read by this request; empty ones do not count."),
  done: z.int(),
  same: z.int().describe("The same as before."),
  refused: z.int(),
  effective_by: z.string().nullable().describe("A check that begins then answers from after all that is done."),
};

export const ImportEvent = z.discriminatedUnion("event", [
  z
    .object({
      event: z.literal("refused"),
      line: z.int(),
      code: z
        .string()
        .describe(
          "As in a problem; `invalid_request`: the line cannot be read; `refused_by_engine`: OpenFGA cannot hold what it says.",
        ),
      detail: z.string().optional(),
      errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
      more_errors: z.int().optional(),
    })
    .loose(),
  z.strictObject({ event: z.literal("done"), ...Counts }),
  z.strictObject({ event: z.literal("end"), ...Counts }),
  z.strictObject({
    event: z.literal("stopped"),
    ...Counts,
    code: z.string().describe("As in a problem, or `shutting_down`: the process was stopped."),
    detail: z.string(),
    from: z.int().describe("The line to continue from: send the same file with `?from=` it."),
  }),
]);
export type ImportEvent = z.infer<typeof ImportEvent>;

/** Imports lines and reports on them; `from` is the number of the first. Never throws: what stops it is the last event. */
export async function* importEvents(
  deps: V1Deps,
  call: Call,
  lines: AsyncIterable<NumberedLine[]>,
  from: number,
): AsyncGenerator<ImportEvent> {
  const counts = { line: from - 1, read: 0, done: 0, same: 0, refused: 0, effective_by: null as string | null };
  const stopped = (code: string, detail: string): ImportEvent => ({
    event: "stopped",
    ...counts,
    code,
    detail,
    from: counts.line + 1,
  });
  let reportedAt = performance.now();
  try {
    for await (const outcomes of importLines(deps, call, lines)) {
      for (const outcome of outcomes) {
        counts.read++;
        counts.line = outcome.line;
        if (outcome.outcome === "done" || outcome.outcome === "same") {
          counts[outcome.outcome]++;
          if (outcome.effective_by > (counts.effective_by ?? "")) counts.effective_by = outcome.effective_by;
        } else counts.refused++;
      }
      yield* outcomes.flatMap(refusedEvent);
      if (deps.stopping())
        return yield stopped(
          "shutting_down",
          "The service is stopping. Continue from the line in `from` when it runs again.",
        );
      if (performance.now() - reportedAt < PROGRESS_MILLISECONDS) continue;
      reportedAt = performance.now();
      yield { event: "done", ...counts };
    }
    yield { event: "end", ...counts };
  } catch (error) {
    // nobody reads the reply any more
    if (error instanceof BodyBroken) return deps.log("info", "caller_gone", { request_id: call.requestId });
    if (error instanceof BodyIdle)
      return yield stopped("request_timeout", `${error.message}. Continue from the line in \`from\`.`);
    const code = faultOf(error as Error);
    deps.warn("import_stopped", { request_id: call.requestId, line: counts.line, ...errorFacts(error) });
    yield stopped(code, adviceOn(code, error as Error));
  }
}

function adviceOn(code: ReturnType<typeof faultOf>, error: Error): string {
  if (code === "internal") return FAULTS[code][2];
  if (code === "store_damaged") return damageDetail(error);
  return `${FAULTS[code][1]}. Continue from the line in \`from\`.`;
}

function refusedEvent(outcome: LineOutcome): ImportEvent[] {
  const { line } = outcome;
  if (outcome.outcome === "invalid")
    return [{ event: "refused", line, code: "invalid_request", ...listedErrors(outcome.errors) }];
  if (outcome.outcome === "refused_by_engine")
    return [{ event: "refused", line, code: outcome.outcome, detail: "OpenFGA cannot hold what the line says." }];
  if (outcome.outcome !== "refused") return [];
  const { refusal } = outcome;
  return [{ event: "refused", line, code: refusal.code, detail: detailOf(refusal), ...dataOf(refusal) }];
}
