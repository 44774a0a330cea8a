/** The texts of every language that mails are written in: a language without texts does not compile. */
import type { Language } from "../domain/language.ts";
import { de } from "./languages/de.ts";
import { en } from "./languages/en.ts";
import { es } from "./languages/es.ts";
import { fr } from "./languages/fr.ts";
import { it } from "./languages/it.ts";
import { nl } from "./languages/nl.ts";
import { pl } from "./languages/pl.ts";
import { pt } from "./languages/pt.ts";
import type { Wording } from "./wording.ts";

export const WORDING: Readonly<Record<Language, Wording>> = { en, de, fr, es, it, nl, pl, pt };
