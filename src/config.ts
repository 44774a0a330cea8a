/**
 * The environment as one frozen value. Every problem is reported at once, with the
 * variable's name and what it should be; a secret's value is never part of a message.
 */
import { isIPv6 } from "node:net";
import { availableParallelism } from "node:os";
import { z } from "zod";
import { VARIABLES } from "./config-variables.ts";
import { retentionProblems } from "./domain/access-log/retention.ts";
import { concurrencyOf } from "./domain/engine-concurrency.ts";
import { endpointProblems } from "./domain/events/endpoints.ts";
import { type Issuer, isIssuerUrl } from "./domain/issuers.ts";
import { KINDS, type Kind, type RateLimits, readLimits } from "./domain/rate-limits.ts";
import { readServiceKeys, type ServiceKey } from "./domain/service-keys.ts";
import { type ProviderConfig, readProviders } from "./domain/sign-in-providers.ts";
import { ConfigurationError } from "./faults.ts";
import { withSecretFiles } from "./secret-files.ts";

const Environment = z.object(VARIABLES);
type Environment = z.infer<typeof Environment>;

export type Config = Readonly<
  Omit<Environment, "SERVICE_KEYS" | "INVITATION_SECRET" | "OPENFGA_CONCURRENCY" | "CONSOLE_OIDC"> & {
    OPENFGA_CONCURRENCY: number;
    SERVICE_KEYS: readonly ServiceKey[];
    INVITATION_SECRET: string;
    /** Where the keys were read from, to be read again. */
    SERVICE_KEYS_FILE: string | undefined;
    rateLimits: RateLimits;
    /** Whom people sign in to the console by. */
    providers: readonly ProviderConfig[];
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
  if (Number(set.WORKERS) > 1 && set.REDIS_URL === undefined && set.REDIS_URL_FILE === undefined)
    problems.push("WORKERS: more than one need REDIS_URL; without it a worker would not see what another one changed");
  if (set.WEBHOOKS_BY_ORGANIZATIONS === "on" && set.WEBHOOKS_SECRET === undefined)
    problems.push("WEBHOOKS_BY_ORGANIZATIONS: needs WEBHOOKS_SECRET, which encrypts what is kept of their endpoints");
  const reached = set.PUBLIC_URL ?? (listening.success ? urlOf(listening.data, 80) : "");
  if (set.CONSOLE === "on" && !(isIssuerUrl(reached) && new URL(reached).pathname === "/"))
    problems.push(
      "CONSOLE: needs a PUBLIC_URL with https, or http on this machine, and without a path: for its cookies",
    );
  const { WEBHOOKS = [], WEBHOOKS_ALLOW = [], WEBHOOKS_KEY_FILE } = parsed.data ?? {};
  problems.push(...endpointProblems(WEBHOOKS, WEBHOOKS_ALLOW, WEBHOOKS_KEY_FILE !== undefined));
  if (parsed.success) {
    const { ACCESS_LOG, ACCESS_LOG_DAYS: days, ACCESS_LOG_OWN_DAYS: ownDays } = parsed.data;
    const { ACCESS_LOG_PSEUDONYMIZE_DAYS: pseudonymizeDays } = parsed.data;
    problems.push(...retentionProblems(ACCESS_LOG, { days, ownDays, pseudonymizeDays }));
  }
  const read = readProvidersOf(set, parsed.data?.ISSUERS ?? []);
  if ("problem" in read) problems.push(`CONSOLE_OIDC: ${read.problem}`);
  if (!parsed.success || problems.length > 0 || "problem" in read) throw new ConfigurationError(problems.join("\n"));
  const { SERVICE_KEYS = [], INVITATION_SECRET = "", CONSOLE_OIDC: _, ...rest } = parsed.data;
  const { OPENFGA_CONCURRENCY = concurrencyOf(rest.OPENFGA_API_URL === undefined, availableParallelism()) } = rest;
  const { SERVICE_KEYS_FILE } = set;
  const perMinute = (kind: Kind) => readLimits(rest[`RATE_LIMIT_${upper(kind)}_PER_MINUTE`]) ?? {};
  const rateLimits = Object.fromEntries(KINDS.map((kind) => [kind, perMinute(kind)])) as RateLimits;
  const { warnings } = files;
  return Object.freeze({
    ...rest,
    OPENFGA_CONCURRENCY,
    SERVICE_KEYS,
    INVITATION_SECRET,
    SERVICE_KEYS_FILE,
    rateLimits,
    providers: read.providers,
    warnings,
  });
}

/** Whom people sign in to the console by, as the environment has it. */
function readProvidersOf({ CONSOLE, CONSOLE_OIDC, PUBLIC_URL }: NodeJS.ProcessEnv, issuers: readonly Issuer[]) {
  if (CONSOLE_OIDC === undefined) return { providers: [] };
  if (CONSOLE !== "on") return { problem: "needs CONSOLE=on" };
  return PUBLIC_URL === undefined
    ? { problem: "needs PUBLIC_URL, where providers send browsers back to" }
    : readProviders(CONSOLE_OIDC, issuers);
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
