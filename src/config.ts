/**
 * The environment as one frozen value. Every problem is reported at once, with the
 * variable's name and what it should be; a secret's value is never part of a message.
 */
import { isIPv6 } from "node:net";
import { z } from "zod";
import { historyKeys, host, limits, onOff, sender, serviceKeys, url, whole } from "./config-forms.ts";
import { KINDS, type Kind, LIMITS_FORM, type RateLimits, readLimits } from "./domain/rate-limits.ts";
import { readServiceKeys, type ServiceKey } from "./domain/service-keys.ts";
import { ConfigurationError } from "./faults.ts";
import { withSecretFiles } from "./secret-files.ts";

/** Each variable: what it takes, its default, and what it is for; docs/reference/configuration.md is printed from here. */
export const VARIABLES = {
  HOST: host.default("127.0.0.1").describe("The address to listen on."),
  PORT: whole(0, 65535).default(3000).describe("The port to listen on; 0 takes a free one."),
  PUBLIC_URL: url({ schemes: ["https", "http"] })
    .optional()
    .describe(
      "Where callers reach the service. Default: `http://<HOST>:<PORT>`; required where HOST is no address to call, as `0.0.0.0` and `::` are.",
    ),
  CONNECTIONS_MAX: whole(10, 1_000_000)
    .default(1000)
    .describe("Connections that may be open at once; one beyond that is closed unanswered."),
  STOPPING_MILLISECONDS: whole(0, 300_000)
    .default(500)
    .describe(
      "How long it still answers after it was asked to stop, while `/readyz` says `stopping`. Behind a load balancer: longer than it takes to notice.",
    ),
  SERVICE_KEYS: serviceKeys
    .optional()
    .describe(
      "JSON list of `{name, scopes, key}` or `{name, scopes, sha256}`; scopes `check`, `manage`, `admin`; `types`, `permissions`, `organizations`, `not_after` bind a key, see docs/keys.md. Required.",
    ),
  OPENFGA_API_URL: url({ schemes: ["http", "https"] })
    .optional()
    .describe("An OpenFGA server to use. Default: one of our own, on sqlite."),
  OPENFGA_API_TOKEN: z.string().min(1).optional().describe("The preshared key of that OpenFGA server."),
  OPENFGA_STORE: z.string().min(3).max(64).default("concordat").describe("The store's name."),
  OPENFGA_TIMEOUT_MILLISECONDS: whole(50, 60_000)
    .default(3000)
    .describe("How long one call to OpenFGA may take; a check that is not cached makes up to four in turn."),
  OPENFGA_CONNECTIONS: whole(1, 1000).default(32).describe("Connections that checks are asked over."),
  OPENFGA_CONCURRENCY: whole(1, 10_000)
    .default(128)
    .describe(
      "Questions that may be with the engine at once, at most half of them one key's; one that finds no place within a second is a 503 with Retry-After.",
    ),
  REDIS_URL: url({ schemes: ["redis", "rediss"], credentials: true, query: true, path: /^(\/\d*)?$/ })
    .optional()
    .describe(
      "The Redis that keeps decisions, `redis://host:6379`, over TLS `rediss://…`. Default: this process's memory, for one replica alone.",
    ),
  CACHE_SECRET: z
    .string()
    .min(32, "must be at least 32 characters")
    .optional()
    .describe("Seals decisions in Redis, so that nobody else can make or change one."),
  REDIS_TIMEOUT_MILLISECONDS: whole(3, 10_000)
    .default(150)
    .describe("How long a check may wait for Redis, all in all: a third of it for each trip. Then it asks the engine."),
  CACHE_TTL_SECONDS: whole(1, 3600)
    .default(300)
    .describe("How long a decision is kept, while the follower watches OpenFGA's changes."),
  CACHE_UNWATCHED_SECONDS: whole(1, 10)
    .default(10)
    .describe(
      "How long a decision counts while nobody watches: no answer is older than this, whatever fails or was written past the service.",
    ),
  CACHE_ENTRIES_MAX: whole(100, 100_000_000)
    .default(100_000)
    .describe("Decisions kept without Redis; the least used go first."),
  INVITATION_SECRET: z
    .string()
    .min(32, "must be at least 32 characters")
    .optional()
    .describe("Signs the links in invitations. Required."),
  INVITATION_URL: url({ schemes: ["https", "http"], query: true, fragment: true })
    .default("http://localhost:5173/join")
    .describe("The page of yours that invitations link to; the token is in its fragment."),
  INVITATION_TTL_DAYS: whole(1, 365).default(14).describe("How many days an invitation's link lives."),
  INVITATION_DECLINED_DAYS: whole(0, 365)
    .default(3)
    .describe("How many days after a decline the same organization may not be invited again by the same."),
  INVITATIONS_OPEN_MAX: whole(1, 100_000)
    .default(200)
    .describe("Invitations of one organization that may wait for an answer."),
  INVITATIONS_DAILY_MAX: whole(1, 100_000)
    .default(100)
    .describe("Invitations that one organization may send on one day (UTC)."),
  HISTORY_KEY_FILE: historyKeys
    .optional()
    .describe(
      "A PEM file with the Ed25519 key that signs histories; keys behind it only verify. Default: they are not signed.",
    ),
  HISTORY_UNSIGNED: z
    .enum(["refuse", "allow"])
    .default("refuse")
    .describe(
      "`allow`: with a key, actions also accept a head without a signature; until `npm run doctor -- --sign` is done.",
    ),
  SMTP_URL: url({ schemes: ["smtps", "smtp"], credentials: true, query: true })
    .optional()
    .describe("Where mails go, `smtps://user:password@host`, or `smtp://…` with STARTTLS. Default: `.eml` files."),
  MAIL_FROM: sender.default("Concordat <concordat@localhost>").describe("The sender of mails."),
  DISCLOSE_ORGANIZATIONS: onOff
    .default(true)
    .describe("`off`: an invitation never discloses whether an address or an organization is known."),
  RATE_LIMIT_CHECKS_PER_MINUTE: limits("off").describe(
    `Decisions: ${LIMITS_FORM}; a batch is one request. See docs/keys.md.`,
  ),
  RATE_LIMIT_SEARCHES_PER_MINUTE: limits("key=1200").describe("Searches, lists of OpenFGA's API and explanations."),
  RATE_LIMIT_READS_PER_MINUTE: limits("user=1200").describe("Other reads."),
  RATE_LIMIT_WRITES_PER_MINUTE: limits("key=6000,user=300,organization=1200").describe(
    "Whatever may change something.",
  ),
  RATE_LIMIT_INVITATIONS_PER_MINUTE: limits("user=10,organization=30").describe(
    "Invitations, sent the first time and again; each is a write besides.",
  ),
  CONCORDAT_FOLDER: z
    .string()
    .default(".concordat")
    .describe("Where the embedded engine's data, mails and keys are; closed to other users."),
  LOG_LEVEL: z
    .enum(["silent", "error", "warn", "info", "debug"])
    .default("info")
    .describe("What is logged; `debug` includes answered health checks."),
  LOG_FORMAT: z
    .enum(["json", "pretty"])
    .optional()
    .describe("How it is logged. Default: `pretty`, for people, where standard output is a terminal, else `json`."),
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

/** Where the service is reached at an address to listen on. */
export const urlOf = (host: string, port: number): string => `http://${isIPv6(host) ? `[${host}]` : host}:${port}`;

/** Addresses that mean all of a machine's, as URLs spell them: one may listen there, and call nobody. */
const UNSPECIFIED = ["0.0.0.0", "[::]", "[::ffff:0:0]"];

/** Whether callers can be sent there: to no address of all, and to none with a zone, which no URL holds. */
function isCallable(host: string): boolean {
  const text = urlOf(host, 80);
  return URL.canParse(text) && !UNSPECIFIED.includes(new URL(text).hostname);
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
      problems.push(`${name}: is required (see docs/reference/configuration.md; \`npm start\` makes one)`);
  const listening = VARIABLES.HOST.safeParse(set.HOST);
  if (set.PUBLIC_URL === undefined && listening.success && !isCallable(listening.data))
    problems.push(
      `PUBLIC_URL: is required with HOST=${listening.data}, which nobody can call: it is published to callers`,
    );
  if (!parsed.success || problems.length > 0) throw new ConfigurationError(problems.join("\n"));
  const { SERVICE_KEYS = [], INVITATION_SECRET = "", ...rest } = parsed.data;
  const { SERVICE_KEYS_FILE } = set;
  const perMinute = (kind: Kind) => readLimits(rest[`RATE_LIMIT_${upper(kind)}_PER_MINUTE`]) ?? {};
  const rateLimits = Object.fromEntries(KINDS.map((kind) => [kind, perMinute(kind)])) as RateLimits;
  const { warnings } = files;
  return Object.freeze({ ...rest, SERVICE_KEYS, INVITATION_SECRET, SERVICE_KEYS_FILE, rateLimits, warnings });
}

const upper = <K extends Kind>(kind: K) => kind.toUpperCase() as Uppercase<K>;

/** Why it cannot listen there, by the variable to change; what that does not explain is left as it was thrown. */
export function notListening(error: NodeJS.ErrnoException, { HOST, PORT }: Pick<Config, "HOST" | "PORT">): Error {
  const reasons: Record<string, string> = {
    EADDRINUSE: `PORT: ${urlOf(HOST, PORT)} is in use by another process; stop that one, or set another port`,
    EACCES: `PORT: this user may not listen on ${PORT}`,
    EADDRNOTAVAIL: `HOST: this machine does not have the address ${HOST}`,
    ENOTFOUND: `HOST: ${HOST} has no address`,
  };
  const reason = reasons[error.code ?? ""];
  return reason === undefined ? error : new ConfigurationError(reason);
}

/** The keys as their file has them now, with what is to be mended about it. Throws ConfigurationError. */
export function rereadServiceKeys(path: string): { keys: readonly ServiceKey[]; warnings: readonly string[] } {
  const files = withSecretFiles({ SERVICE_KEYS_FILE: path });
  const read = readServiceKeys(files.env.SERVICE_KEYS ?? "");
  if (files.problems.length > 0) throw new ConfigurationError(files.problems.join("\n"));
  if ("problem" in read) throw new ConfigurationError(`SERVICE_KEYS_FILE: ${read.problem}`);
  return { keys: read.keys, warnings: files.warnings };
}
