/** The sentences of the mails in each language: all text that a recipient reads. */
import type { ResourceType } from "../domain/ids.ts";
import type { Language } from "../domain/language.ts";
import type { SharedRole } from "../domain/roles.ts";

/** The texts that each language provides. Names are cleaned, dates formatted by `date`. */
export type Wording = {
  locale: string;
  hello: (name: string | undefined) => string;
  date: (day: string, time: string) => string;
  resource: Record<ResourceType, string>;
  role: Record<SharedRole, string>;
  share: (resource: string, name: string, role: string, until: string | undefined) => string;
  offer: string;
  noOffer: string;
  ends: (until: string) => string;
  invitation: { subject: (initiator: string) => string; opening: (initiator: string) => string };
  link: { ask: string; life: (days: number) => string };
  notice: {
    subject: (initiator: string) => string;
    opening: (initiator: string, partner: string) => string;
    closing: (partner: string) => string;
  };
};

export const WORDING: Record<Language, Wording> = {
  en: {
    locale: "en-GB",
    hello: (name) => (name === undefined ? "Hello," : `Hello ${name},`),
    date: (day, time) => `${day}, ${time} UTC`,
    resource: { plant: "Plant", portfolio: "Portfolio" },
    role: { viewer: "Viewer", technical_manager: "Technical Manager", asset_manager: "Asset Manager" },
    share: (resource, name, role, until) =>
      `- ${resource} “${name}”, role: ${role}${until === undefined ? "" : `, until ${until}`}`,
    offer: "This would be shared with you:",
    noOffer: "Nothing is shared yet; plants and portfolios can be added at any time.",
    ends: (until) => `The cooperation ends on ${until}.`,
    invitation: {
      subject: (initiator) => `${initiator} invites you to a cooperation`,
      opening: (initiator) =>
        `${initiator} would like to work with you and invites your organization to a cooperation.`,
    },
    link: {
      ask: "To see the invitation and accept it, please open this link:",
      life: (days) =>
        `The link works for ${days === 1 ? "1 day" : `${days} days`}. Please keep it to yourself: whoever has it can accept the invitation. If you did not expect this mail, just ignore it, and nothing will happen.`,
    },
    notice: {
      subject: (initiator) => `${initiator} proposes a cooperation`,
      opening: (initiator, partner) => `${initiator} proposes a cooperation with ${partner}.`,
      closing: (partner) =>
        `The proposal waits for one admin of ${partner} to accept or decline it. You receive this mail because you are one; as soon as one of you has answered, there is nothing left to do.`,
    },
  },
  de: {
    locale: "de-DE",
    hello: (name) => (name === undefined ? "Guten Tag," : `Guten Tag ${name},`),
    date: (day, time) => `${day}, ${time} Uhr (UTC)`,
    resource: { plant: "Anlage", portfolio: "Portfolio" },
    role: { viewer: "Betrachter", technical_manager: "Technischer Manager", asset_manager: "Asset Manager" },
    share: (resource, name, role, until) =>
      `- ${resource} „${name}“, Rolle: ${role}${until === undefined ? "" : `, bis ${until}`}`,
    offer: "Folgendes soll für Sie freigegeben werden:",
    noOffer: "Bisher ist nichts freigegeben; Anlagen und Portfolios können jederzeit hinzukommen.",
    ends: (until) => `Die Kooperation endet am ${until}.`,
    invitation: {
      subject: (initiator) => `${initiator} lädt Sie zu einer Kooperation ein`,
      opening: (initiator) =>
        `${initiator} möchte mit Ihnen zusammenarbeiten und lädt Ihre Organisation zu einer Kooperation ein.`,
    },
    link: {
      ask: "Um die Einladung anzusehen und anzunehmen, öffnen Sie bitte diesen Link:",
      life: (days) =>
        `Der Link ist ${days === 1 ? "1 Tag" : `${days} Tage`} lang gültig. Bitte behandeln Sie ihn vertraulich: Wer ihn hat, kann die Einladung annehmen. Falls Sie diese E-Mail nicht erwartet haben, ignorieren Sie sie einfach; dann geschieht nichts.`,
    },
    notice: {
      subject: (initiator) => `${initiator} schlägt eine Kooperation vor`,
      opening: (initiator, partner) => `${initiator} schlägt eine Kooperation mit ${partner} vor.`,
      closing: (partner) =>
        `Der Vorschlag wartet darauf, dass eine Administratorin oder ein Administrator von ${partner} ihn annimmt oder ablehnt. Sie erhalten diese E-Mail, weil Sie dazu gehören; sobald jemand von Ihnen geantwortet hat, ist nichts weiter zu tun.`,
    },
  },
};
