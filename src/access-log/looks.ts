/**
 * Looks for what facts were, behind the answers: two at a time, four where many wait, and never more in a while than was
 * permitted, because checks and actions are first at the engine. What is known already costs nothing.
 */
import { errorFacts } from "../domain/error-facts.ts";
import { EngineUnavailable, Overloaded, ReplyTooLarge } from "../faults.ts";
import type { Classifier } from "./classify.ts";
import type { Fact } from "./fact.ts";
import type { Facts } from "./facts.ts";

const LANES = 2;
const LANES_MAX = 4;
/** Where more wait, it is looked for more at a time. */
const MANY = 100;
const WARN_EVERY_MILLISECONDS = 60_000;
/** Nobody can say any more what an access was so long ago. */
const LOOKED_FOR_MILLISECONDS = 300_000;

export type Looks = {
  /** Looks for up to `max` facts from now on. Resolves when nothing is looked for any more. Never throws. */
  look(max: number): Promise<void>;
  /** Begins no look any more. What is being looked for is found all the same. */
  stop(): void;
  /** For how many milliseconds the engine has answered no look, where facts wait for it; else 0. */
  awayFor(): number;
};

type Options = {
  facts: Facts;
  classifier: Classifier;
  now: () => number;
  /** Facts are looked for until the engine answers, however long that takes. */
  keepsAll: boolean;
  warn: (event: string, facts: object) => void;
};

/** Whether it can be looked again: the engine is away or busy. */
const isLater = (error: unknown): boolean =>
  error instanceof Overloaded || (error instanceof EngineUnavailable && !(error instanceof ReplyTooLarge));

export function createLooks({ facts, classifier, now, keepsAll, warn }: Options): Looks {
  let left = 0;
  const lanes = new Set<Promise<void>>();
  let awaySince: number | undefined;
  let warnedAt = Number.NEGATIVE_INFINITY;

  /** The next fact that is not known already, as long as some may be looked for. */
  function next(): Fact | undefined {
    while (left > 0) {
      const fact = facts.next();
      const known = fact && classifier.known(fact);
      if (fact === undefined || known === undefined) {
        left--;
        return fact;
      }
      facts.settle(fact, known);
    }
    return undefined;
  }

  async function lookAt(fact: Fact): Promise<void> {
    try {
      facts.settle(fact, await classifier.find(fact));
      awaySince = undefined;
    } catch (error) {
      if (!isLater(error)) {
        // a record that cannot be read concerns this fact alone
        facts.settle(fact, { kind: "unknown" });
        if (performance.now() - warnedAt < WARN_EVERY_MILLISECONDS) return;
        warnedAt = performance.now();
        return warn("access_not_classified", { resource: fact.question.object, ...errorFacts(error) });
      }
      left = 0;
      awaySince ??= performance.now();
      if (!keepsAll && now() - fact.first > LOOKED_FOR_MILLISECONDS) facts.settle(fact, { kind: "unknown" });
      else facts.again(fact);
    }
  }

  async function lookOn(): Promise<void> {
    for (let fact = next(); fact !== undefined; fact = next()) await lookAt(fact);
  }

  return {
    async look(max) {
      left = max;
      const waiting = facts.waiting();
      if (waiting === 0 && lanes.size === 0) awaySince = undefined;
      for (let n = lanes.size; n < (waiting > MANY ? LANES_MAX : LANES); n++) {
        const lane = lookOn();
        lanes.add(lane);
        void lane.then(() => lanes.delete(lane));
      }
      while (lanes.size > 0) await Promise.all(lanes);
    },
    stop() {
      left = 0;
    },
    awayFor: () => (awaySince === undefined ? 0 : performance.now() - awaySince),
  };
}
