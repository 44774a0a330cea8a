/**
 * The mails to an organization's admins about an endpoint of theirs that gets no more events, and about one of its people
 * who is suspended. They may need to do something about it, so whoever wants any mails gets this one at once.
 */
import type { VisibleEntry } from "../domain/history.ts";
import { idOfType, type UserId } from "../domain/ids.ts";
import type { Language } from "../domain/language.ts";
import type { Person } from "../domain/person-record.ts";
import { alive, incarnationOf } from "../domain/records.ts";
import { type OrganizationFacts, suspensionMail, webhookMail } from "../mail/news-mail.ts";
import type { Clock, Mail, Reads } from "../ports.ts";
import { historyOf } from "../store/history.ts";
import { adminsOf } from "../store/people.ts";
import { organizationHead, personHead } from "../store/snapshot.ts";
import { languageOf, type NewsLetter } from "./letter.ts";
import { isRecent } from "./recent.ts";
import type { NewsWindow } from "./windows.ts";

/** What makes each of them; undefined for who has no address or wants none. Nobody gets one about what is no news any more. */
export async function organizationLetters(
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
  const { object, actor } = entry;
  const mailOf = await subjectOf(reads, entry);
  // not who did it, and not who is suspended
  const admins = (await adminsOf(reads, id)).filter((user) => ![actor, object].includes(`user:${user}`));
  return admins.map((user) => ({
    user,
    make: async () => {
      const { email: to, mails, language, name, mail_refused_at }: Person = (await personHead(reads, user)).value ?? {};
      if (to === undefined || mails === "none") return undefined;
      const unsubscribe = preferencesUrl && new URL(preferencesUrl).href;
      const facts = { to, id: `news/${history}/${from}`, unsubscribe, name, organization: organization.name };
      const mail = mailOf(languageOf(language), facts);
      return { user, organization: id, mail, isMarked: mail_refused_at !== undefined };
    },
  }));
}

/** How the mail about an entry is worded. */
async function subjectOf(
  reads: Reads,
  { action, object, after = {} }: VisibleEntry,
): Promise<(language: Language, facts: OrganizationFacts) => Mail> {
  if (action !== "suspend_person") {
    const endpoint = typeof after.name === "string" ? after.name : "";
    return (language, facts) => webhookMail(language, { ...facts, endpoint });
  }
  const user = idOfType("user", object);
  const person = (await personHead(reads, user)).value?.name ?? user;
  return (language, facts) => suspensionMail(language, { ...facts, person });
}
