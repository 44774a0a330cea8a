/**
 * The follower of changes: Redis's time and epoch, the change log → the invalidations → the mark. It may fail, crash or
 * be connected to another server between any two of them.
 */
import type { Step } from "../explore.ts";
import { minus, type Writes } from "../state.ts";
import type { WatchWorld } from "./rules.ts";
import { type Follower, IDLE, type State } from "./state.ts";
import { committed, epochOf, onServer } from "./system.ts";

export function followerSteps(world: WatchWorld, state: State): Step<State>[] {
  const { follower, servers } = state;
  const { rules } = world;
  const server = servers[follower.server];
  const isOneServer = follower.isConnected || rules.reconnected === "continues in the same epoch";
  const moved = (change: Partial<Follower>, to = state): State => ({ ...to, follower: { ...follower, ...change } });
  const over = { at: "idle", isDeep: false, sincePoll: 0, read: 0 } as const;
  const steps: Step<State>[] = [
    { label: "the follower is started anew", to: moved({ ...IDLE, server: follower.server }) },
    ...servers.flatMap((_, at) =>
      at === follower.server
        ? []
        : [{ label: `the follower connects (server ${at + 1})`, to: moved(connected(world, follower, at)) }],
    ),
  ];
  const fails = (label: string) => steps.push({ label, to: moved(over) });
  if (follower.at === "idle" && server?.isMaster) {
    const epoch = epochOf(world, servers, follower.server);
    const isNew = !follower.continues || !isOneServer || epoch !== follower.epoch;
    const known = isNew ? { done: 0, continues: false } : {};
    for (const isDeep of world.late === 0 || isNew ? [true] : rules.readsAgain === "nothing" ? [false] : [true, false])
      steps.push({
        label: `the follower takes Redis's time and reads ${isDeep ? "again what may be late" : "on"}`,
        to: reads(world, moved({ epoch, isDeep, isConnected: true, ...known })),
      });
  }
  if (follower.at === "read") {
    const { read, done, sincePoll } = follower;
    const finished = {
      at: "invalidated",
      read: 0,
      done: done | read,
      continues: true,
      sinceLast: sincePoll,
      sinceDeep: follower.isDeep ? sincePoll : follower.sinceDeep,
      ...(rules.markFrom === "Redis's time after the poll" && { sincePoll: 0 }),
    } as const;
    const acknowledged = onServer(state, follower.server, { token: undefined });
    if (read === 0) steps.push({ label: "the follower has nothing to invalidate", to: moved(finished) });
    else if (server?.isMaster) steps.push({ label: "the follower invalidates", to: moved(finished, acknowledged) });
    if (read !== 0 && rules.unacknowledged === "is let be")
      steps.push({ label: "the follower's invalidation is lost", to: moved(finished) });
    else fails("the follower's poll fails");
  }
  if (follower.at === "invalidated") {
    fails("the follower cannot write the mark");
    const isOfPoll = follower.epoch === epochOf(world, servers, follower.server) || rules.markOf === "any server";
    const isDeepEnough =
      rules.readsAgain === "nothing" || world.late === 0 || follower.sinceDeep - follower.sinceLast <= world.deepEvery;
    if (server?.isMaster && isOfPoll && isOneServer && isDeepEnough) {
      const left = leftOfMark(world, follower);
      const mark = left > 0 ? { epoch: follower.epoch, left } : undefined;
      steps.push({
        label: "the follower writes the mark",
        to: moved(over, onServer(state, follower.server, { mark })),
      });
    }
  }
  return steps;
}

function leftOfMark({ mark, ahead, rules: { markFrom } }: WatchWorld, { sincePoll }: Follower): number {
  if (markFrom === "its SET") return mark;
  return mark - sincePoll + (markFrom === "the follower's clock" ? ahead : 0);
}

/** Between polls a new connection means to begin anew; within one it is remembered. */
function connected({ rules }: WatchWorld, { at, continues }: Follower, server: number): Partial<Follower> {
  const begins = at === "idle" && rules.reconnected === "begins anew";
  return { server, isConnected: false, continues: continues && !begins };
}

/** It reads at once: a poll that reads later finds more. */
function reads(world: WatchWorld, state: State): State {
  return { ...state, follower: { ...state.follower, at: "read", sincePoll: 0, read: changes(world, state) } };
}

/** The changes that a poll finds: those of its window that are committed, and were not invalidated before. */
function changes({ rules, late }: WatchWorld, state: State): Writes {
  const { follower } = state;
  const isFirst = !follower.continues;
  const isInWindow = (write: number) => {
    const { sinceTimed } = state.writes[write] ?? { sinceTimed: 0 };
    if (isFirst) return rules.firstReads === "what entries may predate" || sinceTimed <= follower.sincePoll;
    // a log that shows each Write at once shows what there is: nothing is missed that is not late
    if (late === 0) return true;
    return sinceTimed <= (follower.isDeep ? follower.sinceDeep + late : follower.sinceLast);
  };
  return state.writes.reduce(
    (all, _, write) => (isInWindow(write) ? all : minus(all, write)),
    committed(state) & ~follower.done,
  );
}
