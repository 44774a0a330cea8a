/**
 * The mails that were not handed over and are tried again, each by itself: a mailbox that is full, slow or greylisted
 * holds up no other. They are kept in the store, as what they are about and not as texts, so that no crash loses one.
 * There is a place for each: where a list is full the organization that has most in it loses one, so none that has many
 * takes the places of the others.
 */
import { hash } from "node:crypto";
import { Mutex } from "async-mutex";
import { z } from "zod";
import type { OrganizationId, UserId } from "../domain/ids.ts";
import { keepReceiver, type ReceiverHead, type ReceiverStore, receiverHead } from "../events/receivers.ts";
import { Contended } from "../faults.ts";
import { inTurns } from "../store/snapshot.ts";
import type { NewsWindow } from "./windows.ts";

/** `organization`: as whose person they get it; `since`: when it failed first; `next`: when it is tried again. */
export type PostponedMail = NewsWindow & {
  user: UserId;
  organization: OrganizationId;
  since: string;
  next: string;
};

/** The mails of an organization are all in one of them. */
const LISTS = 16;
/** Each list is one record, which OpenFGA keeps up to 32 KiB of. It is some hundred mails. */
const LIST_BYTES_MAX = 28_000;
const PAUSE_MIN_MILLISECONDS = 60_000;
const PAUSE_MAX_MILLISECONDS = 4 * 3_600_000;
const GIVE_UP_MILLISECONDS = 3 * 24 * 3_600_000;
/** How often another process may be first. */
const TRIES = 5;

const Kept = z.array(
  z.object({
    history: z.string(),
    user: z.string().transform((id) => id as UserId),
    organization: z.string().transform((id) => id as OrganizationId),
    from: z.int(),
    to: z.int(),
    since: z.string(),
    next: z.string(),
  }),
);

const isSame = (a: PostponedMail, b: PostponedMail) =>
  a.user === b.user && a.history === b.history && a.from === b.from;

/** The lists. Its functions throw EngineUnavailable, and Contended where others change a list all the time. */
export type PostponedMails = {
  all(): Promise<PostponedMail[]>;
  /** Adds a mail, or replaces it. What loses its place by that is warned of. */
  put(mail: PostponedMail): Promise<void>;
  drop(mail: PostponedMail): Promise<void>;
};

export function createPostponed(store: ReceiverStore, warn: (event: string, facts: object) => void): PostponedMails {
  // so that no change of this process fails by another one of its own
  const mutex = new Mutex();
  const read = async (list: number): Promise<{ head: ReceiverHead; mails: PostponedMail[] }> => {
    const head = await receiverHead(store, `mails.postponed.${list}`);
    return { head, mails: mailsFrom(head.value?.place) };
  };
  const change = ({ organization }: PostponedMail, to: (mails: PostponedMail[]) => PostponedMail[]): Promise<void> =>
    mutex.runExclusive(async () => {
      for (let attempt = 0; attempt < TRIES; attempt++) {
        const { head, mails } = await read(listOf(organization));
        const { kept, dropped } = bounded(to(mails));
        if (kept.length === 0 && mails.length === 0) return;
        if ((await keepReceiver(store, head, { place: JSON.stringify(kept) })) === undefined) continue;
        for (const { history } of dropped) warn("mail_failed", { history, given_up: true, code: "too_many_postponed" });
        return;
      }
      throw new Contended("the list of postponed mails");
    });
  return {
    all: async () => (await inTurns([...Array(LISTS).keys()], read)).flatMap(({ mails }) => mails),
    put: (mail) => change(mail, (mails) => [...mails.filter((one) => !isSame(one, mail)), mail]),
    drop: (mail) => change(mail, (mails) => mails.filter((one) => !isSame(one, mail))),
  };
}

const listOf = (organization: OrganizationId): number =>
  Number.parseInt(hash("sha256", organization).slice(0, 8), 16) % LISTS;

/** As many as a record holds: who has most loses what has failed longest. */
function bounded(mails: readonly PostponedMail[]): { kept: PostponedMail[]; dropped: PostponedMail[] } {
  const kept = [...mails];
  const dropped: PostponedMail[] = [];
  while (Buffer.byteLength(JSON.stringify(kept)) > LIST_BYTES_MAX) {
    const most = [...Map.groupBy(kept, ({ organization }) => organization).values()].reduce((a, b) =>
      b.length > a.length ? b : a,
    );
    const oldest = most.reduce((a, b) => (b.since < a.since ? b : a));
    dropped.push(...kept.splice(kept.indexOf(oldest), 1));
  }
  return { kept, dropped };
}

function mailsFrom(text: string | undefined): PostponedMail[] {
  try {
    return Kept.parse(JSON.parse(text ?? "[]"));
  } catch {
    // written by another version: nothing that this one can send
    return [];
  }
}

/** A mail that failed at that moment, for another attempt. The pause is as long as it has failed, within bounds. */
export function nextTry(mail: Omit<PostponedMail, "next">, now: Date): PostponedMail {
  const failing = now.getTime() - Date.parse(mail.since);
  const pause = Math.min(Math.max(PAUSE_MIN_MILLISECONDS, failing), PAUSE_MAX_MILLISECONDS);
  return { ...mail, next: new Date(now.getTime() + pause).toISOString() };
}

/** Whether its mailbox has failed for so long that it is given up. */
export const isTooOld = ({ since }: PostponedMail, now: Date): boolean =>
  now.getTime() - Date.parse(since) >= GIVE_UP_MILLISECONDS;
