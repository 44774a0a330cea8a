/**
 * Whether somebody may now, and for how long that is so. In the model dates only end access: so a yes as of a later
 * moment is a yes all the time until then, and a no as of now is a no from now on (test/protocol/dates: ask at now
 * only). The likelier of the two is asked first, and mostly suffices. A yes that does not last for an entry's whole life
 * takes one question more: whether it lasts for a short one.
 */
import { LRUCache } from "lru-cache";
import type { CacheScope } from "../domain/cache-scopes.ts";
import type { Question } from "../ports.ts";
import type { Asker } from "./batcher.ts";

/**
 * `lasts`: for how many milliseconds from the start the answer is the same, one of the lives that were asked for; or
 * undefined. `beside`: whether all that was asked in the same call is so.
 */
export type StableAnswer = { allowed: boolean; lasts: number | undefined; beside: boolean };

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

  function isLikely({ user, relation }: Question, owner: CacheScope): boolean {
    return answers.get(`${user} ${relation} ${owner}`) ?? (tendencies.get(`${relation} ${owner}`) ?? 0) >= 0;
  }

  function remember({ user, relation }: Question, owner: CacheScope, allowed: boolean): void {
    const [one, all] = [`${user} ${relation} ${owner}`, `${relation} ${owner}`];
    if (!answers.has(one)) {
      const tendency = (tendencies.get(all) ?? 0) + (allowed ? 1 : -1);
      tendencies.set(all, Math.max(-TENDENCY_MAX, Math.min(tendency, TENDENCY_MAX)));
    }
    answers.set(one, allowed);
  }

  return async (engine, { question, owner, beside, startedAt, lives: [whole, short] }, signal) => {
    const isSo = async (at: Date) => (await engine.ask([question], at, signal))[0] === true;
    const end = new Date(startedAt + whole);
    const startsNow = !isLikely(question, owner);
    const asked = [question, ...beside];
    const [first = false, ...others] = await engine.ask(asked, startsNow ? engine.now() : end, signal);
    const besideIsSo = others.every(Boolean);
    // a no as of now, or a yes as of the end
    const suffices = first !== startsNow;
    const other = suffices ? first : await isSo(startsNow ? end : engine.now());
    const allowed = startsNow ? first : other;
    remember(question, owner, allowed);
    if (first === other) return { allowed, lasts: whole, beside: besideIsSo };
    const lastsShort = short < whole && (await isSo(new Date(startedAt + short)));
    return { allowed, lasts: lastsShort ? short : undefined, beside: besideIsSo };
  };
}
