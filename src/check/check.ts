/**
 * The one place where a decision is asked for: every evaluation and every action
 * search comes through here. It answers from the cache when entry and tokens stand at
 * one instant, else from the engine, and never with what was true before the question
 * began (law 13). A fault throws and is never a "no".
 */
import type { CacheEntry, Lookup, Question } from "../ports.ts";
import { createAccessPaths } from "./access-path.ts";
import { type Asker, createBatcher, single } from "./batcher.ts";
import type { Checked, Checker, CheckerDeps, Signal } from "./checker.ts";
import { createFill, type Seen } from "./fill.ts";
import { createGuesses } from "./ownership.ts";
import { createStableAnswer } from "./stable-answer.ts";

export function createChecker(deps: CheckerDeps): Checker {
  const { cache, clock, meter } = deps;
  const guesses = createGuesses();
  const alone = single(deps.engine, clock);
  const accessPaths = createAccessPaths(deps);
  const fill = createFill({ ...deps, guesses, accessPaths, throughout: createStableAnswer() });

  /** The entry that may be answered with now; or what else was seen, to fill under. */
  async function look(
    question: Question,
    engine: Asker,
  ): Promise<{ entry: CacheEntry; seen?: never } | { entry?: never; seen: Seen }> {
    const guess = guesses.get(question.object);
    // a batch's one instant: what it asks as of the end then goes out in one call
    const startedAt = engine.now().getTime();
    const since = performance.now();
    const found = await cache.lookup(question, guess?.owner);
    if (found === "away") return { seen: "away" };
    const { entry, userToken, ownerToken } = found;
    if (entry === undefined || entry.owner === guess?.owner) {
      if (entry !== undefined && stands(found)) return { entry };
      if (guess?.head === undefined || userToken === undefined || ownerToken === undefined)
        return { seen: "too little" };
      return { seen: { guess: { ...guess, head: guess.head }, userToken, ownerToken, startedAt, since } };
    }
    // the owner's token was looked up for the guess: it says nothing of the owner that the entry names
    guesses.set(question.object, { owner: entry.owner });
    const again = await cache.lookup(question, entry.owner);
    if (again === "away") return { seen: again };
    return again.entry?.owner === entry.owner && stands(again) ? { entry: again.entry } : { seen: "too little" };
  }

  function stands({ entry, userToken, ownerToken }: Lookup): boolean {
    return (
      entry !== undefined &&
      // an entry always holds tokens, so one that is missing never matches (bad/missing-equals-missing)
      entry.userToken === userToken &&
      entry.ownerToken === ownerToken &&
      // the cache ends it by its own clock; a date is honoured by ours
      clock().getTime() < entry.validUntil
    );
  }

  async function decide(question: Question, engine: Asker, signal: Signal | undefined): Promise<Checked> {
    if (!isCached(question)) {
      const [allowed = false] = await engine.ask([question], engine.now(), signal?.());
      return { allowed, source: "engine" };
    }
    const { entry, seen } = await look(question, engine);
    if (entry === undefined) return fill({ question, engine, signal: signal?.() }, seen);
    accessPaths.remember(question, entry);
    const { allowed, validUntil, accessPath, owner } = entry;
    return { allowed, source: "hit", validUntil, accessPath, owner };
  }

  async function metered(question: Question, engine: Asker, signal: Signal | undefined): Promise<Checked> {
    const startedAt = performance.now();
    const checked = await decide(question, engine, signal);
    meter.checked(checked.source, (performance.now() - startedAt) / 1000);
    return checked;
  }

  return {
    check: (question, signal) => metered(question, alone, signal),
    checkAll: (questions, signal) => {
      const engine = createBatcher(deps.engine, clock, signal);
      return Promise.all(questions.map((question) => metered(question, engine, signal)));
    },
  };
}

/** Whether the answer depends on two scopes alone: a permission of a person on a plant or portfolio. */
function isCached({ user, relation, object }: Question): boolean {
  return (
    user.startsWith("user:") &&
    relation.startsWith("can_") &&
    (object.startsWith("plant:") || object.startsWith("portfolio:"))
  );
}
