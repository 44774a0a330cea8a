/**
 * Names in mails. They are chosen by other people, so each is shortened, put on one line, and loses all that could forge
 * a header, a paragraph, a link or the direction of the text.
 */
import { shownName } from "../domain/text.ts";

/** The characters of a name in a mail, as a reader counts them. */
const NAME_CHARACTERS_MAX = 60;
const characters = new Intl.Segmenter(undefined, { granularity: "grapheme" });

// letters that show nothing
const BLANKS = /[\u115F\u1160\u3164\uFFA0]/gu;
// one letter may have so many marks that they cover the lines above and below
const MARKS = /(\p{M}{4})\p{M}+/gu;
const WRITTEN_TO_THE_LEFT =
  /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Samaritan}\p{Script=Mandaic}\p{Script=Adlam}\u{10800}-\u{10FFF}\u{1E800}-\u{1EFFF}]/u;

/**
 * A name that no mail program takes for anything else. Programs make links of what looks like an address or a page, so
 * a blank is inserted where these have none. A name that is written to the left is isolated from the rest of the text.
 */
export function plainName(name: string): string {
  const line = shownName(name).normalize("NFC").replace(BLANKS, "").replace(MARKS, "$1");
  const linkless = line
    // a dot within a word, the dots of other scripts too; numbers keep theirs
    .replace(/(?<=[^\s\d])[.。．｡](?=[^\s.])|(?<=\d)[.。．｡](?=[^\s.\d])/gu, "$& ")
    .replace(/(?<=\p{L}):(?=\S)/gu, ": ")
    .replace(/\s*[@＠]\s*/gu, " @ ")
    .replace(/[/\\]{2,}/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  const all = Array.from(characters.segment(linkless), ({ segment }) => segment);
  const cut = all.length > NAME_CHARACTERS_MAX ? `${all.slice(0, NAME_CHARACTERS_MAX - 1).join("")}…` : linkless;
  if (cut === "") return "…";
  return WRITTEN_TO_THE_LEFT.test(cut) ? `\u2068${cut}\u2069` : cut;
}
