/**
 * Marks the dates that entries of histories set. The entries are the outbox: what was set while nobody marked, or before
 * there was a scheduler, is marked when the log is read. Only what a thing says now is marked, so a log that is read from
 * its beginning leaves no more than the dates that are still to come.
 */
import { dateOf } from "../domain/cooperation/decide-announcement.ts";
import { type DateSet, DUE_DATES, type DueSettings, datesSetBy } from "../domain/due-dates.ts";
import { errorFacts } from "../domain/error-facts.ts";
import type { StoredEvent } from "../domain/events/cloud-event.ts";
import type { OrganizationId } from "../domain/ids.ts";
import type { Cooperation } from "../domain/records.ts";
import { dueRef, momentsOf, objectOf, slotFor, type Thing } from "../domain/schedule.ts";
import { Contended, EngineUnavailable, OutcomeUnknown } from "../faults.ts";
import type { Clock } from "../ports.ts";
import { readDated } from "../store/dated.ts";
import { inTurns } from "../store/snapshot.ts";
import { type MarkStore, putMark } from "./marks.ts";

export type NoteDeps = {
  store: MarkStore;
  clock: Clock;
  settings: DueSettings;
  /** What was due before is not done any more, unless it is owed (due-dates.ts). */
  begunAt: Date;
  warn: (event: string, facts: object) => void;
};

/**
 * Marks what these entries set; returns how many dates it marked. What is odd about one entry or one thing is named and
 * left out, and keeps no other date from being marked. Throws EngineUnavailable, OutcomeUnknown, Contended.
 */
export async function noteDates(events: readonly StoredEvent[], deps: NoteDeps): Promise<number> {
  const set = events
    .filter(({ history }) => history.startsWith("cooperation:"))
    .flatMap((event) => datesIn(event, deps));
  // of several entries about one date the last one counts
  const last = [...new Map(set.map((one) => [dueRef(one), one])).values()];
  return (await inTurns(last, (one) => note(one, deps))).filter((isMarked) => isMarked).length;
}

function datesIn({ history, entry }: StoredEvent, { settings, warn }: NoteDeps): DateSet[] {
  try {
    return datesSetBy(entry.common, settings);
  } catch (error) {
    // what an entry holds may have been written past the service
    warn("date_not_marked", { of: history, n: entry.common.n, ...errorFacts(error) });
    return [];
  }
}

async function note(set: DateSet, { store, clock, settings, begunAt, warn }: NoteDeps): Promise<boolean> {
  try {
    const state = await readDated(store, set.thing);
    // gone by now; or changed again, and the entry that did it is still to be read
    if (state === undefined || dateOf(set, state, settings) !== set.value) return false;
    const now = clock();
    // a clock that was ahead when the scheduler began says nothing about what is still to come
    const begun = begunAt < now ? begunAt : now;
    const { days, isOwed } = DUE_DATES[set.date];
    const since = isOwed || new Date(set.since) > begun ? set.since : begun.toISOString();
    const { due, next } = momentsOf(days, { date: set.value, since }, now);
    const at = due === undefined ? next?.at : now;
    if (at === undefined) return false;
    const slot = slotFor(at, now, organizationOf(set.thing, state.cooperation));
    await putMark(store, slot, set, { date: set.value, since });
    return true;
  } catch (error) {
    const isOutage = [EngineUnavailable, OutcomeUnknown, Contended].some((outage) => error instanceof outage);
    if (isOutage) throw error;
    // the doctor names it too; when it is mended by hand, its date is to be set again
    warn("date_not_marked", { date: set.date, of: objectOf(set.thing), ...errorFacts(error) });
    return false;
  }
}

/** Whose turn a thing's date takes: who gives delegations are the partner's admins, all else is the initiator's. */
const organizationOf = (thing: Thing, { initiator, partner }: Cooperation): OrganizationId =>
  thing.kind === "delegation" ? (partner ?? initiator) : initiator;
