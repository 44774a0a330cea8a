/**
 * The engine for one batch: what is asked in the same turn of the event loop as of one
 * instant goes out as one BatchCheck, and the same read goes out once.
 */

import { type Clock, type Engine, EngineUnavailable, type Question } from "../ports.ts";
import type { Signal } from "./check.ts";

/** What a check asks: the engine, and the time. */
export type Asker = Pick<Engine, "check" | "expand"> & { now: Clock };

type Waiting = { question: Question; settle: PromiseWithResolvers<boolean> };

/** Gathers for one request; `signal` is that request's, whatever the single calls say. */
export function gather(engine: Engine, clock: Clock, signal: Signal | undefined): Asker {
  let turn: Date | undefined;
  const batches = new Map<number, Waiting[]>();
  const reads = new Map<string, ReturnType<Engine["expand"]>>();

  async function send(at: number): Promise<void> {
    const waiting = batches.get(at) ?? [];
    batches.delete(at);
    try {
      const answers = await engine.batchCheck(
        waiting.map(({ question }) => question),
        new Date(at),
        signal?.(),
      );
      waiting.forEach(({ settle }, n) => {
        const answer = answers[n];
        if (answer === undefined || "fault" in answer)
          settle.reject(
            new EngineUnavailable("OpenFGA could not decide a question of a batch", { cause: answer?.fault }),
          );
        else settle.resolve(answer.allowed);
      });
    } catch (error) {
      for (const { settle } of waiting) settle.reject(error);
    }
  }

  return {
    // one instant a turn, or what belongs together would go out in as many batches as there are milliseconds
    now() {
      if (turn === undefined) {
        turn = clock();
        setImmediate(() => {
          turn = undefined;
        });
      }
      return turn;
    },
    check(question, at) {
      const settle = Promise.withResolvers<boolean>();
      const batch = batches.get(at.getTime());
      if (batch) batch.push({ question, settle });
      else {
        batches.set(at.getTime(), [{ question, settle }]);
        // what the same reply of the cache woke up comes before this
        setImmediate(send, at.getTime());
      }
      return settle.promise;
    },
    expand(of) {
      const key = JSON.stringify(of);
      const running = reads.get(key);
      if (running) return running;
      // begun at the end of the turn: no read may be older than the tokens of whoever shares it
      const begun = new Promise((resolve) => setImmediate(resolve)).then(() => {
        reads.delete(key);
        return engine.expand(of, signal?.());
      });
      reads.set(key, begun);
      return begun;
    },
  };
}
