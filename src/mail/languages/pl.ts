/** The mails in Polish. A name has the word for an organization before it where its case would change. */
import type { Wording } from "../wording.ts";

export const pl: Wording = {
  locale: "pl-PL",
  hello: (name) => (name === undefined ? "Dzień dobry," : `Dzień dobry, ${name},`),
  date: (day, time) => `${day}, ${time} UTC`,
  resource: { plant: "Instalacja", portfolio: "Portfel" },
  role: { viewer: "Obserwator", technical_manager: "Kierownik techniczny", asset_manager: "Zarządca aktywów" },
  named: (resource, name) => `${resource} „${name}”`,
  share: (named, role, until) => `${named}, rola: ${role}${until === undefined ? "" : `, do ${until}`}`,
  more: (others) => `oraz dalsze pozycje: ${others}`,
  offer: "Państwa organizacji zostałyby udostępnione:",
  noOffer: "Na razie nic nie jest udostępnione; instalacje i portfele można dodać w każdej chwili.",
  ends: (until) => `Współpraca kończy się ${until}.`,
  invitation: {
    subject: (initiator) => `${initiator} zaprasza do współpracy`,
    opening: (initiator) => `Organizacja ${initiator} zaprasza Państwa organizację do współpracy.`,
    again: "Ta wiadomość zastępuje wcześniejsze zaproszenie: działa tylko poniższy link.",
    steps:
      "Link prowadzi krok po kroku: proszę się zalogować lub zarejestrować, utworzyć organizację, jeśli jeszcze nie istnieje, i dołączyć do współpracy.",
    link: "Zobacz zaproszenie",
    life: (days) =>
      `Link jest ważny ${days === 1 ? "1 dzień" : `${days} dni`}. Proszę zachować go dla siebie: każdy, kto go ma, może przyjąć zaproszenie. Jeśli nie spodziewali się Państwo tej wiadomości, proszę ją zignorować; nic się wtedy nie stanie.`,
  },
  notice: {
    subject: (initiator) => `${initiator} proponuje współpracę`,
    opening: (initiator, partner) => `Organizacja ${initiator} proponuje współpracę organizacji ${partner}.`,
    again: "To jest przypomnienie: propozycja nadal czeka na odpowiedź.",
    link: "Zobacz propozycję",
    closing: (partner) =>
      `Propozycja czeka, aż ktoś z administratorów organizacji ${partner} ją przyjmie lub odrzuci. Otrzymują Państwo tę wiadomość, ponieważ należą Państwo do tego grona; gdy ktoś odpowie, nie trzeba już nic robić.`,
  },
};
