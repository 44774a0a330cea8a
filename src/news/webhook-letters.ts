/**
 * The mails to an organization's admins about an endpoint of theirs that gets no more events. They need to do something
 * about it, so whoever wants any mails gets this one at once.
 */
import { idOfType, type UserId } from "../domain/ids.ts";
import type { Person } from "../domain/person-record.ts";
import { alive, incarnationOf } from "../domain/records.ts";
import { webhookMail } from "../mail/news-mail.ts";
import type { Clock, Reads } from "../ports.ts";
import { historyOf } from "../store/history.ts";
import { adminsOf } from "../store/people.ts";
import { organizationHead, personHead } from "../store/snapshot.ts";
import { languageOf, type NewsLetter } from "./letter.ts";
import { isRecent } from "./recent.ts";
import type { NewsWindow } from "./windows.ts";

/** What makes each of them; undefined for who has no address or wants none. Nobody gets one about what is no news any more. */
export async function webhookLetters(
  { reads, clock, preferencesUrl }: { reads: Reads; clock: Clock; preferencesUrl?: string | undefined },
  { history, from }: NewsWindow,
): Promise<{ user: UserId; make: () => Promise<NewsLetter | undefined> }[]> {
  const id = idOfType("organization", history);
  const organization = alive(await organizationHead(reads, id));
  // what was another organization's under the id is not news of this one (law 15)
  if (organization === undefined || from < incarnationOf(organization.incarnation)) return [];
  const { items } = await historyOf(reads, history, undefined, { before: from + 1, first: from, limit: 1 });
  const [entry] = items;
  if (entry === undefined || !isRecent(entry, clock())) return [];
  const { after = {}, actor } = entry;
  const endpoint = typeof after.name === "string" ? after.name : "";
  const admins = (await adminsOf(reads, id)).filter((user) => actor !== `user:${user}`);
  return admins.map((user) => ({
    user,
    make: async () => {
      const { email: to, mails, language, name, mail_refused_at }: Person = (await personHead(reads, user)).value ?? {};
      if (to === undefined || mails === "none") return undefined;
      const unsubscribe = preferencesUrl && new URL(preferencesUrl).href;
      const facts = { to, id: `news/${history}/${from}`, unsubscribe, name, organization: organization.name, endpoint };
      const mail = webhookMail(languageOf(language), facts);
      return { user, organization: id, mail, isMarked: mail_refused_at !== undefined };
    },
  }));
}
