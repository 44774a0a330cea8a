/** Text as a search box compares it: without case and without accents. */

/** Folds `Éclair`, `eclair` and `ECLAIR` into one; `ß` meets `ss`. For comparing only, never for storing. */
export function fold(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toUpperCase().toLowerCase();
}
