/**
 * The one place that decides: every evaluation and every search for actions asks here. It answers from the cache when
 * an entry and its tokens match at one instant, else from the engine, and never with a decision that is older than the
 * question (law 13).
 */
import { startTimer } from "../elapsed.ts";
import type { CacheEntry, Lookup, Question } from "../ports.ts";
import { createAccessPaths } from "./access-path.ts";
import { type Asker, createBatcher, single } from "./batcher.ts";
import type { Checked, Checker, CheckerDeps, Signal } from "./checker.ts";
import { createFill, type Seen } from "./fill.ts";
import { createGuesses } from "./ownership.ts";
import { isPermissionOnResource } from "./question.ts";
import { createStableAnswer } from "./stable-answer.ts";

export function createChecker(deps: CheckerDeps): Checker {
  const { cache, clock, meter } = deps;
  const guesses = createGuesses();
  const alone = single(deps.engine, clock);
  const accessPaths = createAccessPaths(deps);
  const fill = createFill({ ...deps, guesses, accessPaths, askStable: createStableAnswer() });

  /** The entry to answer with, or what the look-up found instead. */
  async function look(question: Question, engine: Asker): Promise<{ kind: "hit"; entry: CacheEntry } | Seen> {
    const guess = guesses.get(question.object);
    // a batch has one instant, so that its questions as of an entry's end are one call
    const startedAt = engine.now().getTime();
    const elapsed = startTimer();
    const found = await cache.lookup(question, guess?.owner);
    if (found === undefined) return { kind: "unstored", reason: "away" };
    const { entry, userToken, ownerToken, watchedSince } = found;
    if (entry !== undefined && entry.owner !== guess?.owner) return lookAgain(question, entry);
    if (entry !== undefined && isCurrent(found)) return { kind: "hit", entry };
    if (guess?.head === undefined || userToken === undefined || ownerToken === undefined)
      return { kind: "incomplete", watchedSince };
    const known = { ...guess, head: guess.head };
    return { kind: "grounds", guess: known, userToken, ownerToken, startedAt, elapsed, watchedSince };
  }

  /** The first look-up read the token of the guessed owner, which is not that of the owner in the entry. */
  async function lookAgain(question: Question, { owner }: CacheEntry): ReturnType<typeof look> {
    guesses.set(question.object, { owner });
    const found = await cache.lookup(question, owner);
    if (found === undefined) return { kind: "unstored", reason: "away" };
    if (found.entry?.owner === owner && isCurrent(found)) return { kind: "hit", entry: found.entry };
    return { kind: "incomplete", watchedSince: found.watchedSince };
  }

  function isCurrent({ entry, userToken, ownerToken }: Lookup): boolean {
    return (
      entry !== undefined &&
      // an entry always holds tokens, so a missing token never matches (bad/missing-equals-missing)
      entry.userToken === userToken &&
      entry.ownerToken === ownerToken &&
      // the cache expires it by its own clock; the dates in the model are compared with ours
      clock().getTime() < entry.validUntil
    );
  }

  async function decide(question: Question, engine: Asker, signal: Signal | undefined): Promise<Checked> {
    if (!isPermissionOnResource(question)) {
      const [allowed = false] = await engine.ask([question], engine.now(), signal?.());
      return { allowed, source: "engine" };
    }
    const found = await look(question, engine);
    if (found.kind !== "hit") return fill({ question, engine, signal: signal?.() }, found);
    accessPaths.remember(question, found.entry);
    const { allowed, validUntil, accessPath, owner, userToken, ownerToken } = found.entry;
    return { allowed, source: "hit", validUntil, accessPath, owner, userToken, ownerToken };
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
