/**
 * The mail about what happened in cooperations, as a pure function of its facts: a line for each change, in the order in
 * which they happened, and at most one link. It names organizations, resources and the reader's own people, and no actor.
 */
import type { ResourceType, ShareId, UserId } from "../domain/ids.ts";
import type { Language } from "../domain/language.ts";
import type { NewsLine, NewsOfShare } from "../domain/news-line.ts";
import type { Mail } from "../ports.ts";
import { type Block, composeMail } from "./compose.ts";
import { WORDING } from "./languages.ts";
import { paragraph, shareLine, wordedDate } from "./letters.ts";
import { plainName } from "./plain-name.ts";
import type { Wording } from "./wording.ts";

/** What lines of a cooperation name: organizations by name, `other` is the reader's counterpart; resources and people by name, or id where they have none. */
export type NewsNames = {
  initiator: string;
  partner: string;
  other: string;
  shares: ReadonlyMap<ShareId, { type: ResourceType; name: string }>;
  people: ReadonlyMap<UserId, string>;
};

/** The news of one cooperation, oldest first. `others`: how many more there were before these. */
export type NewsPart = { names: NewsNames; lines: readonly NewsLine[]; others: number };

/** `organization`: the reader's. `isDelegate`: they are no admin of it. `name`: the reader's, where it is known. */
export type NewsFacts = Pick<Mail, "to" | "id" | "unsubscribe"> & {
  parts: readonly NewsPart[];
  organization: string;
  isDelegate: boolean;
  name?: string | undefined;
  link?: string | undefined;
};

/** The changes of one cooperation that a mail names; those before them are counted. */
export const LINES_SHOWN_MAX = 50;

/** What is near its end, and can be extended. */
const ENDING: readonly NewsLine["kind"][] = ["share_ends", "access_ends", "delegation_ends"];
const isNearItsEnd = (line: NewsLine) => ENDING.includes(line.kind) || ("isNear" in line && line.isNear === true);

/** The mail to one person about one or several cooperations. */
export function newsMail(language: Language, facts: NewsFacts): Mail {
  const wording = WORDING[language];
  const { news } = wording;
  const { parts, name, link } = facts;
  const organization = plainName(facts.organization);
  const [first] = parts;
  const isOne = parts.length === 1 && first !== undefined;
  const ends = parts.some(({ lines }) => lines.some(isNearItsEnd));
  return composeMail({
    ...facts,
    language,
    subject: isOne ? news.subject(plainName(first.names.other)) : news.subjectOfSeveral,
    blocks: [
      paragraph(wording.hello(name === undefined ? undefined : plainName(name))),
      ...parts.map((part) => partBlock(wording, part)),
      ...(link === undefined
        ? []
        : [{ kind: "link", label: ends ? news.linkToExtend : news.link, url: link } as const]),
      { kind: "note", text: facts.isDelegate ? news.closingToDelegate(organization) : news.closing(organization) },
    ],
  });
}

/** `organization`: the one whose admin reads it. */
export type OrganizationFacts = Pick<Mail, "to" | "id" | "unsubscribe"> & {
  organization: string;
  name?: string | undefined;
};

/** The mail to one admin of an organization: an endpoint gets no more events. */
export function webhookMail(language: Language, facts: OrganizationFacts & { endpoint: string }): Mail {
  return organizationMail(language, facts, WORDING[language].news.webhook, facts.endpoint);
}

/** The same: a person is suspended. */
export function suspensionMail(language: Language, facts: OrganizationFacts & { person: string }): Mail {
  return organizationMail(language, facts, WORDING[language].news.suspension, facts.person);
}

function organizationMail(
  language: Language,
  facts: OrganizationFacts,
  { subject, body }: Wording["news"]["webhook"],
  of: string,
): Mail {
  const wording = WORDING[language];
  const [named, organization] = [plainName(of), plainName(facts.organization)];
  return composeMail({
    ...facts,
    language,
    subject: subject(named),
    blocks: [
      paragraph(wording.hello(facts.name === undefined ? undefined : plainName(facts.name))),
      paragraph(body(named, organization)),
      { kind: "note", text: wording.news.closing(organization) },
    ],
  });
}

function partBlock(wording: Wording, { names, lines, others }: NewsPart): Block {
  const shown = lines.slice(-LINES_SHOWN_MAX);
  const more = others + lines.length - shown.length;
  const items = shown.map((line) => lineText(wording, names, line));
  return {
    kind: "list",
    heading: wording.news.heading(plainName(names.other)),
    items: more === 0 ? items : [...items, wording.more(more)],
  };
}

function lineText(wording: Wording, names: NewsNames, line: NewsLine): string {
  const { news } = wording;
  if ("of" in line) {
    const person = line.of.user === undefined ? "" : (names.people.get(line.of.user) ?? line.of.user);
    const at = line.of.at === undefined ? "" : wordedDate(wording, line.of.at);
    return news.share[line.kind](shareText(wording, names, line.of), plainName(person), at);
  }
  if (!("date" in line)) return news.cooperation[line.kind](plainName(names.initiator), plainName(names.partner));
  return line.date === undefined ? news.undated[line.kind] : news.dated[line.kind](wordedDate(wording, line.date));
}

function shareText(wording: Wording, names: NewsNames, { share, role, until }: NewsOfShare): string {
  const { type = "plant", name = share } = names.shares.get(share) ?? {};
  return role === undefined
    ? wording.named(wording.resource[type], plainName(name))
    : shareLine(wording, { type, name, role, expiresAt: until });
}
