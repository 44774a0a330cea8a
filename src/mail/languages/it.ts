/** The mails in Italian. A date has no article before it, which would depend on the day (il 7, l’8). */
import type { Wording } from "../wording.ts";

export const it: Wording = {
  locale: "it-IT",
  hello: (name) => (name === undefined ? "Buongiorno," : `Buongiorno ${name},`),
  date: (day, time) => `${day.replace(/^1 /, "1º ")}, ore ${time} UTC`,
  resource: { plant: "Impianto", portfolio: "Portafoglio" },
  role: { viewer: "Visualizzatore", technical_manager: "Responsabile tecnico", asset_manager: "Asset manager" },
  named: (resource, name) => `${resource} «${name}»`,
  share: (named, role, until) => `${named}, ruolo: ${role}${until === undefined ? "" : `, scadenza: ${until}`}`,
  more: (others) => `e altri ${others}`,
  offer: "Con la Sua organizzazione verrebbe condiviso quanto segue:",
  noOffer: "Per ora non è condiviso nulla; impianti e portafogli possono essere aggiunti in qualsiasi momento.",
  ends: (until) => `Scadenza della cooperazione: ${until}.`,
  invitation: {
    subject: (initiator) => `${initiator} La invita a una cooperazione`,
    opening: (initiator) =>
      `${initiator} desidera collaborare con Lei e invita la Sua organizzazione a una cooperazione.`,
    again: "Questo messaggio sostituisce l’invito precedente: è valido solo il link qui sotto.",
    steps:
      "Il link La guida passo per passo: acceda o si registri, crei la Sua organizzazione se non esiste ancora e aderisca alla cooperazione.",
    link: "Visualizza l’invito",
    life: (days) =>
      `Il link è valido per ${days === 1 ? "1 giorno" : `${days} giorni`}. Non lo condivida con altri: chiunque lo possieda può accettare l’invito. Se non aspettava questo messaggio, lo ignori: non succederà nulla.`,
  },
  notice: {
    subject: (initiator) => `${initiator} propone una cooperazione`,
    opening: (initiator, partner) => `${initiator} propone una cooperazione con ${partner}.`,
    again: "Questo è un promemoria: la proposta attende ancora una risposta.",
    link: "Visualizza la proposta",
    closing: (partner) =>
      `La proposta attende che un’amministratrice o un amministratore di ${partner} la accetti o la rifiuti. Riceve questo messaggio perché amministra questa organizzazione; non appena qualcuno avrà risposto, non resterà altro da fare.`,
  },
};
