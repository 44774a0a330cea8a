/**
 * Which answers under `/stores` are recorded: those about a permission of a person as of now, whether the cache or
 * OpenFGA gave them. What supposes another time or other tuples is no access of anybody.
 */
import type { Context } from "hono";
import type { AccessRecorder, Checked } from "../../check/checker.ts";
import { isObject } from "../../domain/json.ts";
import type { Question } from "../../ports.ts";
import type { Env } from "../env.ts";
import { beyondPermission, type Members, supposition } from "./questions.ts";

type Recording = AccessRecorder | undefined;

/** Records the checker's answers. */
export function recordChecks(
  { var: { caller, requestId } }: Context<Env>,
  recorder: Recording,
  answers: readonly { question: Question; checked: Checked }[],
): void {
  for (const answer of answers) recorder?.record({ ...answer, key: caller.key, requestId });
}

/** Records OpenFGA's answers to questions, or items of a batch, as they were sent. One that is an error is none. */
export function recordReplies(
  c: Context<Env>,
  recorder: Recording,
  replies: readonly (readonly [asked: Members, reply: unknown])[],
): void {
  const answers = replies.flatMap(([asked, reply]) => {
    const question = questionIn(asked);
    const allowed = isObject(reply) && reply.error === undefined ? reply.allowed === true : undefined;
    return question === undefined || allowed === undefined
      ? []
      : [{ question, checked: { allowed, source: "engine" as const } }];
  });
  recordChecks(c, recorder, answers);
}

/** The items of a batch with their results, of those that have one. */
export function answersIn(items: readonly unknown[], result: unknown): [Members, unknown][] {
  if (!isObject(result)) return [];
  return items.filter(isObject).map((item): [Members, unknown] => [item, result[String(item.correlation_id)]]);
}

function questionIn(asked: Members): Question | undefined {
  const { tuple_key: key } = asked;
  if (!isObject(key) || supposition(asked) !== undefined || beyondPermission(key) !== undefined) return undefined;
  const { user, relation, object } = key;
  const isText = [user, relation, object].every((one) => typeof one === "string");
  return isText ? { user: String(user), relation: String(relation), object: String(object) } : undefined;
}
