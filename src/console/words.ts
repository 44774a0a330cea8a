/** The languages of the console, each with all of its texts: one that lacks a text does not compile. */
import { GERMAN } from "./words/de.ts";
import { ENGLISH } from "./words/en.ts";

export type Words = typeof ENGLISH;

export const CONSOLE_LANGUAGES = ["en", "de"] as const;
export type ConsoleLanguage = (typeof CONSOLE_LANGUAGES)[number];

export const WORDS: Readonly<Record<ConsoleLanguage, Words>> = { en: ENGLISH, de: GERMAN };

/** Whether there are texts in it. */
export const isConsoleLanguage = (text: string | undefined): text is ConsoleLanguage =>
  CONSOLE_LANGUAGES.some((language) => language === text);

/** The language that a browser would like best of those there are (RFC 9110 §12.5.4). */
export function preferredLanguage(accepted: string | undefined): ConsoleLanguage {
  const wanted = (accepted ?? "").split(",").map((part) => {
    const [range = "", ...parameters] = part.trim().toLowerCase().split(";");
    const q = parameters.map((one) => /^\s*q=([\d.]+)\s*$/.exec(one)?.[1]).find((one) => one !== undefined);
    return { language: range.split("-")[0], q: q === undefined ? 1 : Number(q) };
  });
  const [best] = wanted
    .filter(({ language, q }) => isConsoleLanguage(language) && q > 0)
    .sort((one, other) => other.q - one.q);
  return isConsoleLanguage(best?.language) ? best.language : "en";
}
