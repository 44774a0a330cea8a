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
  news: {
    subject: (other) => `Nieuws over uw samenwerking met ${other}`,
    subjectOfSeveral: "Nieuws over uw samenwerkingen",
    heading: (other) => `Uw samenwerking met ${other}:`,
    cooperation: {
      accepted: (_, partner) => `${partner} heeft geaccepteerd. De samenwerking is actief.`,
      declined: (_, partner) => `${partner} heeft het voorstel afgewezen.`,
      withdrawn: (initiator) => `${initiator} heeft het voorstel ingetrokken.`,
      removed: (initiator) => `${initiator} heeft de samenwerking beëindigd.`,
      left: (_, partner) => `${partner} heeft de samenwerking beëindigd.`,
      paused: (initiator) =>
        `${initiator} heeft de samenwerking gepauzeerd. Tot ze wordt hervat, geeft ze niemand toegang.`,
      resumed: () => "De samenwerking is hervat.",
      started: () => "De samenwerking is begonnen.",
      expired: () => "De samenwerking is verlopen. Ze geeft niemand meer toegang.",
      reviewed: (initiator) => `${initiator} heeft de samenwerking beoordeeld en bevestigd.`,
      review_missed: () =>
        "De samenwerking is niet op tijd beoordeeld. Ze geeft niemand toegang totdat ze wordt bevestigd.",
      date_asked: (_, partner) => `${partner} vraagt om een later einde van de samenwerking.`,
      date_declined: (initiator) => `${initiator} heeft niet ingestemd met een later einde van de samenwerking.`,
      date_withdrawn: (_, partner) => `${partner} vraagt niet langer om een later einde van de samenwerking.`,
      invitation_ends: (_, partner) =>
        `De uitnodiging aan ${partner} is binnenkort niet meer geldig. Ze kan opnieuw worden verstuurd.`,
    },
    dated: {
      ends: (at) => `De samenwerking eindigt op ${at}.`,
      reviews: (at) =>
        `De samenwerking moet vóór ${at} worden beoordeeld. Gebeurt dat niet, dan eindigt ze op dat moment.`,
      starts: (at) => `De samenwerking begint op ${at}.`,
      resumes: (at) => `De pauze eindigt op ${at}.`,
    },
    undated: {
      ends: "De samenwerking heeft geen einddatum meer.",
      reviews: "De samenwerking heeft geen datum voor een beoordeling meer.",
      starts: "De samenwerking heeft geen begindatum meer.",
      resumes: "De pauze heeft geen einddatum meer.",
    },
    share: {
      shared: (what) => `Nieuw: ${what}`,
      changed: (what) => `Gewijzigd: ${what}`,
      unshared: (what) => `Niet meer gedeeld: ${what}`,
      begun: (what) => `Vanaf nu gedeeld: ${what}`,
      share_starts: (what, _, at) => `Gedeeld vanaf ${at}: ${what}`,
      steps_down: (what, _, at) => `Vanaf ${at} alleen nog als Lezer: ${what}`,
      share_ends: (what) => `Eindigt binnenkort: ${what}`,
      share_expired: (what) => `Verlopen: ${what}`,
      asked: (what) => `Gevraagd, wacht op antwoord: ${what}`,
      ask_declined: (what) => `Gevraagd en afgewezen: ${what}`,
      ask_withdrawn: (what) => `Niet langer gevraagd: ${what}`,
      delegated: (what) => `U hebt toegang: ${what}`,
      revoked: (what) => `U hebt geen toegang meer: ${what}`,
      access_ends: (what) => `Uw toegang eindigt binnenkort: ${what}`,
      access_expired: (what) => `Uw toegang is verlopen: ${what}`,
      delegation_ends: (what, person) => `De toegang van ${person} eindigt binnenkort: ${what}`,
      delegation_expired: (what, person) => `De toegang van ${person} is verlopen: ${what}`,
    },
    link: "Samenwerking bekijken",
    linkToExtend: "Verlengen of laten eindigen",
    closing: (organization) => `U ontvangt deze e-mail omdat u beheerder van ${organization} bent.`,
    closingToDelegate: (organization) =>
      `U ontvangt deze e-mail omdat ${organization} u toegang heeft gegeven of die heeft ingetrokken.`,
    webhook: {
      subject: (endpoint) => `Het eindpunt ${endpoint} krijgt geen gebeurtenissen meer`,
      body: (endpoint, organization) =>
        `Het eindpunt ${endpoint} van ${organization} is uitgeschakeld, omdat het te lang geen gebeurtenissen heeft aangenomen of omdat het is verwijderd. Als het weer werkt, schakel het dan in: het krijgt alles wat het heeft gemist.`,
    },
    suspension: {
      subject: (person) => `${person} is geschorst`,
      body: (person, organization) =>
        `${person} is geschorst in ${organization}: geen toegang op grond van samenwerkingen en geen handelingen daarin, totdat een beheerder de schorsing opheft. Wat binnen de organisatie zelf mag, blijft ongewijzigd.`,
    },
  },
};
