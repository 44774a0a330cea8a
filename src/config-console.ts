/** The environment variables of the console: what each takes, its default and what it is for. */
import { z } from "zod";
import { onOff, origins, themeFile, whole } from "./config-forms.ts";

export const CONSOLE_VARIABLES = {
  CONSOLE: onOff
    .default(false)
    .describe(
      "`on`: pages for people and engineers at `/console`, see docs/console.md. Needs a `PUBLIC_URL` with https, or on this machine. `npm start` sets it.",
    ),
  CONSOLE_IDLE_MINUTES: whole(1, 1440)
    .default(30)
    .describe("A session of the console ends after so long without a request."),
  CONSOLE_SESSION_HOURS: whole(1, 168).default(8).describe("A session of the console ends after so long in any case."),
  CONSOLE_OIDC: z
    .string()
    .min(1)
    .optional()
    .describe(
      "JSON of the OpenID provider to sign in to the console by, or a list of them, see docs/console.md. Needs PUBLIC_URL. Default: none.",
    ),
  CONSOLE_FRAME_ANCESTORS: origins
    .optional()
    .describe("The origins whose pages may frame the console, with commas: `https://app.example`. Default: none."),
  CONSOLE_THEME: themeFile
    .optional()
    .describe("A JSON file with a name, a logo and colours for the console, see docs/embedding.md. Default: its own."),
} as const;
