/**
 * Bound keys under `/stores`: a request is compared with its key's bounds before OpenFGA is asked. A request that does
 * not name its object (a type alone, all changes) is about every organization, so it is outside.
 */

import type { Context } from "hono";
import type { ActionDeps } from "../../actions/run/action.ts";
import { objectsWithin, organizationsOf, outsideObject, outsideObjects, outsideWords } from "../../check/within.ts";
import { idOf, splitRef } from "../../domain/ids.ts";
import { isObject } from "../../domain/json.ts";
import { type Outside, outsideOrganizations, outsidePermissions, outsideTypes } from "../../domain/key-bounds.ts";
import type { RawTuple } from "../../domain/raw-write/raw-tuple.ts";
import { organizationIdsOf } from "../../store/people.ts";
import type { Env } from "../env.ts";
import type { StoresDeps } from "./pass.ts";
import type { Members } from "./questions.ts";

/** The names in a question, of any type: OpenFGA refuses what is no text. */
type Named = { relation?: unknown; object?: unknown };

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** Why a key may not ask each of these, in their order. */
export async function outsideQuestions(
  c: Context<Env>,
  { engine }: StoresDeps,
  asked: readonly Named[],
): Promise<(Outside | undefined)[]> {
  const { bounds } = c.var.caller;
  if (bounds === undefined) return [];
  const objects = asked.map(({ object }) => ({ object: textOf(object) }));
  const others = await outsideObjects(engine, bounds, objects, c.req.raw.signal);
  return asked.map(({ relation, object }, n) => {
    return outsideWords(bounds, textOf(relation), splitRef(textOf(object))[0]) ?? others[n];
  });
}

/** Why a key may not ask for a list of objects, by its relation and type. */
export function outsideList(c: Context<Env>, { relation, type }: Members): Outside | undefined {
  return outsideWords(c.var.caller.bounds, textOf(relation), textOf(type));
}

/** Whether lists are reduced to the objects of the key's organizations. */
export const isShortened = (c: Context<Env>): boolean => c.var.caller.bounds?.organizations !== undefined;

/** A list reduced to the objects of the key's organizations. */
export async function shortened(
  c: Context<Env>,
  { engine }: StoresDeps,
  objects: readonly string[],
): Promise<string[]> {
  return objectsWithin(engine, c.var.caller.bounds, objects, c.req.raw.signal);
}

/** Why a key may not read tuples: that is no question about a permission, and without an object it is about every organization. */
export async function outsideObjectOf(
  c: Context<Env>,
  { engine }: StoresDeps,
  key: unknown,
): Promise<Outside | undefined> {
  const { bounds } = c.var.caller;
  const object = isObject(key) ? textOf(key.object) : "";
  return (
    outsidePermissions(bounds, undefined) ??
    outsideTypes(bounds, splitRef(object)[0]) ??
    (await outsideObject(engine, bounds, object, undefined, c.req.raw.signal))
  );
}

/** Why a key may not read all changes, or those of a type. */
export function outsideChanges(c: Context<Env>): Outside | undefined {
  const { bounds } = c.var.caller;
  const words = outsidePermissions(bounds, undefined) ?? outsideTypes(bounds, c.req.query("type") ?? "");
  return words ?? outsideOrganizations(bounds, []);
}

/** Why a key may not write these tuples. An object that is not registered yet belongs to the owner that is written. */
export async function outsideWrite(
  c: Context<Env>,
  { engine, tupleStore }: StoresDeps & Pick<ActionDeps, "tupleStore">,
  { writes, deletes }: { writes: readonly RawTuple[]; deletes: readonly RawTuple[] },
): Promise<Outside | undefined> {
  const { bounds, user } = c.var.caller;
  if (bounds === undefined) return undefined;
  const tuples = [...writes, ...deletes];
  const words =
    outsidePermissions(bounds, undefined) ?? outsideTypes(bounds, ...tuples.map(({ object }) => splitRef(object)[0]));
  if (words !== undefined || bounds.organizations === undefined) return words;
  if (user !== undefined) {
    const outside = outsideOrganizations(bounds, await organizationIdsOf(tupleStore, user));
    if (outside !== undefined) return outside;
  }
  const owners = writes.filter(({ relation }) => relation === "owner");
  for (const { user: owner } of owners) {
    const outside = outsideOrganizations(bounds, [idOf(owner)]);
    if (outside !== undefined) return outside;
  }
  for (const object of new Set(tuples.map((tuple) => tuple.object))) {
    const now = await organizationsOf(engine, object, c.req.raw.signal);
    const then = owners.filter((owner) => owner.object === object).map((owner) => idOf(owner.user));
    const outside = outsideOrganizations(bounds, now.length > 0 ? now : then);
    if (outside !== undefined) return outside;
  }
  return undefined;
}
