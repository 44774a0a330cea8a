/**
 * The three searches (AuthZEN 1.0 §8) without their transport: subjects, resources and actions. Unknown types, actions
 * and ids find nothing. The engine stops at its cap or deadline without saying so; then `complete` is false, and an
 * evaluation may allow more than the search found.
 */

import type { Bounds } from "../domain/caller.ts";
import { idOf } from "../domain/ids.ts";
import { type Outside, outsidePermissions, outsideTypes } from "../domain/key-bounds.ts";
import type { FoundRefs } from "../ports.ts";
import type { Signal } from "./checker.ts";
import type { AskedBy, EvaluationDeps } from "./evaluate.ts";
import { type Page, type PageRequest, searchPage } from "./page.ts";
import { actionOf, type Entity, questionOf, refOf, relationOf, unaskedCode } from "./question.ts";
import { objectsWithin, outsideObject, outsideQuestion, outsideWords } from "./within.ts";

/** One page of ids (of actions: names) in a stable order; or why there is none. */
export type SearchResult =
  | { kind: "page"; ids: string[]; page: Page; complete: boolean }
  | { kind: "invalid_page_token" }
  | { kind: "outside"; outside: Outside };

const NOTHING: FoundRefs = { refs: [], complete: true };

/** Subjects of a type that may do the action on the resource. Throws EngineUnavailable. */
export async function searchSubjects(
  { engine, clock }: EvaluationDeps,
  { type, action, resource }: { type: string; action: string; resource: Entity },
  page: PageRequest,
  bounds?: Bounds,
): Promise<SearchResult> {
  const object = refOf(resource);
  const outside = await outsideQuestion(engine, bounds, { permission: relationOf(action), object });
  if (outside !== undefined) return { kind: "outside", outside };
  const unasked = unaskedCode(engine, { subject: { type }, action, resource });
  const question = { object, relation: relationOf(action), type };
  const found = unasked === undefined ? await engine.listUsers(question, clock()) : NOTHING;
  return resultOf(found.refs.map(idOf), found.complete, ["subject", type, action, resource.type, resource.id], page);
}

/** Resources of a type on which the subject may do the action, of those that the key may ask about. Throws EngineUnavailable. */
export async function searchResources(
  { engine, clock }: EvaluationDeps,
  { subject, action, type }: { subject: Entity; action: string; type: string },
  page: PageRequest,
  bounds?: Bounds,
): Promise<SearchResult> {
  const outside = outsideWords(bounds, relationOf(action), type);
  if (outside !== undefined) return { kind: "outside", outside };
  const unasked = unaskedCode(engine, { subject, action, resource: { type } });
  const question = { user: refOf(subject), relation: relationOf(action), type };
  const found = unasked === undefined ? await engine.listObjects(question, clock()) : NOTHING;
  const refs = await objectsWithin(engine, bounds, found.refs);
  return resultOf(refs.map(idOf), found.complete, ["resource", subject.type, subject.id, action, type], page);
}

/**
 * Actions the subject may do on the resource, of those that the key may ask for. Each that is listed is recorded as a
 * check of it is. Throws EngineUnavailable, Overloaded, AuditUnavailable.
 */
export async function searchActions(
  asking: EvaluationDeps,
  { subject, resource }: { subject: Entity; resource: Entity },
  page: PageRequest,
  { bounds, key, requestId }: AskedBy,
  signal?: Signal,
): Promise<SearchResult> {
  const { engine, recorder } = asking;
  recorder?.admit();
  const outside = outsideTypes(bounds, resource.type) ?? (await outsideObject(engine, bounds, refOf(resource)));
  if (outside !== undefined) return { kind: "outside", outside };
  const unasked = unaskedCode(engine, { subject, resource });
  const known = unasked === undefined ? (engine.permissions.get(resource.type) ?? []) : [];
  const names = known.filter((one) => outsidePermissions(bounds, one) === undefined).map(actionOf);
  const questions = names.map((action) => questionOf(subject, action, resource));
  const answers = await asking.checker.checkAll(questions, signal);
  const allowed = names.filter((_, n) => answers[n]?.allowed);
  const result = resultOf(allowed, true, ["action", subject.type, subject.id, resource.type, resource.id], page);
  const listed = new Set(result.kind === "page" ? result.ids : []);
  for (const [n, question] of questions.entries()) {
    const [name = "", checked] = [names[n], answers[n]];
    if (checked !== undefined && listed.has(name)) recorder?.record({ question, checked, key, requestId });
  }
  return result;
}

function resultOf(ids: string[], complete: boolean, query: string[], request: PageRequest): SearchResult {
  const found = searchPage(ids, complete, query, request);
  return found === undefined ? { kind: "invalid_page_token" } : { kind: "page", ...found, complete };
}
