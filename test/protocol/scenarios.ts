/** What a scenario is, and the Writes and faults that they are made of. */
import type { Protocol } from "./protocol.ts";
import { NOBODY, O1, O2, USER } from "./state.ts";
import type { Walk } from "./system.ts";
import { type Fault, WORLD, type World, type Write } from "./world.ts";

export type Scenario = { readonly protocol: Protocol; readonly world: World; readonly walk: Walk };

export const scenario = (protocol: Protocol, world: Partial<World>, walk: Walk = "reduced"): Scenario => ({
  protocol,
  world: { ...WORLD, ...world },
  walk,
});

export const onUser: Write = { touches: [USER] };
export const onO1: Write = { touches: [O1] };
export const onO2: Write = { touches: [O2] };
export const onBoth: Write = { touches: [USER, O1] };

export const O1_TO_NOBODY: Write = { touches: [O1], gives: NOBODY };
export const O2_TO_NOBODY: Write = { touches: [O2], gives: NOBODY };
/** A registration invalidates the owner before as well: the deleted resource's head names it. */
export const NOBODY_TO_O2: Write = { touches: [O1, O2], gives: O2, after: 0 };
export const NOBODY_TO_O1: Write = { touches: [O1, O2], gives: O1, after: 0 };
/** What the product refuses: the owner changed in one Write. */
export const O1_TO_O2: Write = { touches: [O1, O2], gives: O2 };

/** Past the service anybody can: the owner tuple is replaced, and the resource's head stays. */
export const O1_TO_O2_PAST: Write = { ...O1_TO_O2, past: true };
export const O2_TO_O1_PAST: Write = { touches: [O1, O2], gives: O1, past: true };

/** Everything that may happen any number of times. An empty restart is the eviction of all there is. */
export const ANY_FAULT: readonly Fault[] = [
  "crash",
  "lost reply",
  "repetition",
  "refusal",
  "unreachable Redis",
  "lost lease",
  "evicted token",
  "evicted entry",
];
