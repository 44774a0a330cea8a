/** The mails in Dutch. */
import type { Wording } from "../wording.ts";

export const nl: Wording = {
  locale: "nl-NL",
  hello: (name) => (name === undefined ? "Goedendag," : `Beste ${name},`),
  date: (day, time) => `${day}, ${time} uur (UTC)`,
  resource: { plant: "Installatie", portfolio: "Portfolio" },
  role: { viewer: "Lezer", technical_manager: "Technisch manager", asset_manager: "Assetmanager" },
  named: (resource, name) => `${resource} “${name}”`,
  share: (named, role, until) => `${named}, rol: ${role}${until === undefined ? "" : `, tot ${until}`}`,
  more: (others) => `en nog ${others}`,
  offer: "Het volgende zou met uw organisatie worden gedeeld:",
  noOffer: "Er is nog niets gedeeld; installaties en portfolio’s kunnen op elk moment worden toegevoegd.",
  ends: (until) => `De samenwerking eindigt op ${until}.`,
  invitation: {
    subject: (initiator) => `${initiator} nodigt u uit voor een samenwerking`,
    opening: (initiator) => `${initiator} wil graag met u werken en nodigt uw organisatie uit voor een samenwerking.`,
    again: "Deze e-mail vervangt de eerdere uitnodiging: alleen de onderstaande link werkt.",
    steps:
      "De link leidt u stap voor stap: log in of registreer u, maak uw organisatie aan als die nog niet bestaat, en neem deel aan de samenwerking.",
    link: "Uitnodiging bekijken",
    life: (days) =>
      `De link is ${days === 1 ? "1 dag" : `${days} dagen`} geldig. Geef hem aan niemand: wie hem heeft, kan de uitnodiging accepteren. Als u deze e-mail niet verwachtte, kunt u hem negeren; er gebeurt dan niets.`,
  },
  notice: {
    subject: (initiator) => `${initiator} stelt een samenwerking voor`,
    opening: (initiator, partner) => `${initiator} stelt een samenwerking voor met ${partner}.`,
    again: "Dit is een herinnering: het voorstel wacht nog op een antwoord.",
    link: "Voorstel bekijken",
    closing: (partner) =>
      `Het voorstel wacht tot een beheerder van ${partner} het accepteert of afwijst. U ontvangt deze e-mail omdat u een van de beheerders bent; zodra iemand heeft geantwoord, hoeft u niets meer te doen.`,
  },
};
