/**
 * Before anything is measured: every system gives the answers that the laws give, to
 * questions of every kind and to what must never cross to a partner. A system that
 * answers otherwise is not measured against the others: the run ends.
 */
import { ANSWER, KINDS, type Kind } from "./questions.ts";
import type { Question, System } from "./system.ts";

/** A question with the one right answer to it. */
export type Expected = { question: Question; answer: boolean };

const ASKED_AT_ONCE = 4;

/** The first `count` questions of each kind, all of them without a count. */
export function expectedAnswers(questions: Record<Kind, Question[]>, count?: number): Expected[] {
  return KINDS.flatMap((kind) =>
    questions[kind].slice(0, count).map((question) => ({ question, answer: ANSWER[kind] as boolean })),
  );
}

/** What partners' people ask, asked for operator: nobody has it, whatever their share says (law 2). */
export function expectedRefusals(questions: Record<Kind, Question[]>, count: number): Expected[] {
  return (["partner", "delegate", "portfolio"] as const).flatMap((kind) =>
    questions[kind]
      .slice(0, count)
      .map((question) => ({ question: { ...question, relation: "can_operate" }, answer: false })),
  );
}

/** Asks a system all of it. Throws with the first disagreement. */
export async function agree(system: Pick<System, "name" | "answer">, expected: readonly Expected[]): Promise<void> {
  await askAll(system, expected, ({ question, answer }, given) => {
    if (given !== answer)
      throw new Error(`${system.name} says ${given} to ${JSON.stringify(question)}, which is ${answer}`);
  });
}

/** The same, whatever it answers: behind a mix a delegation may still be taken back. */
export async function askAll(
  system: Pick<System, "answer">,
  expected: readonly Expected[],
  judge: (one: Expected, given: boolean) => void = () => {},
): Promise<void> {
  const left = expected.values();
  const asker = async () => {
    for (const one of left) judge(one, await system.answer(one.question));
  };
  await Promise.all(Array.from({ length: ASKED_AT_ONCE }, asker));
}
