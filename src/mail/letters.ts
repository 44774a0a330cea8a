/**
 * The mails, as pure functions of their facts: plain text, short, in the reader's language. Names are chosen by other
 * people, so each is shortened, put on one line, and loses all that could forge a header, a paragraph, a link or the
 * direction of the text.
 */
import type { Instant } from "../domain/expiry.ts";
import type { ResourceType } from "../domain/ids.ts";
import type { Language } from "../domain/language.ts";
import type { SharedRole } from "../domain/roles.ts";
import { shownName } from "../domain/text.ts";
import type { Mail } from "../ports.ts";
import { WORDING, type Wording } from "./wording.ts";

/** A share on offer. `name` is the resource's name, or its id where it has none. */
export type OfferedShare = { type: ResourceType; name: string; role: SharedRole; expiresAt?: Instant | undefined };

/** The facts of both mails: who offers what, and until when. Organizations by name. */
type Offer = { to: string; initiator: string; shares: readonly OfferedShare[]; expiresAt?: Instant | undefined };

/** The invitation's own: where to accept, and how long the link lives. */
export type InvitationFacts = Offer & { link: string; linkDays: number };

/** The notice's own: the organization that is asked, and its admin's name where one is known. */
export type NoticeFacts = Offer & { partner: string; name?: string | undefined };

/** The mail to an address that no known organization has: who invites, to what, until when, and the link. */
export function invitationMail(language: Language, facts: InvitationFacts): Mail {
  const wording = WORDING[language];
  const initiator = onlyName(facts.initiator);
  return {
    to: facts.to,
    subject: wording.invitation.subject(initiator),
    text: paragraphs(
      wording.hello(undefined),
      wording.invitation.opening(initiator),
      ...offer(wording, facts),
      wording.link.ask,
      facts.link,
      wording.link.life(facts.linkDays),
    ),
  };
}

/** The mail to one admin of a known organization: a proposal waits for one of them. */
export function noticeMail(language: Language, facts: NoticeFacts): Mail {
  const wording = WORDING[language];
  const initiator = onlyName(facts.initiator);
  const partner = onlyName(facts.partner);
  return {
    to: facts.to,
    subject: wording.notice.subject(initiator),
    text: paragraphs(
      wording.hello(facts.name === undefined ? undefined : onlyName(facts.name)),
      wording.notice.opening(initiator, partner),
      ...offer(wording, facts),
      wording.notice.closing(partner),
    ),
  };
}

/**
 * The link in an invitation: INVITATION_URL with the token in its fragment. A fragment is never sent
 * (RFC 3986 §3.5), nor part of a Referer (RFC 9110 §10.1.3), so no log of a server or proxy holds the token.
 * A page routed by its fragment (`https://host/#/join`) gets the token as a query within it.
 */
export function invitationLink(invitationUrl: string, token: string): string {
  const url = new URL(invitationUrl);
  const route = url.hash.slice(1);
  url.hash = route === "" ? `token=${token}` : `${route}${route.includes("?") ? "&" : "?"}token=${token}`;
  return url.href;
}

function offer(wording: Wording, facts: Offer): string[] {
  const shares = facts.shares.map(({ type, name, role, expiresAt }) =>
    wording.share(wording.resource[type], onlyName(name), wording.role[role], expiresAt && date(wording, expiresAt)),
  );
  return [
    shares.length === 0 ? wording.noOffer : [wording.offer, ...shares].join("\n"),
    ...(facts.expiresAt === undefined ? [] : [wording.ends(date(wording, facts.expiresAt))]),
  ];
}

/** In UTC and by the minute: the reader's time zone is unknown. */
function date(wording: Wording, at: Instant): string {
  const day = new Intl.DateTimeFormat(wording.locale, { dateStyle: "long", timeZone: "UTC" }).format(new Date(at));
  return wording.date(day, at.slice(11, 16));
}

/** The characters of a name in a mail, as a reader counts them. */
const NAME_CHARACTERS_MAX = 60;
const characters = new Intl.Segmenter(undefined, { granularity: "grapheme" });

// letters that show nothing
const BLANKS = /[\u115F\u1160\u3164\uFFA0]/gu;
// one letter may have so many marks that they cover the lines above and below
const MARKS = /(\p{M}{4})\p{M}+/gu;
const WRITTEN_TO_THE_LEFT =
  /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Samaritan}\p{Script=Mandaic}\p{Script=Adlam}\u{10800}-\u{10FFF}\u{1E800}-\u{1EFFF}]/u;

/**
 * A name that no mail program takes for anything else. Programs make links of what looks like an address or a page, so
 * a blank is inserted where these have none. A name that is written to the left is isolated from the rest of the text.
 */
function onlyName(name: string): string {
  const line = shownName(name).normalize("NFC").replace(BLANKS, "").replace(MARKS, "$1");
  const linkless = line
    // a dot within a word, the dots of other scripts too; numbers keep theirs
    .replace(/(?<=[^\s\d])[.。．｡](?=[^\s.])|(?<=\d)[.。．｡](?=[^\s.\d])/gu, "$& ")
    .replace(/(?<=\p{L}):(?=\S)/gu, ": ")
    .replace(/\s*[@＠]\s*/gu, " @ ")
    .replace(/[/\\]{2,}/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  const all = Array.from(characters.segment(linkless), ({ segment }) => segment);
  const cut = all.length > NAME_CHARACTERS_MAX ? `${all.slice(0, NAME_CHARACTERS_MAX - 1).join("")}…` : linkless;
  if (cut === "") return "…";
  return WRITTEN_TO_THE_LEFT.test(cut) ? `\u2068${cut}\u2069` : cut;
}

function paragraphs(...all: string[]): string {
  return `${all.join("\n\n")}\n`;
}
