/**
 * The environment as one frozen value. Every problem is reported at once, with the
 * variable's name and what it should be; a secret's value is never part of a message.
 */
import { z } from "zod";
import { type ServiceKey, ServiceKeyInput, toServiceKey } from "./domain/service-keys.ts";

const onOff = z.enum(["on", "off"]).transform((text) => text === "on");
const whole = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

const serviceKeys = z.string().transform((text, context) => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    context.addIssue({
      code: "custom",
      message: "must be a JSON list of {name, scopes, key} or {name, scopes, sha256}",
    });
    return z.NEVER;
  }
  const parsed = z.array(ServiceKeyInput).min(1).safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    context.addIssue({ code: "custom", message: `entry ${issue?.path.join(".")}: ${issue?.message}` });
    return z.NEVER;
  }
  const names = parsed.data.map((key) => key.name);
  if (new Set(names).size < names.length) context.addIssue({ code: "custom", message: "names a key twice" });
  return parsed.data.map(toServiceKey);
});

/** Each variable: what it takes, and for the README what it is for and its default. */
export const VARIABLES = {
  HOST: z.string().default("127.0.0.1").describe("The address to listen on."),
  PORT: whole(0, 65535).default(3000).describe("The port to listen on; 0 takes a free one."),
  PUBLIC_URL: z.url().optional().describe("Where callers reach the service. Default: `http://<HOST>:<PORT>`."),
  SERVICE_KEYS: serviceKeys
    .optional()
    .describe(
      "JSON list of `{name, scopes, key}` or `{name, scopes, sha256}`; scopes `check`, `manage`, `admin`. Required.",
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
  CONCORDAT_FOLDER: z
    .string()
    .default(".concordat")
    .describe("Where the embedded engine's data, mails and keys are; closed to other users."),
  LOG_LEVEL: z.enum(["silent", "error", "warn", "info", "debug"]).default("info").describe("What is logged."),
} as const;

const Environment = z.object(VARIABLES);
type Environment = z.infer<typeof Environment>;

export type Config = Readonly<
  Omit<Environment, "SERVICE_KEYS" | "INVITATION_SECRET"> & {
    SERVICE_KEYS: readonly ServiceKey[];
    INVITATION_SECRET: string;
  }
>;

/** Why the environment is not one to run with: one line for each variable. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}

/** Reads the configuration. Throws ConfigurationError that names every problem. An empty variable is an unset one. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const parsed = Environment.safeParse(set);
  const problems = parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  for (const name of ["SERVICE_KEYS", "INVITATION_SECRET"])
    if (set[name] === undefined) problems.push(`${name}: is required (see the README; \`npm start\` makes one)`);
  if (!parsed.success || problems.length > 0) throw new ConfigurationError(problems.join("\n"));
  const { SERVICE_KEYS = [], INVITATION_SECRET = "", ...rest } = parsed.data;
  return Object.freeze({ ...rest, SERVICE_KEYS, INVITATION_SECRET });
}
