/**
 * The environment as one frozen value. Every problem is reported at once, with the
 * variable's name and what it should be; a secret's value is never part of a message.
 */
import { z } from "zod";
import { KINDS, type Kind, LIMITS_FORM, type RateLimits, readLimits } from "./domain/rate-limits.ts";
import { readServiceKeys, type ServiceKey } from "./domain/service-keys.ts";
import { withSecretFiles } from "./secret-files.ts";

const onOff = z.enum(["on", "off"]).transform((text) => text === "on");
const whole = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

// kept as text, which is what the README shows; read below
const limits = (byDefault: string) =>
  z
    .string()
    .refine((text) => readLimits(text) !== undefined, `must be ${LIMITS_FORM}`)
    .default(byDefault);

const serviceKeys = z.string().transform((text, context) => {
  const read = readServiceKeys(text);
  if ("keys" in read) return read.keys;
  context.addIssue({ code: "custom", message: read.problem });
  return z.NEVER;
});

/** Each variable: what it takes, and for the README what it is for and its default. */
export const VARIABLES = {
  HOST: z.string().default("127.0.0.1").describe("The address to listen on."),
  PORT: whole(0, 65535).default(3000).describe("The port to listen on; 0 takes a free one."),
  PUBLIC_URL: z.url().optional().describe("Where callers reach the service. Default: `http://<HOST>:<PORT>`."),
  SERVICE_KEYS: serviceKeys
    .optional()
    .describe(
      "JSON list of `{name, scopes, key}` or `{name, scopes, sha256}`; scopes `check`, `manage`, `admin`; `types`, `permissions`, `organizations`, `not_after` [bind](#who-calls) a key. Required.",
    ),
  OPENFGA_API_URL: z.url().optional().describe("An OpenFGA server to use. Default: one of our own, on sqlite."),
  OPENFGA_API_TOKEN: z.string().min(1).optional().describe("Its preshared key."),
  OPENFGA_STORE: z.string().min(3).max(64).default("concordat").describe("The store's name."),
  OPENFGA_TIMEOUT_MILLISECONDS: whole(50, 60_000).default(3000).describe("How long a check may take."),
  OPENFGA_CONNECTIONS: whole(1, 1000).default(32).describe("Connections that checks are asked over."),
  OPENFGA_CONCURRENCY: whole(1, 10_000)
    .default(128)
    .describe("Questions that may be with the engine at once; one beyond that is a 503 with Retry-After."),
  REDIS_URL: z
    .url()
    .optional()
    .describe(
      "The Redis that keeps decisions, `redis://host:6379`. Default: this process's memory, for one replica alone.",
    ),
  REDIS_TIMEOUT_MILLISECONDS: whole(3, 10_000)
    .default(150)
    .describe("How long a check may wait for Redis, all in all; then it asks the engine."),
  CACHE_TTL_SECONDS: whole(1, 3600)
    .default(10)
    .describe("How long a decision is kept; what was written past the service is seen by then at the latest."),
  CACHE_ENTRIES_MAX: whole(100, 100_000_000)
    .default(100_000)
    .describe("Decisions kept without Redis; the least used go first."),
  INVITATION_SECRET: z
    .string()
    .min(32, "must be at least 32 characters")
    .optional()
    .describe("Signs the links in invitations. Required."),
  INVITATION_URL: z
    .url()
    .default("http://localhost:5173/join")
    .describe("The page of yours that invitations link to; the token is in its fragment."),
  INVITATION_TTL_DAYS: whole(1, 365).default(14).describe("How many days an invitation's link lives."),
  SMTP_URL: z.url().optional().describe("Where mails go, `smtps://user:password@host`. Default: `.eml` files."),
  MAIL_FROM: z.string().default("Concordat <concordat@localhost>").describe("The sender of mails."),
  DISCLOSE_ORGANIZATIONS: onOff
    .default(true)
    .describe("`off`: an invitation never tells whether an address or an organization is known."),
  RATE_LIMIT_CHECKS_PER_MINUTE: limits("off").describe(
    `Decisions: ${LIMITS_FORM}; a batch is one request. See [Rate limits](#rate-limits).`,
  ),
  RATE_LIMIT_SEARCHES_PER_MINUTE: limits("key=1200").describe("Searches, lists of OpenFGA's API and explanations."),
  RATE_LIMIT_READS_PER_MINUTE: limits("user=1200").describe("Other reads."),
  RATE_LIMIT_WRITES_PER_MINUTE: limits("key=6000,user=300,organization=1200").describe(
    "Whatever may change something.",
  ),
  RATE_LIMIT_INVITATIONS_PER_MINUTE: limits("user=10,organization=30").describe(
    "Invitations, sent the first time and again; each is a write besides.",
  ),
  CONCORDAT_FOLDER: z.string().default(".concordat").describe("Where the embedded engine's data, mails and keys are."),
  LOG_LEVEL: z.enum(["silent", "error", "warn", "info", "debug"]).default("info").describe("What is logged."),
} as const;

const Environment = z.object(VARIABLES);
type Environment = z.infer<typeof Environment>;

export type Config = Readonly<
  Omit<Environment, "SERVICE_KEYS" | "INVITATION_SECRET"> & {
    SERVICE_KEYS: readonly ServiceKey[];
    INVITATION_SECRET: string;
    /** Where the keys were read from, to be read again. */
    SERVICE_KEYS_FILE: string | undefined;
    rateLimits: RateLimits;
    /** What an operator should mend, a line each. */
    warnings: readonly string[];
  }
>;

/** Why the environment is not one to run with: one line for each variable. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}

/** Reads the configuration. Throws ConfigurationError that names every problem. An empty variable is an unset one. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const files = withSecretFiles(Object.fromEntries(Object.entries(env).filter(([, value]) => value !== "")));
  const set = files.env;
  const parsed = Environment.safeParse(set);
  const problems = [
    ...files.problems,
    ...(parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`)),
  ];
  for (const name of ["SERVICE_KEYS", "INVITATION_SECRET"])
    if (set[name] === undefined && set[`${name}_FILE`] === undefined)
      problems.push(`${name}: is required (see the README; \`npm start\` makes one)`);
  if (!parsed.success || problems.length > 0) throw new ConfigurationError(problems.join("\n"));
  const { SERVICE_KEYS = [], INVITATION_SECRET = "", ...rest } = parsed.data;
  const { SERVICE_KEYS_FILE } = set;
  const perMinute = (kind: Kind) => readLimits(rest[`RATE_LIMIT_${upper(kind)}_PER_MINUTE`]) ?? {};
  const rateLimits = Object.fromEntries(KINDS.map((kind) => [kind, perMinute(kind)])) as RateLimits;
  const { warnings } = files;
  return Object.freeze({ ...rest, SERVICE_KEYS, INVITATION_SECRET, SERVICE_KEYS_FILE, rateLimits, warnings });
}

const upper = <K extends Kind>(kind: K) => kind.toUpperCase() as Uppercase<K>;

/** The keys as their file has them now, with what is to be mended about it. Throws ConfigurationError. */
export function rereadServiceKeys(path: string): { keys: readonly ServiceKey[]; warnings: readonly string[] } {
  const files = withSecretFiles({ SERVICE_KEYS_FILE: path });
  const read = readServiceKeys(files.env.SERVICE_KEYS ?? "");
  if (files.problems.length > 0) throw new ConfigurationError(files.problems.join("\n"));
  if ("problem" in read) throw new ConfigurationError(`SERVICE_KEYS_FILE: ${read.problem}`);
  return { keys: read.keys, warnings: files.warnings };
}
