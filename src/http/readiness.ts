/**
 * Whether the engine is ready, asked at most once a second and one question at a time,
 * however many ask: who has no key may ask as often as they like, and a slow engine is
 * asked no more for it. Nobody waits longer than two seconds; by then it is not ready.
 */
import type { EvaluationDeps } from "../check/evaluate.ts";

const EVERY_MILLISECONDS = 1_000;
const DEADLINE_MILLISECONDS = 2_000;

/** The engine's answer, shared. Never throws. */
export function sharedReadiness(
  engine: Pick<EvaluationDeps["engine"], "ready">,
  clock: () => Date,
): () => Promise<boolean> {
  let answer: Promise<boolean> | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  let isUnderWay = false;

  async function ask(): Promise<boolean> {
    isUnderWay = true;
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), DEADLINE_MILLISECONDS);
    try {
      return await engine.ready(late.signal);
    } finally {
      clearTimeout(timer);
      isUnderWay = false;
    }
  }

  return () => {
    const now = clock().getTime();
    // a clock that was set back makes nothing last longer
    const isFresh = Math.abs(now - askedAt) < EVERY_MILLISECONDS;
    if (answer === undefined || !(isFresh || isUnderWay)) {
      askedAt = now;
      answer = ask();
    }
    return answer;
  };
}
