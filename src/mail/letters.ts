/**
 * The mails of an invitation, as pure functions of their facts: short, in the reader's language, with at most one link.
 */
import type { Instant } from "../domain/expiry.ts";
import type { ResourceType } from "../domain/ids.ts";
import type { Language } from "../domain/language.ts";
import type { SharedRole } from "../domain/roles.ts";
import type { Mail } from "../ports.ts";
import { type Block, composeMail } from "./compose.ts";
import { WORDING } from "./languages.ts";
import { plainName } from "./plain-name.ts";
import type { Wording } from "./wording.ts";

/** A share on offer. `name` is the resource's name, or its id where it has none. */
export type OfferedShare = { type: ResourceType; name: string; role: SharedRole; expiresAt?: Instant | undefined };

/** The facts of both mails: who offers what, until when and unless it is reviewed by when, and whether it was sent before. Organizations by name. */
type Offer = Pick<Mail, "to" | "id"> & {
  initiator: string;
  shares: readonly OfferedShare[];
  expiresAt?: Instant | undefined;
  reviewBy?: Instant | undefined;
  again: boolean;
};

/** The invitation's own: where to accept, and how long the link lives. */
export type InvitationFacts = Offer & { link: string; linkDays: number };

/** The notice's own: the organization that is asked, its admin's name where one is known, and the page to answer on if there is one. */
export type NoticeFacts = Offer & { partner: string; name?: string | undefined; link?: string | undefined };

/** The mail to an address that no known organization has: who invites, to what, until when, and the link. */
export function invitationMail(language: Language, facts: InvitationFacts): Mail {
  const wording = WORDING[language];
  const { subject, opening, again, steps, link, life } = wording.invitation;
  const initiator = plainName(facts.initiator);
  return composeMail({
    ...facts,
    language,
    subject: subject(initiator),
    blocks: [
      paragraph(wording.hello(undefined)),
      paragraph(opening(initiator)),
      ...(facts.again ? [paragraph(again)] : []),
      ...offer(wording, facts),
      paragraph(steps),
      { kind: "link", label: link, url: facts.link },
      { kind: "note", text: life(facts.linkDays) },
    ],
  });
}

/** The mail to one admin of a known organization: a proposal waits for one of them. */
export function noticeMail(language: Language, facts: NoticeFacts): Mail {
  const wording = WORDING[language];
  const { subject, opening, again, link, closing } = wording.notice;
  const initiator = plainName(facts.initiator);
  const partner = plainName(facts.partner);
  return composeMail({
    ...facts,
    language,
    subject: subject(initiator),
    blocks: [
      paragraph(wording.hello(facts.name === undefined ? undefined : plainName(facts.name))),
      paragraph(opening(initiator, partner)),
      ...(facts.again ? [paragraph(again)] : []),
      ...offer(wording, facts),
      ...(facts.link === undefined ? [] : [{ kind: "link", label: link, url: facts.link } as const]),
      { kind: "note", text: closing(partner) },
    ],
  });
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

/** The page of a cooperation: APP_URL with the ids of the reader's organization and of the cooperation in their places. */
export function pageLink(appUrl: string, ids: Readonly<Record<"organization" | "cooperation", string>>): string {
  const filled = appUrl.replace(/\{(organization|cooperation)\}/g, (_, name: keyof typeof ids) =>
    encodeURIComponent(ids[name]),
  );
  return new URL(filled).href;
}

export const paragraph = (text: string): Block => ({ kind: "paragraph", text });

/** The shares that a mail names; the others are counted. */
const SHARES_SHOWN_MAX = 50;

function offer(wording: Wording, { shares, expiresAt, reviewBy }: Offer): Block[] {
  const shown = shares.slice(0, SHARES_SHOWN_MAX).map((share) => shareLine(wording, share));
  const others = shares.length - shown.length;
  const items = others === 0 ? shown : [...shown, wording.more(others)];
  return [
    items.length === 0 ? paragraph(wording.noOffer) : { kind: "list", heading: wording.offer, items },
    ...(expiresAt === undefined ? [] : [paragraph(wording.ends(wordedDate(wording, expiresAt)))]),
    ...(reviewBy === undefined ? [] : [paragraph(wording.news.dated.reviews(wordedDate(wording, reviewBy)))]),
  ];
}

/** A share in a list: the resource by name, its role, and its date if it has one. */
export function shareLine(wording: Wording, { type, name, role, expiresAt }: OfferedShare): string {
  const named = wording.named(wording.resource[type], plainName(name));
  return wording.share(named, wording.role[role], expiresAt && wordedDate(wording, expiresAt));
}

/** In UTC and by the minute: the reader's time zone is unknown. */
export function wordedDate(wording: Wording, at: Instant): string {
  const day = new Intl.DateTimeFormat(wording.locale, { dateStyle: "long", timeZone: "UTC" }).format(new Date(at));
  return wording.date(day, at.slice(11, 16));
}
