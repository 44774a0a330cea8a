/**
 * What a request costs in calls of the engine: reads, Writes, questions, and rounds. A round is all calls that wait at
 * the same time, so rounds are what a caller waits for, and calls are what the engine works for. To count rounds the
 * ports hold every call back until no other has come for a while, and then pass all of them on to the real engine.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Engine, TupleStore } from "../../src/ports.ts";

/** A call that reads several pages counts as one. */
export type EngineCalls = { reads: number; writes: number; questions: number; rounds: number };

/**
 * Long enough that a request which still computes, or asks its cache, comes with its next calls, also while others run.
 * Counted in pauses of a millisecond, not in time: while this process is stopped nothing can come.
 */
const QUIET_PAUSES = 40;

/** The ports with every call counted. `counted` runs `act` and answers what it cost, its background work not included. */
export function countEngineCalls(base: { tupleStore: TupleStore; engine: Engine }) {
  let calls: EngineCalls = { reads: 0, writes: 0, questions: 0, rounds: 0 };
  let held: (() => void)[] = [];
  let pauses = 0;
  let isCounting = false;

  /** Passes on all calls that are held once none has come for a while. */
  async function passOn(): Promise<void> {
    for (; pauses < QUIET_PAUSES; pauses++) await sleep(1);
    calls.rounds++;
    const round = held;
    held = [];
    for (const pass of round) pass();
  }

  function hold(kind: "reads" | "writes" | "questions", count = 1): Promise<void> {
    if (!isCounting) return Promise.resolve();
    calls[kind] += count;
    pauses = 0;
    if (held.length === 0) void passOn();
    return new Promise((resolve) => held.push(resolve));
  }

  const after = <A extends unknown[], T>(kind: Parameters<typeof hold>[0], ask: (...asked: A) => Promise<T>) => {
    return async (...asked: A): Promise<T> => {
      await hold(kind);
      return ask(...asked);
    };
  };
  const { tupleStore, engine } = base;
  return {
    tupleStore: {
      ...tupleStore,
      read: after("reads", tupleStore.read),
      readSome: after("reads", tupleStore.readSome),
      write: after("writes", tupleStore.write),
      erase: after("writes", tupleStore.erase),
    },
    engine: {
      ...engine,
      check: after("questions", engine.check),
      batchCheck: after("questions", engine.batchCheck),
      expand: after("questions", engine.expand),
      listObjects: after("questions", engine.listObjects),
      listUsers: after("questions", engine.listUsers),
    },
    async counted(act: () => Promise<unknown>): Promise<EngineCalls> {
      calls = { reads: 0, writes: 0, questions: 0, rounds: 0 };
      isCounting = true;
      await act();
      isCounting = false;
      return calls;
    },
  };
}
