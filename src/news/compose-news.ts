/**
 * The mails about a window, one for each of its readers who has an address and wants mails at once, in their own language.
 * The same window gives mails with the same ids, whenever and however often they are made.
 */
import { lastDigestAt } from "../domain/digest-times.ts";
import { errorFacts } from "../domain/error-facts.ts";
import type { UserId } from "../domain/ids.ts";
import type { Person } from "../domain/person-record.ts";
import { StoreDamaged } from "../faults.ts";
import { pageLink } from "../mail/letters.ts";
import { newsMail } from "../mail/news-mail.ts";
import type { Clock, Reads } from "../ports.ts";
import { nameOfSide } from "../queries/views/cooperations.ts";
import { inTurns, personHead } from "../store/snapshot.ts";
import { languageOf, type NewsLetter } from "./letter.ts";
import { organizationLetters } from "./organization-letters.ts";
import { type ReadersNews, readersOf } from "./readers.ts";
import type { NewsWindow } from "./windows.ts";

/** `appUrl`: the page of a cooperation, and `preferencesUrl` the one where a person chooses their mails. */
export type ComposeDeps = {
  reads: Reads;
  clock: Clock;
  appUrl?: string | undefined;
  preferencesUrl?: string | undefined;
  warn: (event: string, facts: object) => void;
};

/**
 * The mails about a window, to everybody, or to one person for whom it was postponed. Throws EngineUnavailable, and
 * StoreDamaged for a history that cannot be read.
 */
export async function lettersOf(deps: ComposeDeps, window: NewsWindow, only?: UserId): Promise<NewsLetter[]> {
  const makers = window.history.startsWith("cooperation:")
    ? (await readersOf(deps.reads, window, deps.clock())).map((news) => ({
        user: news.user,
        make: () => letterTo(deps, news, only !== undefined),
      }))
    : await organizationLetters(deps, window);
  const wanted = makers.filter(({ user }) => only === undefined || user === only);
  const made = await inTurns(wanted, ({ make }) =>
    make().catch((error: unknown) => {
      // one record that cannot be read keeps the mail from nobody else; an engine that is away fails all of it
      if (!(error instanceof StoreDamaged)) throw error;
      deps.warn("mail_failed", { history: window.history, ...errorFacts(error) });
      return undefined;
    }),
  );
  return made.flatMap((letter) => letter ?? []);
}

async function letterTo(deps: ComposeDeps, news: ReadersNews, isPostponed: boolean): Promise<NewsLetter | undefined> {
  const person: Person = (await personHead(deps.reads, news.user)).value ?? {};
  if (person.mails === "none" || (person.mails === "daily" && !isPostponed && !isBeforeDigests(person, news)))
    return undefined;
  const { history, from } = news.window;
  return letterAbout(deps, person, [news], `news/${history}/${from}`);
}

/** Whether some of it is in no digest: it was recorded before the last one that there was when they chose digests. */
function isBeforeDigests({ daily_since }: Person, { since }: ReadersNews): boolean {
  return daily_since !== undefined && Date.parse(since) < lastDigestAt(new Date(daily_since)).getTime();
}

/** The mail about what one person reads of some windows; undefined where they have no address. */
export async function letterAbout(
  { reads, appUrl, preferencesUrl }: ComposeDeps,
  person: Person,
  parts: readonly ReadersNews[],
  id: string,
): Promise<NewsLetter | undefined> {
  // who is an admin anywhere is written to as one
  const first = parts.find((part) => !part.isDelegate) ?? parts[0];
  const { email, name, language, mail_refused_at } = person;
  if (email === undefined || first === undefined) return undefined;
  const { user, cooperation, organization } = first;
  const ids = { organization, cooperation: cooperation.id };
  const { isDelegate } = first;
  const side = organization === cooperation.initiator ? "initiator" : "partner";
  const mail = newsMail(languageOf(language ?? (side === "partner" ? cooperation.language : undefined)), {
    to: email,
    id,
    parts,
    organization: await nameOfSide(reads, cooperation, side),
    isDelegate,
    name,
    // one page has one cooperation, and only admins may read it
    link: isDelegate || parts.length > 1 ? undefined : appUrl && pageLink(appUrl, ids),
    // as a header has it
    unsubscribe: preferencesUrl && new URL(preferencesUrl).href,
  });
  return { user, organization, mail, isMarked: mail_refused_at !== undefined };
}
