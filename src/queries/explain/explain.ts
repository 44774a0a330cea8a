/**
 * Why a question is allowed or denied. The decision is the engine's own, asked now and never taken from the cache; the
 * tree and the denial reasons are read beside it. When they disagree something was written in between, and all is read
 * again.
 */

import type { Instant } from "../../domain/expiry.ts";
import { type Path, sayingOf } from "../../domain/explain/denial-reason.ts";
import { type Branch, endOf, holds, pruned, sentencesOf } from "../../domain/explain/explanation.ts";
import type { Clock, Engine, Question, TupleStore } from "../../ports.ts";
import { closedPaths } from "./closed-paths.ts";
import { walk } from "./walk.ts";

/** `until`: the expiry of a yes. `paths`: of a denial, nearest first. `complete`: tree and paths are whole. */
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

export type ExplainDeps = {
  engine: Pick<Engine, "check" | "rewrites">;
  tupleStore: Pick<TupleStore, "read" | "readSome">;
  clock: Clock;
};

/** Continuous writes may disturb one reading, hardly three. */
const READINGS_MAX = 3;

const UNSEEN = "The engine allows it; the tuples are too many to show how.";

/**
 * Explains a question that the model has. Throws EngineUnavailable, Overloaded; and an Error when tree and engine always
 * disagree: then the tree reads the model otherwise than the engine, which is our bug.
 */
export async function explain(deps: ExplainDeps, question: Question): Promise<Explanation> {
  for (let reading = 1; reading <= READINGS_MAX; reading++) {
    const at = deps.clock();
    const { tree, complete } = await walk(deps.tupleStore, deps.engine.rewrites, question);
    const decision = await deps.engine.check(question, at);
    // an incomplete tree may lack the tuple that allows it
    if (complete && holds(tree, at) !== decision) continue;
    const read = { decision, at, question, tree: pruned(tree, question.user, at) };
    if (decision) {
      const reason = holds(tree, at) ? `${sentencesOf(read.tree, at).join("; ")}.` : UNSEEN;
      return { ...read, reason, until: endOf(read.tree, at), paths: [], complete };
    }
    const closed = await closedPaths(deps.tupleStore, question, at);
    const differs = closed.paths.some(({ denials }) => denials.some(({ code }) => code === "records_differ"));
    if (differs && reading < READINGS_MAX) continue;
    const nearest = closed.paths[0]?.denials ?? [];
    return {
      ...read,
      reason: nearest.map(sayingOf).join(" "),
      until: undefined,
      paths: closed.paths,
      complete: complete && closed.complete,
    };
  }
  throw new Error(`the tree of ${JSON.stringify(question)} is not what the engine says`);
}
