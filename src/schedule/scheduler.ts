/**
 * Does on time what has a date: late rather than never, and each once, whichever process dies. It reads what the
 * histories say about dates and marks them (note-dates.ts), and does what has come to be due (do-due.ts). How far it is
 * in both is kept in the store, behind what was done. Its cost follows from what is due and what changes, not from what
 * is in the store.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { errorFacts } from "../domain/error-facts.ts";
import { minuteOf, type Schedule } from "../domain/schedule.ts";
import type { Meter } from "../ports.ts";
import { type EventPlace, eventsBehind, placeFrom, placeText, type ReadLog } from "../store/events.ts";
import { type DoDeps, doDue } from "./do-due.ts";
import { keepSchedule, type ScheduleHead, scheduleHead } from "./head.ts";
import { noteDates } from "./note-dates.ts";

/** Entries that are read together. */
const EVENTS_AT_ONCE = 100;
const PAGES_AT_ONCE = 20;
/** How often it is looked what is new and what is due. Short, so no timer is ever near the 2³¹ ms at which it would end at once. */
const TICK_EVERY_MILLISECONDS = 5000;
const FAILED_PAUSE_MILLISECONDS = 10_000;
/** How often its place is kept where something was done, and where nothing was: a crash repeats what came since. */
const KEEP_EVERY_MILLISECONDS = 60_000;
const KEEP_IDLE_EVERY_MILLISECONDS = 3_600_000;
/** The place before the first entry. */
const BEGINNING: EventPlace = { from: "", seen: [] };

export type SchedulerDeps = Omit<DoDeps, "isStopped"> & {
  readLog: ReadLog;
  /** Makes the marks of places in the log. */
  secret: string;
  meter: Pick<Meter, "scheduledTo">;
};

/** Where a process is, between what it has kept. */
type Running = { head: ScheduleHead; begunAt: Date; doneTo: Date; place: EventPlace; keptAt: number; isAhead: boolean };

export type Scheduler = {
  /** Marks and does all that is due now, or a bounded part of it: then `more` is true. Throws EngineUnavailable. */
  tick(): Promise<{ more: boolean }>;
  /** Another process does it from now on: from what this one keeps, if it was ahead. Throws EngineUnavailable. */
  leave(): Promise<void>;
  /** Keeps how far it is. */
  keep(): Promise<void>;
};

/** A scheduler over a store. Nothing is read before its first tick. */
export function createScheduler(deps: SchedulerDeps, isStopped: () => boolean = () => false): Scheduler {
  const { store, readLog, log, meter } = deps;
  const { clock } = deps.actions;
  const warn = (event: string, facts: object) => log("warn", event, facts);
  let running: Running | undefined;

  async function begin(): Promise<Running | undefined> {
    const head = await scheduleHead(store);
    const now = clock();
    // the log from its beginning: what older versions dated is marked too. Where schedule:all is lost, this is one of them:
    // what came since it was last done is not announced
    const fresh: Schedule = {
      begun_at: now.toISOString(),
      done_to: minuteOf(now).toISOString(),
      place: placeText(BEGINNING),
    };
    const kept = head.value === undefined ? await keepSchedule(store, head, fresh) : { ...head, value: head.value };
    if (kept === undefined) return undefined;
    const { begun_at, done_to, place } = kept.value;
    return {
      head: kept,
      begunAt: new Date(begun_at),
      doneTo: new Date(done_to),
      place: placeFrom(place) ?? BEGINNING,
      keptAt: performance.now(),
      isAhead: false,
    };
  }

  async function keep(): Promise<void> {
    if (running === undefined) return;
    const { head, begunAt, doneTo, place } = running;
    const kept = await keepSchedule(store, head, {
      begun_at: begunAt.toISOString(),
      done_to: doneTo.toISOString(),
      place: placeText(place),
    });
    // another process was first, and has its own place: begin from there
    running = kept && { ...running, head: kept, keptAt: performance.now(), isAhead: false };
  }

  return {
    async tick() {
      running ??= await begin();
      if (running === undefined) return { more: false };
      const read = await eventsBehind(readLog, running.place, {
        secret: deps.secret,
        max: EVENTS_AT_ONCE,
        pagesMax: PAGES_AT_ONCE,
        damaged: (history, { what }) => warn("event_damaged", { history, what }),
      });
      if (read === undefined) {
        // of another engine, after a move: marking a date again does no harm
        warn("schedule_begins_again", {});
        running = { ...running, place: BEGINNING };
        return { more: true };
      }
      const noted = await noteDates(read.events, { ...deps, clock, begunAt: running.begunAt, warn });
      running = { ...running, place: read.place };
      const { doneTo, more, count } = await doDue({ ...deps, isStopped }, running.doneTo);
      running = { ...running, doneTo, isAhead: running.isAhead || noted + count > 0 || read.more };
      if (!read.more) meter.scheduledTo(more ? doneTo.getTime() : clock().getTime());
      const every = running.isAhead ? KEEP_EVERY_MILLISECONDS : KEEP_IDLE_EVERY_MILLISECONDS;
      if (performance.now() - running.keptAt >= every) await keep();
      return { more: more || read.more };
    },
    async leave() {
      meter.scheduledTo(undefined);
      if (running?.isAhead) await keep();
      running = undefined;
    },
    async keep() {
      if (running?.isAhead) await keep();
    },
  };
}

/** Ticks until the signal aborts, as long as this process is the one to do it; resolves when nothing runs any more. Never throws. */
export async function runScheduler(
  deps: SchedulerDeps & { leads: () => Promise<boolean> },
  signal: AbortSignal,
): Promise<void> {
  const scheduler = createScheduler(deps, () => signal.aborted);
  while (!signal.aborted) {
    let pause = TICK_EVERY_MILLISECONDS;
    try {
      if (!(await deps.leads())) await scheduler.leave();
      else if ((await scheduler.tick()).more) pause = 0;
    } catch (error) {
      // an engine that is away, or a model without a schedule: what is due stays marked
      deps.log("warn", "schedule_failed", errorFacts(error));
      pause = FAILED_PAUSE_MILLISECONDS;
    }
    if (!signal.aborted) await sleep(pause, undefined, { signal }).catch(() => {});
  }
  await scheduler.keep().catch(() => {});
}
