/**
 * Why a question is allowed or denied. The decision is the engine's own, asked now and
 * never taken from the cache; the tree and what stands in the way are read beside it.
 * When they do not agree something was written in between, and all of it is done again.
 */

import type { Instant } from "../../domain/expiry.ts";
import { type Path, sayingOf } from "../../domain/explain/denial-reason.ts";
import { type Branch, endOf, holds, pruned, sentencesOf } from "../../domain/explain/explanation.ts";
import type { Clock, Engine, Question, TupleStore } from "../../ports.ts";
import { closedPaths } from "./denials.ts";
import { walk } from "./walk.ts";

/** `until`: when an allowed one ends by itself. `paths`: of a denied one, nearest first. `complete`: nothing was left out of tree and paths. */
export type Explanation = {
  decision: boolean;
  at: Date;
  question: Question;
  reason: string;
  until: Instant | undefined;
  tree: Branch;
  paths: Path[];
  complete: boolean;
};

/** What explaining needs, besides a question. */
export type ExplainDeps = {
  engine: Pick<Engine, "check" | "rewrites">;
  tupleStore: Pick<TupleStore, "read" | "readSome">;
  clock: Clock;
};

/** Somebody who writes without pause can spoil one reading, hardly three. */
const READINGS_MAX = 3;

const UNSEEN = "The engine finds a way; there is too much to read to show it.";

/**
 * Explains a question that the model knows. Throws EngineUnavailable, Overloaded; and an Error when tree and
 * engine differ time after time: the tree then reads the model otherwise than the engine does, which is our bug.
 */
export async function explain(deps: ExplainDeps, question: Question): Promise<Explanation> {
  for (let reading = 1; reading <= READINGS_MAX; reading++) {
    const at = deps.clock();
    const { tree, complete } = await walk(deps.tupleStore, deps.engine.rewrites, question);
    const decision = await deps.engine.check(question, at);
    // a tree that was cut off may have missed what lets them
    if (complete && holds(tree, at) !== decision) continue;
    const told = { decision, at, question, tree: pruned(tree, question.user, at) };
    if (decision) {
      const reason = holds(tree, at) ? `${sentencesOf(told.tree, at).join("; ")}.` : UNSEEN;
      return { ...told, reason, until: endOf(told.tree, at), paths: [], complete };
    }
    const closed = await closedPaths(deps.tupleStore, question, at);
    const differs = closed.paths.some(({ limits }) => limits.some(({ code }) => code === "records_differ"));
    if (differs && reading < READINGS_MAX) continue;
    const nearest = closed.paths[0]?.limits ?? [];
    return {
      ...told,
      reason: nearest.map(sayingOf).join(" "),
      until: undefined,
      paths: closed.paths,
      complete: complete && closed.complete,
    };
  }
  throw new Error(`the tree of ${JSON.stringify(question)} is not what the engine says`);
}
