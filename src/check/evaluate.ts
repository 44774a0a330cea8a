/**
 * Access evaluation (AuthZEN 1.0 §6 and §7) without its transport: who, what and on
 * what in, a decision out. What the model does not know is denied with a code; what
 * the engine could not answer throws and is never a denial.
 */
import { type Asking, ask, askAll } from "./ask.ts";
import { type Entity, questionOf, type UnaskedCode, unaskedCode } from "./question.ts";

/** May the subject do the action on the resource? */
export type Evaluation = { subject: Entity; action: string; resource: Entity };

/** The answer; `code` says why when the engine was not asked. */
export type Decision = { decision: boolean; code?: UnaskedCode };

/** One decision, as of now. Throws EngineUnavailable. */
export async function evaluate(asking: Asking, evaluation: Evaluation): Promise<Decision> {
  const code = unaskedCode(asking.engine, evaluation);
  if (code !== undefined) return { decision: false, code };
  const { subject, action, resource } = evaluation;
  return { decision: await ask(asking, questionOf(subject, action, resource)) };
}

/** Many decisions in their order, all as of one instant. Throws EngineUnavailable when any of them has no answer. */
export async function evaluateAll(asking: Asking, evaluations: Evaluation[]): Promise<Decision[]> {
  const codes = evaluations.map((evaluation) => unaskedCode(asking.engine, evaluation));
  const asked = evaluations.filter((_, n) => codes[n] === undefined);
  const answers = await askAll(
    asking,
    asked.map(({ subject, action, resource }) => questionOf(subject, action, resource)),
  );
  const next = answers.values();
  return codes.map((code) =>
    code === undefined ? { decision: next.next().value === true } : { decision: false, code },
  );
}
