/**
 * A cooperation as a file for `fga model test`: its subgraph, and the engine's answers on it now as assertions. Tuples
 * and answers are of one state: when something changes in between, both are read again.
 */
import { type Assertion, fgaFile } from "../../domain/explain/fga-file.ts";
import { type CooperationId, splitRef } from "../../domain/ids.ts";
import { EngineUnavailable } from "../../faults.ts";
import type { Engine, Question, Reads } from "../../ports.ts";
import { type Subgraph, subgraphOf } from "./subgraph.ts";

export type ExportDeps = { tupleStore: Reads; engine: Pick<Engine, "batchCheck" | "permissions"> };

/** A file with more answers would be tested for minutes, and nobody would read it. */
export const ANSWERS_MAX = 20_000;

const TRIES_MAX = 5;

/**
 * The file; undefined for an unknown cooperation, and the number of answers when they are more than ANSWERS_MAX.
 * Throws EngineUnavailable, also when the store changes at every reading.
 */
export async function exportCooperation(
  { tupleStore, engine }: ExportDeps,
  id: CooperationId,
  model: string,
  clock: () => Date,
): Promise<string | number | undefined> {
  let found = await subgraphOf(tupleStore, id);
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    if (found === undefined) return undefined;
    const at = clock();
    const questions = questionsOf(found, engine.permissions);
    if (questions.length > ANSWERS_MAX) return questions.length;
    const assertions = await answered(engine, questions, at);
    const after = await subgraphOf(tupleStore, id);
    if (JSON.stringify(found) === JSON.stringify(after))
      return fgaFile({ name: `cooperation ${id}`, model, tuples: found.tuples, assertions }, at);
    found = after;
  }
  throw new EngineUnavailable(`cooperation ${id} changed whenever it was read`);
}

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
