/**
 * The mails that belong to a cooperation: the invitation with its token, or the notice to every admin of a known
 * organization. They are sent once the Write is committed, each by itself: one that cannot be sent delays no other
 * and changes nothing, and "resend" sends all of them again. No reply waits for them longer than a second.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Semaphore } from "async-mutex";
import { issueToken } from "../domain/cooperation/invitation-token.ts";
import { endsUnreviewed } from "../domain/cooperation-end.ts";
import { errorFacts } from "../domain/error-facts.ts";
import { type OrganizationId, splitRef, type UserId } from "../domain/ids.ts";
import { type Language, LanguageInput } from "../domain/language.ts";
import { type Cooperation, isSide } from "../domain/records.ts";
import { shareAt } from "../domain/share-dates.ts";
import { MailFailed } from "../faults.ts";
import { invitationLink, invitationMail, noticeMail, type OfferedShare, pageLink } from "../mail/letters.ts";
import type { Mail } from "../ports.ts";
import { organizationName } from "../queries/views/cooperations.ts";
import { actingAdminsOf } from "../store/acting.ts";
import { markAddress } from "../store/address-marks.ts";
import { inTurns, organizationHead, personHead, resourceHead, sharesOf } from "../store/snapshot.ts";
import type { ActionDeps, Receipt } from "./run/action.ts";

/**
 * The state of an action's mails: all, some or none of them were sent; `none` where nobody has an address, `sending`
 * where it is not known yet.
 */
export const MAIL_STATES = ["sent", "partly", "failed", "none", "sending"] as const;
export type MailState = (typeof MAIL_STATES)[number];

/** How long a reply waits for its mails. */
const WAIT_MILLISECONDS = 1000;
/** How many mails of one action are sent at the same time. */
const MAILS_AT_ONCE = 5;

/** What is known within a second of the mails that an action sends in the background. */
export async function mailState(
  { mailWaitMilliseconds = WAIT_MILLISECONDS }: Pick<ActionDeps, "mailWaitMilliseconds">,
  { outcome, after }: Receipt<unknown, MailState>,
): Promise<MailState> {
  if (outcome !== "done") return "none";
  const waited = new AbortController();
  const late = sleep(mailWaitMilliseconds, "sending" as const, { signal: waited.signal, ref: false });
  // where the mails were faster, nobody waits for the timer
  late.catch(() => {});
  return Promise.race(after === undefined ? [late] : [after, late]).finally(() => waited.abort());
}

/** Sends the mails that a cooperation's state asks for now, and warns of each that could not be sent. Never throws. */
export async function sendLetters(deps: ActionDeps, cooperation: Cooperation): Promise<MailState> {
  const failed = (error: unknown) => deps.warn("mail_failed", { cooperation: cooperation.id, ...errorFacts(error) });
  try {
    const letters =
      cooperation.partner === undefined
        ? await invitation(deps, cooperation)
        : await notices(deps, cooperation, cooperation.partner);
    const places = new Semaphore(MAILS_AT_ONCE);
    const send = async ({ make, user, isMarked }: Letter): Promise<"sent" | "failed" | "none"> => {
      let address = "";
      const mark = (isRefused: boolean) =>
        user && markAddress(deps.tupleStore, { user, address, isRefused }, deps.clock).catch(failed);
      try {
        const mail = make();
        if (mail === undefined) return "none";
        address = mail.to;
        await deps.mailer.send(mail);
        if (isMarked) await mark(false);
        return "sent";
      } catch (error) {
        failed(error);
        if (error instanceof MailFailed && error.by === "address") await mark(true);
        return "failed";
      }
    };
    const states = await Promise.all(letters.map((letter) => places.runExclusive(() => send(letter))));
    const isSent = states.includes("sent");
    return states.includes("failed") ? (isSent ? "partly" : "failed") : isSent ? "sent" : "none";
  } catch (error) {
    // not even one of them could be made
    failed(error);
    return "failed";
  }
}

/**
 * `make` gives the mail to one recipient; undefined where they have no address. It throws where their record cannot be
 * read. `user`: who that is, where it is known; `isMarked`: a server refused their address before.
 */
type Letter = { make: () => Mail | undefined; user?: UserId; isMarked?: boolean };

async function invitation(deps: ActionDeps, cooperation: Cooperation): Promise<Letter[]> {
  const { email, id, invitation: n } = cooperation;
  if (email === undefined) return [];
  const token = issueToken(deps.invitation.secret, id, n);
  const facts = {
    ...(await offerOf(deps, cooperation)),
    to: email,
    link: invitationLink(deps.invitation.url, token),
    linkDays: deps.invitation.ttlDays,
  };
  return [{ make: () => invitationMail(languageOf(cooperation.language), facts) }];
}

async function notices(deps: ActionDeps, cooperation: Cooperation, partner: OrganizationId): Promise<Letter[]> {
  const { tupleStore } = deps;
  const { value: organization } = await organizationHead(tupleStore, partner);
  // the organization it was offered to no longer exists, and the one that has its id now must not learn of it
  if (organization === undefined || !isSide(cooperation, "partner", organization)) return [];
  const admins = await actingAdminsOf(tupleStore, partner);
  // one record that cannot be read keeps the notice from nobody else
  const people = await inTurns(admins, async (user) => {
    const [head] = await Promise.allSettled([personHead(tupleStore, user)]);
    return { user, head };
  });
  const offer = await offerOf(deps, cooperation);
  const link = deps.appUrl && pageLink(deps.appUrl, { organization: partner, cooperation: cooperation.id });
  return people.map(({ user, head }) => {
    const make = () => {
      if (head.status === "rejected") throw head.reason;
      const { email: to, language = cooperation.language, name } = head.value.value ?? {};
      return to === undefined
        ? undefined
        : noticeMail(languageOf(language), { ...offer, to, partner: organization.name, name, link });
    };
    return { make, user, isMarked: head.status === "fulfilled" && head.value.value?.mail_refused_at !== undefined };
  });
}

async function offerOf(deps: ActionDeps, cooperation: Cooperation) {
  const { tupleStore } = deps;
  const initiator = await organizationName(tupleStore, cooperation.initiator);
  const found = await sharesOf(tupleStore, cooperation.id);
  const shares = await inTurns(found, async ({ share }): Promise<OfferedShare> => {
    const [type, id] = splitRef(share.resource) as ["plant" | "portfolio", string];
    const name = (await resourceHead(tupleStore, share.resource)).value?.name ?? id;
    return { type, name, role: shareAt(share, deps.clock()).role, expiresAt: share.expires_at };
  });
  const { id, sent_at = "", created_at, expires_at: expiresAt } = cooperation;
  // behind its expiry there is nothing to review
  const reviewBy = endsUnreviewed(cooperation) ? cooperation.review_by : undefined;
  // each time it is sent has its own instant: a resend is refused within a minute
  return { id: `cooperation:${id}/${sent_at}`, initiator, shares, expiresAt, reviewBy, again: sent_at > created_at };
}

function languageOf(language: string | undefined): Language {
  const known = LanguageInput.safeParse(language);
  return known.success ? known.data : "en";
}
