/**
 * A miss: asks the engine and, where it is safe, keeps the answer (README, The cache).
 * The order of the steps is the protocol's; `test/protocol` explores it state by state,
 * and the scenarios named here (`test/protocol/breaks.ts`) are what happens without the step.
 */
import type { LRUCache } from "lru-cache";
import type { Scope } from "../domain/scopes.ts";
import { EngineUnavailable, type Entry, type Question, type Tokens, type Unstored } from "../ports.ts";
import type { Checked, CheckerDeps } from "./check.ts";
import type { Asker } from "./gather.ts";
import { type Guess, headIsStill, type Ownership, ownershipOf } from "./ownership.ts";
import type { Vias } from "./via.ts";

/** What came of a question: `unstored` says why it was not kept, and then it is nobody else's answer either. */
type Outcome = { checked: Checked; unstored?: Unstored };

/** A question that is with the engine. Whoever holds the same tokens may share what comes of it. */
type Flight = { startedAt: number; outcome: Promise<Outcome | "abandoned"> };

type FillDeps = Omit<CheckerDeps, "engine" | "clock"> & {
  guesses: LRUCache<string, Guess>;
  vias: Pick<Vias, "of">;
};

/** A question on its way to the engine, and what ends the work when nobody waits for it any more. */
export type Miss = { question: Question; engine: Asker; signal?: AbortSignal | undefined };

/** Answers what the cache did not; `away` when it did not answer at all. Throws EngineUnavailable, Overloaded. */
export function createFill(deps: FillDeps): (miss: Miss, away: boolean) => Promise<Checked> {
  const { cache, meter, ttlMilliseconds } = deps;
  const flights = new Map<string, Flight>();

  return async function fill(miss, away) {
    const { question, engine } = miss;
    // a cache that has just kept us waiting is not asked again
    if (away) return alone(deps, miss, "away");
    for (;;) {
      const guess = await guessOf(deps, miss);
      if (guess === undefined) return alone(deps, miss, "no_owner");
      // before the tokens are taken, so that no entry lives longer than the TTL from then (bad/ttl-from-store)
      const startedAt = engine.now().getTime();
      const tokens = await cache.take(question.user as Scope, guess.owner);
      if (tokens === "away" || tokens === "leased") return alone(deps, miss, tokens);

      const { userToken, ownerToken } = tokens;
      const key = JSON.stringify([question.user, question.relation, question.object, userToken, ownerToken]);
      const running = flights.get(key);
      // the same tokens: nothing was written since it began (bad/coalesce-by-question); not too old: a raise
      // that was not acknowledged counts on that (bad/coalesce-older-than-ttl)
      const joined = running !== undefined && engine.now().getTime() < running.startedAt + ttlMilliseconds;
      const flight = joined ? running : { startedAt, outcome: ask(deps, miss, guess, tokens, startedAt) };
      if (!joined) flights.set(key, flight);
      const outcome = await flight.outcome.finally(() => {
        if (flights.get(key) === flight) flights.delete(key);
      });
      // whoever asked gave up; the next of us asks
      if (outcome === "abandoned") {
        if (joined) continue;
        throw new EngineUnavailable("the caller gave up");
      }
      if (outcome.unstored === undefined) return outcome.checked;
      if (joined) return alone(deps, miss, outcome.unstored);
      meter.unstored(outcome.unstored);
      return outcome.checked;
    }
  };
}

/** Asks as of now, and keeps nothing. */
async function alone({ meter }: FillDeps, { question, engine, signal }: Miss, reason: Unstored): Promise<Checked> {
  meter.unstored(reason);
  const [allowed = false] = await engine.ask([question], engine.now(), signal);
  return { allowed, source: "engine" };
}

/** The owner as an earlier read saw it, or a read of it now. */
async function guessOf({ guesses }: FillDeps, { question, engine, signal }: Miss): Promise<Ownership | undefined> {
  const { owner, head } = guesses.get(question.object) ?? {};
  if (owner !== undefined && head !== undefined) return { owner, head };
  const ownership = await ownershipOf(engine, question.object, signal);
  if (ownership !== undefined) guesses.set(question.object, ownership);
  return ownership;
}

async function ask(
  deps: FillDeps,
  miss: Miss,
  guess: Ownership,
  tokens: Tokens,
  startedAt: number,
): Promise<Outcome | "abandoned"> {
  const { question, engine, signal } = miss;
  const validUntil = startedAt + deps.ttlMilliseconds;
  try {
    // dates only ever end access: a yes at the end of the entry's life is a yes all through it (test/protocol/dates: ask at now only)
    const [later = false, sameHead] = await engine.ask(
      [question, headIsStill(question.object, guess)],
      new Date(validUntil),
      signal,
    );
    const [allowed = false] = later ? [later] : await engine.ask([question], engine.now(), signal);
    // the same head before the tokens were taken and after: the owner was the same in between (bad/owner-beside-question-without-incarnation)
    if (!sameHead) {
      deps.guesses.delete(question.object);
      return { checked: { allowed, source: "engine" }, unstored: "overtaken" };
    }
    // a yes that ends within the entry's life is answered once (test/protocol/dates: joiners share an unstorable yes)
    if (allowed !== later) return { checked: { allowed, source: "engine" }, unstored: "date" };
    const { userToken, ownerToken } = tokens;
    const entry: Entry = { allowed, owner: guess.owner, userToken, ownerToken, validUntil };
    entry.via = deps.vias.of(question, entry);
    deps.cache.store(question, entry, tokens.now + deps.ttlMilliseconds);
    return { checked: { allowed, source: "miss", validUntil, via: entry.via } };
  } catch (error) {
    if (signal?.aborted) return "abandoned";
    throw error;
  }
}
