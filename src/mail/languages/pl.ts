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
  news: {
    subject: (other) => `Wiadomości o współpracy z organizacją ${other}`,
    subjectOfSeveral: "Wiadomości o Państwa współpracach",
    heading: (other) => `Współpraca z organizacją ${other}:`,
    cooperation: {
      accepted: (_, partner) => `Organizacja ${partner} przyjęła propozycję. Współpraca jest aktywna.`,
      declined: (_, partner) => `Organizacja ${partner} odrzuciła propozycję.`,
      withdrawn: (initiator) => `Organizacja ${initiator} wycofała propozycję.`,
      removed: (initiator) => `Organizacja ${initiator} zakończyła współpracę.`,
      left: (_, partner) => `Organizacja ${partner} zakończyła współpracę.`,
      paused: (initiator) =>
        `Organizacja ${initiator} wstrzymała współpracę. Do czasu wznowienia nikt nie ma dzięki niej dostępu.`,
      resumed: () => "Współpraca została wznowiona.",
      started: () => "Współpraca się rozpoczęła.",
      expired: () => "Współpraca wygasła. Nikt nie ma już dzięki niej dostępu.",
      reviewed: (initiator) => `${initiator}: współpraca została sprawdzona i potwierdzona.`,
      review_missed: () =>
        "Współpraca nie została sprawdzona na czas. Do czasu potwierdzenia nikt nie ma dzięki niej dostępu.",
      date_asked: (_, partner) => `Organizacja ${partner} prosi o późniejsze zakończenie współpracy.`,
      date_declined: (initiator) => `Organizacja ${initiator} nie zgodziła się na późniejsze zakończenie współpracy.`,
      date_withdrawn: (_, partner) => `Organizacja ${partner} nie prosi już o późniejsze zakończenie współpracy.`,
      invitation_ends: (_, partner) => `Zaproszenie dla ${partner} wkrótce straci ważność. Można je wysłać ponownie.`,
    },
    dated: {
      ends: (at) => `Współpraca kończy się ${at}.`,
      reviews: (at) => `Termin sprawdzenia współpracy: ${at}. Bez sprawdzenia współpraca wtedy się kończy.`,
      starts: (at) => `Współpraca rozpoczyna się ${at}.`,
      resumes: (at) => `Wstrzymanie kończy się ${at}.`,
    },
    undated: {
      ends: "Współpraca nie ma już daty zakończenia.",
      reviews: "Współpraca nie ma już daty sprawdzenia.",
      starts: "Współpraca nie ma już daty rozpoczęcia.",
      resumes: "Wstrzymanie nie ma już daty zakończenia.",
    },
    share: {
      shared: (what) => `Nowość: ${what}`,
      changed: (what) => `Zmiana: ${what}`,
      unshared: (what) => `Już nieudostępnione: ${what}`,
      begun: (what) => `Udostępnione od teraz: ${what}`,
      share_starts: (what, _, at) => `Udostępnione od ${at}: ${what}`,
      steps_down: (what, _, at) => `Od ${at} tylko jako Obserwator: ${what}`,
      share_ends: (what) => `Wkrótce się kończy: ${what}`,
      share_expired: (what) => `Wygasło: ${what}`,
      asked: (what) => `Prośba czeka na odpowiedź: ${what}`,
      ask_declined: (what) => `Prośba odrzucona: ${what}`,
      ask_withdrawn: (what) => `Prośba wycofana: ${what}`,
      delegated: (what) => `Mają Państwo dostęp: ${what}`,
      revoked: (what) => `Nie mają już Państwo dostępu: ${what}`,
      access_ends: (what) => `Państwa dostęp wkrótce się kończy: ${what}`,
      access_expired: (what) => `Państwa dostęp wygasł: ${what}`,
      delegation_ends: (what, person) => `Wkrótce kończy się dostęp osoby ${person}: ${what}`,
      delegation_expired: (what, person) => `Wygasł dostęp osoby ${person}: ${what}`,
    },
    link: "Zobacz współpracę",
    linkToExtend: "Przedłuż lub pozwól zakończyć",
    closing: (organization) =>
      `Otrzymują Państwo tę wiadomość, ponieważ należą Państwo do administratorów organizacji ${organization}.`,
    closingToDelegate: (organization) =>
      `Otrzymują Państwo tę wiadomość, ponieważ organizacja ${organization} przyznała lub odebrała Państwu dostęp.`,
    webhook: {
      subject: (endpoint) => `Punkt końcowy ${endpoint} nie otrzymuje już zdarzeń`,
      body: (endpoint, organization) =>
        `Punkt końcowy ${endpoint} organizacji ${organization} został wyłączony, ponieważ zbyt długo nie przyjmował zdarzeń albo został usunięty. Gdy znów będzie działać, proszę go włączyć: otrzyma wtedy wszystko, co go ominęło.`,
    },
    suspension: {
      subject: (person) => `Dostęp zawieszony: ${person}`,
      body: (person, organization) =>
        `Dostęp osoby ${person} w organizacji ${organization} został zawieszony: nie ma dostępu przez współprace i nie może w nich działać, dopóki administrator nie cofnie zawieszenia. Uprawnienia w samej organizacji pozostają bez zmian.`,
    },
  },
};
