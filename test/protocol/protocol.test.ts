/**
 * The cache protocol holds, state by state, and what only looks like it is found broken.
 * PROTOCOL_TRACES=1 prints how each broken one fails; PROTOCOL_FULL=1 lifts CI's bounds (`holds.ts`) and wants
 * NODE_OPTIONS=--max-old-space-size=12000 and an hour.
 */
import { describe, expect, test } from "vitest";
import { beside, coalescing, remembering, sequential } from "./agreed.ts";
import { BREAKS } from "./breaks.ts";
import { inSeparateScripts } from "./broken-writers.ts";
import { numbered, reduced } from "./canonical.ts";
import { type Exploration, explore } from "./explore.ts";
import { holds } from "./holds.ts";
import { keyOf } from "./key.ts";
import type { Protocol } from "./protocol.ts";
import { removeLease } from "./redis.ts";
import { ANY_FAULT, NOBODY_TO_O1, O2_TO_NOBODY, onO1, onUser, type Scenario, scenario } from "./scenarios.ts";
import { MISSING, O1, O2, SCOPES, type State } from "./state.ts";
import { systemOf } from "./system.ts";
import { FAULTS, type Fault, type World } from "./world.ts";

const FULL = process.env.PROTOCOL_FULL === "1";
const TRACES = process.env.PROTOCOL_TRACES === "1";
// a Map holds no more than 2 ** 24
const STATES_MAX = FULL ? 16_000_000 : 400_000;
const TIMEOUT_MILLISECONDS = FULL ? 3_600_000 : 120_000;

const HOLDS = holds(FULL);
const textOf = (trace: readonly string[]) => trace.map((line) => `\n    ${line}`).join("");

function walk(name: string, { protocol, world, walk }: Scenario): Exploration {
  const exploration = explore(systemOf({ protocol, world }, walk), STATES_MAX);
  const { states, counterexample } = exploration;
  if (!counterexample) console.log(`holds in ${states} states: ${name}`);
  else if (TRACES) console.log(`${name}: ${counterexample.wrong}${textOf(counterexample.trace)}`);
  return exploration;
}

describe("the protocol holds", () => {
  test.each(Object.entries(HOLDS))(
    "%s",
    (name, scenario) => {
      const { counterexample, hits } = walk(name, scenario);
      expect(counterexample && `${counterexample.wrong}${textOf(counterexample.trace)}`).toBeUndefined();
      // a protocol that never hits would hold as well
      expect(hits).toBeGreaterThan(0);
    },
    TIMEOUT_MILLISECONDS,
  );

  test("every kind of fault happens in some scenario", () => {
    const happened = new Set(Object.values(HOLDS).flatMap(({ world }) => world.faults));
    expect(FAULTS.filter((fault) => !happened.has(fault))).toEqual([]);
  });
});

describe("a broken variant is detected", () => {
  test.each(Object.entries(BREAKS))("%s", (name, scenario) => {
    const { counterexample } = walk(name, scenario);
    expect(counterexample?.trace.length).toBeGreaterThan(0);
  });
});

describe("a look-up", () => {
  /** A token that exists while its scope is leased: `take` would refuse it, a look-up does not notice. */
  const isLeasedAndThere = ({ redis: { tokens, leases } }: State) =>
    SCOPES.some((scope) => tokens[scope] !== MISSING && leases[scope] !== 0) ? "a token of a leased scope" : undefined;
  // faults that delete tokens cannot create one
  const LOSING: Fault[] = ["crash", "lost reply", "unreachable Redis", "lost lease"];
  const look = (protocol: Protocol) => {
    const world: Partial<World> = { writes: [onO1, onO1], faults: LOSING, readers: 1 };
    const system = systemOf(scenario(protocol, world), "numbered");
    return explore({ ...system, wrong: isLeasedAndThere }, STATES_MAX).counterexample?.wrong;
  };

  test("finds no token while its scope is leased", () => {
    expect(look(sequential)).toBeUndefined();
  });

  test("finds one where the lease and the deletion are two scripts", () => {
    expect(look(inSeparateScripts(removeLease))).toBe("a token of a leased scope");
  });
});

describe("states that are merged behave alike", () => {
  const oldGuess = { writes: [O2_TO_NOBODY, NOBODY_TO_O1], owner: O2, pastOwners: [O1], waits: true } as const;
  test.each<[string, Scenario]>([
    ["one Write, one check", scenario(sequential, { writes: [onUser], faults: ANY_FAULT, readers: 1 })],
    ["one Write, two checks", scenario(sequential, { writes: [onO1], faults: ["unreachable Redis", "evicted token"] })],
    ["a question shared", scenario(coalescing(sequential), { writes: [onO1], faults: ["unreachable Redis"] })],
    ["the owner remembered", scenario(remembering, { ...oldGuess, faults: ["unreachable Redis"], readers: 1 })],
    ["the owner beside the question", scenario(beside, { ...oldGuess, faults: ["unreachable Redis"], readers: 1 })],
  ])("a walk that merges nothing reaches the same states: %s", (name, { protocol, world }) => {
    const setting = { protocol, world };
    const whole = systemOf(setting, "whole");
    const met = new Set<string>();
    const exploration = explore(
      {
        ...whole,
        canonical: (state) => {
          met.add(keyOf(numbered(reduced(setting, state))));
          return whole.canonical(state);
        },
      },
      STATES_MAX,
    );
    const together = explore(systemOf(setting, "reduced"), STATES_MAX);
    expect(exploration.counterexample).toBeUndefined();
    expect(together.counterexample).toBeUndefined();
    expect([...met].filter((key) => !together.keys.has(key))).toEqual([]);
    expect([...together.keys].filter((key) => !met.has(key))).toEqual([]);
    console.log(`${exploration.states} states taken together are ${together.states}: ${name}`);
  });
});
