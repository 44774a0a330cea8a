/** The languages that mails are written in. */
import { z } from "zod";

export const LANGUAGES = ["en", "de", "fr", "es", "it", "nl", "pl", "pt"] as const;
export type Language = (typeof LANGUAGES)[number];

/** A language as it comes from a caller. */
export const LanguageInput = z.enum(LANGUAGES);
