/**
 * Each environment variable: what it takes, its default and what it is for. `config.ts` reads the environment by it, and
 * docs/reference/configuration.md and `.env.example` are printed from it.
 */
import { z } from "zod";
import { CONSOLE_VARIABLES } from "./config-console.ts";
import {
  accessLog,
  accessLogLoss,
  allowances,
  days,
  endpoints,
  historyKeys,
  host,
  issuers,
  limits,
  onOff,
  pageUrl,
  redisUrl,
  sender,
  serviceKeys,
  url,
  whole,
  workers,
} from "./config-forms.ts";
import { CONCURRENCY } from "./domain/engine-concurrency.ts";
import { LIMITS_FORM } from "./domain/rate-limits.ts";

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
    .describe(
      "Connections that may be open at once; one beyond that is closed unanswered. Each of several workers takes up to one and a half times its part.",
    ),
  STOPPING_MILLISECONDS: whole(0, 300_000)
    .default(500)
    .describe(
      "How long it still answers after it was asked to stop, while `/readyz` says `stopping`. Behind a load balancer: longer than it takes to notice.",
    ),
  WORKERS: workers.describe(
    "Processes that answer, up to 256, or `auto`: one for each core, without `REDIS_URL` one. More than one need `REDIS_URL`, and share out `CONNECTIONS_MAX`, `OPENFGA_CONNECTIONS` and `OPENFGA_CONCURRENCY`.",
  ),
  SERVICE_KEYS: serviceKeys
    .optional()
    .describe(
      "JSON list of `{name, scopes, key}` or `{name, scopes, sha256}`; scopes `check`, `manage`, `admin`; `types`, `permissions`, `organizations`, `not_after` bind a key, see docs/keys.md. Required.",
    ),
  ISSUERS: issuers
    .optional()
    .describe("JSON list of the issuers whose JWTs are taken, see docs/identity.md. Default: none."),
  OPENFGA_API_URL: url({ schemes: ["http", "https"] })
    .optional()
    .describe("The OpenFGA server to use. Default: an embedded one, on sqlite."),
  OPENFGA_API_TOKEN: z.string().min(1).optional().describe("The preshared key of that OpenFGA server."),
  OPENFGA_STORE: z.string().min(3).max(64).default("concordat").describe("The store's name."),
  OPENFGA_TIMEOUT_MILLISECONDS: whole(50, 60_000)
    .default(3000)
    .describe(
      "How long one call to OpenFGA for a check may take; a check that is not cached makes up to four in turn. Lists and forwarded requests have three seconds more. Reads and Writes of tuples have 5 seconds a call, whatever is set.",
    ),
  OPENFGA_CONNECTIONS: whole(1, 1000)
    .default(32)
    .describe("Connections that checks are asked over; each of several workers has at least 8, or all."),
  OPENFGA_CONCURRENCY: whole(1, 10_000)
    .optional()
    .describe(
      `Calls to OpenFGA for checks, lists and forwarded requests at the same time: at most half of them for one key, and at most half of them lists. The questions that a batch asks together are one call, however many they are. A call that gets no place within a second is answered with 503 and Retry-After. Default: ${CONCURRENCY.external}; with the embedded engine ${CONCURRENCY.embeddedACore} for each processor core, at least ${CONCURRENCY.embeddedMin}, so that it is free for actions.`,
    ),
  REDIS_URL: redisUrl
    .optional()
    .describe(
      "The Redis or Valkey that caches decisions: `redis://user:password@host:6379/0`; of Sentinels `redis+sentinel://user:password@host:26379,host:26379,host:26379/NAME/0?sentinel_username=user&sentinel_password=password`; a Cluster `redis+cluster://user:password@host:6379,host:6379,host:6379`. Over TLS each begins with `rediss`. What is no letter or digit in a user or password is percent-encoded. Default: the memory of the process, for a single process.",
    ),
  CACHE_SECRET: z
    .string()
    .min(32, "must be at least 32 characters")
    .optional()
    .describe("Seals cache entries in Redis, so that nobody without it can make or change one."),
  REDIS_TIMEOUT_MILLISECONDS: whole(3, 10_000)
    .default(150)
    .describe("How long a check may wait for Redis, a third of it for each round trip. Then it asks OpenFGA."),
  CACHE_TTL_SECONDS: whole(1, 3600)
    .default(300)
    .describe(
      "How long a decision is cached. Beyond `CACHE_UNWATCHED_SECONDS` it counts only while the follower watches OpenFGA's changes; docs/cache.md says on what conditions.",
    ),
  CACHE_UNWATCHED_SECONDS: whole(8, 10)
    .default(10)
    .describe(
      "How long a cached decision counts while nobody watches: no answer is older than this, whatever fails or was written past the service. For less make `CACHE_TTL_SECONDS` shorter: the follower reads OpenFGA's clock in whole seconds.",
    ),
  CACHE_ENTRIES_MAX: whole(100, 100_000_000)
    .default(100_000)
    .describe("Decisions cached in memory without Redis; the least recently used are dropped first."),
  INVITATION_SECRET: z
    .string()
    .min(32, "must be at least 32 characters")
    .optional()
    .describe("Signs the links in invitations, and the cursors of lists of resources. Required."),
  INVITATION_URL: url({ schemes: ["https", "http"], query: true, fragment: true })
    .default("http://localhost:5173/join")
    .describe("Your page that invitations link to; the token is in the URL's fragment."),
  APP_URL: pageUrl
    .optional()
    .describe(
      "Your page of a cooperation, with `{organization}` (the reader's) and `{cooperation}` where their ids belong: `https://app.example/{organization}/cooperations/{cooperation}`. Mails to members link to it. Default: they have no link.",
    ),
  INVITATION_TTL_DAYS: whole(1, 365).default(14).describe("How many days the link of an invitation is valid."),
  INVITATION_DECLINED_DAYS: whole(0, 365)
    .default(3)
    .describe("How many days after a decline the initiator cannot invite the same organization again."),
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
      "With HISTORY_KEY_FILE: `allow` lets actions accept a head without a signature, until `npm run doctor -- --sign` is done.",
    ),
  SMTP_URL: url({ schemes: ["smtps", "smtp"], credentials: true, query: true })
    .optional()
    .describe("The mail server, `smtps://user:password@host`, or `smtp://…` with STARTTLS. Default: `.eml` files."),
  MAIL_FROM: sender.default("Concordat <concordat@localhost>").describe("The sender of mails."),
  MAIL_NEWS: onOff
    .default(false)
    .describe(
      "`on`: what happens in cooperations is mailed to everybody it is news for, see docs/mails.md. Invitations and notices are mailed in any case.",
    ),
  MAIL_PREFERENCES_URL: url({ schemes: ["https", "http"], query: true, fragment: true })
    .optional()
    .describe(
      "Your page where a person chooses their mails (`PUT /v1/me/notifications`); mails about news name it in `List-Unsubscribe`.",
    ),
  WEBHOOKS: endpoints
    .optional()
    .describe(
      "JSON list of `{name, url, secrets, types}`: where events are delivered to, see docs/events.md. Default: nowhere.",
    ),
  WEBHOOKS_KEY_FILE: historyKeys
    .optional()
    .describe(
      "A PEM file with the Ed25519 key that signs deliveries; private keys behind it sign too, and all are published.",
    ),
  WEBHOOKS_ALLOW: allowances
    .optional()
    .describe(
      "What endpoints may be beside https on port 443 with a public address: `http`, `ports`, `private`, with commas. For a network of your own. All of it counts for those that organizations add only with `organizations-private` too, which needs `private`.",
    ),
  SCHEDULER: onOff
    .default(true)
    .describe(
      "`off`: nothing starts or is resumed on its date, nothing is reminded of and no expiry is announced while it is so; what came meanwhile is done when it is on again. See docs/schedule.md.",
    ),
  WEBHOOKS_SECRET: z
    .string()
    .min(32, "must be at least 32 characters")
    .optional()
    .describe(
      "Encrypts the URLs and secrets of endpoints that are added by API, and permits to add them. Default: none can be added.",
    ),
  WEBHOOKS_BY_ORGANIZATIONS: onOff
    .default(false)
    .describe("`on`: an organization's admins may add endpoints that get its events. Needs WEBHOOKS_SECRET."),
  ACCESS_LOG: accessLog.describe(
    "Where access through cooperations is recorded, see docs/access-log.md: `file` (in CONCORDAT_FOLDER), `file:///folder`, `stdout`, a collector's `https://user:password@host/path` (or `http`), for several machines `postgres://user:password@host:5432/database` (`?sslmode=require` or `verify-full` for TLS), or `off`. `npm start` sets `file`, docker-compose.yml PostgreSQL.",
  ),
  ACCESS_LOG_LOSS: accessLogLoss.describe(
    "While the access log cannot be written: `count` answers checks and counts what is lost, `refuse` answers them with 503 `audit_unavailable`.",
  ),
  ACCESS_LOG_OWN: onOff.default(false).describe("`on`: access of the owner's own people is recorded too."),
  ACCESS_LOG_DAYS: days.describe("How many days the access log is kept, in files or PostgreSQL. Default: for ever."),
  ACCESS_LOG_OWN_DAYS: days.describe("Days for the owner's own people, at most `ACCESS_LOG_DAYS`; only in PostgreSQL."),
  ACCESS_LOG_PSEUDONYMIZE_DAYS: days.describe(
    "After how many days users are taken out of the access log. Default: never.",
  ),
  DISCLOSE_ORGANIZATIONS: onOff
    .default(true)
    .describe("`off`: an invitation never discloses whether an address or an organization is known."),
  RATE_LIMIT_CHECKS_PER_MINUTE: limits("off").describe(
    `Decisions: ${LIMITS_FORM}; a batch is one request. See docs/keys.md.`,
  ),
  RATE_LIMIT_SEARCHES_PER_MINUTE: limits("key=1200").describe("Searches, lists of OpenFGA's API and explanations."),
  RATE_LIMIT_READS_PER_MINUTE: limits("user=1200").describe("Other reads."),
  RATE_LIMIT_WRITES_PER_MINUTE: limits("key=6000,user=300,organization=1200").describe("Requests that may write."),
  RATE_LIMIT_INVITATIONS_PER_MINUTE: limits("user=10,organization=30").describe(
    "Invitations, sent the first time or again; each also counts as a write.",
  ),
  ...CONSOLE_VARIABLES,
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
