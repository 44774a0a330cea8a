/**
 * Access evaluation (AuthZEN 1.0 §6 and §7) without its transport. A question that the model does not know is denied
 * with a code; one that the engine could not answer throws and is never a denial; one outside the caller's key gets no
 * answer.
 */

import type { Bounds } from "../domain/caller.ts";
import type { Outside } from "../domain/key-bounds.ts";
import type { Clock, Engine } from "../ports.ts";
import type { AccessRecorder, Checked, Checker, Signal } from "./checker.ts";
import { type Entity, questionOf, refOf, relationOf, type UnaskedCode, unaskedCode } from "./question.ts";
import { outsideObject, outsideObjects, outsideWords } from "./within.ts";

/** Decisions come from the checker; lists, and what the model knows, from the engine. `recorder`: where answers are recorded. */
export type EvaluationDeps = { engine: Engine; checker: Checker; clock: Clock; recorder?: AccessRecorder | undefined };

/** May the subject do the action on the resource? The decision does not depend on the purpose. */
export type Evaluation = { subject: Entity; action: string; resource: Entity; purpose?: string | undefined };

/** Who asks: the name of the key and its bounds, and the id of the request. */
export type AskedBy = { key: string; bounds?: Bounds | undefined; requestId: string };

/** `checked`: the checker's answer; `unasked`: a denial without a question, and why; `outside`: why the key may not ask. */
export type AccessDecision =
  | { kind: "checked"; checked: Checked }
  | { kind: "unasked"; code: UnaskedCode }
  | { kind: "outside"; outside: Outside };

/** One decision, as of now. Throws EngineUnavailable, Overloaded, AuditUnavailable. */
export async function evaluate(
  { engine, checker, recorder }: EvaluationDeps,
  evaluation: Evaluation,
  { bounds, key, requestId }: AskedBy,
  signal?: Signal,
): Promise<AccessDecision> {
  recorder?.admit();
  const unasked = unaskedDecision(engine, evaluation, bounds);
  if (unasked !== undefined) return unasked;
  const { subject, action, resource, purpose } = evaluation;
  const question = questionOf(subject, action, resource);
  const checked = await checker.check(question, signal);
  // a hit knows the owner
  const outside = bounds && (await outsideObject(engine, bounds, refOf(resource), checked.owner));
  if (outside === undefined) recorder?.record({ question, checked, key, requestId, purpose });
  return decisionOf(checked, outside);
}

/**
 * Many decisions in their order; those that are given to the caller are to be recorded by `recordAnswers`. Throws
 * EngineUnavailable or Overloaded when any of them has no answer, and AuditUnavailable.
 */
export async function evaluateAll(
  { engine, checker, recorder }: EvaluationDeps,
  evaluations: Evaluation[],
  bounds: Bounds | undefined,
  signal?: Signal,
): Promise<AccessDecision[]> {
  recorder?.admit();
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

/** Records decisions that are given to the caller, in the order of their evaluations. */
export function recordAnswers(
  { recorder }: EvaluationDeps,
  evaluations: readonly Evaluation[],
  decisions: readonly AccessDecision[],
  { key, requestId }: AskedBy,
): void {
  evaluations.forEach(({ subject, action, resource, purpose }, n) => {
    const decision = decisions[n];
    if (recorder === undefined || decision?.kind !== "checked") return;
    const question = questionOf(subject, action, resource);
    recorder.record({ question, checked: decision.checked, key, requestId, purpose });
  });
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
