/**
 * A cooperation as a file that `fga model test` passes: the tuples around it, and what
 * the engine answers on them now. Tuples and answers are of one state: while something
 * changes in between, both are had again.
 */
import { type Assertion, fgaFile } from "../../domain/explain/fga-file.ts";
import { splitRef } from "../../domain/ids.ts";
import { EngineUnavailable } from "../../faults.ts";
import type { Engine, TupleStore } from "../../ports.ts";
import { type Subgraph, subgraphAround } from "./subgraph.ts";

/** What it reads, and whom it asks. */
export type ExportDeps = { tupleStore: Pick<TupleStore, "read">; engine: Pick<Engine, "batchCheck" | "permissions"> };

/** A file with more answers than this would be tried for minutes, and read by nobody. */
export const ANSWERS_MAX = 20_000;

const TRIES_MAX = 5;

/**
 * The file; undefined where there is no such cooperation, and the number of answers where they are more than
 * ANSWERS_MAX. Throws EngineUnavailable, also when the store does not hold still.
 */
export async function exportCooperation(
  { tupleStore, engine }: ExportDeps,
  id: string,
  model: string,
  clock: () => Date,
): Promise<string | number | undefined> {
  let found = await subgraphAround(tupleStore, id);
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    if (found === undefined) return undefined;
    const at = clock();
    const questions = questionsOf(found, engine.permissions);
    if (questions.length > ANSWERS_MAX) return questions.length;
    const assertions = await answered(engine, questions, at);
    const after = await subgraphAround(tupleStore, id);
    if (JSON.stringify(found) === JSON.stringify(after))
      return fgaFile({ name: `cooperation ${id}`, model, tuples: found.tuples, assertions }, at);
    found = after;
  }
  throw new EngineUnavailable(`cooperation ${id} changed whenever it was read`);
}

type Question = { user: string; relation: string; object: string };

function questionsOf({ users, objects }: Subgraph, permissions: Engine["permissions"]): Question[] {
  return objects.flatMap((object) =>
    users.flatMap((user) =>
      (permissions.get(splitRef(object)[0]) ?? []).map((relation) => ({ user, relation, object })),
    ),
  );
}

async function answered(engine: ExportDeps["engine"], questions: Question[], at: Date): Promise<Assertion[]> {
  const answers = await engine.batchCheck(questions, at);
  const assertions = new Map<string, Assertion>();
  questions.forEach(({ user, relation, object }, index) => {
    const answer = answers[index];
    if (answer === undefined || "fault" in answer)
      throw new EngineUnavailable(`OpenFGA did not answer ${relation} of ${object}`);
    const text = `${object} ${user}`;
    const known = assertions.get(text) ?? { user, object, answers: {} };
    known.answers[relation] = answer.allowed;
    assertions.set(text, known);
  });
  return [...assertions.values()];
}
