/**
 * The mails that were not handed over and are tried again, each by itself: a mailbox that is full, slow or greylisted
 * holds up no other. They are kept in the store, as what they are about and not as texts, so that no crash loses one.
 */
import { Mutex } from "async-mutex";
import { z } from "zod";
import type { UserId } from "../domain/ids.ts";
import { keepReceiver, type ReceiverHead, type ReceiverStore, receiverHead } from "../events/receivers.ts";
import type { NewsWindow } from "./windows.ts";

/** `since`: when it failed first; `next`: when it is tried again. */
export type PostponedMail = NewsWindow & { user: UserId; since: string; next: string };

/** In one record, which OpenFGA keeps up to 32 KiB of. Where there are more the mail server is the one that fails. */
const POSTPONED_MAX = 80;
const PAUSE_MIN_MILLISECONDS = 60_000;
const GIVE_UP_MILLISECONDS = 3 * 24 * 3_600_000;
/** How often another process may be first. */
const TRIES = 5;

const Kept = z.array(
  z.object({
    history: z.string(),
    user: z.string().transform((id) => id as UserId),
    from: z.int(),
    to: z.int(),
    since: z.string(),
    next: z.string(),
  }),
);

const isSame = (a: PostponedMail, b: PostponedMail) =>
  a.user === b.user && a.history === b.history && a.from === b.from;

/** The list. Its functions throw EngineUnavailable. */
export type PostponedMails = {
  all(): Promise<PostponedMail[]>;
  /** Adds a mail, or replaces it; false where there is no place for it now. */
  put(mail: PostponedMail): Promise<boolean>;
  drop(mail: PostponedMail): Promise<void>;
};

export function createPostponed(store: ReceiverStore): PostponedMails {
  // so that no change of this process fails by another one of its own
  const mutex = new Mutex();
  const read = async (): Promise<{ head: ReceiverHead; mails: PostponedMail[] }> => {
    const head = await receiverHead(store, "mails.postponed");
    return { head, mails: mailsFrom(head.value?.place) };
  };
  const change = (to: (mails: PostponedMail[]) => PostponedMail[]): Promise<boolean> =>
    mutex.runExclusive(async () => {
      for (let attempt = 0; attempt < TRIES; attempt++) {
        const { head, mails } = await read();
        const changed = to(mails);
        if (changed.length > POSTPONED_MAX) return false;
        if (changed.length === 0 && mails.length === 0) return true;
        if ((await keepReceiver(store, head, { place: JSON.stringify(changed) })) !== undefined) return true;
      }
      return false;
    });
  return {
    all: async () => (await read()).mails,
    put: (mail) => change((mails) => [...mails.filter((one) => !isSame(one, mail)), mail]),
    drop: async (mail) => void (await change((mails) => mails.filter((one) => !isSame(one, mail)))),
  };
}

function mailsFrom(text: string | undefined): PostponedMail[] {
  try {
    return Kept.parse(JSON.parse(text ?? "[]"));
  } catch {
    // written by another version: nothing that this one can send
    return [];
  }
}

/** A mail that failed at that moment, for another attempt; undefined when it is given up. The pause is as long as it has failed. */
export function postponed(mail: Omit<PostponedMail, "next">, now: Date): PostponedMail | undefined {
  const failing = now.getTime() - Date.parse(mail.since);
  if (failing >= GIVE_UP_MILLISECONDS) return undefined;
  return { ...mail, next: new Date(now.getTime() + Math.max(PAUSE_MIN_MILLISECONDS, failing)).toISOString() };
}
