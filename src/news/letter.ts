/** A mail about news, to one person. */
import type { OrganizationId, UserId } from "../domain/ids.ts";
import { type Language, LanguageInput } from "../domain/language.ts";
import type { Mail } from "../ports.ts";

/** `organization`: as whose person they get it. `isMarked`: a server refused the address before. */
export type NewsLetter = { user: UserId; organization: OrganizationId; mail: Mail; isMarked: boolean };

/** The language that a record names; English where it names none that there are mails in. */
export function languageOf(language: string | undefined): Language {
  const known = LanguageInput.safeParse(language);
  return known.success ? known.data : "en";
}
