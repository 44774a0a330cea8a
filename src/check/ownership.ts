/**
 * Who owns a resource: the second scope of its decisions. What is remembered here is a
 * guess that every fill confirms; `since` tells one ownership from the next, also when
 * a resource goes back to an owner it had before.
 */
import { LRUCache } from "lru-cache";
import type { Scope } from "../domain/scopes.ts";
import type { Engine } from "../ports.ts";

/** `since` is when the owner's tuple was written; every writing of it has its own. */
export type Ownership = { owner: Scope; since: string };

/** An owner learnt from an entry has no `since`: good enough to look an entry up, not to fill under. */
export type Guess = { owner: Scope; since?: string };

/** About 20 MB when full. */
const GUESSES_MAX = 100_000;

export function createGuesses(): LRUCache<string, Guess> {
  return new LRUCache({ max: GUESSES_MAX });
}

/** The one owner of a resource as of now; undefined where there is none, or more than one. Throws EngineUnavailable, Overloaded. */
export async function ownershipOf(
  engine: Pick<Engine, "read">,
  resource: string,
  signal?: AbortSignal,
): Promise<Ownership | undefined> {
  const [tuple, ...more] = await engine.read({ object: resource, relation: "owner" }, signal);
  if (tuple === undefined || more.length > 0 || !tuple.user.startsWith("organization:")) return undefined;
  return { owner: tuple.user as Scope, since: tuple.since };
}
