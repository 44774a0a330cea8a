/**
 * Mails once a day what happened in cooperations, to who chose that: one mail to a person for all of their cooperations.
 * Its place in the log is its own. That a digest has begun is kept before its mails are sent, and its place when each is
 * sent or postponed: so a crash repeats and loses nothing, and a repeated mail has the same id, also days later. What was
 * missed for days is in one mail. No mailbox keeps a digest from its end.
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
import { nextTry, type PostponedMails } from "./postponed.ts";
import { type ReadersNews, readersOf } from "./readers.ts";
import type { NewsWindow } from "./windows.ts";

const NAME = "mails.daily";
const LOOK_EVERY_MILLISECONDS = 60_000;
const MAILS_AT_ONCE = 5;
/** A mail that the server does not take, but takes others, is tried so often, a minute apart; then it is postponed. */
const TRIES = 5;
const BEGIN_BEFORE_MILLISECONDS = 1000;
const EVENTS_AT_ONCE = 1000;
const PAGES_AT_ONCE = 50;

export type DigestDeps = SendDeps & {
  mails: PostponedMails;
  readLog: ReadLog;
  /** Makes the marks of places. */
  secret: string;
  leads: () => Promise<boolean>;
  lookEveryMilliseconds?: number;
};

/** Sends digests when they are due, while this process is the one that delivers, until the signal aborts. Never throws. */
export async function sendDigests(deps: DigestDeps, signal: AbortSignal): Promise<void> {
  const progress: Progress = { due: "", isTaken: false, served: new Set(), failed: new Map() };
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

/** Of the digest that is due then: whether a server took one of its mails, who needs no mail more, how often each failed. */
type Progress = { due: string; isTaken: boolean; served: Set<UserId>; failed: Map<UserId, number> };

async function sendDigest(deps: DigestDeps, progress: Progress, signal: AbortSignal): Promise<void> {
  const { store, clock, readLog } = deps;
  const last = lastDigestAt(clock()).toISOString();
  const kept = await receiverHead(store, NAME);
  if (kept.value === undefined) {
    // the first one is about what happens from now on, by the engine's clock
    const from = new Date((await readLog(clock())).askedAt - BEGIN_BEFORE_MILLISECONDS);
    return void (await keepReceiver(store, kept, { place: `${last} ${placeText({ from, seen: [] })}` }));
  }
  // the third is when the digest was due that has begun
  const [before = "", place = "", unfinished] = kept.value.place.split(" ");
  const due = unfinished ?? last;
  if (before >= due) return;
  const begun =
    unfinished === undefined ? await keepReceiver(store, kept, { place: `${before} ${place} ${due}` }) : kept;
  // another process was first
  if (begun === undefined) return;
  if (progress.due !== due) Object.assign(progress, { due, isTaken: false, served: new Set(), failed: new Map() });
  const read = await windowsBehind(deps, place, new Date(due));
  const parts = await partsOf(deps, read.windows, before);
  const places = new Semaphore(MAILS_AT_ONCE);
  const send = async (user: UserId, { person, news }: DigestParts): Promise<boolean> => {
    if (progress.served.has(user)) return true;
    const letter = await letterAbout({ ...deps, reads: store }, person, news, `news/daily/${due}`);
    const isDone = letter === undefined || (await isSent(deps, letter, news, progress));
    if (isDone) progress.served.add(user);
    return isDone;
  };
  const sent = await Promise.all(
    [...parts].map(([user, own]) => places.runExclusive(async () => !signal.aborted && (await send(user, own)))),
  );
  if (sent.every(Boolean)) await keepReceiver(store, begun, { place: `${due} ${placeText(read.place)}` });
}

/** Whether a mail needs no other attempt with its digest: it was taken, its address is refused, or it is postponed, then by cooperation. */
async function isSent(
  deps: DigestDeps,
  letter: NewsLetter,
  news: readonly ReadersNews[],
  progress: Progress,
): Promise<boolean> {
  const { mails, clock, warn } = deps;
  const failure = await handOver(deps, letter);
  progress.isTaken ||= failure === undefined;
  if (failure === undefined) return true;
  const tries = (progress.failed.get(letter.user) ?? 0) + 1;
  progress.failed.set(letter.user, tries);
  warn("mail_failed", { given_up: failure.by === "address", ...errorFacts(failure.error) });
  if (failure.by === "address") return true;
  // while the server takes none at all the digest waits for it
  if (failure.by === "server" && !(progress.isTaken && tries >= TRIES)) return false;
  for (const { window, user, organization } of news)
    await mails.put(nextTry({ ...window, user, organization, since: clock().toISOString() }, clock()));
  return true;
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

/** By person, for those who get digests, or still got them after the last one. */
async function partsOf(
  { store, clock, warn }: DigestDeps,
  windows: readonly NewsWindow[],
  before: string,
): Promise<ReadonlyMap<UserId, DigestParts>> {
  const people = new Map<UserId, Person>();
  const personOf = async (user: UserId): Promise<Person> => {
    try {
      return (await personHead(store, user)).value ?? {};
    } catch (error) {
      // one that cannot be read has no address
      if (!(error instanceof StoreDamaged)) throw error;
      warn("mail_failed", errorFacts(error));
      return {};
    }
  };
  const parts = new Map<UserId, DigestParts>();
  for (const window of windows)
    try {
      for (const news of await readersOf(store, window, clock())) {
        const { user } = news;
        const person = people.get(user) ?? (await personOf(user));
        people.set(user, person);
        const getsDigest = person.mails === "daily" || (person.daily_until ?? "") > before;
        if (getsDigest) parts.set(user, { person, news: [...(parts.get(user)?.news ?? []), news] });
      }
    } catch (error) {
      // one that cannot be read keeps the mails about the others from nobody
      if (!(error instanceof StoreDamaged)) throw error;
      warn("mail_failed", { history: window.history, ...errorFacts(error) });
    }
  return parts;
}
