/**
 * The follower of changes: its progress, Redis's time and epoch, the change log → the invalidations → the mark. It may
 * fail, crash or be connected to another server between any two of them.
 */
import type { Step } from "../explore.ts";
import { minus, type Writes } from "../state.ts";
import type { WatchWorld } from "./rules.ts";
import { type Entry, type Follower, hasWindows, IDLE, type Progress, type State } from "./state.ts";
import { committed, epochOf, onServer } from "./system.ts";

export function followerSteps(world: WatchWorld, state: State): Step<State>[] {
  const { follower, servers } = state;
  const { rules } = world;
  const server = servers[follower.server];
  const moved = (change: Partial<Follower>, to = state): State => ({ ...to, follower: { ...follower, ...change } });
  const steps: Step<State>[] = [
    { label: "the follower is started anew", to: moved({ ...IDLE, server: follower.server }) },
    ...servers.flatMap((_, at) =>
      at === follower.server
        ? []
        : [{ label: `the follower connects (server ${at + 1})`, to: moved(connected(world, follower, at)) }],
    ),
  ];
  const fails = (label: string) => steps.push({ label, to: moved(OVER) });
  if (follower.at === "idle" && server?.isMaster) steps.push(...begins(world, state));
  if (follower.at === "read" && follower.poll !== undefined) {
    const { read, done, poll, isFirst } = follower;
    const finished = {
      at: isKept(world) ? "invalidated" : "kept",
      isFirst: false,
      read: 0,
      done: done | read,
      continues: true,
      poll: {
        ...poll,
        ...(rules.markFrom === "Redis's time after the poll" && { sincePoll: 0 }),
      },
    } as const;
    // what was filled until now may predate what this poll did not read
    const after = isFirst ? allBefore(state, follower) : state;
    const acknowledged = onServer(after, follower.server, { token: undefined });
    if (read === 0) steps.push({ label: "the follower has nothing to invalidate", to: moved(finished, after) });
    else if (server?.isMaster) steps.push({ label: "the follower invalidates", to: moved(finished, acknowledged) });
    if (read !== 0 && rules.unacknowledged === "is let be")
      steps.push({ label: "the follower's invalidation is lost", to: moved(finished, after) });
    else fails("the follower's poll fails");
  }
  const { poll } = follower;
  if (poll === undefined || !server?.isMaster) return steps;
  const isSame = follower.epoch === epochOf(world, servers, follower.server) && isOneServer(world, follower);
  if (follower.at === "invalidated") {
    fails("the follower cannot say how far it has read");
    // how long ago the poll was counts for windows only
    const progress = hasWindows(world) ? poll : { ...poll, sincePoll: 0 };
    const to = isSame ? onServer(state, follower.server, { progress }) : state;
    steps.push({ label: "Redis keeps how far the follower has read", to: moved({ at: "kept" }, to) });
  }
  if (follower.at === "kept") {
    steps.push({ label: "the follower cannot write the mark", to: moved(OVER) });
    const isDeepEnough =
      rules.readsAgain === "nothing" || world.late === 0 || poll.sinceDeep - poll.sincePoll <= world.deepEvery;
    const isBehind = follower.isBehind && rules.clockBehind === "no mark";
    if ((isSame || rules.markOf === "any server") && isDeepEnough && !isBehind) {
      const left = leftOfMark(world, poll);
      const mark = left > 0 ? { epoch: follower.epoch, left } : undefined;
      steps.push({
        label: "the follower writes the mark",
        to: moved(OVER, onServer(state, follower.server, { mark })),
      });
    }
  }
  return steps;
}

const OVER = { at: "idle", isFirst: false, isBehind: false, read: 0, poll: undefined } as const;

const isOneServer = ({ rules }: WatchWorld, { isConnected }: Follower) =>
  isConnected || rules.reconnected === "continues in the same epoch";

/** Everything that was filled in this epoch is from before now. */
function allBefore(state: State, { server, epoch }: Follower): State {
  const before = (entry: Entry | undefined) => entry && { ...entry, isBefore: true };
  const to = onServer(state, server, { entry: before(state.servers[server]?.entry) });
  return to.fill?.token.epoch === epoch ? { ...to, fill: before(to.fill) } : to;
}

/**
 * Whether Redis keeps the progress. With failovers a follower keeps its own, and a first poll reads all that entries may
 * predate: there it is a question of epochs and connections, and of few enough states.
 */
const isKept = ({ promotions }: WatchWorld) => promotions === 0;

const NOTHING_SEEN: Progress = {
  epoch: -1,
  seen: 0,
  sincePoll: 0,
  sinceDeep: 0,
  sincePollInLog: 0,
  sinceDeepInLog: 0,
  behind: 0,
};

/** A poll begins where Redis says that the last one was, this follower's or another's. */
function begins(world: WatchWorld, state: State): Step<State>[] {
  const { follower, servers } = state;
  const { rules } = world;
  const epoch = epochOf(world, servers, follower.server);
  const isSame = follower.continues && isOneServer(world, follower) && epoch === follower.epoch;
  const kept = servers[follower.server]?.progress;
  const own = isKept(world) || !isSame ? undefined : NOTHING_SEEN;
  const before = kept?.epoch === epoch ? kept : own;
  const known = isSame ? {} : { done: 0, continues: false };
  const maybeShallow = before !== undefined && hasWindows(world);
  const deeps = !maybeShallow ? [true] : rules.readsAgain === "nothing" || world.late === 0 ? [false] : [true, false];
  return deeps.map((isDeep) => {
    const poll: Progress = {
      epoch,
      seen: hasWindows(world) || !isKept(world) ? 0 : committed(state),
      sincePoll: 0,
      sinceDeep: isDeep ? 0 : (before?.sinceDeep ?? 0),
      sincePollInLog: 0,
      sinceDeepInLog: isDeep ? 0 : (before?.sinceDeepInLog ?? 0),
      behind: before?.behind ?? 0,
    };
    const begun: Follower = {
      ...follower,
      at: "read",
      epoch,
      isConnected: true,
      ...known,
      poll,
      isFirst: isKept(world) && before === undefined,
      isBehind: poll.behind > 0,
    };
    // it reads at once: a poll that reads later finds more
    const read = changes(world, state, before, isDeep) & ~begun.done;
    const progress = rules.progressKept === "when it is read" && before !== undefined ? poll : kept;
    return {
      label: `the follower takes Redis's time and reads ${isDeep ? "again what may be late" : "on"}`,
      to: { ...onServer(state, follower.server, { progress }), follower: { ...begun, read } },
    };
  });
}

function leftOfMark({ mark, ahead, rules: { markFrom } }: WatchWorld, { sincePoll }: Progress): number {
  if (markFrom === "its SET") return mark;
  return mark - sincePoll + (markFrom === "the follower's clock" ? ahead : 0);
}

/** Between polls a new connection means to know nothing; within one it is remembered. */
function connected({ rules }: WatchWorld, { at, continues }: Follower, server: number): Partial<Follower> {
  const forgets = at === "idle" && rules.reconnected === "begins anew";
  return { server, isConnected: false, continues: continues && !forgets };
}

/** The changes that a poll finds: those of its window that the log shows. */
function changes(world: WatchWorld, state: State, before: Progress | undefined, isDeep: boolean): Writes {
  const all = committed(state);
  // what the first poll of a series shows is from before its time
  if (!hasWindows(world)) return before === undefined && isKept(world) ? 0 : all & ~(before?.seen ?? 0);
  const { late, rules } = world;
  const from = isDeep
    ? latest(rules.readsFrom, before?.sinceDeepInLog ?? 0, before?.sinceDeep ?? 0) + late
    : latest(rules.readsFrom, before?.sincePollInLog ?? 0, before?.sincePoll ?? 0);
  return state.writes.reduce(
    (found, { sinceTimed }, write) => (sinceTimed >= 0 && sinceTimed <= from ? found : minus(found, write)),
    all,
  );
}

/** How long ago it reads from: by the clock as it was then, and as it is now, what by Redis's time has gone by. */
const latest = (from: WatchWorld["rules"]["readsFrom"], inLog: number, since: number) =>
  from === "the engine's clock then" ? inLog : Math.max(inLog, since);
