/**
 * Access evaluation (AuthZEN 1.0 §6 and §7) without its transport. A question that the model does not know is denied
 * with a code; one that the engine could not answer throws and is never a denial; one outside the caller's key gets no
 * answer.
 */

import type { Bounds } from "../domain/caller.ts";
import type { Outside } from "../domain/key-bounds.ts";
import type { Clock, Engine } from "../ports.ts";
import type { Checked, Checker, Signal } from "./checker.ts";
import { type Entity, questionOf, refOf, relationOf, type UnaskedCode, unaskedCode } from "./question.ts";
import { outsideObject, outsideObjects, outsideWords } from "./within.ts";

/** Decisions come from the checker; lists, and what the model knows, from the engine. */
export type EvaluationDeps = { engine: Engine; checker: Checker; clock: Clock };

/** May the subject do the action on the resource? */
export type Evaluation = { subject: Entity; action: string; resource: Entity };

/** `checked`: the checker's answer; `unasked`: a denial without a question, and why; `outside`: why the key may not ask. */
export type AccessDecision =
  | { kind: "checked"; checked: Checked }
  | { kind: "unasked"; code: UnaskedCode }
  | { kind: "outside"; outside: Outside };

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
  // a hit knows the owner
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

/** The decision that needs no question. The key's bounds are first: a bound key must not learn what else the model has. */
function unaskedDecision(
  engine: Engine,
  evaluation: Evaluation,
  bounds: Bounds | undefined,
): AccessDecision | undefined {
  const { action, resource } = evaluation;
  const outside = bounds && outsideWords(bounds, relationOf(action), resource.type);
  if (outside !== undefined) return { kind: "outside", outside };
  const code = unaskedCode(engine, evaluation);
  return code && { kind: "unasked", code };
}

function decisionOf(checked: Checked, outside: Outside | undefined): AccessDecision {
  return outside === undefined ? { kind: "checked", checked } : { kind: "outside", outside };
}
