/**
 * Entries that live long are never older than the bound, state by state, whoever is asleep, dies or fails over; and
 * rules that only look like it are found broken. PROTOCOL_TRACES=1 prints how each broken one fails; PROTOCOL_FULL=1
 * explores a second failover as well, in a minute.
 */
import { describe, expect, test } from "vitest";
import { type Exploration, explore } from "../explore.ts";
import { AGREED_WATCH, type WatchRules, type WatchWorld } from "./rules.ts";
import type { Bounds } from "./state.ts";
import { watchSystem } from "./system.ts";

const FULL = process.env.PROTOCOL_FULL === "1";
const STATES_MAX = FULL ? 4_000_000 : 400_000;
const TIMEOUT_MILLISECONDS = FULL ? 3_600_000 : 120_000;

const FINE: Bounds = { bound: 4, mark: 2, deepEvery: 0, late: 0, ahead: 0, setBack: 0 };
/** With two servers. */
const COARSE: Bounds = { ...FINE, bound: 2, mark: 1 };
/** With Writes that the log may show late. */
const LOGGED: Bounds = { bound: 3, mark: 1, deepEvery: 1, late: 1, ahead: 0, setBack: 0 };
/** Where the engine's clock is set back: farther than to the last poll. */
const SET_BACK: Partial<WatchWorld> = { ...COARSE, setBack: 3, slowFills: false };

const world = (writes: WatchWorld["writes"], bounds: Partial<WatchWorld> = {}): WatchWorld => ({
  ...FINE,
  promotions: 0,
  slowFills: true,
  rules: AGREED_WATCH,
  ...bounds,
  writes,
});

const failover = (promotions: WatchWorld["promotions"]): WatchWorld => ({
  ...world(["past"], COARSE),
  promotions,
  slowFills: false,
});

const broken = (rules: Partial<WatchRules>, of = world(["past"])): WatchWorld => ({
  ...of,
  rules: { ...AGREED_WATCH, ...rules },
});

const HOLDS: Readonly<Record<string, WatchWorld>> = {
  "good/past-the-service": world(["past"]),
  "good/two-past-the-service": world(["past", "past"], { bound: 3, mark: 1 }),
  "good/late-in-the-log": world(["late"], LOGGED),
  "good/ours": world(["ours"]),
  "good/ours-and-past": world(["ours", "past"], { bound: 3, mark: 1 }),
  "good/dead-writer": world(["dies"]),
  "good/clock-set-back": world(["past"], SET_BACK),
  "good/failover": failover(1),
  ...(FULL && { "good/failover-and-back": failover(2) }),
};

const BREAKS: Readonly<Record<string, WatchWorld>> = {
  "bad/mark-that-a-sleeper-revives": broken({ markFrom: "its SET" }),
  "bad/mark-by-the-followers-clock": broken({ markFrom: "the follower's clock" }, world(["past"], { ahead: 3 })),
  "bad/mark-by-the-time-after-the-poll": broken({ markFrom: "Redis's time after the poll" }),
  "bad/mark-though-not-acknowledged": broken({ unacknowledged: "is let be" }),
  "bad/entry-without-its-time": broken({ youngBy: "nothing" }),
  "bad/entry-by-the-time-of-its-store": broken({ youngBy: "store" }),
  "bad/entry-from-before-the-first-poll": broken({ entriesBefore: "count" }),
  "bad/progress-kept-before-the-acknowledgement": broken({ progressKept: "when it is read" }),
  "bad/read-on-by-the-clock-as-it-was": broken(
    { readsFrom: "the engine's clock then", clockBehind: "is not noticed" },
    world(["past"], SET_BACK),
  ),
  "bad/mark-while-the-clock-is-behind": broken({ clockBehind: "is not noticed" }, world(["past"], SET_BACK)),
  "bad/nothing-is-read-again": broken({ readsAgain: "nothing" }, world(["late"], LOGGED)),
  "bad/deep-polls-are-rare": { ...world(["late"], { ...LOGGED, deepEvery: 3 }) },
  "bad/run-id-alone": broken({ epoch: "run id" }, failover(2)),
  "bad/poll-on-two-servers": broken({ reconnected: "continues in the same epoch" }, failover(1)),
  "bad/mark-for-any-server": broken({ markOf: "any server" }, failover(2)),
  "bad/demoted-master-still-answers": broken({ markReadFrom: "the master" }, failover(1)),
};

function walk(name: string, of: WatchWorld): Exploration {
  const exploration = explore(watchSystem(of), STATES_MAX);
  const { states, counterexample } = exploration;
  if (!counterexample) console.log(`holds in ${states} states: ${name}`);
  else if (process.env.PROTOCOL_TRACES === "1")
    console.log([`${name}: ${counterexample.wrong}`, ...counterexample.trace].join("\n    "));
  return exploration;
}

describe("no answer is older than the bound", () => {
  test.each(Object.entries(HOLDS))(
    "%s",
    (name, of) => {
      const { counterexample, hits } = walk(name, of);
      expect(counterexample && [counterexample.wrong, ...counterexample.trace].join("\n    ")).toBeUndefined();
      // without a hit that only the mark makes possible there would be nothing to prove
      expect(hits).toBeGreaterThan(0);
    },
    TIMEOUT_MILLISECONDS,
  );
});

describe("a broken rule is detected", () => {
  test.each(Object.entries(BREAKS))(
    "%s",
    (name, of) => {
      expect(walk(name, of).counterexample?.trace.length).toBeGreaterThan(0);
    },
    TIMEOUT_MILLISECONDS,
  );
});
