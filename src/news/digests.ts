/**
 * Mails once a day what happened in cooperations, to who chose that: one mail to a person for all of their cooperations.
 * Its place in the log is its own and is kept when all mails of a day are sent, so a crash repeats and loses nothing; a
 * repeated mail has the same id. What was missed for days is in one mail.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Semaphore } from "async-mutex";
import { lastDigestAt } from "../domain/digest-times.ts";
import { errorFacts } from "../domain/error-facts.ts";
import type { UserId } from "../domain/ids.ts";
import type { Person } from "../domain/person-record.ts";
import { keepReceiver, receiverHead } from "../events/receivers.ts";
import { StoreDamaged } from "../faults.ts";
import { type EventPlace, type EventsRead, eventsBehind, placeFrom, placeText, type ReadLog } from "../store/events.ts";
import { personHead } from "../store/snapshot.ts";
import { letterAbout } from "./compose-news.ts";
import { handOver, isCooperationNews, type SendDeps } from "./hand-over.ts";
import type { NewsLetter } from "./letter.ts";
import { type ReadersNews, readersOf } from "./readers.ts";
import type { NewsWindow } from "./windows.ts";

const NAME = "mails.daily";
const LOOK_EVERY_MILLISECONDS = 60_000;
const MAILS_AT_ONCE = 5;
/** A mail that fails by its own mailbox is tried so often, a minute apart. */
const TRIES = 5;
const BEGIN_BEFORE_MILLISECONDS = 1000;
const EVENTS_AT_ONCE = 1000;
const PAGES_AT_ONCE = 50;

export type DigestDeps = SendDeps & {
  readLog: ReadLog;
  /** Makes the marks of places. */
  secret: string;
  leads: () => Promise<boolean>;
  lookEveryMilliseconds?: number;
};

/** Sends digests when they are due, while this process is the one that delivers, until the signal aborts. Never throws. */
export async function sendDigests(deps: DigestDeps, signal: AbortSignal): Promise<void> {
  /** Of the digest that is being sent: who needs no mail more, and how often a mail failed. */
  const progress: Progress = { at: "", served: new Set(), failed: new Map() };
  while (!signal.aborted) {
    try {
      if (await deps.leads()) await sendDigest(deps, progress, signal);
    } catch (error) {
      deps.warn("mail_failed", errorFacts(error));
    }
    const pause = deps.lookEveryMilliseconds ?? LOOK_EVERY_MILLISECONDS;
    if (!signal.aborted) await sleep(pause, undefined, { signal }).catch(() => {});
  }
}

type Progress = { at: string; served: Set<UserId>; failed: Map<UserId, number> };

async function sendDigest(deps: DigestDeps, progress: Progress, signal: AbortSignal): Promise<void> {
  const { store, clock, readLog } = deps;
  const at = lastDigestAt(clock());
  const due = at.toISOString();
  const kept = await receiverHead(store, NAME);
  const keep = (place: EventPlace) => keepReceiver(store, kept, { place: `${due} ${placeText(place)}` });
  if (kept.value === undefined) {
    // the first one is about what happens from now on, by the engine's clock
    const from = new Date((await readLog(clock())).askedAt - BEGIN_BEFORE_MILLISECONDS);
    return void (await keep({ from, seen: [] }));
  }
  const [before = "", place = ""] = kept.value.place.split(" ");
  if (before >= due) return;
  if (progress.at !== due) Object.assign(progress, { at: due, served: new Set(), failed: new Map() });
  const read = await windowsBehind(deps, place, at);
  const parts = await partsOf(deps, read.windows, due);
  const places = new Semaphore(MAILS_AT_ONCE);
  const send = async (user: UserId, { person, news }: DigestParts): Promise<boolean> => {
    if (progress.served.has(user)) return true;
    const letter = await letterAbout({ ...deps, reads: store }, person, news, `news/daily/${due}`);
    const isDone = letter === undefined || (await isSent(deps, letter, progress));
    if (isDone) progress.served.add(user);
    return isDone;
  };
  const sent = await Promise.all(
    [...parts].map(([user, own]) => places.runExclusive(async () => !signal.aborted && (await send(user, own)))),
  );
  if (sent.every(Boolean)) await keep(read.place);
}

/** Whether a mail needs no other attempt: it was taken, its address is refused, or it has failed too often. */
async function isSent(deps: DigestDeps, letter: NewsLetter, { failed }: Progress): Promise<boolean> {
  const failure = await handOver(deps, letter);
  if (failure === undefined) return true;
  const tries = (failed.get(letter.user) ?? 0) + 1;
  failed.set(letter.user, tries);
  const isGivenUp = failure.by === "address" || (failure.by === "mail" && tries >= TRIES);
  deps.warn("mail_failed", { given_up: isGivenUp, ...errorFacts(failure.error) });
  return isGivenUp;
}

/** What happened behind a place, up to the time of a digest, by cooperation; and the place behind that. */
async function windowsBehind(
  { readLog, secret, clock, warn }: DigestDeps,
  text: string,
  at: Date,
): Promise<{ windows: NewsWindow[]; place: EventPlace }> {
  const windows = new Map<string, NewsWindow>();
  let place = placeFrom(text);
  for (let more = true; more; ) {
    const read: EventsRead | undefined =
      place &&
      (await eventsBehind(readLog, place, {
        secret,
        lateMilliseconds: clock().getTime() - at.getTime(),
        max: EVENTS_AT_ONCE,
        pagesMax: PAGES_AT_ONCE,
        damaged: (history, { what }) => warn("event_damaged", { history, what }),
      }));
    if (read === undefined) throw new StoreDamaged(`receiver:${NAME}`, "its place is unknown");
    for (const { history, entry } of read.events.filter(isCooperationNews)) {
      const { n } = entry.common;
      windows.set(history, { history, from: windows.get(history)?.from ?? n, to: n });
    }
    [place, more] = [read.place, read.more];
  }
  if (place === undefined) throw new Error("a place that was read is one");
  return { windows: [...windows.values()], place };
}

type DigestParts = { person: Person; news: ReadersNews[] };

/** By person, for those who get digests. */
async function partsOf(
  { store, clock, warn }: DigestDeps,
  windows: readonly NewsWindow[],
  due: string,
): Promise<ReadonlyMap<UserId, DigestParts>> {
  const people = new Map<UserId, Person>();
  const parts = new Map<UserId, DigestParts>();
  for (const window of windows)
    try {
      for (const news of await readersOf(store, window, clock())) {
        const { user } = news;
        const person = people.get(user) ?? (await personHead(store, user)).value ?? {};
        people.set(user, person);
        const getsDigest = person.mails === "daily" || (person.daily_until ?? "") >= due;
        if (getsDigest) parts.set(user, { person, news: [...(parts.get(user)?.news ?? []), news] });
      }
    } catch (error) {
      // one that cannot be read keeps the mails about the others from nobody
      if (!(error instanceof StoreDamaged)) throw error;
      warn("mail_failed", { history: window.history, ...errorFacts(error) });
    }
  return parts;
}
