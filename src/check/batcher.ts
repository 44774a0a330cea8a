/**
 * The engine as a check asks it: one question or a few at one instant, in one call. For
 * a batch, what is asked in the same turn of the event loop as of one instant goes out
 * as one BatchCheck, and the same question or read goes out once, a few reads at a time.
 */
import { Semaphore } from "async-mutex";
import { EngineUnavailable } from "../faults.ts";
import type { Answer, Clock, Engine, Question } from "../ports.ts";
import type { Signal } from "./checker.ts";

/** What a check asks: the engine, and the time. */
export type Asker = Pick<Engine, "expand"> & {
  now: Clock;
  /** The answers as of one instant, in the order of the questions. A fault in any of them throws EngineUnavailable. */
  ask(questions: Question[], at: Date, signal?: AbortSignal): Promise<boolean[]>;
};

/** Asks for one check: each time one call. */
export function single(engine: Engine, clock: Clock): Asker {
  return {
    now: clock,
    expand: engine.expand,
    async ask(questions, at, signal) {
      const [only, ...more] = questions;
      if (only !== undefined && more.length === 0) return [await engine.check(only, at, signal)];
      return (await engine.batchCheck(questions, at, signal)).map(decided);
    },
  };
}

function decided(answer: Answer | undefined): boolean {
  if (answer !== undefined && "allowed" in answer) return answer.allowed;
  // its code alone: what the engine says besides may name what was asked
  const code = /"(?:input|internal)_error":"(\w+)"/.exec(answer?.fault ?? "")?.[1] ?? "unknown";
  throw new EngineUnavailable(`OpenFGA could not decide a question of a batch: ${code}`);
}

/** Reads of one request that are under way at once: a batch of a thousand resources takes no more of the places than that. */
const READS_MAX = 16;

type Waiting = { question: Question; settle: PromiseWithResolvers<boolean> };

/** Gathers for one request; `signal` is that request's, whatever the single calls say. */
export function createBatcher(engine: Engine, clock: Clock, signal: Signal | undefined): Asker {
  let turn: Date | undefined;
  const batches = new Map<number, Map<string, Waiting>>();
  const reads = new Map<string, ReturnType<Engine["expand"]>>();
  const turns = new Semaphore(READS_MAX);

  async function send(at: number): Promise<void> {
    const waiting = [...(batches.get(at)?.values() ?? [])];
    batches.delete(at);
    try {
      const answers = await engine.batchCheck(
        waiting.map(({ question }) => question),
        new Date(at),
        signal?.(),
      );
      waiting.forEach(({ settle }, n) => {
        try {
          settle.resolve(decided(answers[n]));
        } catch (fault) {
          settle.reject(fault);
        }
      });
    } catch (error) {
      for (const { settle } of waiting) settle.reject(error);
    }
  }

  function add(question: Question, at: number): Promise<boolean> {
    const batch = batches.get(at) ?? new Map<string, Waiting>();
    if (batch.size === 0) {
      batches.set(at, batch);
      // what the same reply of the cache woke up comes before this
      setImmediate(send, at);
    }
    const key = JSON.stringify([question.user, question.relation, question.object]);
    const waiting = batch.get(key) ?? { question, settle: Promise.withResolvers<boolean>() };
    batch.set(key, waiting);
    return waiting.settle.promise;
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
    ask: (questions, at) => Promise.all(questions.map((question) => add(question, at.getTime()))),
    expand(of) {
      const key = JSON.stringify(of);
      const running = reads.get(key);
      if (running) return running;
      // begun at the end of the turn: no read may be older than the tokens of whoever shares it
      const begun = new Promise((resolve) => setImmediate(resolve)).then(() =>
        turns.runExclusive(() => {
          reads.delete(key);
          return engine.expand(of, signal?.());
        }),
      );
      reads.set(key, begun);
      return begun;
    },
  };
}
