/** The mails in German. */
import type { Wording } from "../wording.ts";

export const de: Wording = {
  locale: "de-DE",
  hello: (name) => (name === undefined ? "Guten Tag," : `Guten Tag ${name},`),
  date: (day, time) => `${day}, ${time} Uhr (UTC)`,
  resource: { plant: "Anlage", portfolio: "Portfolio" },
  role: { viewer: "Betrachter", technical_manager: "Technischer Manager", asset_manager: "Asset Manager" },
  named: (resource, name) => `${resource} „${name}“`,
  share: (named, role, until) => `${named}, Rolle: ${role}${until === undefined ? "" : `, bis ${until}`}`,
  more: (others) => `und ${others} weitere`,
  offer: "Folgendes soll für Sie freigegeben werden:",
  noOffer: "Bisher ist nichts freigegeben; Anlagen und Portfolios können jederzeit hinzukommen.",
  ends: (until) => `Die Kooperation endet am ${until}.`,
  invitation: {
    subject: (initiator) => `${initiator} lädt Sie zu einer Kooperation ein`,
    opening: (initiator) =>
      `${initiator} möchte mit Ihnen zusammenarbeiten und lädt Ihre Organisation zu einer Kooperation ein.`,
    again: "Diese E-Mail ersetzt die frühere Einladung: Nur der folgende Link ist gültig.",
    steps:
      "Der Link führt Sie durch alle Schritte: Melden Sie sich an oder registrieren Sie sich, legen Sie Ihre Organisation an, falls es sie noch nicht gibt, und treten Sie der Kooperation bei.",
    link: "Einladung ansehen",
    life: (days) =>
      `Der Link ist ${days === 1 ? "1 Tag" : `${days} Tage`} lang gültig. Bitte behandeln Sie ihn vertraulich: Wer ihn hat, kann die Einladung annehmen. Falls Sie diese E-Mail nicht erwartet haben, ignorieren Sie sie einfach; dann geschieht nichts.`,
  },
  notice: {
    subject: (initiator) => `${initiator} schlägt eine Kooperation vor`,
    opening: (initiator, partner) => `${initiator} schlägt eine Kooperation mit ${partner} vor.`,
    again: "Dies ist eine Erinnerung: Der Vorschlag wartet noch auf eine Antwort.",
    link: "Vorschlag ansehen",
    closing: (partner) =>
      `Der Vorschlag wartet darauf, dass eine Administratorin oder ein Administrator von ${partner} ihn annimmt oder ablehnt. Sie erhalten diese E-Mail, weil Sie dazugehören; sobald jemand von Ihnen geantwortet hat, ist nichts weiter zu tun.`,
  },
};
