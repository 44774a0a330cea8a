/**
 * Loads organizations with their policies, people, resources and job roles, each line by the action that a PUT of it would be: with the
 * same checks and the same history. Lines are written in their order, as many in one Write as fit, so a line is
 * committed only after all before it; a line that is refused changes nothing and stops no other.
 */
import { isService, needsService } from "../domain/caller.ts";
import type { Refusal } from "../domain/refusal.ts";
import type { ImportLine, LineError, NumberedLine } from "../domain/registry/import-line.ts";
import { type KeptStore, keepReads } from "../store/kept-reads.ts";
import { putOrganization } from "./organization.ts";
import { putPerson } from "./person.ts";
import { setPolicy } from "./policy.ts";
import { putResource, setJobRole } from "./resource.ts";
import type { Action, ActionDeps, Call } from "./run/action.ts";
import { patiently } from "./run/commit.ts";
import { performFirst, type StepOutcome } from "./run/perform-first.ts";
import { readAhead } from "./run/read-ahead.ts";
import { setSuspension } from "./suspension.ts";

/** How many lines are read ahead: what they need of the store is read at the same time, and kept until they are done. */
const AHEAD_LINES = 64;
/** More lines than this never fit one Write: each takes three tuples at least. */
const TOGETHER_LINES_MAX = 33;

/** The outcome of a line. `effective_by` as in a receipt; a line that was refused, or could not be read, has none. */
export type LineOutcome =
  | { line: number; outcome: "done" | "same"; effective_by: string }
  | { line: number; outcome: "refused"; refusal: Refusal }
  | { line: number; outcome: "refused_by_engine" }
  | { line: number; outcome: "invalid"; errors: LineError[] };

/** Why a caller may not import, or undefined when they may. */
export function refuseImport({ caller }: Call): Refusal | undefined {
  return isService(caller) ? undefined : needsService("to import");
}

/**
 * Imports lines as they arrive, and yields the outcomes of some whenever they are done: all lines up to the last one
 * yielded are done. Throws EngineUnavailable, Contended or OutcomeUnknown; the lines that were not yielded may be sent
 * again, whatever their outcome.
 */
export async function* importLines(
  deps: ActionDeps,
  call: Call,
  lines: AsyncIterable<NumberedLine[]>,
): AsyncGenerator<LineOutcome[]> {
  let together = TOGETHER_LINES_MAX;
  for await (const some of lines)
    for (let start = 0; start < some.length; start += AHEAD_LINES) {
      // what was read is valid for these lines and no longer: others write too
      const kept = keepReads(deps.tupleStore);
      let rest = some.slice(start, start + AHEAD_LINES);
      await readAhead(
        deps,
        call,
        rest.flatMap((line) => ("says" in line ? [actionOf(line.says)] : [])),
        kept,
      );
      while (rest.length > 0) {
        const tried = rest.slice(0, together);
        const { outcomes, fitted } = await patiently(deps, "importing_again", () =>
          importFirst(deps, call, tried, kept),
        );
        yield outcomes;
        // as many as fitted, and one more when all of them did
        together = fitted < tried.length ? fitted : Math.min(together + 1, TOGETHER_LINES_MAX);
        rest = rest.slice(outcomes.length);
      }
    }
}

type Saying = Extract<NumberedLine, { says: unknown }>;

/** Imports the first of these lines: as many as one Write can hold, `fitted`, and that the engine accepts. */
async function importFirst(
  deps: ActionDeps,
  call: Call,
  lines: NumberedLine[],
  kept: KeptStore,
): Promise<{ outcomes: LineOutcome[]; fitted: number }> {
  const said = lines.filter((line): line is Saying => "says" in line);
  const actions = said.map(({ says }) => actionOf(says));
  const { outcomes, fitted } = await performFirst(deps, call, actions, kept);
  /** How many lines there are before the one that says the nth. */
  const linesBefore = (n: number) => {
    const next = said[n];
    return next === undefined ? lines.length : lines.indexOf(next);
  };
  const each = outcomes.values();
  const done = lines.slice(0, linesBefore(outcomes.length)).map((line): LineOutcome => {
    if ("errors" in line) return { line: line.line, outcome: "invalid", errors: line.errors };
    const outcome = each.next().value;
    if (outcome === undefined) throw new Error(`line ${line.line} has no outcome`);
    return outcomeOf(deps, call, line.line, outcome);
  });
  return { outcomes: done, fitted: linesBefore(fitted) };
}

function outcomeOf(deps: ActionDeps, call: Call, line: number, outcome: StepOutcome<unknown>): LineOutcome {
  if (!("code" in outcome))
    return { line, outcome: outcome.outcome === "same" ? "same" : "done", effective_by: outcome.effective_by };
  if (outcome.code !== "refused_by_engine") return { line, outcome: "refused", refusal: outcome };
  deps.warn("import_line_refused", { request_id: call.requestId, line, error: outcome.message });
  return { line, outcome: "refused_by_engine" };
}

function actionOf(line: ImportLine): Action<unknown, unknown> {
  switch (line.kind) {
    case "organization":
      return putOrganization({ ...line, organization: line.id });
    case "policy": {
      const { kind: _, organization, ...policy } = line;
      return setPolicy({ organization, policy });
    }
    case "person":
      return putPerson(line);
    case "suspension":
      return setSuspension({ organization: line.organization, user: line.user, suspended: true });
    case "portfolio":
      return putResource({ ...line, resource: `portfolio:${line.id}` });
    case "plant":
      return putResource({ ...line, resource: `plant:${line.id}` });
    case "job_role":
      return setJobRole(line);
  }
}
