/**
 * From AuthZEN's terms to OpenFGA's: action `view` is the relation `can_view`, an entity is `type:id`. Types, actions
 * and ids that the pinned model or the engine does not know are not asked: the engine would answer 400 where the right
 * answer is "no".
 */
import { idProblem } from "../domain/ids.ts";
import type { Engine, Question } from "../ports.ts";

/** A subject or a resource (AuthZEN 1.0 §5.1, §5.2). Its properties are not read. */
export type Entity = { type: string; id: string };

/** Why a request is denied without a question to the engine, and what to look at; docs/reference/errors.md is printed from here. */
export const DENIALS = {
  unknown_subject_type: "The model has no such type of subject. People are `user`.",
  unknown_resource_type: "The model has no such type of resource.",
  unknown_action: "The model has no such action on this type: action `view` is the relation `can_view`.",
  malformed_subject_id: "The engine cannot hold such an id, so nobody has it.",
  malformed_resource_id: "The engine cannot hold such an id, so nothing has it.",
} as const;
export type UnaskedCode = keyof typeof DENIALS;

const PERMISSION_PREFIX = "can_";

/** The relation behind an action's name. */
export function relationOf(action: string): string {
  return PERMISSION_PREFIX + action;
}

/** The action's name behind a permission of the model. */
export function actionOf(relation: string): string {
  return relation.slice(PERMISSION_PREFIX.length);
}

/** A type and id as OpenFGA spells them. */
export function refOf({ type, id }: Entity): string {
  return `${type}:${id}`;
}

/** Why a search or an evaluation is not asked, or undefined; an absent id is the one that is searched. */
export function unaskedCode(
  { permissions }: Engine,
  parts: { subject: { type: string; id?: string }; action?: string; resource: { type: string; id?: string } },
): UnaskedCode | undefined {
  const { subject, action, resource } = parts;
  const known = permissions.get(resource.type);
  if (!permissions.has(subject.type)) return "unknown_subject_type";
  if (known === undefined) return "unknown_resource_type";
  if (action !== undefined && !known.includes(relationOf(action))) return "unknown_action";
  if (subject.id !== undefined && idProblem(subject.id) !== undefined) return "malformed_subject_id";
  if (resource.id !== undefined && idProblem(resource.id) !== undefined) return "malformed_resource_id";
  return undefined;
}

/** Whether it is about a permission of a person on a plant or portfolio: its answer depends on two scopes alone, and is an access. */
export function isPermissionOnResource({ user, relation, object }: Question): boolean {
  return (
    user.startsWith("user:") &&
    relation.startsWith(PERMISSION_PREFIX) &&
    (object.startsWith("plant:") || object.startsWith("portfolio:"))
  );
}

/** The question behind an evaluation. */
export function questionOf(subject: Entity, action: string, resource: Entity): Question {
  return { user: refOf(subject), relation: relationOf(action), object: refOf(resource) };
}
