/**
 * Access evaluation (AuthZEN 1.0 §6 and §7) without its transport: who, what and on
 * what in, a decision out. What the model does not know is denied with a code; what
 * the engine could not answer throws and is never a denial.
 */
import type { Clock, Engine } from "../ports.ts";
import type { Checked, Checker, Signal } from "./check.ts";
import { type Entity, questionOf, type UnaskedCode, unaskedCode } from "./question.ts";

/** What questions need: decisions from the checker; lists, and what the model knows, from the engine. */
export type Asking = { engine: Engine; checker: Checker; clock: Clock };

/** May the subject do the action on the resource? */
export type Evaluation = { subject: Entity; action: string; resource: Entity };

/** The answer; `code` says why when nothing was asked, `checked` where it came from when it was. */
export type Decision =
  | { decision: false; code: UnaskedCode; checked?: never }
  | { decision: boolean; code?: never; checked: Checked };

/** One decision, as of now. Throws EngineUnavailable, Overloaded. */
export async function evaluate(
  { engine, checker }: Asking,
  evaluation: Evaluation,
  signal?: Signal,
): Promise<Decision> {
  const code = unaskedCode(engine, evaluation);
  if (code !== undefined) return { decision: false, code };
  const { subject, action, resource } = evaluation;
  const checked = await checker.check(questionOf(subject, action, resource), signal);
  return { decision: checked.allowed, checked };
}

/** Many decisions in their order. Throws EngineUnavailable or Overloaded when any of them has no answer. */
export async function evaluateAll(asking: Asking, evaluations: Evaluation[], signal?: Signal): Promise<Decision[]> {
  const codes = evaluations.map((evaluation) => unaskedCode(asking.engine, evaluation));
  const asked = evaluations.filter((_, n) => codes[n] === undefined);
  const answers = await asking.checker.checkAll(
    asked.map(({ subject, action, resource }) => questionOf(subject, action, resource)),
    signal,
  );
  const next = answers.values();
  return codes.map((code): Decision => {
    if (code !== undefined) return { decision: false, code };
    const checked = next.next().value as Checked;
    return { decision: checked.allowed, checked };
  });
}
