/**
 * Whether somebody may now, and whether that is so until an entry ends. In the model dates only end access: so a yes
 * as of the end is a yes all the time until then, and a no as of now likewise a no (test/protocol/dates: ask at now
 * only). The likelier of the two is asked first, and mostly suffices.
 */
import { LRUCache } from "lru-cache";
import type { CacheScope } from "../domain/cache-scopes.ts";
import type { Question } from "../ports.ts";
import type { Asker } from "./batcher.ts";

/** `isStable`: the answer is the same until the end. `beside`: the answer to what was asked in the same call. */
export type StableAnswer = { allowed: boolean; isStable: boolean; beside: boolean };

/** About 20 MB when full. */
const REFUSED_MAX = 100_000;

export type AskStable = (
  engine: Asker,
  asked: { question: Question; owner: CacheScope; beside: Question; until: Date },
  signal?: AbortSignal,
) => Promise<StableAnswer>;

/** Remembers who was refused what at an owner, to choose the first question: the answer never depends on it. Throws as `ask` does. */
export function createStableAnswer(): AskStable {
  const refused = new LRUCache<string, true>({ max: REFUSED_MAX });

  return async (engine, { question, owner, beside, until }, signal) => {
    const key = `${question.user} ${question.relation} ${owner}`;
    const startsNow = refused.has(key);
    const at = startsNow ? engine.now() : until;
    const [first = false, second = false] = await engine.ask([question, beside], at, signal);
    // a no as of now, or a yes as of the end
    const suffices = first !== startsNow;
    const [other = false] = suffices ? [first] : await engine.ask([question], startsNow ? until : engine.now(), signal);
    const allowed = startsNow ? first : other;
    if (allowed) refused.delete(key);
    else refused.set(key, true);
    return { allowed, isStable: first === other, beside: second };
  };
}
