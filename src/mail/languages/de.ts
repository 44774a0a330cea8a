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
  news: {
    subject: (other) => `Neues zu Ihrer Kooperation mit ${other}`,
    subjectOfSeveral: "Neues zu Ihren Kooperationen",
    heading: (other) => `Ihre Kooperation mit ${other}:`,
    cooperation: {
      accepted: (_, partner) => `${partner} hat angenommen. Die Kooperation ist aktiv.`,
      declined: (_, partner) => `${partner} hat abgelehnt.`,
      withdrawn: (initiator) => `${initiator} hat den Vorschlag zurückgezogen.`,
      removed: (initiator) => `${initiator} hat die Kooperation beendet.`,
      left: (_, partner) => `${partner} hat die Kooperation beendet.`,
      paused: (initiator) =>
        `${initiator} hat die Kooperation pausiert. Bis sie fortgesetzt wird, hat niemand über sie Zugriff.`,
      resumed: () => "Die Kooperation wird fortgesetzt.",
      started: () => "Die Kooperation hat begonnen.",
      expired: () => "Die Kooperation ist abgelaufen. Niemand hat mehr über sie Zugriff.",
      reviewed: (initiator) => `${initiator} hat die Kooperation überprüft und bestätigt.`,
      review_missed: () =>
        "Die Kooperation wurde nicht fristgerecht überprüft. Bis sie bestätigt wird, hat niemand über sie Zugriff.",
      date_asked: (_, partner) => `${partner} bittet um ein späteres Ende der Kooperation.`,
      date_declined: (initiator) => `${initiator} hat einem späteren Ende der Kooperation nicht zugestimmt.`,
      date_withdrawn: (_, partner) => `${partner} bittet nicht mehr um ein späteres Ende der Kooperation.`,
      invitation_ends: (_, partner) =>
        `Die Einladung an ${partner} wird bald ungültig. Sie kann noch einmal gesendet werden.`,
    },
    dated: {
      ends: (at) => `Die Kooperation endet am ${at}.`,
      reviews: (at) => `Die Kooperation ist bis ${at} zu überprüfen. Geschieht das nicht, endet sie dann.`,
      starts: (at) => `Die Kooperation beginnt am ${at}.`,
      resumes: (at) => `Die Pause endet am ${at}.`,
    },
    undated: {
      ends: "Die Kooperation hat kein Enddatum mehr.",
      reviews: "Die Kooperation hat kein Datum für eine Überprüfung mehr.",
      starts: "Die Kooperation hat kein Anfangsdatum mehr.",
      resumes: "Die Pause hat kein Enddatum mehr.",
    },
    share: {
      shared: (what) => `Neu: ${what}`,
      changed: (what) => `Geändert: ${what}`,
      unshared: (what) => `Nicht mehr freigegeben: ${what}`,
      begun: (what) => `Ab jetzt freigegeben: ${what}`,
      share_starts: (what, _, at) => `Freigegeben ab ${at}: ${what}`,
      steps_down: (what, _, at) => `Ab ${at} nur noch als Betrachter: ${what}`,
      share_ends: (what) => `Endet bald: ${what}`,
      share_expired: (what) => `Abgelaufen: ${what}`,
      asked: (what) => `Angefragt, wartet auf eine Antwort: ${what}`,
      ask_declined: (what) => `Angefragt und abgelehnt: ${what}`,
      ask_withdrawn: (what) => `Nicht mehr angefragt: ${what}`,
      delegated: (what) => `Sie haben Zugriff: ${what}`,
      revoked: (what) => `Sie haben keinen Zugriff mehr: ${what}`,
      access_ends: (what) => `Ihr Zugriff endet bald: ${what}`,
      access_expired: (what) => `Ihr Zugriff ist abgelaufen: ${what}`,
      delegation_ends: (what, person) => `Der Zugriff von ${person} endet bald: ${what}`,
      delegation_expired: (what, person) => `Der Zugriff von ${person} ist abgelaufen: ${what}`,
    },
    link: "Kooperation ansehen",
    linkToExtend: "Verlängern oder enden lassen",
    closing: (organization) => `Sie erhalten diese E-Mail, weil Sie ${organization} administrieren.`,
    closingToDelegate: (organization) =>
      `Sie erhalten diese E-Mail, weil ${organization} Ihnen Zugriff gegeben oder entzogen hat.`,
    webhook: {
      subject: (endpoint) => `Der Endpunkt ${endpoint} erhält keine Ereignisse mehr`,
      body: (endpoint, organization) =>
        `Der Endpunkt ${endpoint} von ${organization} wurde deaktiviert, weil er zu lange keine Ereignisse angenommen hat oder auf seiner Seite entfernt wurde. Wenn er wieder funktioniert, aktivieren Sie ihn: Dann erhält er alles, was er verpasst hat.`,
    },
    suspension: {
      subject: (person) => `${person} ist gesperrt`,
      body: (person, organization) =>
        `${person} ist in ${organization} gesperrt und hat, bis jemand mit Administrationsrechten die Sperre aufhebt, weder Zugriff über Kooperationen noch Rechte in ihnen. In der Organisation selbst bleibt alles, wie es ist.`,
    },
  },
};
