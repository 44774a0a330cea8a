/** What may happen next where entries live long: everybody may be asleep between any two steps, for any time. */
import type { Step, System } from "../explore.ts";
import { has, minus, namesOf, plus, type Writes } from "../state.ts";
import { followerSteps } from "./follower.ts";
import type { WatchWorld } from "./rules.ts";
import {
  type Data,
  type Entry,
  IDLE,
  keyOf,
  later,
  reduced,
  type Server,
  type State,
  setBack,
  type Token,
} from "./state.ts";

const NOTHING: Data = { token: undefined, entry: undefined, mark: undefined, progress: undefined, leases: 0 };

/** Above all numbers of a numbered state: what a random number gives. */
const FRESH = 100;

export function watchSystem(world: WatchWorld): System<State> {
  return {
    initial: initialState(world),
    steps: (state) => [
      { label: "a tick passes", to: later(world, state) },
      ...(state.mayBeSetBack ? [{ label: "the engine's clock is set back", to: setBack(world, state) }] : []),
      ...state.writes.flatMap((_, write) => writeSteps(world, state, write)),
      ...followerSteps(world, state),
      ...fillSteps(world, state),
      ...hits(world, state),
      ...connects(world, state),
      ...failsOver(world, state),
    ],
    canonical: (state) =>
      reduced(
        state,
        (epoch) => isPast(world, state, epoch),
        (server, epoch) => server === serverOf(world, epoch),
      ),
    key: keyOf,
  };
}

function initialState(world: WatchWorld): State {
  const master: Server = { ...NOTHING, isMaster: true, replication: 0 };
  const servers = world.promotions > 0 ? [master, { ...master, isMaster: false }] : [master];
  return {
    servers,
    writes: world.writes.map(() => ({ at: "idle", sinceTimed: 0, sinceCommitted: 0 })),
    effective: 0,
    mayBeSetBack: world.setBack > 0,
    follower: IDLE,
    connection: { server: 0, epoch: epochOf(world, servers, 0) },
    fill: undefined,
  };
}

/** The epoch of a server. Each promotion makes another replication id, and a replica has its master's. */
export function epochOf({ rules }: WatchWorld, servers: readonly Server[], server: number): number {
  return rules.epoch === "run id" ? server : 10 * server + (servers[server]?.replication ?? 0);
}

const serverOf = ({ rules }: WatchWorld, epoch: number) => (rules.epoch === "run id" ? epoch : Math.floor(epoch / 10));

/** A server's epoch changes only by a promotion or with another master's data: to one of a newer promotion. */
function isPast(world: WatchWorld, { servers }: State, epoch: number): boolean {
  if (world.rules.epoch === "run id") return false;
  return (servers[serverOf(world, epoch)]?.replication ?? 0) > epoch % 10;
}

export const onServer = (state: State, at: number, change: Partial<Server>): State => ({
  ...state,
  servers: state.servers.map((server, n) => (n === at ? { ...server, ...change } : server)),
});

/** What the engine has committed. */
export const committed = ({ writes }: State): Writes =>
  writes.reduce((all, { at }, write) => (at === "committed" || at === "replied" ? plus(all, write) : all), 0);

function writeSteps({ writes, late }: WatchWorld, state: State, write: number): Step<State>[] {
  const kind = writes[write] ?? "past";
  const { at, sinceTimed } = state.writes[write] ?? { at: "replied", sinceTimed: 0 };
  const name = `W${write + 1}`;
  const moved = (to: State, next: State["writes"][number]["at"]): State => ({
    ...to,
    writes: to.writes.map((one, n) => (n === write ? { ...one, at: next } : one)),
  });
  const leases = (of: (all: Writes, write: number) => Writes) => of(state.servers[0]?.leases ?? 0, write);
  const invalidated = (change: Partial<Server>) => onServer(state, 0, { token: undefined, ...change });
  const steps: Step<State>[] = [];
  const leased = kind === "dies" || kind === "ours";
  if (at === "idle" && leased)
    steps.push({ label: `${name} invalidates and leases`, to: moved(invalidated({ leases: leases(plus) }), "leased") });
  if (at === "idle" && kind === "late") steps.push({ label: `${name} gets its time`, to: moved(state, "timed") });
  if ((at === "idle" && kind === "past") || at === "leased" || (at === "timed" && sinceTimed <= late))
    steps.push({ label: `the engine commits ${name}`, to: moved(state, "committed") });
  if (at === "committed" && kind === "ours")
    steps.push({
      label: `${name} invalidates, releases and replies: effective now`,
      to: { ...moved(invalidated({ leases: leases(minus) }), "replied"), effective: plus(state.effective, write) },
    });
  if (at === "committed" && kind === "dies" && has(state.servers[0]?.leases ?? 0, write))
    steps.push({ label: `${name}'s lease runs out`, to: onServer(state, 0, { leases: leases(minus) }) });
  return steps;
}

const isSame = (a: Token, b: Token | undefined) => a.random === b?.random && a.epoch === b.epoch;

function fillSteps({ rules, slowFills }: WatchWorld, state: State): Step<State>[] {
  const { fill, connection } = state;
  const server = state.servers[connection.server];
  if (server === undefined) return [];
  const steps: Step<State>[] = [];
  const { token } = server;
  // it asks at once: an answer from later shows more
  const answer = committed(state);
  const begins = (label: string, held: Token, to: State) => {
    const says = `${label}, the engine says ${namesOf(answer)}`;
    const entry: Entry = { answer, token: held, age: 0, isBefore: false };
    if (slowFills) steps.push({ label: says, to: { ...to, fill: entry } });
    else if (server.isMaster)
      steps.push({ label: `${says}, and it is stored`, to: onServer(to, connection.server, { entry }) });
  };
  if (fill === undefined && token?.epoch === connection.epoch) begins("a fill finds its token", token, state);
  else if (fill === undefined && server.isMaster && server.leases === 0) {
    const made = { epoch: connection.epoch, random: FRESH };
    begins("a fill makes its token", made, onServer(state, connection.server, { token: made }));
  }
  if (fill === undefined) return steps;
  steps.push({ label: "the fill is given up", to: { ...state, fill: undefined } });
  if (server.isMaster && connection.epoch === fill.token.epoch) {
    const entry: Entry = { ...fill, age: rules.youngBy === "store" ? 0 : fill.age };
    steps.push({
      label: `the fill stores ${namesOf(fill.answer)}`,
      to: { ...onServer(state, connection.server, { entry }), fill: undefined },
    });
  }
  return steps;
}

/** A look-up that finds an entry which counts. What it is owed is what was owed when it began, or less. */
function hits(world: WatchWorld, state: State): Step<State>[] {
  const { rules, bound } = world;
  const { connection, servers, effective, writes } = state;
  const server = servers[connection.server];
  const entry = server?.entry;
  if (entry === undefined || entry.token.epoch !== connection.epoch || !isSame(entry.token, server?.token)) return [];
  const marked = rules.markReadFrom === "the master" ? servers.findLast(({ isMaster }) => isMaster) : server;
  const isWatched =
    marked?.mark !== undefined &&
    (rules.entriesBefore === "count" || !entry.isBefore) &&
    (rules.markOf === "any server" || rules.markReadFrom === "the master" || marked.mark.epoch === connection.epoch);
  const isYoung = entry.age < bound || rules.youngBy === "nothing";
  if (!isYoung && !isWatched) return [];
  const owed = writes.reduce(
    (all, { sinceCommitted }, write) => (sinceCommitted >= bound ? plus(all, write) : all),
    effective,
  );
  const missed = owed & ~entry.answer;
  return [
    {
      label: `a check hits, answers ${namesOf(entry.answer)}${isYoung ? "" : ", by the mark"}`,
      to: state,
      // an entry that counts by the mark alone: without such hits there would be nothing to explore
      isHit: entry.age >= bound,
      wrong: missed === 0 ? undefined : `${namesOf(entry.answer)} is answered, owed is ${namesOf(owed)}`,
    },
  ];
}

/** The process that checks connects to a server, and reads its epoch then; it may also read it again. */
function connects(world: WatchWorld, state: State): Step<State>[] {
  if (world.promotions === 0) return [];
  return state.servers.map((_, server) => ({
    label: `the process ${server === state.connection.server ? "reads the epoch again" : "connects"} (server ${server + 1})`,
    to: { ...state, connection: { server, epoch: epochOf(world, state.servers, server) } },
  }));
}

const dataOf = ({ token, entry, mark, progress, leases }: Data): Data => ({ token, entry, mark, progress, leases });

/** The replica lags, is promoted with what it has, and the old master remains one until it is demoted. */
function failsOver({ promotions }: WatchWorld, state: State): Step<State>[] {
  const { servers } = state;
  const steps: Step<State>[] = [];
  const newest = Math.max(...servers.map(({ replication }) => replication));
  servers.forEach((server, at) => {
    const name = `server ${at + 1}`;
    const master = servers.find(({ isMaster, replication }, n) => n !== at && isMaster && replication === newest);
    if (!server.isMaster && master !== undefined)
      steps.push({
        label: `${name} has what the master has`,
        to: onServer(state, at, { ...dataOf(master), replication: master.replication }),
      });
    if (!server.isMaster && newest < promotions)
      steps.push({
        label: `${name} is promoted`,
        to: onServer(state, at, { isMaster: true, replication: newest + 1 }),
      });
    if (server.isMaster && server.replication < newest)
      steps.push({ label: `${name} is demoted`, to: onServer(state, at, { isMaster: false }) });
  });
  return steps;
}
