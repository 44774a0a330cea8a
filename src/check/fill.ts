/**
 * A miss: asks the engine and, where it is safe, keeps the answer (docs/cache.md).
 * The order of the steps is the protocol's; `test/protocol` explores it state by state,
 * and the scenarios named here (`test/protocol/breaks.ts`) are what happens without the step.
 */
import type { LRUCache } from "lru-cache";
import type { CacheScope } from "../domain/cache-scopes.ts";
import { EngineUnavailable } from "../faults.ts";
import type { CacheEntry, Question, Unstored } from "../ports.ts";
import type { AccessPaths } from "./access-path.ts";
import type { Asker } from "./batcher.ts";
import type { Checked, CheckerDeps } from "./checker.ts";
import { type Guess, headIsStill, type Ownership, ownershipOf } from "./ownership.ts";
import type { AskStable } from "./stable-answer.ts";

/** What came of a question: `unstored` says why it was not kept, and then it is nobody else's answer either. */
type Outcome = { checked: Checked; unstored?: Unstored };

/** A question that is with the engine. Whoever holds the same tokens may share what comes of it. */
type Flight = { startedAt: number; outcome: Promise<Outcome | "abandoned"> };

type FillDeps = Omit<CheckerDeps, "engine" | "clock"> & {
  guesses: LRUCache<string, Guess>;
  accessPaths: Pick<AccessPaths, "of">;
  throughout: AskStable;
};

/**
 * Tokens to fill under, and the owner and head that were known before; since when, on our clock and as a duration's
 * beginning. A look-up's tokens do as well as taken ones: while a scope is leased its token is not there
 * (test/protocol: what a look-up finds).
 */
type Grounds = {
  guess: Ownership;
  userToken: string;
  ownerToken: string;
  startedAt: number;
  since: number;
  /** The cache's own time when the tokens were taken, where it said so. */
  takenAt?: number;
};

/** What a look-up found instead of an entry: all that a fill needs, or too little, or nothing in time. */
export type Seen = Grounds | "too little" | "away";

/** A question on its way to the engine, and what ends the work when nobody waits for it any more. */
export type Miss = { question: Question; engine: Asker; signal?: AbortSignal | undefined };

/** Answers what the cache did not. Throws EngineUnavailable, Overloaded. */
export function createFill(deps: FillDeps): (miss: Miss, seen: Seen) => Promise<Checked> {
  const { meter, ttlMilliseconds } = deps;
  const flights = new Map<string, Flight>();

  return async function fill(miss, seen) {
    const { question, engine } = miss;
    // a cache that has just kept us waiting is not asked again
    if (seen === "away") return alone(deps, miss, seen);
    for (let known: Seen = seen; ; known = "too little") {
      const grounds = known === "too little" ? await takeGrounds(deps, miss) : known;
      if (typeof grounds === "string") return alone(deps, miss, grounds);

      const { userToken, ownerToken, startedAt } = grounds;
      // each caller by itself: what one of them has waiting for a place, no other waits for
      const { user, relation, object } = question;
      const key = JSON.stringify([deps.callerNow(), user, relation, object, userToken, ownerToken]);
      const running = flights.get(key);
      // the same tokens: nothing was written since it began (bad/coalesce-by-question); not too old: an invalidation
      // that was not acknowledged counts on that (bad/coalesce-older-than-ttl)
      const joined = running !== undefined && engine.now().getTime() < running.startedAt + ttlMilliseconds;
      const flight = joined ? running : { startedAt, outcome: ask(deps, miss, grounds) };
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

/** Takes the tokens, which the look-up did not find, or did not look for. */
async function takeGrounds(deps: FillDeps, miss: Miss): Promise<Grounds | "no_owner" | "leased" | "away"> {
  const guess = await guessOf(deps, miss);
  if (guess === undefined) return "no_owner";
  // before the tokens are taken, so that no entry lives longer than the TTL from then (bad/ttl-from-store)
  const startedAt = miss.engine.now().getTime();
  const since = performance.now();
  const tokens = await deps.cache.take(miss.question.user as CacheScope, guess.owner);
  if (typeof tokens === "string") return tokens;
  const { userToken, ownerToken, now } = tokens;
  return { guess, userToken, ownerToken, startedAt, since, takenAt: now };
}

/** The owner as an earlier read saw it, or a read of it now. */
async function guessOf({ guesses }: FillDeps, { question, engine, signal }: Miss): Promise<Ownership | undefined> {
  const { owner, head } = guesses.get(question.object) ?? {};
  if (owner !== undefined && head !== undefined) return { owner, head };
  const ownership = await ownershipOf(engine, question.object, signal);
  if (ownership !== undefined) guesses.set(question.object, ownership);
  return ownership;
}

async function ask(deps: FillDeps, miss: Miss, grounds: Grounds): Promise<Outcome | "abandoned"> {
  const { question, engine, signal } = miss;
  const { guess, userToken, ownerToken, startedAt } = grounds;
  const validUntil = startedAt + deps.ttlMilliseconds;
  try {
    const beside = headIsStill(question.object, guess);
    const asked = deps.throughout(
      engine,
      { question, owner: guess.owner, beside, until: new Date(validUntil) },
      signal,
    );
    const [{ allowed, lasts, beside: sameHead }, takenAt] = await Promise.all([asked, takenAtOf(deps, grounds)]);
    // the same head before the tokens were taken and after: the owner was the same in between (bad/owner-beside-question-without-incarnation)
    if (!sameHead) {
      deps.guesses.delete(question.object);
      return { checked: { allowed, source: "engine" }, unstored: "overtaken" };
    }
    // a yes that ends within the entry's life is answered once (test/protocol/dates: joiners share an unstorable yes)
    if (!lasts) return { checked: { allowed, source: "engine" }, unstored: "date" };
    if (takenAt === "away") return { checked: { allowed, source: "engine" }, unstored: takenAt };
    const entry: CacheEntry = { allowed, owner: guess.owner, userToken, ownerToken, validUntil };
    entry.accessPath = deps.accessPaths.of(question, entry);
    deps.cache.store(question, entry, takenAt + deps.ttlMilliseconds);
    return { checked: { allowed, source: "miss", validUntil, accessPath: entry.accessPath, owner: guess.owner } };
  } catch (error) {
    if (signal?.aborted) return "abandoned";
    throw error;
  }
}

/**
 * The cache's own time when the tokens were there, or a little before. Asked for beside the question: as much as went
 * by since the look-up began is taken off, so that no entry lives longer than the TTL from then (bad/ttl-from-store).
 */
async function takenAtOf({ cache }: FillDeps, { takenAt, since }: Grounds): Promise<number | "away"> {
  if (takenAt !== undefined) return takenAt;
  const time = await cache.time();
  return time === "away" ? time : Math.floor(time - (performance.now() - since));
}
