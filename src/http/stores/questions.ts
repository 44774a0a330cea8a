/**
 * Questions in the form of OpenFGA's API, single and in batches. Pure. Each gets the pinned model, the current time and
 * fresh answers; values of these that the caller sent are found here, so that they are honoured or refused, never lost.
 * A value that OpenFGA refuses stays in its place, for OpenFGA to refuse in its own words.
 */

import { actionOf, type Entity, relationOf, unaskedCode } from "../../check/question.ts";
import { idOf, idProblem, splitRef } from "../../domain/ids.ts";
import { isObject } from "../../domain/json.ts";
import type { Engine, Question } from "../../ports.ts";

/** A body, or an item of a batch, as it was sent. */
export type Members = Record<string, unknown>;

/** The consistency of every question: no cached answer. */
const FRESH = "HIGHER_CONSISTENCY";

/** openfga.v1 ConsistencyPreference by number: unspecified, MINIMIZE_LATENCY, HIGHER_CONSISTENCY. */
const PREFERENCES: unknown[] = [0, 100, 200];

// to OpenFGA a null is an absent member
const isAbsent = (value: unknown) => value === undefined || value === null;

/** The body with HIGHER_CONSISTENCY, whatever it asks for: none is fresher. */
export function fresh(body: Members): Members {
  const { consistency } = body;
  // OpenFGA ignores a preference with an unknown name
  const isPreference = isAbsent(consistency) || typeof consistency === "string" || PREFERENCES.includes(consistency);
  return isPreference ? { ...body, consistency: FRESH } : body;
}

/** The question for the pinned model, with a fresh answer. */
export function pinned(body: Members, modelId: string): Members {
  const { authorization_model_id: model } = body;
  return isAbsent(model) || model === "" ? { ...fresh(body), authorization_model_id: modelId } : fresh(body);
}

/** The question, or item of a batch, with the current time in its context unless it has a time of its own. */
export function dated(item: Members, now: Date): Members {
  const context = isAbsent(item.context) ? {} : item.context;
  if (!isObject(context) || Object.hasOwn(context, "current_time")) return item;
  return { ...item, context: { ...context, current_time: now.toISOString() } };
}

/** The member of a question that only scope `admin` may send: another time than now, or contextual tuples. */
export function supposition({
  context,
  contextual_tuples,
}: Members): "context.current_time" | "contextual_tuples" | undefined {
  if (isObject(context) && Object.hasOwn(context, "current_time")) return "context.current_time";
  return hasTuples(contextual_tuples) ? "contextual_tuples" : undefined;
}

/** The part of a question that only scope `admin` may ask, in words: no permission, or not of a person. OpenFGA refuses values that are no text. */
export function beyondPermission({ user, relation }: Members): string | undefined {
  if (typeof relation === "string" && !isPermission(relation)) return "A relation that is not `can_*`";
  const isPerson = typeof user !== "string" || (user.startsWith("user:") && idProblem(idOf(user)) === undefined);
  return isPerson ? undefined : "A user that is not `user:<id>`";
}

const isPermission = (relation: string) => relationOf(actionOf(relation)) === relation;

function hasTuples(contextual: unknown): boolean {
  if (isAbsent(contextual)) return false;
  if (!isObject(contextual)) return true;
  const { tuple_keys } = contextual;
  return !(isAbsent(tuple_keys) || (Array.isArray(tuple_keys) && tuple_keys.length === 0));
}

/**
 * The question of an item that the cache may answer: about a permission, decidable by the engine, without further
 * members. Undefined for all others, which the engine answers or refuses.
 */
export function plainQuestion(engine: Engine, item: Members): Question | undefined {
  const { tuple_key: key, context } = item;
  if (!isObject(key) || supposition(item) !== undefined) return undefined;
  if (!isAbsent(context) && !(isObject(context) && Object.keys(context).length === 0)) return undefined;
  const { user, relation, object } = key;
  if (typeof user !== "string" || typeof relation !== "string" || typeof object !== "string") return undefined;
  const action = actionOf(relation);
  if (!isPermission(relation)) return undefined;
  const code = unaskedCode(engine, { subject: entityOf(user), action, resource: entityOf(object) });
  return code === undefined ? { user, relation, object } : undefined;
}

function entityOf(ref: string): Entity {
  const [type, id] = splitRef(ref);
  return { type, id };
}

/** Whether model and consistency of a body from `pinned` are valid to OpenFGA. */
export function isUsual(body: Members, modelId: string): boolean {
  return body.authorization_model_id === modelId && body.consistency === FRESH;
}
