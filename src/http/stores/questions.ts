/**
 * Questions as OpenFGA's API has them, one and in batches. Pure. Each is held to the
 * pinned model, the present and fresh answers; what a caller says of those themself is
 * found here, so that it is honoured or refused and never lost. A value that OpenFGA
 * refuses is left in its place, for OpenFGA to refuse in its own words.
 */

import { actionOf, type Entity, relationOf, unaskedCode } from "../../check/question.ts";
import { idOf, idProblem, splitRef } from "../../domain/ids.ts";
import type { Engine, Question } from "../../ports.ts";

/** A body, or an item of a batch, as it was sent. */
export type Members = Record<string, unknown>;

/** What every question carries: the model that answers it, and that the answer is no cached one. */
const FRESH = "HIGHER_CONSISTENCY";

/** openfga.v1 ConsistencyPreference by number: unspecified, MINIMIZE_LATENCY, HIGHER_CONSISTENCY. */
const PREFERENCES: unknown[] = [0, 100, 200];

/** Whether a JSON value is an object: neither null nor an array. */
export function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

// null is "not there" to OpenFGA
const isAbsent = (value: unknown) => value === undefined || value === null;

/** The body, answered afresh whatever consistency it asks for: none is fresher. */
export function fresh(body: Members): Members {
  const { consistency } = body;
  // a preference by a name that OpenFGA does not know is no preference to it
  const isPreference = isAbsent(consistency) || typeof consistency === "string" || PREFERENCES.includes(consistency);
  return isPreference ? { ...body, consistency: FRESH } : body;
}

/** The question, answered by the pinned model and afresh. */
export function pinned(body: Members, modelId: string): Members {
  const { authorization_model_id: model } = body;
  return isAbsent(model) || model === "" ? { ...fresh(body), authorization_model_id: modelId } : fresh(body);
}

/** The question, or item of a batch, with the present in its context where it names no time itself. */
export function dated(item: Members, now: Date): Members {
  const context = isAbsent(item.context) ? {} : item.context;
  if (!isMembers(context) || Object.hasOwn(context, "current_time")) return item;
  return { ...item, context: { ...context, current_time: now.toISOString() } };
}

/** What only scope `admin` may say in a question: another time than the present, or tuples that are not written. */
export function supposition({
  context,
  contextual_tuples,
}: Members): "context.current_time" | "contextual_tuples" | undefined {
  if (isMembers(context) && Object.hasOwn(context, "current_time")) return "context.current_time";
  return hasTuples(contextual_tuples) ? "contextual_tuples" : undefined;
}

/** What a question names beyond a permission of a person, in words: what only scope `admin` may ask. What is no text is OpenFGA's to refuse. */
export function beyondPermission({ user, relation }: Members): string | undefined {
  if (typeof relation === "string" && !isPermission(relation)) return "A relation that is not `can_*`";
  const isPerson = typeof user !== "string" || (user.startsWith("user:") && idProblem(idOf(user)) === undefined);
  return isPerson ? undefined : "A user that is not `user:<id>`";
}

const isPermission = (relation: string) => relationOf(actionOf(relation)) === relation;

function hasTuples(contextual: unknown): boolean {
  if (isAbsent(contextual)) return false;
  if (!isMembers(contextual)) return true;
  const { tuple_keys } = contextual;
  return !(isAbsent(tuple_keys) || (Array.isArray(tuple_keys) && tuple_keys.length === 0));
}

/**
 * The question behind an item that the cache may answer: one that the engine would decide, about a permission, and
 * with nothing said besides. Undefined for all others, which the engine answers or refuses itself.
 */
export function plainQuestion(engine: Engine, item: Members): Question | undefined {
  const { tuple_key: key, context } = item;
  if (!isMembers(key) || supposition(item) !== undefined) return undefined;
  if (!isAbsent(context) && !(isMembers(context) && Object.keys(context).length === 0)) return undefined;
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

/** Whether a body that went through `pinned` is as OpenFGA takes it, as far as model and consistency go. */
export function isUsual(body: Members, modelId: string): boolean {
  return body.authorization_model_id === modelId && body.consistency === FRESH;
}
