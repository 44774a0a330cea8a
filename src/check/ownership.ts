/**
 * Who owns a resource: the second scope of its decisions. What is remembered here is a
 * guess that every fill confirms by the resource's head: its number never returns, also
 * when a resource goes back to an owner it had before.
 */
import { LRUCache } from "lru-cache";
import type { CacheScope } from "../domain/cache-scopes.ts";
import type { Engine, Question } from "../ports.ts";

/** The owner, as it was when `head` was the resource's head or later. */
export type Ownership = { owner: CacheScope; head: string };

/** An owner learnt from an entry has no head: good enough to look an entry up, not to fill under. */
export type Guess = { owner: CacheScope; head?: string };

/** About 20 MB when full. */
const GUESSES_MAX = 100_000;

export function createGuesses(): LRUCache<string, Guess> {
  return new LRUCache({ max: GUESSES_MAX });
}

type Reads = Pick<Engine, "expand">;

/** Whether the head is what it was: while it is, nothing about the resource itself has changed. */
export function headIsStill(resource: string, { head }: Ownership): Question {
  return { user: head, relation: "head", object: resource };
}

/** The one owner of a resource as of now; undefined where there is none, or more than one, or no head. Throws EngineUnavailable, Overloaded. */
export async function ownershipOf(
  engine: Reads,
  resource: string,
  signal?: AbortSignal,
): Promise<Ownership | undefined> {
  // the head first: if anything changes in between it is an old one, which no fill confirms
  const [head] = await engine.expand({ object: resource, relation: "head" }, signal);
  if (head === undefined) return undefined;
  const [owner, ...more] = await engine.expand({ object: resource, relation: "owner" }, signal);
  return owner === undefined || more.length > 0 ? undefined : { owner: owner as CacheScope, head };
}
