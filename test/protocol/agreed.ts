/** The protocol as agreed, and the two changes of it that hold as well. */
import { haveSameTokens } from "./canonical.ts";
import { fills, guesses, readsOn, takes } from "./fill.ts";
import { waits } from "./join.ts";
import { begins, looks } from "./look.ts";
import type { Coalescing, Protocol } from "./protocol.ts";
import { invalidate, matches, matchesSealed, restart, take, writerScripts } from "./redis.ts";
import { agreedWriter, repliesLate } from "./writer.ts";

export const agreedReader = {
  idle: begins,
  looking: looks,
  guessing: guesses,
  filling: takes,
  asking: fills,
  "half asked": readsOn,
  joined: waits,
};

/** The owner is read before the question. */
export const sequential: Protocol = {
  ...writerScripts(invalidate),
  releaseOfRepetition: invalidate,
  repetitionsRelease: "each",
  take,
  matches,
  restart,
  replyWithoutRelease: "effective by now + TTL",
  trustsWhilePending: false,
  ttlFrom: "fill",
  owner: "before the question, by name",
  guessReads: "registration first",
  remembering: undefined,
  coalescing: undefined,
  writer: agreedWriter,
  reader: agreedReader,
};

/** Who repeats releases once for what was read, and not each time (law 18): the product's. */
export const releasesRepetitionsOnce: Protocol = { ...sequential, repetitionsRelease: "once for a reading" };

/** The owner is read beside the question, and must be the one that was guessed, by the very registration: saves a round trip. */
export const beside: Protocol = { ...sequential, owner: "beside the question, by name and incarnation" };

/** And not read again while the owner's token is the one under which it was confirmed: an entry is then as old as that. */
export const remembering: Protocol = { ...beside, remembering: { underToken: true, lifeFrom: "confirmation" } };

/** Entries are sealed with a secret that Redis does not know. */
export const sealed: Protocol = { ...sequential, matches: matchesSealed };

/** Every reply says that its Write is effective by now + TTL. */
export const repliesLater = (protocol: Protocol): Protocol => ({
  ...protocol,
  writer: { ...agreedWriter, committed: repliesLate },
});

/** Who reads the owner shares with nobody who only remembers it. */
const mayShare: Coalescing["mayShare"] = (mine, leader) =>
  haveSameTokens(mine, leader) && mine.remembers === leader.remembers;

/** Concurrent misses share a question: each with the same tokens from its own fill. */
export const coalescing = (protocol: Protocol): Protocol => ({
  ...protocol,
  coalescing: { mayShare, olderThanTtl: false, confirmedBy: "the leader" },
});

/**
 * Nobody leases. Where a lease may be lost at any moment this allows exactly as much: a lease only ever refuses
 * tokens, and a fill without tokens stores nothing. Law 13 does not rest on leases, so large worlds go without.
 */
export const withoutLeases = (protocol: Protocol): Protocol => ({
  ...protocol,
  lease: (redis, scopes) => protocol.invalidate(redis, scopes),
  release: (redis, scopes) => protocol.invalidate(redis, scopes),
});
