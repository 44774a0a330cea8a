/**
 * The engine as a check uses it: one question or a few, as of one instant, in one call. For a batch of checks, all
 * questions of one turn of the event loop and one instant are one BatchCheck, equal questions and reads are asked only
 * once, and the number of parallel reads is bounded.
 */
import { Semaphore } from "async-mutex";
import { EngineUnavailable } from "../faults.ts";
import type { Answer, Clock, Engine, Question } from "../ports.ts";
import type { Signal } from "./checker.ts";

/** What a check needs: answers of the engine, and the time. */
export type Asker = Pick<Engine, "expand"> & {
  now: Clock;
  /** The answers as of one instant, in the order of the questions. Throws EngineUnavailable when one of them is a fault. */
  ask(questions: Question[], at: Date, signal?: AbortSignal): Promise<boolean[]>;
};

/** For a single check: one call each time. */
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
  // the code alone: the message beside it may repeat the question
  const code = /"(?:input|internal)_error":"(\w+)"/.exec(answer?.fault ?? "")?.[1] ?? "unknown";
  throw new EngineUnavailable(`OpenFGA could not decide a question of a batch: ${code}`);
}

/** Parallel reads of one request: a batch of a thousand resources takes no more of the engine's places. */
const READS_MAX = 16;

type Waiting = { question: Question; settle: PromiseWithResolvers<boolean> };

/** Batches for one request; `signal` is that request's and replaces those of the single calls. */
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
      // later than all checks that the same reply of the cache resumes
      setImmediate(send, at);
    }
    const key = JSON.stringify([question.user, question.relation, question.object]);
    const waiting = batch.get(key) ?? { question, settle: Promise.withResolvers<boolean>() };
    batch.set(key, waiting);
    return waiting.settle.promise;
  }

  return {
    // one instant per turn: with one per millisecond the questions of a turn would be several batches
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
      // begins at the end of the turn: a read must not be older than the tokens of a check that shares it
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
