/**
 * The owner of a resource: the second scope of its decisions. A remembered owner is a guess, which every fill confirms
 * together with the resource's head: a head's number is never used again, also when a resource gets an earlier owner back.
 */
import { LRUCache } from "lru-cache";
import type { CacheScope } from "../domain/cache-scopes.ts";
import type { Engine, Question } from "../ports.ts";

/** The owner, as it was when `head` was the resource's head or later. */
export type Ownership = { owner: CacheScope; head: string };

/**
 * An owner that was learnt from an entry has no head: enough to look an entry up, not to fill under. `confirmed`: the
 * engine said that both were so `at` a time of the cache, or a little later, under a token of the owner. While that token
 * is current a confirmation is as good as an entry that was filled then, and no newer than it (test/protocol: bad/confirmation-under-another-token).
 */
export type Guess = { owner: CacheScope; head?: string; confirmed?: Confirmed | undefined };
type Confirmed = { ownerToken: string; at: number };

/** About 20 MB when full. */
const GUESSES_MAX = 100_000;

export function createGuesses(): LRUCache<string, Guess> {
  return new LRUCache({ max: GUESSES_MAX });
}

type Reads = Pick<Engine, "expand">;

/**
 * The questions whether the head and the owner are still the same. The head changes with every action and never comes
 * back, an owner may; but whoever writes past the service may change the owner alone.
 */
export function ownershipIsStill(resource: string, { owner, head }: Ownership): Question[] {
  return [
    { user: head, relation: "head", object: resource },
    { user: owner, relation: "owner", object: resource },
  ];
}

/** The one owner of a resource now; undefined without an owner or head, and with more than one owner. Throws EngineUnavailable, Overloaded. */
export async function ownershipOf(
  engine: Reads,
  resource: string,
  signal?: AbortSignal,
): Promise<Ownership | undefined> {
  // the head first: if something changes in between, it is an old head, which no fill confirms
  // (bad/owner-and-registration-guessed-at-once)
  const [head] = await engine.expand({ object: resource, relation: "head" }, signal);
  if (head === undefined) return undefined;
  const [owner, ...more] = await engine.expand({ object: resource, relation: "owner" }, signal);
  return owner === undefined || more.length > 0 ? undefined : { owner: owner as CacheScope, head };
}
