/**
 * Actions whose process dies between the Write and the release: the change is committed, nobody
 * gets a reply, nothing is invalidated. The follower of changes makes up for it: once it has read so
 * far, every check answers from after the change.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { createFollower, FOLLOW_EVERY_MILLISECONDS } from "../../../src/check/follow-changes.ts";
import type { DecisionCache, Engine, TupleStore } from "../../../src/ports.ts";
import { createService } from "../service.ts";
import { type Act, actedBy, askAny } from "./hunt.ts";

/** How many of the actions die. */
const DEATHS = 0.3;

type Deps = { tupleStore: TupleStore; engine: Engine; cache: DecisionCache; ttlMilliseconds: number };

/** Actions of which some writers die, half of them before they reach the cache; and the follower of changes, until `stop`. */
export function createDyingWriters({ tupleStore, engine, cache, ttlMilliseconds }: Deps) {
  let readTo = 0;
  let isOver = false;
  let deaths = 0;
  const tail = createFollower({
    tupleStore,
    cache,
    clock: () => new Date(),
    meter: {
      changesRead: (to) => {
        readTo = to;
      },
    },
    ttlMilliseconds,
    warn: () => {},
    replica: "the one that follows",
  });

  async function follow(): Promise<void> {
    while (!isOver) {
      await tail();
      await sleep(FOLLOW_EVERY_MILLISECONDS);
    }
  }

  const act: Act = async (step, replicas) => {
    if (Math.random() > DEATHS) return askAny(step, replicas);
    const committed = Promise.withResolvers<number>();
    const write: TupleStore["write"] = async (one) => {
      const outcome = await tupleStore.write(one);
      if (outcome !== "committed") return outcome;
      committed.resolve(Date.now());
      // the process has ended
      return new Promise<never>(() => {});
    };
    const unheard: DecisionCache = { ...cache, lease: async () => {} };
    const dying = createService(
      { tupleStore: { ...tupleStore, write }, engine },
      { cache: Math.random() < 0.5 ? cache : unheard, ttlMilliseconds },
    );
    const first = await Promise.race([committed.promise, step.send(dying)]);
    // it was refused, so there was nothing to die in
    if (typeof first !== "number") return actedBy(first);
    deaths++;
    return {
      done: true,
      effective: async () => {
        while (readTo <= first) await sleep(10);
      },
    };
  };

  const following = follow();
  return {
    act,
    deaths: () => deaths,
    stop: async () => {
      isOver = true;
      await following;
    },
  };
}
