/**
 * The events in the order in which they were recorded, read from OpenFGA's change log, where each history entry is one
 * change. A Write that is committed late appears behind places that were read already: so the log's last seconds are
 * read again, and what was given before is known by its id. A place is small text that outlives the process.
 */
import { createHmac } from "node:crypto";
import type { ChangesPage, TupleChange } from "../domain/change-log.ts";
import { eventId, type StoredEvent } from "../domain/events/cloud-event.ts";
import { entryFrom } from "../domain/history.ts";
import { EngineRefused, StoreDamaged } from "../faults.ts";

/** More than the 3 s after which OpenFGA ends a request, and the second by which clocks may differ. */
const SETTLED_MILLISECONDS = 5000;

/** What is new gets what was recorded since then. */
const BEGIN_BEFORE_MILLISECONDS = 1000;

/** Of events that were given and may be met again. With more of them in the last seconds, younger ones wait until they are settled. */
const SEEN_MAX = 200;

/** 64 bits of an id's MAC: nobody's events can be made to pass for others in a handful of seconds. */
const MARK_LENGTH = 11;

/** `from`: everything before it was given; a place in the log, or an instant. `seen`: marks of what was given from there on. */
export type EventPlace = { from: string | Date; seen: readonly string[] };

/** The changes, page by page. */
export type ReadLog = (from: string | Date) => Promise<ChangesPage>;

/** `more`: there are events that can be read at once. */
export type EventsRead = { events: StoredEvent[]; place: EventPlace; more: boolean };

type Options = {
  /** Makes the marks: who guesses an id cannot find out from a place whether that event was read. */
  secret: string;
  /** Only what was recorded so long ago; without it everything. */
  lateMilliseconds?: number | undefined;
  /** How many events at most, and how many pages of the log are read for them. */
  max: number;
  pagesMax: number;
  /** What cannot be read as an entry; it is skipped. */
  damaged: (history: string, damage: StoreDamaged) => void;
};

/**
 * The next events behind a place, each history's in its order. Throws EngineUnavailable; undefined for a place that the
 * engine does not know.
 */
export async function eventsBehind(
  readLog: ReadLog,
  { from, seen }: EventPlace,
  options: Options,
): Promise<EventsRead | undefined> {
  const markOf = (event: StoredEvent): string =>
    createHmac("sha256", options.secret)
      .update(`event ${eventId(event)}`)
      .digest("base64url")
      .slice(0, MARK_LENGTH);
  const marks = new Set(seen);
  const events: StoredEvent[] = [];
  let [kept, at] = [from, from];
  /** Whether everything up to `at` was given, and nothing more can appear there. */
  let isWhole = true;
  const read = (more: boolean): EventsRead => ({
    events: inOrder(events),
    place: { from: kept, seen: [...marks] },
    more,
  });
  for (let pages = 0; pages < options.pagesMax; pages++) {
    const page: ChangesPage | undefined = await readLog(at).catch((error) => {
      if (error instanceof EngineRefused) return undefined;
      throw error;
    });
    if (page === undefined) return undefined;
    // by the engine's clock, as the changes' own times are
    const isBefore = (milliseconds: number) => (change: TupleChange) =>
      Date.parse(change.at) < page.askedAt - milliseconds;
    const { lateMilliseconds } = options;
    const due = lateMilliseconds === undefined ? page.changes : page.changes.filter(isBefore(lateMilliseconds));
    const isCut = due.length < page.changes.length;
    const found = due.flatMap((change) => eventIn(change, options.damaged));
    const isSettled: boolean = isWhole && !isCut && page.changes.every(isBefore(SETTLED_MILLISECONDS));
    const fresh = found.filter((event) => !marks.has(markOf(event)));
    const left = options.max - events.length;
    const room = isSettled ? left : Math.max(0, Math.min(left, SEEN_MAX - marks.size));
    const taken = fresh.slice(0, room);
    events.push(...taken);
    const isTaken = taken.length === fresh.length;
    isWhole = isSettled && isTaken;
    if (isWhole) {
      for (const event of found) marks.delete(markOf(event));
      // at the end of a log that never had a change there is no place yet
      if (page.place !== "") kept = page.place;
    } else for (const event of taken) marks.add(markOf(event));
    if (!isTaken) return read(room === left);
    if (isCut || page.isLast) return read(false);
    at = page.place;
  }
  return read(true);
}

function eventIn({ operation, key }: TupleChange, damaged: Options["damaged"]): StoredEvent[] {
  if (operation !== "write" || key.relation !== "log") return [];
  try {
    return [{ history: key.object, entry: entryFrom(key) }];
  } catch (error) {
    if (!(error instanceof StoreDamaged)) throw error;
    damaged(key.object, error);
    return [];
  }
}

/** The same events with each history's entries by their numbers: engines whose clocks differ write them in another order. */
function inOrder(events: StoredEvent[]): StoredEvent[] {
  const histories = Map.groupBy(events, ({ history }) => history);
  for (const own of histories.values()) own.sort((a, b) => a.entry.common.n - b.entry.common.n);
  return events.flatMap(({ history }) => histories.get(history)?.shift() ?? []);
}

/** A place with a little of what was recorded before now, by engines whose clocks agree within a second. Throws EngineUnavailable. */
export async function placeOfNow(readLog: ReadLog, now: Date): Promise<EventPlace> {
  // by the engine's clock, as the log's own times are
  return { from: new Date((await readLog(now)).askedAt - BEGIN_BEFORE_MILLISECONDS), seen: [] };
}

/** A place as text, for a URL or a record. */
export function placeText({ from, seen }: EventPlace): string {
  const at = from instanceof Date ? { at: from.toISOString() } : { from };
  return Buffer.from(JSON.stringify({ ...at, ...(seen.length > 0 && { seen: seen.join("") }) })).toString("base64url");
}

/** The place that a text names; undefined where it names none. Whether the log has it, the engine knows. */
export function placeFrom(text: string): EventPlace | undefined {
  try {
    const { at, from, seen = "" } = JSON.parse(Buffer.from(text, "base64url").toString()) as Record<string, unknown>;
    if (typeof seen !== "string") return undefined;
    const marks = seen.match(new RegExp(`.{1,${MARK_LENGTH}}`, "g")) ?? [];
    if (typeof from === "string") return { from, seen: marks };
    const instant = typeof at === "string" ? new Date(at) : undefined;
    return instant === undefined || Number.isNaN(instant.getTime()) ? undefined : { from: instant, seen: marks };
  } catch {
    return undefined;
  }
}

/**
 * The log as many readers read it: who asks for the same place within that time gets the same page, so that readers at
 * the end of the log cost one request together.
 */
export function sharedLog(readLog: ReadLog, shareMilliseconds: number): ReadLog {
  const pages = new Map<string, { page: Promise<ChangesPage>; until: number }>();
  return (from) => {
    const now = performance.now();
    for (const [key, { until }] of pages) if (until <= now) pages.delete(key);
    const key = from instanceof Date ? from.toISOString() : `place ${from}`;
    const known = pages.get(key);
    if (known !== undefined) return known.page;
    const page = readLog(from);
    // a failure is not shared with who asks later
    page.catch(() => pages.delete(key));
    pages.set(key, { page, until: now + shareMilliseconds });
    return page;
  };
}
