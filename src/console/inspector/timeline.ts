/**
 * What a cooperation, its shares and its delegations were from when until when, and what was done: from the entries of its
 * history, for a picture and its table. Pure.
 */
import { ANNOUNCING } from "../../domain/due-dates.ts";
import type { Common } from "../../domain/history.ts";
import { type Thing, thingsIn } from "../../domain/schedule.ts";

/** What something was during a time: a status, or a role; `upcoming` before its start. Without `to` no date ends it. */
export type Bar = { kind: string; from: number; to: number | undefined; by: string; action: string };
/** Something with its bars, oldest first. `share` is the one that it is, or is of. */
export type Lane = { key: string; thing: Thing; resource: string | undefined; bars: Bar[] };
export type Timeline = { lanes: Lane[]; marks: Common[]; from: number; to: number };

type State = Record<string, unknown>;

const DAY = 86_400_000;
/** So much of the future is shown at least, where there is a date in it. */
const AHEAD = 90 * DAY;

const keyOf = (thing: Thing): string =>
  thing.kind === "cooperation"
    ? "cooperation"
    : thing.kind === "share"
      ? `share:${thing.share}`
      : `delegation:${thing.share}:${thing.user}`;

const timeOf = (value: unknown): number | undefined => {
  const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
};

/** Whether a record says that the thing is no more. */
const isOver = ({ status, removed_at }: State): boolean => status === "ended" || removed_at !== undefined;

/** The bars that a state begins, as if nothing happened after it. */
function barsOf(thing: Thing, state: State, entry: Common): Bar[] {
  const from = Date.parse(entry.at);
  const base = { by: entry.actor, action: entry.action };
  if (isOver(state)) return [];
  const expiry = earlier(timeOf(state.expires_at), timeOf(state.review_by));
  const starts = timeOf(state.starts_at);
  const kind = `${(thing.kind === "cooperation" ? state.status : state.role) ?? "unknown"}`;
  const upcoming = starts === undefined ? [] : [{ ...base, kind: "upcoming", from, to: earlier(starts, expiry) }];
  const begins = Math.max(from, starts ?? from);
  const steps = thing.kind === "share" ? timeOf(state.step_down_at) : undefined;
  const role: Bar[] =
    steps === undefined || kind === "viewer"
      ? [{ ...base, kind, from: begins, to: expiry }]
      : [
          { ...base, kind, from: begins, to: earlier(steps, expiry) },
          { ...base, kind: "viewer", from: steps, to: expiry },
        ];
  return [...upcoming, ...role].filter(({ from: begin, to }) => to === undefined || to > begin);
}

const earlier = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined ? b : b === undefined ? a : Math.min(a, b);

/** The bars as they are when something else begins at an instant: those that lie behind it never came. */
const cutAt = (bars: readonly Bar[], at: number): Bar[] =>
  bars.filter(({ from }) => from < at).map((bar) => ({ ...bar, to: bar.to === undefined ? at : Math.min(bar.to, at) }));

/** The timeline of a history, whose entries are given oldest first. */
export function timelineOf(entries: readonly Common[], now: Date): Timeline {
  const lanes = new Map<string, Lane>();
  for (const entry of entries) {
    if (ANNOUNCING.includes(entry.action)) continue;
    const at = Date.parse(entry.at);
    for (const { thing, after } of thingsIn(entry)) {
      const lane = lanes.get(keyOf(thing)) ?? { key: keyOf(thing), thing, resource: undefined, bars: [] };
      lanes.set(lane.key, lane);
      const share = thing.kind === "delegation" ? lanes.get(`share:${thing.share}`) : undefined;
      lane.resource = typeof after.resource === "string" ? after.resource : (share?.resource ?? lane.resource);
      const isThere = thing.kind !== "delegation" || entry.after !== undefined;
      lane.bars = [...cutAt(lane.bars, at), ...(isThere ? barsOf(thing, after, entry) : [])];
      if (isThere && isOver(after)) for (const one of endedWith(thing, lanes)) one.bars = cutAt(one.bars, at);
    }
  }
  const times = entries.map(({ at }) => Date.parse(at));
  const from = Math.min(...times, now.getTime());
  const dates = [...lanes.values()].flatMap(({ bars }) => bars.flatMap(({ to }) => (to === undefined ? [] : [to])));
  const most = now.getTime() + Math.max(AHEAD, now.getTime() - from);
  const to = Math.min(most, Math.max(now.getTime() + (now.getTime() - from) / 10 + 1000, ...dates));
  return { lanes: inOrder([...lanes.values()]), marks: [...entries], from, to };
}

/** What ends with something: with a cooperation all, with a share what was delegated of it. */
function endedWith(thing: Thing, lanes: ReadonlyMap<string, Lane>): Lane[] {
  const all = [...lanes.values()];
  if (thing.kind === "cooperation") return all;
  return all.filter(
    ({ thing: one }) => one.kind === "delegation" && thing.kind === "share" && one.share === thing.share,
  );
}

/** The cooperation, then each share with its delegations. */
function inOrder(lanes: Lane[]): Lane[] {
  const of = (lane: Lane) => (lane.thing.kind === "cooperation" ? "" : lane.thing.share);
  const shares = [...new Set(lanes.map(of))];
  return shares.flatMap((share) => lanes.filter((lane) => of(lane) === share));
}
