/**
 * Text that callers send and that is kept: what passes here can be held by OpenFGA, is
 * one spelling of what it says (Unicode normalization form C), and can be seen.
 */
import { z } from "zod";

// a lone surrogate cannot be sent as UTF-8, nor hashed as canonical JSON (RFC 8785 §3.2.2.2);
// OpenFGA refuses control characters in the values of a condition, which records and histories ride on
const CONTROL = /\p{Cc}/u;

/** Characters that are not seen and change how others are seen or compared: bidi controls, zero width, fillers. */
export const UNSEEN = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/u;
const SEEN = /[^\p{Cf}\p{Default_Ignorable_Code_Point}\p{White_Space}\p{M}]/u;

/** Text that may become a field of a record or of a history entry. */
export const TextInput = z
  .string()
  .refine((text) => text.isWellFormed(), "must be well-formed Unicode")
  .refine((text) => !CONTROL.test(text), "must not contain control characters, such as tabs and line breaks");

/** A name: kept in NFC, so that one name has one spelling, without white space at its ends. */
export const NameInput = TextInput.normalize("NFC")
  .trim()
  .min(1)
  .max(200)
  .refine((name) => SEEN.test(name), "must have a character that can be seen");

// what ends a line or turns the direction of the text
const BREAKS = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu;
// all format characters but the two joiners, which scripts and emoji need
const FORMATS = /(?![\u200C\u200D])\p{Cf}/gu;

/** A name where it is shown within other text: on one line, and unable to hide the text beside it or to turn its direction. */
export function shownName(name: string): string {
  return name.toWellFormed().replace(BREAKS, " ").replace(FORMATS, "").replace(/\s+/g, " ").trim();
}
