/**
 * Whether somebody may now, and for how long that is so. In the model dates only end access: so a yes as of a later
 * moment is a yes all the time until then, and a no as of now is a no from now on (test/protocol/dates: ask at now
 * only). The likelier of the two is asked first, and mostly suffices. Behind a yes as of now it is asked how long it lasts:
 * for an entry's whole life, or a short one.
 */
import { LRUCache } from "lru-cache";
import type { CacheScope } from "../domain/cache-scopes.ts";
import type { Question } from "../ports.ts";
import type { Asker } from "./batcher.ts";

/**
 * `lasts`: for how many milliseconds from the start the answer is the same, one of the lives that were asked for; or what
 * asks for it, and finds undefined where it is none of them. `beside`: whether all that was asked in the same call is so.
 */
export type StableAnswer = { allowed: boolean; lasts: number | (() => Promise<number | undefined>); beside: boolean };

/** About 20 MB when full. */
const ANSWERS_MAX = 100_000;
const TENDENCIES_MAX = 10_000;

/** So many answers in a row turn the strongest tendency. */
const TENDENCY_MAX = 4;

type Asked = {
  question: Question;
  owner: CacheScope;
  beside: Question[];
  /** Milliseconds since the epoch, and how long an entry may live from then: the whole life, and a short one. */
  startedAt: number;
  lives: readonly [whole: number, short: number];
};

export type AskStable = (engine: Asker, asked: Asked, signal?: AbortSignal) => Promise<StableAnswer>;

/**
 * Remembers who got which answer at an owner, and what those who are new there mostly get, to choose the first question:
 * the answer never depends on it. Throws as `ask` does.
 */
export function createStableAnswer(): AskStable {
  const answers = new LRUCache<string, boolean>({ max: ANSWERS_MAX });
  const tendencies = new LRUCache<string, number>({ max: TENDENCIES_MAX });

  /** A yes of somebody new, where most who were new got one, at this owner and anywhere: an unexpected yes is cheaper than an unexpected no. */
  function isLikely({ user, relation }: Question, owner: CacheScope): boolean {
    const isMostly = (who: string) => (tendencies.get(who) ?? 0) >= 0;
    return answers.get(`${user} ${relation} ${owner}`) ?? (isMostly(`${relation} ${owner}`) && isMostly(relation));
  }

  function remember({ user, relation }: Question, owner: CacheScope, allowed: boolean): void {
    const one = `${user} ${relation} ${owner}`;
    if (!answers.has(one))
      for (const all of [`${relation} ${owner}`, relation]) {
        const tendency = (tendencies.get(all) ?? 0) + (allowed ? 1 : -1);
        tendencies.set(all, Math.max(-TENDENCY_MAX, Math.min(tendency, TENDENCY_MAX)));
      }
    answers.set(one, allowed);
  }

  return async (engine, { question, owner, beside, startedAt, lives: [whole, short] }, signal) => {
    const isSo = async (at: number) => (await engine.ask([question], new Date(at), signal))[0] === true;
    const startsNow = !isLikely(question, owner);
    const asked = [question, ...beside];
    const at = startsNow ? engine.now() : new Date(startedAt + whole);
    const [first = false, ...others] = await engine.ask(asked, at, signal);
    const besideIsSo = others.every(Boolean);
    const isWhole = first !== startsNow;
    const allowed = first || (!startsNow && (await isSo(engine.now().getTime())));
    remember(question, owner, allowed);
    // a yes as of the end, or a no as of now
    if (isWhole || !allowed) return { allowed, lasts: whole, beside: besideIsSo };
    const lives = [...(startsNow ? [whole] : []), ...(short < whole ? [short] : [])];
    const lasts = async () => {
      for (const life of lives) if (await isSo(startedAt + life)) return life;
      return undefined;
    };
    return { allowed, lasts, beside: besideIsSo };
  };
}
