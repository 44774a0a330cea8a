/**
 * What a variable may hold: each form reads the text of the environment, or says what it must be. No message repeats
 * the text, which may be a secret.
 */
import { readFileSync } from "node:fs";
import { isIP, isIPv6 } from "node:net";
import { dirname, extname, join } from "node:path";
import { z } from "zod";
import { readLogTarget, TARGET_FORM } from "./domain/access-log/target.ts";
import { LOGO_TYPES, readTheme, type Theme } from "./domain/console-theme.ts";
import { ALLOWANCES, readEndpoints } from "./domain/events/endpoints.ts";
import { readHistoryKeys } from "./domain/history-keys.ts";
import { readIssuers } from "./domain/issuers.ts";
import { LIMITS_FORM, readLimits } from "./domain/rate-limits.ts";
import { readRedisUrl } from "./domain/redis-url.ts";
import { readServiceKeys } from "./domain/service-keys.ts";

export const onOff = z.enum(["on", "off"]).transform((text) => text === "on");

/** Digits alone: what reads `1e3`, `0x50` or `010` as a number reads it as another one than some people meant. */
export const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^(0|[1-9]\d*)$/, `must be a whole number from ${min} to ${max}, in digits`)
    .transform(Number)
    .pipe(z.number().min(min).max(max));

/** How many days something is kept; not set, for ever. */
export const days = whole(1, 36_500).optional();

export const WORKERS_MAX = 256;

/** How many processes answer: a number, or `auto` for one on each core. */
export const workers = z
  .string()
  .refine(
    (text) => text === "auto" || (/^[1-9]\d{0,2}$/.test(text) && Number(text) <= WORKERS_MAX),
    `must be \`auto\` or a whole number from 1 to ${WORKERS_MAX}, in digits`,
  )
  .default("1");

type UrlForm = { schemes: readonly string[]; credentials?: true; query?: true; fragment?: true };

/** A URL in full, of one of these schemes, without what its reader would overlook. */
export const url = ({ schemes, credentials, query, fragment }: UrlForm) =>
  z.string().superRefine((text, context) => {
    const problem = (message: string) => context.addIssue({ code: "custom", message });
    const named = schemes.map((scheme) => `${scheme}://`).join(" or ");
    // `new URL` takes `localhost:6379` for a scheme, and repairs `http:host`
    const isOfScheme = schemes.some((scheme) => text.toLowerCase().startsWith(`${scheme}://`));
    if (!isOfScheme || !URL.canParse(text)) return problem(`must be a URL that begins with ${named} and a host`);
    const { hostname, username, password, search, hash } = new URL(text);
    if (hostname === "") problem(`must name a host behind ${named}`);
    if (!credentials && (username !== "" || password !== "")) problem("must hold no user and no password");
    if (!query && search !== "") problem("must have no query");
    if (!fragment && (hash !== "" || text.endsWith("#"))) problem("must have no fragment");
  });

/** Origins, with commas: each a scheme and a host, and maybe a port. */
export const origins = z
  .string()
  .transform((text) => text.split(",").map((one) => one.trim()))
  .pipe(
    z.array(
      z
        .string()
        .refine(
          (one) => /^https?:/.test(one) && URL.canParse(one) && new URL(one).origin === one,
          "must be origins, such as `https://app.example`, with commas",
        ),
    ),
  );

/** One Redis server, or those that know which one has the data. */
export const redisUrl = z.string().superRefine((text, context) => {
  const read = readRedisUrl(text);
  if ("problem" in read) context.addIssue({ code: "custom", message: read.problem });
});

/** A page with places for ids, which choose no host. */
export const pageUrl = url({ schemes: ["https", "http"], query: true, fragment: true }).pipe(
  z
    .string()
    .regex(
      /^[a-z]+:\/\/[^/?#{}]+([/?#]([^{}]|\{(organization|cooperation)\})*)?$/i,
      "must have no places but {organization} and {cooperation}, behind the host",
    ),
);

/** An address to listen on: an IP address, an IPv6 one in brackets or not, or a host's name. */
export const host = z.string().transform((text, context) => {
  const bare = /^\[(.*)\]$/.exec(text)?.[1];
  if (bare !== undefined ? isIPv6(bare) : isIP(text) !== 0 || /^[a-z\d_-]+(\.[a-z\d_-]+)*$/i.test(text))
    return bare ?? text;
  context.addIssue({ code: "custom", message: "must be an IP address or a host's name, without a port" });
  return z.NEVER;
});

/** One address, as `anna@example.org` or `Anna <anna@example.org>`. */
const SENDER = /^(?:[^\p{Cc}<>@",;:\\]*<([^<>]+)>|"[^\p{Cc}"\\]*" *<([^<>]+)>|([^<>]+))$/u;
const ADDRESS = /^[\p{L}\p{N}!#$%&'*+/=?^_`{|}~.-]{1,64}@[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)*$/u;
export const sender = z.string().refine((text) => {
  const [, named, quoted, bare] = SENDER.exec(text) ?? [];
  return ADDRESS.test(named ?? quoted ?? bare ?? "");
}, "must be one address, `anna@example.org` or `Anna <anna@example.org>`");

// kept as text, which is what docs/reference/configuration.md shows; read below
export const limits = (byDefault: string) =>
  z
    .string()
    .refine((text) => readLimits(text) !== undefined, `must be ${LIMITS_FORM}`)
    .default(byDefault);

// as text, like the limits
export const accessLog = z
  .string()
  .refine((text) => readLogTarget(text) !== undefined, `must be ${TARGET_FORM}`)
  .default("off");
export const accessLogLoss = z.enum(["count", "refuse"]).default("count");

export const serviceKeys = z.string().transform((text, context) => {
  const read = readServiceKeys(text);
  if ("keys" in read) return read.keys;
  context.addIssue({ code: "custom", message: read.problem });
  return z.NEVER;
});

export const endpoints = z.string().transform((text, context) => {
  const read = readEndpoints(text);
  if ("endpoints" in read) return read.endpoints;
  context.addIssue({ code: "custom", message: read.problem });
  return z.NEVER;
});

export const issuers = z.string().transform((text, context) => {
  const read = readIssuers(text);
  if ("issuers" in read) return read.issuers;
  context.addIssue({ code: "custom", message: read.problem });
  return z.NEVER;
});

export const allowances = z
  .string()
  .transform((text) => text.split(","))
  .pipe(z.array(z.enum(ALLOWANCES, `must be ${ALLOWANCES.join(", ")}, or some of them with commas`)));

/** A file of keys, read when the environment is. Nothing of it gets into a message. */
export const historyKeys = z.string().transform((path, context) => {
  try {
    return readHistoryKeys(readFileSync(path, "utf8"));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    context.addIssue({ code: "custom", message: code === undefined ? message : `cannot be read (${code})` });
    return z.NEVER;
  }
});

const LOGO_BYTES_MAX = 100_000;

/** The file of a theme, and the logo beside it, read when the environment is. */
export const themeFile = z.string().transform((path, context): Theme => {
  const problem = (message: string) => {
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  };
  try {
    const read = readTheme(readFileSync(path, "utf8"));
    if ("problem" in read) return problem(read.problem);
    const { logo, ...theme } = read.theme;
    if (logo === undefined) return theme;
    const bytes = new Uint8Array(readFileSync(join(dirname(path), logo)));
    if (bytes.length > LOGO_BYTES_MAX) return problem(`logo must have at most ${LOGO_BYTES_MAX} bytes`);
    const type = LOGO_TYPES[extname(logo).slice(1) as keyof typeof LOGO_TYPES];
    return { ...theme, logo: { bytes, type } };
  } catch (error) {
    return problem(`cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
});
