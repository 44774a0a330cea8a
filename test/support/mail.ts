/** Mails for the tests: one of each kind, and a mailer's fixed clock and sender. */
import { join } from "node:path";
import type { ShareId, UserId } from "../../src/domain/ids.ts";
import type { Language } from "../../src/domain/language.ts";
import {
  COOPERATION_DATES,
  COOPERATION_NEWS,
  type CooperationDate,
  type NewsLine,
  SHARE_NEWS,
  type ShareNews,
} from "../../src/domain/news-line.ts";
import { invitationMail, noticeMail } from "../../src/mail/letters.ts";
import { type NewsPart, newsMail, suspensionMail, webhookMail } from "../../src/mail/news-mail.ts";
import type { Mail } from "../../src/ports.ts";
import { ownFolder } from "./own-folder.ts";

export const at = new Date("2026-12-01T08:30:00Z");
export const clock = () => at;
export const from = "Concordat <concordat@sunfield.example>";
export const link = "https://app.example/join#token=01JD8ZT4Q5K3M9W2X7Y6V0B1CD.1.abc";
export const page = "https://app.example/grid/cooperations/01JD8ZT4Q5K3M9W2X7Y6V0B1CD?from=mail&tab=shares";

const offer = {
  id: "cooperation:01JD8ZT4Q5K3M9W2X7Y6V0B1CD/2026-12-01T08:30:00Z",
  to: "ida@grid.example",
  initiator: "Müller & Söhne Solar",
  shares: [
    { type: "plant", name: "Nordhang", role: "technical_manager" },
    { type: "portfolio", name: "Süd", role: "viewer", expiresAt: "2027-03-31T21:59:00Z" },
    { type: "plant", name: "7", role: "asset_manager" },
  ],
  expiresAt: "2027-06-30T22:00:00Z",
  reviewBy: "2027-02-28T22:59:00Z",
  again: false,
} as const;
export const invitation = { ...offer, link, linkDays: 14 } as const;
export const notice = { ...offer, partner: "Netz Übersee", name: "Ida Groß", link: page } as const;

/** Without all that a mail may lack, and sent before. */
const bare = { shares: [], expiresAt: undefined, reviewBy: undefined, again: true } as const;

const nordhang = "01JD8ZT4Q5K3M9W2X7Y6V0B1CE" as ShareId;
const tom = "tom" as UserId;
const names: NewsPart["names"] = {
  initiator: "Müller & Söhne Solar",
  partner: "Netz Übersee",
  other: "Müller & Söhne Solar",
  shares: new Map([[nordhang, { type: "plant", name: "Nordhang" }]]),
  people: new Map([[tom, "Tom Groß"]]),
};
const ofNordhang = { share: nordhang, role: "technical_manager", until: "2027-03-31T21:59:00Z", user: tom } as const;
const nameAlone = { share: nordhang, user: tom, at: "2027-01-31T23:00:00Z" };
const OF_NAME_ALONE: readonly ShareNews[] = [
  "unshared",
  "share_starts",
  "steps_down",
  "share_expired",
  "revoked",
  "access_expired",
  "delegation_expired",
];
const dates = Object.keys(COOPERATION_DATES) as CooperationDate[];
/** Every line that there is. */
const everyLine: NewsLine[] = [
  ...COOPERATION_NEWS.map((kind) => ({ kind })),
  ...dates.flatMap((kind) => [
    { kind, date: "2027-06-30T22:00:00Z" },
    { kind, date: undefined },
  ]),
  ...SHARE_NEWS.map((kind) => ({ kind, of: OF_NAME_ALONE.includes(kind) ? nameAlone : ofNordhang })),
];
const news = {
  id: "news/cooperation:01JD8ZT4Q5K3M9W2X7Y6V0B1CD/7",
  to: "ida@grid.example",
  name: "Ida Groß",
  organization: "Netz Übersee",
  isDelegate: false,
  link: page,
  parts: [{ names, lines: everyLine, others: 0 }],
};
const ending: NewsLine = { kind: "delegation_ends", of: ofNordhang };
const toDelegate = { ...news, isDelegate: true, link: undefined };
const delegated: NewsLine = { kind: "delegated", of: ofNordhang };
const daily = [
  { names, lines: [{ kind: "resumed" } as const], others: 3 },
  { names: { ...names, other: "Solarpark Ost" }, lines: [{ kind: "paused" } as const], others: 0 },
];

/** One mail of each kind, as the golden files hold them. */
export const mailsIn = (language: Language): Record<string, Mail> => ({
  invitation: invitationMail(language, invitation),
  "invitation-again": invitationMail(language, { ...invitation, ...bare, linkDays: 1 }),
  notice: noticeMail(language, notice),
  "notice-again": noticeMail(language, { ...notice, ...bare, name: undefined, link: undefined }),
  news: newsMail(language, news),
  "news-ending": newsMail(language, { ...news, parts: [{ names, lines: [ending], others: 0 }] }),
  "news-delegate": newsMail(language, { ...toDelegate, parts: [{ names, lines: [delegated], others: 0 }] }),
  "person-suspended": suspensionMail(language, { ...news, person: "Tom Löwe" }),
  "webhook-disabled": webhookMail(language, { ...news, endpoint: "erp" }),
  "news-daily": newsMail(language, { ...news, name: undefined, link: undefined, parts: daily }),
});

/** A mail about nothing. */
export const someMail = (to: string, subject = "s"): Mail => ({
  to,
  id: "a/1",
  subject,
  language: "en",
  text: "t",
  html: "<p>t</p>",
});

/** The path of a folder for mails that does not exist yet. */
export const newFolder = () => join(ownFolder(), "mail");
