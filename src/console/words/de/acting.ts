/** What the pages on which something is done to a cooperation say, in German. */
import type { actingEn } from "../en/acting.ts";

export const actingDe: typeof actingEn = {
  notNow: "Das ist jetzt nicht möglich. Vielleicht wurde die Kooperation geändert, seit die Seite davor gezeigt wurde.",
  impact: "Was das bedeutet",
  stale: {
    heading: "Inzwischen wurde etwas geändert",
    text: "Von dem, was Sie gesendet haben, wurde nichts ausgeführt. Sehen Sie sich an, was seit dem Öffnen der Seite geschehen ist, und entscheiden Sie neu.",
    unknown:
      "Von dem, was Sie gesendet haben, wurde nichts ausgeführt. Sehen Sie sich die Kooperation an, wie sie jetzt ist, und entscheiden Sie neu.",
    caption: "Seit Sie die Seite geöffnet haben",
  },
  steps: {
    expiry: {
      text: "Ablaufdatum bearbeiten",
      explain: "Setzen oder löschen Sie das Datum, an dem jeder Zugriff über die Kooperation endet.",
      submit: "Ablaufdatum speichern",
      done: "Das Ablaufdatum wurde gespeichert.",
    },
    pause: {
      text: "Kooperation pausieren",
      explain: "Jeder Zugriff über die Kooperation ist gesperrt, bis sie fortgesetzt wird. Gelöscht wird nichts.",
      submit: "Kooperation pausieren",
      done: "Die Kooperation ist pausiert.",
    },
    resume: {
      text: "Kooperation fortsetzen",
      explain: "Der Zugriff über die Kooperation wird wieder gegeben, wie geteilt und weitergegeben ist.",
      submit: "Kooperation fortsetzen",
      done: "Die Kooperation ist wieder aktiv.",
    },
    resend: {
      text: "Einladung erneut senden",
      explain: "Die Einladung wird noch einmal gesendet. Ein früherer Link ist danach ungültig.",
      submit: "Einladung erneut senden",
      done: "Die Einladung wurde erneut gesendet.",
    },
    remove: {
      text: "Kooperation entfernen",
      explain:
        "Die Kooperation endet. Der Partner verliert sofort den Zugriff auf alles, was Sie geteilt haben. Das lässt sich nicht rückgängig machen.",
      submit: "Kooperation entfernen",
      done: "Die Kooperation ist beendet.",
    },
    accept: {
      text: "Annehmen",
      explain:
        "Ihre Administratoren bekommen Zugriff auf das, was geteilt ist, und können es innerhalb der Rolle weitergeben.",
      submit: "Kooperation annehmen",
      done: "Die Kooperation ist aktiv.",
    },
    decline: {
      text: "Ablehnen",
      explain:
        "Das Angebot endet, und niemand bekommt Zugriff. Einige Tage lang können Sie nicht noch einmal eingeladen werden.",
      submit: "Kooperation ablehnen",
      done: "Das Angebot wurde abgelehnt.",
    },
    leave: {
      text: "Kooperation verlassen",
      explain:
        "Die Kooperation endet. Ihre Leute verlieren sofort den Zugriff auf alles, was mit Ihnen geteilt ist. Das lässt sich nicht rückgängig machen.",
      submit: "Kooperation verlassen",
      done: "Ihre Organisation hat die Kooperation verlassen.",
    },
  },
  refusals: {
    own_organization: () =>
      "Mit Ihrer eigenen Organisation gibt es keine Kooperation: Diese Adresse gehört einer Person Ihrer Organisation.",
    already_invited: () => "Dieser Partner ist schon eingeladen und hat noch nicht geantwortet.",
    confirmation_stale: () =>
      "Die Adresse gehört keiner Person jener Organisation mehr. Bitte laden Sie noch einmal ein.",
    invalid_expiry: () => "Das Datum muss in der Zukunft liegen.",
    invalid_date: () => "Dieses Datum geht hier nicht. Bitte wählen Sie ein anderes.",
    cool_down: (seconds) =>
      `Dorthin wurde gerade erst geschrieben. Versuchen Sie es in ${seconds} ${seconds === 1 ? "Sekunde" : "Sekunden"} erneut.`,
    too_many_invitations: () =>
      "Ihre Organisation hat zu viele Einladungen gesendet. Entfernen Sie offene, oder warten Sie bis morgen.",
    wrong_status: () => "Das ist im jetzigen Status der Kooperation nicht möglich.",
    cooperation_expired: () =>
      "Die Kooperation ist abgelaufen. Die Organisation, die sie begonnen hat, kann ein späteres Datum setzen.",
    ask_stale: () =>
      "Worum es geht, wurde seit der Bitte geändert. Lehnen Sie sie ab, oder lassen Sie neu darum bitten.",
    partner_against_policy: () => "Die Richtlinie einer der beiden Organisationen erlaubt diese Kooperation nicht.",
  },
  invalid: { email: "Geben Sie eine E-Mail-Adresse ein, wie ida@partner.example." },
};
