/** Hands one mail about news over, and keeps what that says of its address. What is news is said here too. */
import { errorFacts } from "../domain/error-facts.ts";
import type { StoredEvent } from "../domain/events/cloud-event.ts";
import { NEWS_READERS, ORGANIZATION_NEWS } from "../domain/news.ts";
import { MailFailed, type MailFailure } from "../faults.ts";
import type { Mailer, TupleStore } from "../ports.ts";
import { markAddress } from "../store/address-marks.ts";
import type { ComposeDeps } from "./compose-news.ts";
import type { NewsLetter } from "./letter.ts";

/** What sending mails about news needs. */
export type SendDeps = Omit<ComposeDeps, "reads"> & {
  store: Pick<TupleStore, "read" | "write">;
  mailer: Pick<Mailer, "send">;
};

/** Whether an event may be news for somebody: of a cooperation, or for the admins of an organization. */
export const isNewsEvent = (event: StoredEvent): boolean =>
  isCooperationNews(event) ||
  (event.history.startsWith("organization:") && ORGANIZATION_NEWS.includes(event.entry.common.action));

export const isCooperationNews = ({ history, entry }: StoredEvent): boolean =>
  history.startsWith("cooperation:") && Object.hasOwn(NEWS_READERS, entry.common.action);

/** Sends a mail, and marks its address where the server refuses it for good. Gives why it failed, and never throws. */
export async function handOver(
  { mailer, store, clock, warn }: SendDeps,
  { user, mail, isMarked }: NewsLetter,
): Promise<{ by: MailFailure; error: unknown } | undefined> {
  const failure = await mailer.send(mail).then(
    () => undefined,
    (error: unknown) => ({ by: error instanceof MailFailed ? error.by : ("server" as const), error }),
  );
  const isRefused = failure?.by === "address";
  if (isRefused !== isMarked && (failure === undefined || isRefused))
    await markAddress(store, { user, address: mail.to, isRefused }, clock).catch((error) =>
      warn("mail_failed", errorFacts(error)),
    );
  return failure;
}
