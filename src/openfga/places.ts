/**
 * Places that callers share fairly. A caller may hold an equal share of all places, reckoned with one caller more than
 * there are, so that a new caller finds a free place. A free place is given to the caller that holds fewest, and of a
 * caller's calls to the first. A call that waits too long is refused.
 */
import { Overloaded } from "../faults.ts";

export type Places = {
  /** Resolves when the caller has a place, which `free` returns. Throws Overloaded when it waited too long. */
  take(caller: string): Promise<void>;
  free(caller: string): void;
};

type Waiting = { seat: () => void };
type Caller = { held: number; waiting: Set<Waiting> };

export function createPlaces(placesMax: number, waitMilliseconds: number): Places {
  const callers = new Map<string, Caller>();
  let held = 0;

  const heldMax = () => Math.max(1, Math.floor(placesMax / (callers.size + 1)));
  const mayHoldMore = (caller: Caller) => held < placesMax && caller.held < heldMax();

  /** Gives free places to waiting calls, until no caller may hold more. */
  function seatAll(): void {
    for (;;) {
      const able = [...callers.values()].filter((caller) => caller.waiting.size > 0 && mayHoldMore(caller));
      const [first] = able.sort((a, b) => a.held - b.held);
      const [next] = first?.waiting ?? [];
      if (first === undefined || next === undefined) return;
      first.waiting.delete(next);
      held++;
      first.held++;
      next.seat();
    }
  }

  function forget(name: string, caller: Caller): void {
    if (caller.held === 0 && caller.waiting.size === 0) callers.delete(name);
  }

  return {
    async take(name) {
      const caller = callers.get(name) ?? { held: 0, waiting: new Set() };
      callers.set(name, caller);
      const seated = Promise.withResolvers<void>();
      const waiting: Waiting = { seat: seated.resolve };
      caller.waiting.add(waiting);
      seatAll();
      if (!caller.waiting.has(waiting)) return;
      const timer = setTimeout(() => {
        caller.waiting.delete(waiting);
        forget(name, caller);
        seated.reject(new Overloaded(`waited ${waitMilliseconds} ms for one of ${placesMax} calls to OpenFGA`));
      }, waitMilliseconds);
      await seated.promise.finally(() => clearTimeout(timer));
    },

    free(name) {
      const caller = callers.get(name);
      if (caller === undefined) return;
      held--;
      caller.held--;
      forget(name, caller);
      seatAll();
    },
  };
}
