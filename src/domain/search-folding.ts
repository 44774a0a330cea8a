/** Text as a search box compares it: without case, accents and what is not seen. */

/** Letters with a stroke and letters of two: Unicode takes nothing off them. */
const LETTERS: Record<string, string> = {
  ...{ ł: "l", ø: "o", đ: "d", ð: "d", ħ: "h", ŧ: "t", ƀ: "b", ɨ: "i", ƶ: "z", ǥ: "g", æ: "ae", œ: "oe", þ: "th" },
  // a sigma at the end of a word, which the one who types does not know yet
  ς: "σ",
};
const LETTER = new RegExp(`[${Object.keys(LETTERS).join("")}]`, "gu");

/**
 * Folds `Éclair`, `eclair` and `ECLAIR` into one; `ß` meets `ss`, `ł` meets `l`. White space is one space, and none at
 * the ends. For comparing only, never for storing.
 */
export function fold(text: string): string {
  return (
    text
      .normalize("NFKD")
      // through upper case, where letters with several lower cases meet: ß and ẞ, ı and i
      .toLowerCase()
      .toUpperCase()
      .toLowerCase()
      .normalize("NFKD")
      .replace(/[\p{M}\p{Cf}]/gu, "")
      .replace(LETTER, (letter) => LETTERS[letter] ?? letter)
      .replace(/\s+/g, " ")
      .trim()
  );
}

/** Whether one of these texts, each by itself, holds what is sought. Nothing is in all of them. */
export function isFoundIn(sought: string, texts: readonly (string | undefined)[]): boolean {
  const wanted = fold(sought);
  return texts.some((text) => text !== undefined && fold(text).includes(wanted));
}
