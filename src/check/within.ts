/**
 * Whether a question lies within a key's bounds. Types and permissions are compared; the organizations of an object come
 * from its cached decision or from the engine, never from the caller.
 */

import type { CacheScope } from "../domain/cache-scopes.ts";
import type { Bounds } from "../domain/caller.ts";
import { idOf, idProblem, splitRef } from "../domain/ids.ts";
import { type Outside, outsideOrganizations, outsidePermissions, outsideTypes } from "../domain/key-bounds.ts";
import type { Engine } from "../ports.ts";

type Reads = Pick<Engine, "expand">;

/** Objects looked up in parallel; each takes a few reads. */
const READS_AT_ONCE = 16;

/** The ids of the organizations that an object belongs to: a resource's owner, both sides of a cooperation or share; none for all else. Throws EngineUnavailable, Overloaded. */
export async function organizationsOf(engine: Reads, object: string, signal?: AbortSignal): Promise<string[]> {
  const [type, id] = splitRef(object);
  // the engine would refuse to look it up
  if (idProblem(id) !== undefined) return [];
  const named = async (relation: string) => (await engine.expand({ object, relation }, signal)).map(idOf);
  switch (type) {
    case "organization":
      return [id];
    case "plant":
    case "portfolio":
      return named("owner");
    case "cooperation":
      return [...(await named("initiator")), ...(await named("partner"))];
    case "share": {
      const cooperations = await engine.expand({ object, relation: "cooperation" }, signal);
      return (await Promise.all(cooperations.map((one) => organizationsOf(engine, one, signal)))).flat();
    }
    default:
      return [];
  }
}

/** Why a key may not ask this about an object, or undefined. `owner`: the object's owner, where it is known. */
export async function outsideQuestion(
  engine: Reads,
  bounds: Bounds | undefined,
  { permission, object, owner }: { permission: string | undefined; object: string; owner?: CacheScope | undefined },
  signal?: AbortSignal,
): Promise<Outside | undefined> {
  return outsideWords(bounds, permission, splitRef(object)[0]) ?? outsideObject(engine, bounds, object, owner, signal);
}

/** Why a key may not ask for a permission on a type, or undefined. */
export function outsideWords(
  bounds: Bounds | undefined,
  permission: string | undefined,
  type: string,
): Outside | undefined {
  return outsidePermissions(bounds, permission) ?? outsideTypes(bounds, type);
}

/** Why a key may not ask about an object, or undefined: it belongs to none of the key's organizations. An unknown object belongs to nobody. */
export async function outsideObject(
  engine: Reads,
  bounds: Bounds | undefined,
  object: string,
  owner?: CacheScope,
  signal?: AbortSignal,
): Promise<Outside | undefined> {
  if (bounds?.organizations === undefined) return undefined;
  return outsideOrganizations(
    bounds,
    owner === undefined ? await organizationsOf(engine, object, signal) : [idOf(owner)],
  );
}

/** The same for many objects, in their order; each is looked up only once. */
export async function outsideObjects(
  engine: Reads,
  bounds: Bounds | undefined,
  asked: readonly { object: string; owner?: CacheScope | undefined }[],
  signal?: AbortSignal,
): Promise<(Outside | undefined)[]> {
  if (bounds?.organizations === undefined) return asked.map(() => undefined);
  const found = new Map<string, Outside | undefined>();
  const unknown = [...new Set(asked.filter(({ owner }) => owner === undefined).map(({ object }) => object))];
  for (let at = 0; at < unknown.length; at += READS_AT_ONCE) {
    const look = async (object: string) => {
      found.set(object, await outsideObject(engine, bounds, object, undefined, signal));
    };
    await Promise.all(unknown.slice(at, at + READS_AT_ONCE).map(look));
  }
  return asked.map(({ object, owner }) =>
    owner === undefined ? found.get(object) : outsideOrganizations(bounds, [idOf(owner)]),
  );
}

/** The objects that a key may ask about, in their order. */
export async function objectsWithin(
  engine: Reads,
  bounds: Bounds | undefined,
  objects: readonly string[],
  signal?: AbortSignal,
): Promise<string[]> {
  const problems = await outsideObjects(
    engine,
    bounds,
    objects.map((object) => ({ object })),
    signal,
  );
  return objects.filter((_, n) => problems[n] === undefined);
}
