/**
 * Mails what happens in cooperations to everybody it is news for. It is a receiver of the relay: its place is kept in the
 * store, so a crash repeats and loses nothing, and a repetition is the same mail. It gets each entry five minutes late,
 * and sends what has happened by then in one mail. A mailbox that fails is tried again by itself; a server that takes no
 * mail at all is tried like any receiver that is down.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Semaphore } from "async-mutex";
import { errorFacts } from "../domain/error-facts.ts";
import { eventId, type StoredEvent } from "../domain/events/cloud-event.ts";
import type { Delivered, Sink } from "../events/sink.ts";
import { StoreDamaged } from "../faults.ts";
import { lettersOf } from "./compose-news.ts";
import { handOver, isNewsEvent, type SendDeps } from "./hand-over.ts";
import type { NewsLetter } from "./letter.ts";
import { nextTry, type PostponedMails } from "./postponed.ts";
import { type NewsWindow, windowOf } from "./windows.ts";

const LATE_MILLISECONDS = 5 * 60_000;
/** How many mails of one window are sent at the same time. */
const MAILS_AT_ONCE = 5;
/**
 * How long others wait for a mail. What takes longer is postponed, and may still be sent meanwhile. Longer than two mails
 * need, one behind the other, to find that a server does not answer: that is no matter of their mailboxes.
 */
const PATIENCE_MILLISECONDS = 15_000;

export type NewsDeps = SendDeps & {
  mails: PostponedMails;
  lateMilliseconds?: number;
  patienceMilliseconds?: number;
};

/** The receiver `mails`. */
export function createNewsSink(deps: NewsDeps): Sink {
  const { store } = deps;
  /** Who has the mails of a window that is being repeated, by event. */
  const served = new Map<string, Set<string>>();

  async function sendAll(event: StoredEvent, window: NewsWindow, signal: AbortSignal): Promise<Delivered> {
    const id = eventId(event);
    const already = served.get(id) ?? new Set();
    served.set(id, already);
    const letters = (await lettersOf({ ...deps, reads: store }, window)).filter(({ user }) => !already.has(user));
    const places = new Semaphore(MAILS_AT_ONCE);
    const sent = await Promise.all(
      letters.map((letter) =>
        places.runExclusive(async () => {
          const isDone = !signal.aborted && (await send(deps, letter, window));
          if (isDone) already.add(letter.user);
          return isDone;
        }),
      ),
    );
    if (sent.includes(false)) return { kind: "retry", why: "the mail server takes no mails" };
    served.delete(id);
    return { kind: "done" };
  }

  return {
    name: "mails",
    isTriedForever: true,
    lateMilliseconds: deps.lateMilliseconds ?? LATE_MILLISECONDS,
    wants: isNewsEvent,
    async deliver(event, signal) {
      try {
        const window = await windowOf(store, event);
        if (window === "contended") return { kind: "retry", why: "another process sends its mails" };
        return window === undefined ? { kind: "done" } : await sendAll(event, window, signal);
      } catch (error) {
        if (error instanceof StoreDamaged) return { kind: "refused", why: "its cooperation cannot be read" };
        return { kind: "retry", why: errorFacts(error).error };
      }
    },
  };
}

/** Sends one mail, or postpones it; false where it is neither sent nor postponed. Never throws. */
async function send(deps: NewsDeps, letter: NewsLetter, window: NewsWindow): Promise<boolean> {
  const { mails, clock, warn, patienceMilliseconds = PATIENCE_MILLISECONDS } = deps;
  const { user, organization } = letter;
  const again = nextTry({ ...window, user, organization, since: clock().toISOString() }, clock());
  const failed = (error: unknown) => warn("mail_failed", { history: window.history, ...errorFacts(error) });
  const postpone = async () => {
    try {
      await mails.put(again);
      return true;
    } catch (error) {
      failed(error);
      return false;
    }
  };
  const sending = handOver(deps, letter);
  const late = new AbortController();
  let ended = await Promise.race([
    sending,
    sleep(patienceMilliseconds, "late" as const, { signal: late.signal, ref: false }).catch(() => "late" as const),
  ]);
  late.abort();
  if (ended === "late" && (await postpone())) {
    // it has a place to be tried again from: nobody waits for how it ends
    void sending.then((failure) => (failure === undefined ? mails.drop(again) : undefined)).catch(failed);
    return true;
  }
  if (ended === "late") ended = await sending;
  if (ended === undefined) return true;
  failed(ended.error);
  return ended.by === "address" || (ended.by === "mail" && (await postpone()));
}
