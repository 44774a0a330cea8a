/**
 * A raw Write that is repeated because its outcome was unknown. The SDKs repeat a 504 by themselves; where the first
 * Write was committed after all, the second would find its own tuples and be refused for them. So the same request,
 * soon after and only where the entry of the first is found, counts tuples that are there already as written. What
 * another changed in between is written again, as the request says. Only this process remembers it.
 */
import { hash } from "node:crypto";
import { LRUCache } from "lru-cache";
import { type Lost, OutcomeUnknown } from "../faults.ts";
import type { ActionDeps, Call } from "./run/action.ts";
import { entryIsOurs } from "./run/commit.ts";
import { type TuplesWritten, type TupleWrite, writeTuples } from "./write-tuples.ts";

/** Longer than any SDK repeats. */
const REPEATED_MILLISECONDS = 60_000;
/** While the engine is away every Write may be one; the oldest are forgotten. */
const REMEMBERED_MAX = 1000;

export type WriteTuples = (deps: ActionDeps, call: Call, write: TupleWrite) => Promise<TuplesWritten>;

/** `writeTuples` with a memory of the Writes whose outcome is unknown. Throws what it throws. */
export function createWriteAgain(): WriteTuples {
  const unknown = new LRUCache<string, { lost: Lost[]; at: number }>({ max: REMEMBERED_MAX });

  return async (deps, call, write) => {
    const { key, user } = call.caller;
    const request = hash("sha256", JSON.stringify([key, user, write]));
    /** What was lost of the same Write a short while ago. */
    const lostBefore = (): Lost[] => {
      const before = unknown.get(request);
      return before !== undefined && deps.clock().getTime() - before.at <= REPEATED_MILLISECONDS ? before.lost : [];
    };
    const found = await Promise.all(lostBefore().map((lost) => entryIsOurs(deps, lost)));
    const isCommitted = found.includes(true);
    try {
      const lenient = { onDuplicate: "ignore", onMissing: "ignore" } as const;
      const outcome = await writeTuples(deps, call, isCommitted ? { ...write, ...lenient } : write);
      unknown.delete(request);
      return outcome;
    } catch (error) {
      if (error instanceof OutcomeUnknown && error.lost)
        unknown.set(request, { lost: [...lostBefore(), error.lost], at: deps.clock().getTime() });
      throw error;
    }
  };
}
