/** Tries postponed mails again when they are due. They are made anew: by then a reader may have another address, or none. */
import { setTimeout as sleep } from "node:timers/promises";
import { Semaphore } from "async-mutex";
import { errorFacts } from "../domain/error-facts.ts";
import { StoreDamaged } from "../faults.ts";
import { lettersOf } from "./compose-news.ts";
import { handOver, type SendDeps } from "./hand-over.ts";
import { isTooOld, nextTry, type PostponedMail, type PostponedMails } from "./postponed.ts";

const MAILS_AT_ONCE = 5;
/** How often it is looked whether one is due. */
const LOOK_EVERY_MILLISECONDS = 60_000;

export type ResendDeps = SendDeps & {
  mails: PostponedMails;
  leads: () => Promise<boolean>;
  lookEveryMilliseconds?: number;
};

/** Sends what is due, while this process is the one that delivers, until the signal aborts. Never throws. */
export async function resendPostponed(deps: ResendDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const pause = deps.lookEveryMilliseconds ?? LOOK_EVERY_MILLISECONDS;
    await sleep(pause, undefined, { signal }).catch(() => {});
    try {
      if (signal.aborted || !(await deps.leads())) continue;
      const now = deps.clock().toISOString();
      const due = (await deps.mails.all()).filter(({ next }) => next <= now);
      const places = new Semaphore(MAILS_AT_ONCE);
      await Promise.all(due.map((one) => places.runExclusive(() => sendAgain(deps, one, signal))));
    } catch (error) {
      deps.warn("mail_failed", errorFacts(error));
    }
  }
}

/** Never throws: one that fails leaves the others alone. */
async function sendAgain(deps: ResendDeps, one: PostponedMail, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { mails, clock, store, warn } = deps;
  try {
    const [letter] = await lettersOf({ ...deps, reads: store }, one, one.user);
    const failure = letter && (await handOver(deps, letter));
    if (failure === undefined) return await mails.drop(one);
    // while the server takes no mail nothing is known of the mailbox
    const isGivenUp = failure.by === "address" || (failure.by === "mail" && isTooOld(one, clock()));
    warn("mail_failed", { history: one.history, given_up: isGivenUp, ...errorFacts(failure.error) });
    if (isGivenUp) await mails.drop(one);
    else await mails.put(nextTry(one, clock()));
  } catch (error) {
    warn("mail_failed", { history: one.history, ...errorFacts(error) });
    // a history that cannot be read may be repaired; what the engine does not answer is tried at the next look
    if (error instanceof StoreDamaged)
      await (isTooOld(one, clock()) ? mails.drop(one) : mails.put(nextTry(one, clock()))).catch(() => {});
  }
}
