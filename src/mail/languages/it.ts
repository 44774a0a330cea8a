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
  news: {
    subject: (other) => `Novità sulla Sua cooperazione con ${other}`,
    subjectOfSeveral: "Novità sulle Sue cooperazioni",
    heading: (other) => `La Sua cooperazione con ${other}:`,
    cooperation: {
      accepted: (_, partner) => `${partner} ha accettato. La cooperazione è attiva.`,
      declined: (_, partner) => `${partner} ha rifiutato la proposta.`,
      withdrawn: (initiator) => `${initiator} ha ritirato la proposta.`,
      removed: (initiator) => `${initiator} ha terminato la cooperazione.`,
      left: (_, partner) => `${partner} ha terminato la cooperazione.`,
      paused: (initiator) =>
        `${initiator} ha sospeso la cooperazione. Finché non viene ripresa, nessuno vi ha accesso.`,
      resumed: () => "La cooperazione è stata ripresa.",
      started: () => "La cooperazione è iniziata.",
      expired: () => "La cooperazione è scaduta. Nessuno vi ha più accesso.",
      reviewed: (initiator) => `${initiator} ha riesaminato e confermato la cooperazione.`,
      review_missed: () =>
        "La cooperazione non è stata riesaminata in tempo. Nessuno vi ha accesso finché non viene confermata.",
      date_asked: (_, partner) => `${partner} chiede di prolungare la cooperazione.`,
      date_declined: (initiator) => `${initiator} non ha accettato di prolungare la cooperazione.`,
      date_withdrawn: (_, partner) => `${partner} non chiede più di prolungare la cooperazione.`,
      invitation_ends: (_, partner) =>
        `L’invito a ${partner} tra poco non sarà più valido. Può essere inviato di nuovo.`,
    },
    dated: {
      ends: (at) => `Scadenza della cooperazione: ${at}.`,
      reviews: (at) => `Riesame della cooperazione entro: ${at}. In caso contrario la cooperazione scade allora.`,
      starts: (at) => `Inizio della cooperazione: ${at}.`,
      resumes: (at) => `Fine della sospensione: ${at}.`,
    },
    undated: {
      ends: "La cooperazione non ha più una data di fine.",
      reviews: "La cooperazione non ha più una data di riesame.",
      starts: "La cooperazione non ha più una data di inizio.",
      resumes: "La sospensione non ha più una data di fine.",
    },
    share: {
      shared: (what) => `Novità: ${what}`,
      changed: (what) => `Modifica: ${what}`,
      unshared: (what) => `Condivisione terminata: ${what}`,
      begun: (what) => `Condivisione iniziata: ${what}`,
      share_starts: (what, _, at) => `Condivisione a partire da ${at}: ${what}`,
      steps_down: (what, _, at) => `Solo come Visualizzatore a partire da ${at}: ${what}`,
      share_ends: (what) => `Scade presto: ${what}`,
      share_expired: (what) => `Condivisione scaduta: ${what}`,
      asked: (what) => `Richiesta in attesa di risposta: ${what}`,
      ask_declined: (what) => `Richiesta rifiutata: ${what}`,
      ask_withdrawn: (what) => `Richiesta ritirata: ${what}`,
      delegated: (what) => `Lei ha accesso: ${what}`,
      revoked: (what) => `Lei non ha più accesso: ${what}`,
      access_ends: (what) => `Il Suo accesso scade presto: ${what}`,
      access_expired: (what) => `Il Suo accesso è scaduto: ${what}`,
      delegation_ends: (what, person) => `L’accesso di ${person} scade presto: ${what}`,
      delegation_expired: (what, person) => `L’accesso di ${person} è scaduto: ${what}`,
    },
    link: "Visualizza la cooperazione",
    linkToExtend: "Prolungare o lasciare scadere",
    closing: (organization) => `Riceve questo messaggio perché amministra ${organization}.`,
    closingToDelegate: (organization) =>
      `Riceve questo messaggio perché ${organization} Le ha concesso o revocato un accesso.`,
    webhook: {
      subject: (endpoint) => `L’endpoint ${endpoint} non riceve più eventi`,
      body: (endpoint, organization) =>
        `L’endpoint ${endpoint} di ${organization} è stato disattivato, perché per troppo tempo non ha accettato eventi o perché è stato rimosso. Quando funzionerà di nuovo, lo riattivi: riceverà tutto ciò che ha perso.`,
    },
    suspension: {
      subject: (person) => `${person}: accesso sospeso`,
      body: (person, organization) =>
        `L’accesso di ${person} è sospeso in ${organization}: nessun accesso tramite le cooperazioni e nessuna azione in esse, finché un amministratore non revoca la sospensione. Ciò che può fare nell’organizzazione stessa resta invariato.`,
    },
  },
};
