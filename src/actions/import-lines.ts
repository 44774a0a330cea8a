/**
 * Loads organizations, people, resources and job roles, each line by the action that a PUT of it would be: with the
 * same checks and the same history. Lines are written in their order, as many in one Write as fit, so a line is
 * committed only after all before it; a line that is refused changes nothing and stops no other.
 */
import { isService, needsService } from "../domain/caller.ts";
import type { Refusal } from "../domain/refusal.ts";
import type { ImportLine, LineError, NumberedLine } from "../domain/registry/import-line.ts";
import { isRefusal } from "../domain/result.ts";
import { EngineRefused } from "../faults.ts";
import { keepReads } from "../store/kept-reads.ts";
import { putOrganization } from "./organization.ts";
import { putPerson } from "./person.ts";
import { putResource, setJobRole } from "./resource.ts";
import type { Action, ActionDeps, Call } from "./run/action.ts";
import { patiently } from "./run/commit.ts";
import { performEach } from "./run/perform.ts";

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
      const kept = { ...deps, tupleStore: keepReads(deps.tupleStore) };
      let rest = some.slice(start, start + AHEAD_LINES);
      await readAhead(kept, call, rest);
      while (rest.length > 0) {
        const tried = rest.slice(0, together);
        const { outcomes, fitted } = await patiently(deps, "importing_again", () => importAccepted(kept, call, tried));
        yield outcomes;
        // as many as fitted, and one more when all of them did
        together = fitted < tried.length ? fitted : Math.min(together + 1, TOGETHER_LINES_MAX);
        rest = rest.slice(outcomes.length);
      }
    }
}

/**
 * Imports the first of these lines that the engine accepts in one Write: half as many each time it refuses them, until
 * the line that it does not accept is alone and is refused. `fitted` is how many a Write can hold.
 */
async function importAccepted(
  deps: ActionDeps,
  call: Call,
  lines: NumberedLine[],
): Promise<{ outcomes: LineOutcome[]; fitted: number }> {
  try {
    const outcomes = await importTogether(deps, call, lines);
    return { outcomes, fitted: outcomes.length };
  } catch (error) {
    const [first] = lines;
    if (!(error instanceof EngineRefused) || first === undefined) throw error;
    if (lines.length > 1) {
      const { outcomes } = await importAccepted(deps, call, lines.slice(0, Math.ceil(lines.length / 2)));
      return { outcomes, fitted: lines.length };
    }
    const { line } = first;
    deps.warn("import_line_refused", { request_id: call.requestId, line, error: error.message });
    return { outcomes: [{ line, outcome: "refused_by_engine" }], fitted: 1 };
  }
}

/** Imports the first of these lines in one Write: as many as it can hold. */
async function importTogether(deps: ActionDeps, call: Call, lines: NumberedLine[]): Promise<LineOutcome[]> {
  const said = lines.filter((line) => "says" in line);
  const batch = await performEach(
    deps,
    call,
    said.map(({ says }) => actionOf(says)),
  );
  if (batch.kind === "too_large") {
    if (batch.index === 0) throw new Error(`line ${said[0]?.line} alone is more than a Write can hold`);
    const fits = lines.findIndex(({ line }) => line === said[batch.index]?.line);
    return importTogether(deps, call, lines.slice(0, fits));
  }
  if (batch.kind === "refused") throw new Error("a step was refused where refusals are passed over");
  const receipts = batch.receipts.values();
  return lines.map(({ line, ...read }): LineOutcome => {
    if ("errors" in read) return { line, outcome: "invalid", errors: read.errors };
    const receipt = receipts.next().value;
    if (receipt === undefined) throw new Error(`line ${line} has no receipt`);
    if (isRefusal(receipt)) return { line, outcome: "refused", refusal: receipt };
    return { line, outcome: receipt.outcome === "same" ? "same" : "done", effective_by: receipt.effective_by };
  });
}

function actionOf(line: ImportLine): Action<unknown, unknown> {
  switch (line.kind) {
    case "organization":
      return putOrganization({ ...line, organization: line.id });
    case "person":
      return putPerson(line);
    case "portfolio":
      return putResource({ ...line, resource: `portfolio:${line.id}` });
    case "plant":
      return putResource({ ...line, resource: `plant:${line.id}` });
    case "job_role":
      return setJobRole(line);
  }
}

/** Reads all that the lines need, at the same time. What fails here fails again when the line is imported. */
async function readAhead(deps: ActionDeps, { caller }: Call, lines: NumberedLine[]): Promise<void> {
  const on = { ...deps, reads: deps.tupleStore, caller };
  await Promise.allSettled(lines.map((line) => "says" in line && actionOf(line.says).read(on)));
}
