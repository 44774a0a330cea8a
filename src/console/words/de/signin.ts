/** What the pages of signing in say, in German. */
import type { signinEn } from "../en/signin.ts";

export const signinDe: typeof signinEn = {
  title: "Anmelden",
  by: (provider) => `Mit ${provider} anmelden`,
  sample: "Die Konsole als eine der Beispielpersonen ausprobieren",
  sampleHint:
    "Diese Liste erscheint, weil der Dienst zum Ausprobieren gestartet wurde. Mit einem zweiten Browser oder einem privaten Fenster sind Sie zwei Personen zugleich.",
  as: (name, organization) => `${name}, ${organization}`,
  asEngineer: "Eine Entwicklerin oder ein Entwickler: der Inspektor, für niemand Bestimmten",
  engineer: "Entwicklung",
  locked:
    "Dieser Dienst wurde zum Ausprobieren gestartet. Öffnen Sie den Link zur Konsole, den er beim Start ausgegeben hat: Nur er zeigt die Beispielpersonen.",
  none: "Niemand kann sich anmelden: Es ist kein Anbieter eingerichtet.",
  signedOut: "Sie sind abgemeldet.",
  refused: "Sie konnten nicht angemeldet werden.",
  again: "Erneut anmelden",
};
