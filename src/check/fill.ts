/**
 * A miss: asks the engine and, where it is safe, stores the answer. The order of the steps is the cache protocol's (docs/cache.md):
 * `test/protocol` explores it state by state, and the scenarios named here (`test/protocol/breaks.ts`) show what
 * happens without the step.
 */
import type { LRUCache } from "lru-cache";
import type { CacheScope } from "../domain/cache-scopes.ts";
import { startTimer } from "../elapsed.ts";
import { EngineUnavailable } from "../faults.ts";
import type { CacheEntry, Lookup, Question, Unstored } from "../ports.ts";
import type { AccessPaths } from "./access-path.ts";
import type { Asker } from "./batcher.ts";
import type { Checked, CheckerDeps } from "./checker.ts";
import { type Guess, type Ownership, ownershipIsStill, ownershipOf } from "./ownership.ts";
import type { AskStable } from "./stable-answer.ts";

/** The result of a question. Only a stored answer is shared with other callers; `abandoned`: its caller gave up. */
type Outcome =
  | { kind: "stored"; checked: Checked }
  | { kind: "unstored"; allowed: boolean; reason: Unstored }
  | { kind: "abandoned" };

/** What the caller whose question it is gets at once, where it takes more questions to know whether it is stored. */
type Answered = { kind: "answered"; checked: Checked; outcome: Promise<Outcome> };

/** A question that the engine is answering. Callers that hold the same tokens may share its outcome. */
type Flight = { startedAt: number; outcome: Promise<Outcome> };

type FillDeps = Omit<CheckerDeps, "engine" | "clock"> & {
  guesses: LRUCache<string, Guess>;
  accessPaths: Pick<AccessPaths, "of">;
  askStable: AskStable;
};

/**
 * Tokens to fill under, with the owner and head that were known before them, and when the look-up began: on our clock
 * (`startedAt`) and as what has gone by since then (`elapsed`, milliseconds). Tokens of a look-up are as good as taken ones: a leased scope
 * has no token (test/protocol: what a look-up finds).
 */
type Grounds = {
  kind: "grounds";
  guess: Ownership & Guess;
  userToken: string;
  ownerToken: string;
  startedAt: number;
  elapsed: () => number;
  /** The cache's own time when the tokens were taken, where they were. */
  takenAt?: number;
  watchedSince: Lookup["watchedSince"];
};

/** What a look-up found instead of an entry: all that a fill needs, a part of it, or a reason not to store. */
export type Seen = Grounds | Incomplete | { kind: "unstored"; reason: Unstored };
type Incomplete = { kind: "incomplete"; watchedSince?: Lookup["watchedSince"] };

/** A question for the engine; `signal` aborts when its caller has gone. */
export type Miss = { question: Question; engine: Asker; signal?: AbortSignal | undefined };

/** Answers what the cache did not. Throws EngineUnavailable, Overloaded. */
export function createFill(deps: FillDeps): (miss: Miss, seen: Seen) => Promise<Checked> {
  const { meter } = deps;
  const sharedMilliseconds = Math.min(deps.ttlMilliseconds, deps.unwatchedMilliseconds);
  const flights = new Map<string, Flight>();

  /** Others may join until it is known whether the answer is stored. */
  function begin(key: string, startedAt: number, asked: Promise<Outcome | Answered>): typeof asked {
    const outcome = asked.then((found) => (found.kind === "answered" ? found.outcome : found));
    const flight = { startedAt, outcome };
    flights.set(key, flight);
    const ends = outcome.then((found) => found.kind === "unstored" && meter.unstored(found.reason));
    // who waits for it gets the fault
    ends
      .catch(() => {})
      .finally(() => {
        if (flights.get(key) === flight) flights.delete(key);
      });
    return asked;
  }

  return async function fill(miss, seen) {
    const { question, engine } = miss;
    for (let known = seen; ; known = { kind: "incomplete" }) {
      const grounds = known.kind === "incomplete" ? await takeGrounds(deps, miss, known) : known;
      if (grounds.kind === "unstored") return alone(deps, miss, grounds.reason);

      const { userToken, ownerToken, startedAt } = grounds;
      const confirmedAt = confirmedAtOf(deps, grounds);
      // per key: a question that waits for one key's share of the engine never delays another key; and who needs the
      // owner confirmed never waits for a question that confirms none
      const { user, relation, object } = question;
      const isConfirmed = confirmedAt !== undefined;
      const key = JSON.stringify([deps.callerNow(), user, relation, object, userToken, ownerToken, isConfirmed]);
      const running = flights.get(key);
      // the same tokens: nothing was written since it began (bad/coalesce-by-question); not older than the bound, after
      // which an unacknowledged invalidation is harmless (bad/coalesce-older-than-ttl)
      const joined = running !== undefined && engine.now().getTime() < running.startedAt + sharedMilliseconds;
      const outcome = await (joined ? running.outcome : begin(key, startedAt, ask(deps, miss, grounds, confirmedAt)));
      if (outcome.kind === "stored" || outcome.kind === "answered") return outcome.checked;
      if (outcome.kind === "abandoned") {
        // its own caller gave up; one of those who joined asks again
        if (joined) continue;
        throw new EngineUnavailable("the caller gave up");
      }
      if (joined) return alone(deps, miss, outcome.reason);
      return { allowed: outcome.allowed, source: "engine" };
    }
  };
}

/** Asks as of now and stores nothing. */
async function alone({ meter }: FillDeps, { question, engine, signal }: Miss, reason: Unstored): Promise<Checked> {
  meter.unstored(reason);
  const [allowed = false] = await engine.ask([question], engine.now(), signal);
  return { allowed, source: "engine" };
}

/** Takes the tokens that the look-up did not find. */
async function takeGrounds(
  deps: FillDeps,
  miss: Miss,
  { watchedSince }: Incomplete,
): Promise<Exclude<Seen, Incomplete>> {
  const guess = await guessOf(deps, miss);
  if (guess === undefined) return { kind: "unstored", reason: "no_owner" };
  // before the tokens are taken, so that no entry outlives the TTL from then (bad/ttl-from-store)
  const startedAt = miss.engine.now().getTime();
  const elapsed = startTimer();
  const tokens = await deps.cache.take(miss.question.user as CacheScope, guess.owner);
  if (tokens?.kind !== "tokens") return { kind: "unstored", reason: tokens?.kind ?? "away" };
  const { userToken, ownerToken, now } = tokens;
  return { kind: "grounds", guess, userToken, ownerToken, startedAt, elapsed, takenAt: now, watchedSince };
}

/** The owner and head as an earlier read saw them, or as they are now. */
async function guessOf(
  { guesses }: FillDeps,
  { question, engine, signal }: Miss,
): Promise<(Ownership & Guess) | undefined> {
  const { owner, head, confirmed } = guesses.get(question.object) ?? {};
  if (owner !== undefined && head !== undefined) return { owner, head, confirmed };
  const ownership = await ownershipOf(engine, question.object, signal);
  if (ownership !== undefined) guesses.set(question.object, ownership);
  return ownership;
}

/**
 * When the guess was confirmed under the very token that a fill will store under, where an entry that was filled then would
 * still count: only a watch makes it count for long, and only beside lives that are longer than the bound.
 */
function confirmedAtOf(deps: FillDeps, { guess, ownerToken, watchedSince }: Grounds): number | undefined {
  const { confirmed } = guess;
  if (deps.ttlMilliseconds <= deps.unwatchedMilliseconds || watchedSince === undefined) return undefined;
  return confirmed?.ownerToken === ownerToken && confirmed.at >= watchedSince ? confirmed.at : undefined;
}

async function ask(...asked: Parameters<typeof askAll>): Promise<Outcome | Answered> {
  const [, { signal }] = asked;
  const abandoned = (error: unknown): Outcome => {
    if (signal?.aborted) return { kind: "abandoned" };
    throw error;
  };
  const found = await askAll(...asked).catch(abandoned);
  return found.kind === "answered" ? { ...found, outcome: found.outcome.catch(abandoned) } : found;
}

async function askAll(
  deps: FillDeps,
  miss: Miss,
  grounds: Grounds,
  confirmedAt: number | undefined,
): Promise<Outcome | Answered> {
  const { question, engine, signal } = miss;
  const { guess, userToken, ownerToken, startedAt } = grounds;
  const { owner } = guess;
  const { ttlMilliseconds, unwatchedMilliseconds } = deps;
  const lives: [number, number] = [ttlMilliseconds, Math.min(ttlMilliseconds, unwatchedMilliseconds)];
  const beside = confirmedAt === undefined ? ownershipIsStill(question.object, guess) : [];
  const [{ allowed, lasts, beside: isSameOwner }, takenAt] = await Promise.all([
    deps.askStable(engine, { question, owner, beside, startedAt, lives }, signal),
    takenAtOf(deps, grounds),
  ]);
  // the same head before the tokens were taken and now, and the same owner: it was the owner all that time
  // (bad/owner-beside-question-without-incarnation, bad/owner-beside-question-by-incarnation-alone)
  if (!isSameOwner) {
    deps.guesses.delete(question.object);
    return { kind: "unstored", allowed, reason: "overtaken" };
  }
  if (takenAt === undefined) return { kind: "unstored", allowed, reason: "away" };
  if (confirmedAt === undefined)
    deps.guesses.set(question.object, { ...guess, confirmed: { ownerToken, at: takenAt } });
  const checked: Checked = { allowed, source: "miss", owner, userToken, ownerToken };
  const stored = (life: number | undefined): Outcome => {
    // a yes that ends within the entry's life is for one caller (test/protocol/dates: joiners share an unstorable yes)
    if (life === undefined) return { kind: "unstored", allowed, reason: "date" };
    const validUntil = startedAt + life;
    // as old as what it rests on (bad/confirmation-makes-entries-younger)
    const filledAt = confirmedAt ?? takenAt;
    const entry: CacheEntry = { allowed, owner, userToken, ownerToken, validUntil, filledAt };
    entry.accessPath = deps.accessPaths.of(question, entry);
    deps.cache.store(question, entry, takenAt + life);
    return { kind: "stored", checked: { ...checked, validUntil, accessPath: entry.accessPath } };
  };
  if (typeof lasts === "number") return stored(lasts);
  return { kind: "answered", checked, outcome: lasts().then(stored) };
}

/**
 * The cache's own time when the tokens existed, or a little before. It is read beside the question, less what went by
 * since the look-up began, so that no entry outlives the TTL from then (bad/ttl-from-store).
 */
async function takenAtOf({ cache }: FillDeps, { takenAt, elapsed }: Grounds): Promise<number | undefined> {
  if (takenAt !== undefined) return takenAt;
  const time = await cache.time();
  return time === undefined ? undefined : Math.floor(time - elapsed());
}
