/**
 * Actions whose process dies between the Write and the release: the change is committed, nobody
 * gets a reply, nothing is invalidated. The follower of changes makes up for it: once it has read so
 * far, every check answers from after the change. Where it sleeps, every check does after the bound.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { createCommittedWrite } from "../../../src/check/committed-write.ts";
import { createFollower, FOLLOW_EVERY_MILLISECONDS } from "../../../src/check/follow-changes.ts";
import { UNWATCHED_MAX_MILLISECONDS } from "../../../src/domain/cache-scopes.ts";
import type { DecisionCache, Engine, TupleStore } from "../../../src/ports.ts";
import { createService } from "../service.ts";
import { type Act, actedBy, askAny } from "./hunt.ts";

/** How many of the actions die. */
const DEATHS = 0.3;

type Deps = {
  tupleStore: TupleStore;
  engine: Engine;
  cache: DecisionCache;
  ttlMilliseconds: number;
  /** The bound that the caches have. */
  unwatchedMilliseconds?: number;
  /** Whether the follower sleeps now and then, also in the middle of a poll, for longer than the bound. */
  followerSleeps?: boolean;
};

/**
 * Actions of which some writers die, half of them before they reach the cache, and all of them where the follower
 * sleeps: nothing else shows what they did. And the follower of changes, until `stop`.
 */
export function createDyingWriters({
  tupleStore,
  engine,
  cache,
  ttlMilliseconds,
  unwatchedMilliseconds = UNWATCHED_MAX_MILLISECONDS,
  followerSleeps = false,
}: Deps) {
  let readTo = 0;
  let isOver = false;
  let deaths = 0;
  const mayFallAsleep = async (chance: number) => {
    if (followerSleeps && Math.random() < chance) await sleep(unwatchedMilliseconds * (1 + Math.random()));
  };
  const tail = createFollower({
    tupleStore: {
      ...tupleStore,
      changes: async (since) => {
        const changes = await tupleStore.changes(since);
        await mayFallAsleep(0.2);
        return changes;
      },
    },
    cache,
    clock: () => new Date(),
    meter: {
      changesRead: (to) => {
        readTo = to;
      },
    },
    committed: createCommittedWrite(tupleStore),
    unwatchedMilliseconds,
    warn: () => {},
    replica: "the one that follows",
  });

  async function follow(): Promise<void> {
    while (!isOver) {
      await tail();
      await mayFallAsleep(0.2);
      // several polls in the life of a mark
      await sleep(Math.min(FOLLOW_EVERY_MILLISECONDS, unwatchedMilliseconds / 10));
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
      { cache: !followerSleeps && Math.random() < 0.5 ? cache : unheard, ttlMilliseconds },
    );
    const first = await Promise.race([committed.promise, step.send(dying)]);
    // it was refused, so there was nothing to die in
    if (typeof first !== "number") return actedBy(first);
    deaths++;
    return {
      done: true,
      effective: async () => {
        while (readTo <= first && Date.now() < first + unwatchedMilliseconds + 10) await sleep(10);
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
