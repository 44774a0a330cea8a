/**
 * The one place where a decision is asked for: every evaluation and every action
 * search comes through here, so that what stands between a question and the engine
 * stands here. A fault throws and is never a "no".
 */
import { type Clock, type Engine, EngineUnavailable, type Question } from "../ports.ts";

/** What a decision needs: an engine to ask and the time to ask it for. */
export type Asking = { engine: Engine; clock: Clock };

/** Whether it is so now. Throws EngineUnavailable. */
export async function ask({ engine, clock }: Asking, question: Question): Promise<boolean> {
  return engine.check(question, clock());
}

/**
 * The same for many, in their order and all at one instant. Throws EngineUnavailable
 * when any of them found no answer: half a batch is not an answer to the whole.
 */
export async function askAll({ engine, clock }: Asking, questions: Question[]): Promise<boolean[]> {
  const answers = await engine.batchCheck(questions, clock());
  return answers.map((answer) => {
    if ("fault" in answer)
      throw new EngineUnavailable("OpenFGA could not decide a question of a batch", { cause: answer.fault });
    return answer.allowed;
  });
}
