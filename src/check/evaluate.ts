/**
 * Access evaluation (AuthZEN 1.0 §6 and §7) without its transport: who, what and on
 * what in, a decision out. What the model does not know is denied with a code; what
 * the engine could not answer throws and is never a denial; what lies outside the
 * caller's key is not answered.
 */

import type { Bounds } from "../domain/caller.ts";
import type { Outside } from "../domain/key-bounds.ts";
import type { Clock, Engine } from "../ports.ts";
import type { Checked, Checker, Signal } from "./checker.ts";
import { type Entity, questionOf, refOf, relationOf, type UnaskedCode, unaskedCode } from "./question.ts";
import { outsideObject, outsideObjects, outsideWords } from "./within.ts";

/** What questions need: decisions from the checker; lists, and what the model knows, from the engine. */
export type EvaluationDeps = { engine: Engine; checker: Checker; clock: Clock };

/** May the subject do the action on the resource? */
export type Evaluation = { subject: Entity; action: string; resource: Entity };

/** The answer; `code` says why when nothing was asked, `checked` where it came from when it was, `outside` why it is not this caller's. */
export type AccessDecision =
  | { decision: false; code: UnaskedCode; checked?: never; outside?: never }
  | { decision: boolean; code?: never; checked: Checked; outside?: never }
  | { decision: false; code?: never; checked?: never; outside: Outside };

/** One decision, as of now. Throws EngineUnavailable, Overloaded. */
export async function evaluate(
  { engine, checker }: EvaluationDeps,
  evaluation: Evaluation,
  bounds: Bounds | undefined,
  signal?: Signal,
): Promise<AccessDecision> {
  const unasked = unaskedDecision(engine, evaluation, bounds);
  if (unasked !== undefined) return unasked;
  const { subject, action, resource } = evaluation;
  const checked = await checker.check(questionOf(subject, action, resource), signal);
  // a hit knows whose it is
  const outside = bounds && (await outsideObject(engine, bounds, refOf(resource), checked.owner));
  return decisionOf(checked, outside);
}

/** Many decisions in their order. Throws EngineUnavailable or Overloaded when any of them has no answer. */
export async function evaluateAll(
  asking: EvaluationDeps,
  evaluations: Evaluation[],
  bounds: Bounds | undefined,
  signal?: Signal,
): Promise<AccessDecision[]> {
  const { engine, checker } = asking;
  const unasked = evaluations.map((evaluation) => unaskedDecision(engine, evaluation, bounds));
  const asked = evaluations.filter((_, n) => unasked[n] === undefined);
  const answers = await checker.checkAll(
    asked.map(({ subject, action, resource }) => questionOf(subject, action, resource)),
    signal,
  );
  const objects = asked.map(({ resource }, n) => ({ object: refOf(resource), owner: answers[n]?.owner }));
  const problems = bounds === undefined ? [] : await outsideObjects(engine, bounds, objects);
  const decided = answers.map((checked, n) => decisionOf(checked, problems[n])).values();
  return unasked.map((decision) => decision ?? (decided.next().value as AccessDecision));
}

/** What is said without asking the engine: outside the key's words first, so that it learns nothing of the model by them. */
function unaskedDecision(
  engine: Engine,
  evaluation: Evaluation,
  bounds: Bounds | undefined,
): AccessDecision | undefined {
  const { action, resource } = evaluation;
  const outside = bounds && outsideWords(bounds, relationOf(action), resource.type);
  if (outside !== undefined) return { decision: false, outside };
  const code = unaskedCode(engine, evaluation);
  return code && { decision: false, code };
}

function decisionOf(checked: Checked, outside: Outside | undefined): AccessDecision {
  return outside === undefined ? { decision: checked.allowed, checked } : { decision: false, outside };
}
