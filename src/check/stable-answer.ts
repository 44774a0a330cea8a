/**
 * Whether somebody may now, and whether that stays so until an entry ends. Dates only ever
 * end access, so a yes as of the end is a yes all through it, and a no as of now is a no all
 * through it (test/protocol/dates: ask at now only). Whichever is likely is asked for first, and mostly is enough.
 */
import { LRUCache } from "lru-cache";
import type { CacheScope } from "../domain/cache-scopes.ts";
import type { Question } from "../ports.ts";
import type { Asker } from "./batcher.ts";

/** `lasts`: it is the same until the end. `beside`: what was asked along with it. */
export type StableAnswer = { allowed: boolean; lasts: boolean; beside: boolean };

/** About 20 MB when full. */
const REFUSED_MAX = 100_000;

export type AskStable = (
  engine: Asker,
  asked: { question: Question; owner: CacheScope; beside: Question; until: Date },
  signal?: AbortSignal,
) => Promise<StableAnswer>;

/** Remembers who was refused what at an owner: that decides what is asked first, never what is answered. Throws as `ask` does. */
export function createStableAnswer(): AskStable {
  const refused = new LRUCache<string, true>({ max: REFUSED_MAX });

  return async (engine, { question, owner, beside, until }, signal) => {
    const likely = `${question.user} ${question.relation} ${owner}`;
    const startsNow = refused.has(likely);
    const [first = false, second = false] = await engine.ask(
      [question, beside],
      startsNow ? engine.now() : until,
      signal,
    );
    // a no as of now, or a yes as of the end
    const isEnough = first !== startsNow;
    const [other = false] = isEnough ? [first] : await engine.ask([question], startsNow ? until : engine.now(), signal);
    const allowed = startsNow ? first : other;
    if (allowed) refused.delete(likely);
    else refused.set(likely, true);
    return { allowed, lasts: first === other, beside: second };
  };
}
