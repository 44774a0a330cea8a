/**
 * Does what has come to be due: one turn for each organization that has something, so that who has very much delays
 * nobody else. What a mark says is looked up at the thing itself, and done as an action that decides for itself: a mark
 * too many does nothing, and of two processes that do the same one is first. What cannot be done now is put off, so no
 * damaged thing holds up another one. A mark is deleted behind what it was for, and a slot behind its last mark.
 */
import type { ActionDeps } from "../actions/run/action.ts";
import { perform } from "../actions/run/perform.ts";
import { SCHEDULER } from "../domain/caller.ts";
import { dateOf } from "../domain/cooperation/decide-announcement.ts";
import { DUE_DATES, type DueSettings } from "../domain/due-dates.ts";
import { errorFacts } from "../domain/error-facts.ts";
import { isRefusal } from "../domain/result.ts";
import {
  type Dated,
  hourRef,
  type Mark,
  minuteOf,
  momentsOf,
  objectOf,
  readMark,
  readSlot,
  type Slot,
  slotFor,
  slotTuple,
} from "../domain/schedule.ts";
import { keyOf, type Tuple } from "../domain/tuples.ts";
import { Contended, EngineUnavailable, OutcomeUnknown } from "../faults.ts";
import type { TupleStore } from "../ports.ts";
import { readDated } from "../store/dated.ts";
import { inTurns } from "../store/snapshot.ts";
import { DUE_ACTIONS } from "./due.ts";
import { putMark } from "./marks.ts";

const MINUTE_MILLISECONDS = 60_000;
const HOUR_MILLISECONDS = 3_600_000;
/** Behind an outage so many hours are looked through together; nothing but what is due in them is read. */
const HOURS_AT_ONCE = 240;
/** Marks of one slot that are read together. */
const MARKS_AT_ONCE = 20;
/** Organizations whose turns are taken side by side. */
const TURNS_AT_ONCE = 16;
/** After that it is the next organization's turn; the last action may take a few seconds longer (service.ts). */
const TURN_MILLISECONDS = 2000;
/** What others keep changing is tried again so much later, and what is damaged so much. */
const BUSY_MILLISECONDS = MINUTE_MILLISECONDS;
const DAMAGED_MILLISECONDS = HOUR_MILLISECONDS;

export type DoDeps = {
  store: Pick<TupleStore, "read" | "readPage" | "write" | "erase">;
  actions: ActionDeps;
  settings: DueSettings;
  log: (level: "info" | "warn", event: string, facts: object) => void;
  isStopped: () => boolean;
};

/** `doneTo`: the minute up to which all is done; `more`: something that is due is left; `count`: marks that were looked at. */
export type Done = { doneTo: Date; more: boolean; count: number };

/** Gives each organization that has something due behind `from` one turn. Throws where that failed for all of them. */
export async function doDue(deps: DoDeps, from: Date): Promise<Done> {
  const now = deps.actions.clock();
  // a clock that was set back has no part of its future behind it
  const first = Math.floor(Math.min(from.getTime(), now.getTime()) / HOUR_MILLISECONDS);
  const present = Math.floor(now.getTime() / HOUR_MILLISECONDS);
  const last = Math.min(present, first + HOURS_AT_ONCE - 1);
  const hours = Array.from({ length: last - first + 1 }, (_, n) => new Date((first + n) * HOUR_MILLISECONDS));
  const slots = (await inTurns(hours, (hour) => slotsOf(deps, hour))).flat().filter(({ minute }) => minute <= now);
  slots.sort((a, b) => a.minute.getTime() - b.minute.getTime());
  const turns = [...Map.groupBy(slots, ({ organization }) => organization).values()];
  const taken: Turn[] = [];
  const takeNext = async () => {
    for (let own = turns.shift(); own !== undefined; own = turns.shift()) taken.push(await takeTurn(deps, own));
  };
  await Promise.all(Array.from({ length: TURNS_AT_ONCE }, takeNext));
  // where OpenFGA answers others, one that it does not answer for keeps nobody waiting
  const failed = taken.filter(({ error }) => error !== undefined);
  if (failed.length > 0 && failed.length === taken.length) throw failed[0]?.error;
  for (const { error } of failed) deps.log("warn", "schedule_failed", errorFacts(error));
  const left = new Set(taken.flatMap(({ unfinished }) => unfinished));
  const oldest = slots.find((slot) => left.has(slot));
  const isBehind = last < present;
  const reached = isBehind ? new Date((last + 1) * HOUR_MILLISECONDS - MINUTE_MILLISECONDS) : minuteOf(now);
  const doneTo = oldest === undefined ? reached : new Date(oldest.minute.getTime() - MINUTE_MILLISECONDS);
  const count = taken.reduce((sum, one) => sum + one.count, 0);
  return { doneTo, more: oldest !== undefined || isBehind, count };
}

async function slotsOf({ store, log }: DoDeps, hour: Date): Promise<Slot[]> {
  const listed = await store.read({ object: hourRef(hour), relation: "due" });
  const slots: Slot[] = [];
  for (const tuple of listed) {
    const slot = readSlot(tuple.user);
    if (slot !== undefined && hourRef(slot.minute) === tuple.object) slots.push(slot);
    else await drop({ store, log }, tuple);
  }
  return slots;
}

type Turn = { unfinished: readonly Slot[]; count: number; error?: unknown };

/** Works through an organization's slots until its turn is over. */
async function takeTurn(deps: DoDeps, slots: readonly Slot[]): Promise<Turn> {
  const turn: Turn = { unfinished: slots, count: 0 };
  try {
    await workThrough(deps, turn);
  } catch (error) {
    turn.error = error;
  }
  return turn;
}

async function workThrough(deps: DoDeps, turn: Turn): Promise<void> {
  const endsAt = performance.now() + TURN_MILLISECONDS;
  for (const slot of turn.unfinished) {
    // by a clock that was set back meanwhile, others may still add to the slot
    const isOver = () => performance.now() > endsAt || deps.isStopped() || slot.minute > deps.actions.clock();
    for (let isRead = false; !isRead; ) {
      if (isOver()) return;
      // always the first page: what was done is no longer there
      const page = await deps.store.readPage({ object: slot.ref, relation: "due" }, { max: MARKS_AT_ONCE });
      for (const tuple of page?.tuples ?? []) {
        if (isOver()) return;
        await doMark(deps, slot, tuple);
        turn.count++;
      }
      isRead = page?.next === undefined;
    }
    if (isOver()) return;
    // nothing is added to a minute that has begun (slotFor)
    await deps.store.erase([slotTuple(slot)]);
    turn.unfinished = turn.unfinished.slice(1);
  }
}

/** Does what a mark is for, marks what comes next, and deletes it. */
async function doMark(deps: DoDeps, slot: Slot, tuple: Tuple): Promise<void> {
  const { store, actions, log } = deps;
  const read = readMark(tuple);
  if (read === undefined) return drop(deps, tuple);
  const { mark, ...dated } = read;
  const facts = { date: dated.date, of: objectOf(dated.thing) };
  let isDone = true;
  const put = async ({ at, mark }: Next) => {
    const to = slotFor(at, actions.clock(), slot.organization);
    await putMark(store, to, dated, mark);
    // by a clock that was set back: the mark to delete is the new one
    if (to.ref === slot.ref) isDone = false;
  };
  try {
    const next = await doDated(deps, dated, mark, facts);
    if (next !== undefined) await put(next);
  } catch (error) {
    if (error instanceof EngineUnavailable) throw error;
    log("warn", "put_off", { ...facts, ...errorFacts(error) });
    const isBusy = error instanceof Contended || error instanceof OutcomeUnknown;
    const milliseconds = isBusy ? BUSY_MILLISECONDS : DAMAGED_MILLISECONDS;
    await put({ at: new Date(actions.clock().getTime() + milliseconds), mark });
  }
  if (isDone) await store.erase([keyOf(tuple)]);
}

/** When something is due next, and its mark. */
type Next = { at: Date; mark: Mark };

/** Does what is due of a date; returns what comes next. */
async function doDated(deps: DoDeps, dated: Dated, mark: Mark, facts: object): Promise<Next | undefined> {
  const { actions, settings, log } = deps;
  const state = await readDated(deps.store, dated.thing);
  if (state === undefined) {
    log("info", "mark_of_nothing", facts);
    return undefined;
  }
  const { days } = DUE_DATES[dated.date];
  const now = actions.clock();
  const date = dateOf(dated, state, settings);
  if (date !== mark.date) {
    // an entry that set another date is marked by itself; a setting that did has no entry
    if (date === undefined) return undefined;
    const moved: Mark = { date, since: now.toISOString() };
    const { next } = momentsOf(days, moved, now);
    return next && { at: next.at, mark: moved };
  }
  const { due, next } = momentsOf(days, mark, now);
  if (due !== undefined) {
    const action = DUE_ACTIONS[dated.date]({ ...dated, value: mark.date, days: due.days }, settings);
    const receipt = await perform(actions, { caller: SCHEDULER, requestId: actions.newId() }, action);
    if (isRefusal(receipt)) log("warn", "due_refused", { ...facts, code: receipt.code });
    else if (receipt.outcome === "done") log("info", "due_done", { ...facts, days: due.days });
  }
  return next && { at: next.at, mark };
}

/** What nothing here has written is deleted, and named. */
async function drop({ store, log }: Pick<DoDeps, "store" | "log">, tuple: Tuple): Promise<void> {
  log("warn", "mark_damaged", { in: tuple.object.slice(0, hourRef(new Date(0)).length) });
  await store.erase([keyOf(tuple)]);
}
