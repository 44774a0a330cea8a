/**
 * Protocols that look right and are not, each in a small world that shows it: the reason for each step of the
 * protocol. PROTOCOL_TRACES=1 prints the shortest path to what is wrong.
 */
import { beside, sealed, sequential, withoutLeases } from "./agreed.ts";
import * as checks from "./broken-checks.ts";
import * as coalescing from "./broken-coalescing.ts";
import * as tokens from "./broken-tokens.ts";
import * as writers from "./broken-writers.ts";
import {
  NOBODY_TO_O1,
  NOBODY_TO_O2,
  O1_TO_NOBODY,
  O1_TO_O2,
  O1_TO_O2_PAST,
  O2_TO_NOBODY,
  O2_TO_O1_PAST,
  onBoth,
  onO1,
  onO2,
  onUser,
  type Scenario,
  scenario,
} from "./scenarios.ts";
import { O1, O2 } from "./state.ts";
import type { Fault, World, Write } from "./world.ts";

const world = (writes: readonly Write[], ...faults: Fault[]): Partial<World> => ({ writes, faults, readers: 1 });
const oneWrite = (...faults: Fault[]) => world([onUser], ...faults);
const lostLease = oneWrite("lost lease");
/** O2 owned it for a while, and a replica still guesses O1. */
const oldGuess: Partial<World> = {
  ...world([O2_TO_NOBODY, NOBODY_TO_O1], "unreachable Redis"),
  owner: O2,
  pastOwners: [O1],
  waits: true,
};
/** O1, nobody, O2; and a replica may guess O2 already, from before. */
const toO2: Partial<World> = {
  ...world([O1_TO_NOBODY, NOBODY_TO_O2, onO2], "unreachable Redis"),
  pastOwners: [O2],
  waits: true,
};
/** O1, nobody, O2; who remembers that it was O1's does so from before. */
const toO2FromO1: Partial<World> = { ...toO2, pastOwners: [] };
const inOneWrite = world([O1_TO_O2, onO2], "lost lease");
const monotonic: Partial<World> = { writes: [onO1, onO1], law: "monotonic" };

const WRITERS: Readonly<Record<string, Scenario>> = {
  "bad/no-invalidation-after-write": scenario(writers.releasesWithoutInvalidation, lostLease),
  "bad/reply-now-though-unreachable": scenario(writers.repliesNowWithoutRelease, oneWrite("unreachable Redis")),
  "bad/repetition-replies-without-release": scenario(
    writers.repetitionOnlyReplies,
    oneWrite("lost lease", "crash", "repetition"),
  ),
  "bad/repetition-trusts-an-earlier-release": scenario(
    writers.trustsAnEarlierRelease,
    world([onO1, onO1], "lost lease", "crash", "repetition"),
  ),
  "bad/settled-by-head-without-release": scenario(writers.settlesWithoutRelease, oneWrite("lost lease", "lost reply")),
  "bad/pending-not-invalidated": scenario(checks.trustsWhilePending, {
    ...oneWrite("unreachable Redis"),
    law: "own replica",
  }),
  "bad/one-lease-for-all": scenario(writers.inSeparateScripts(writers.clearsAll), { ...monotonic, readers: 2 }),
  "bad/shared-writer-id": scenario(writers.sharesAWriterId, { ...monotonic, readers: 2 }),
  "bad/shared-writer-id-crash": scenario(writers.sharesAWriterId, {
    ...monotonic,
    faults: ["crash"],
    law: "contained",
  }),
  "bad/no-lease": scenario(withoutLeases(sequential), monotonic),
  "bad/one-lease-for-all-crash": scenario(writers.inSeparateScripts(writers.clearsAll), {
    ...monotonic,
    faults: ["crash"],
    law: "contained",
  }),
  "bad/lost-reply-releases": scenario(writers.releasesOnLostReply, {
    ...oneWrite("lost reply"),
    law: "contained",
  }),
  "bad/resend-without-lease": scenario(writers.sendsAgainWithoutLease, {
    ...oneWrite("crash", "lost reply", "lost Write", "lease ran out"),
    law: "contained",
  }),
  "bad/refusal-without-release": scenario(writers.refusedWithoutRelease, { ...oneWrite("refusal"), law: "live" }),
};

const TOKENS: Readonly<Record<string, Scenario>> = {
  "bad/missing-equals-missing": scenario(tokens.missingMatchesMissing, oneWrite("evicted token"), "numbered"),
  "bad/token-counter": scenario(tokens.counter, oneWrite("evicted token"), "by value"),
  "bad/token-clock-steps-back": scenario(tokens.clock, oneWrite("evicted token"), "by value"),
  "bad/restore-without-run-id": scenario(tokens.restartsWithOldTokens, oneWrite("old restart"), "numbered"),
  "bad/missing-never-made": scenario(
    tokens.missingNeverMade(sequential),
    { ...world([onBoth], "crash", "lost lease", "evicted token"), law: "live" },
    "numbered",
  ),
};

/** Somebody else may write to Redis. */
const FORGERIES: Readonly<Record<string, Scenario>> = {
  "bad/unsealed-entries": scenario(sequential, oneWrite("forged entry"), "numbered"),
  "bad/put-back-token": scenario(sealed, oneWrite("put back"), "numbered"),
};

const CHECKS: Readonly<Record<string, Scenario>> = {
  "bad/ttl-from-store": scenario(checks.ttlFromStore, oneWrite("unreachable Redis")),
  "bad/coalesce-by-question": scenario(coalescing.byQuestion, { ...oneWrite(), readers: 2 }, "numbered"),
  "bad/coalesce-without-tokens": scenario(
    coalescing.byMissingTokens,
    { ...world([onO1, onO1]), readers: 2 },
    "numbered",
  ),
  "bad/coalesce-older-than-ttl": scenario(
    coalescing.olderThanTtl,
    { ...oneWrite("unreachable Redis"), readers: 2 },
    "numbered",
  ),
  "bad/coalesce-before-owner-is-read": scenario(coalescing.unconfirmed, { ...oldGuess, readers: 2 }, "numbered"),
  "bad/coalesce-owner-read-by-joiner": scenario(coalescing.confirmedByJoiner, { ...oldGuess, readers: 2 }, "numbered"),
};

const OWNERS: Readonly<Record<string, Scenario>> = {
  "bad/owner-beside-question-without-incarnation": scenario(checks.besideByName, oldGuess),
  "bad/owner-and-registration-guessed-at-once": scenario(checks.guessesAtOnce, oldGuess),
  "bad/owner-beside-question-by-incarnation-alone": scenario(checks.besideByIncarnation, {
    ...world([O1_TO_O2_PAST, { ...onO2, after: 0 }]),
    waits: true,
  }),
  "bad/confirmation-under-another-token": scenario(checks.remembersUnderAnyToken, toO2FromO1),
  "bad/confirmation-makes-entries-younger": scenario(checks.remembersAsIfNew, toO2FromO1),
  // and a limit, until the follower has read the second replacement: nothing says that an action came between the two
  "bad/owner-replaced-past-the-service-and-back-beside-an-action": scenario(beside, {
    ...world([O1_TO_O2_PAST, { ...O2_TO_O1_PAST, after: 0 }, onO2]),
    owed: "in order",
  }),
  "bad/registration-invalidates-new-owner-only": scenario(
    sequential,
    world([O1_TO_NOBODY, { ...NOBODY_TO_O2, touches: [O2] }], "unreachable Redis", "repetition"),
  ),
  "bad/transfer-trusted-guess": scenario(checks.trustsGuess, oldGuess),
  "bad/transfer-owner-then-tokens": scenario(checks.ownerThenTokens, toO2, "whole"),
  "bad/transfer-late-token": scenario(checks.lateToken, toO2, "numbered"),
  "bad/transfer-one-write": scenario(sequential, inOneWrite),
  "bad/transfer-one-write-beside-question": scenario(beside, inOneWrite),
  "bad/transfer-one-write-one-lease-for-all": scenario(writers.oneLeaseForAll, world([O1_TO_O2, onO2, onO1])),
};

export const BREAKS: Readonly<Record<string, Scenario>> = { ...WRITERS, ...TOKENS, ...FORGERIES, ...CHECKS, ...OWNERS };
