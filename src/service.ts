/**
 * The service composed of its parts, by the configuration: which adapters are behind the ports, and what repeats in the
 * background. `main.ts` starts and stops it.
 */
import { randomBytes, randomInt } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ulid } from "ulid";
import { keepSealsDaily } from "./access-log/keep-seals.ts";
import { openAccessLog } from "./access-log/open-access-log.ts";
import { type createBackground, repeat } from "./actions/run/background.ts";
import { createKeyedMutex, type KeyedMutex } from "./actions/run/keyed-mutex.ts";
import { perform } from "./actions/run/perform.ts";
import { createRepeats } from "./actions/run/repeats.ts";
import { disableWebhook } from "./actions/webhook.ts";
import type { AppDeps } from "./app.ts";
import { cacheFor } from "./backends.ts";
import { createChecker } from "./check/check.ts";
import { createCommittedWrite } from "./check/committed-write.ts";
import { createFollower, FOLLOW_EVERY_MILLISECONDS } from "./check/follow-changes.ts";
import { createNotices, NOTICES_EVERY_MILLISECONDS } from "./check/notices.ts";
import type { Config } from "./config.ts";
import { createEndpointSeal, type EndpointSeal } from "./domain/events/endpoint-seal.ts";
import { relay } from "./events/relay.ts";
import { relayAdded } from "./events/relay-added.ts";
import type { StoreDamaged } from "./faults.ts";
import { callerNow } from "./http/caller.ts";
import { identitiesFor } from "./identities.ts";
import { createKeyRing } from "./key-ring.ts";
import type { Log } from "./log.ts";
import { createMailer } from "./mail/mailer.ts";
import { createMetrics } from "./metrics.ts";
import { mailNews } from "./news/mail-news.ts";
import { openConsole } from "./open-console.ts";
import { boundEngine } from "./openfga/bounded-engine.ts";
import type { OpenFgaConnection } from "./openfga/client.ts";
import { createEngine } from "./openfga/engine.ts";
import type { OpenStore } from "./openfga/open-store.ts";
import type { Clock, TupleStore } from "./ports.ts";
import { createRateLimiter } from "./redis/rate-limiter.ts";
import { runScheduler } from "./schedule/scheduler.ts";
import { type AddedOptions, createAddedSinks, urlProblemBy } from "./webhooks/added-webhooks.ts";
import { createWebhook } from "./webhooks/webhook-sink.ts";

/** After so long without a line an import is ended, since the next one waits for it. */
const IMPORT_IDLE_MILLISECONDS = 30_000;
/** The scheduler tries an action for so long, waits so long for its turn at the object, and comes back to it later. */
const DUE_PATIENCE_MILLISECONDS = 2000;
/** How often it is looked what other replicas revoked. */
const SIGNALS_EVERY_MILLISECONDS = 500;
/** How often it is looked whether somebody is to be taken out of the access log. */
const ERASE_EVERY_MILLISECONDS = 10_000;
/** How long it is waited, when the service stops, for what is being delivered. */
const RELAYED_MILLISECONDS = 1500;
/** What disables an endpoint, as histories name it: `service:concordat` (caller.ts). */
const OWN_KEY = "concordat";

type Parts = {
  connection: OpenFgaConnection;
  store: OpenStore;
  tupleStore: TupleStore;
  clock: Clock;
  folder: string;
  log: Log;
  background: ReturnType<typeof createBackground>;
  /** What the console can be tried by, where it was started for that. */
  sample: Parameters<typeof openConsole>[1]["sample"];
};

/** The parts of the service by its configuration. Connections are made in the background; nothing listens or repeats yet. */
export function createService(
  config: Config,
  { connection, store, tupleStore, clock, folder, log, background, sample }: Parts,
  stopping: () => boolean,
) {
  const warn = (event: string, facts: object) => log("warn", event, facts);
  const { meter, accessLog: logMeter, text: metricsText, counts } = createMetrics(clock);
  const pool = createEngine({
    ...connection,
    ...store,
    connections: config.OPENFGA_CONNECTIONS,
    timeoutMilliseconds: config.OPENFGA_TIMEOUT_MILLISECONDS,
  });
  const engine = boundEngine(pool, { callsMax: config.OPENFGA_CONCURRENCY, meter, callerNow });
  const ttlMilliseconds = config.CACHE_TTL_SECONDS * 1000;
  const unwatchedMilliseconds = config.CACHE_UNWATCHED_SECONDS * 1000;
  const committed = createCommittedWrite(tupleStore);
  const cache = cacheFor(config, store, meter, warn);
  const limiter = createRateLimiter(config, store.storeId, meter);
  const identities = identitiesFor(config, store, clock, meter);
  const keys = createKeyRing({ config, permissions: pool.permissions, clock, log });
  const notices = createNotices({ cache, engine, clock, meter, warn, sleep });
  const logParts = { config, folder, store: store.storeId, engine, reads: tupleStore, clock, meter: logMeter, warn };
  const accessLog = openAccessLog(logParts);
  const mails = { smtpUrl: config.SMTP_URL, folder: join(folder, "mail"), from: config.MAIL_FROM, clock };
  const mailer = createMailer(mails);
  const { WEBHOOKS_SECRET, WEBHOOKS_ALLOW: allowed = [], WEBHOOKS_BY_ORGANIZATIONS: byOrganizations } = config;
  const seal = WEBHOOKS_SECRET === undefined ? undefined : createEndpointSeal(WEBHOOKS_SECRET);
  const deps: Omit<AppDeps, "publicUrl"> = {
    tupleStore: committed.tupleStore,
    historyKeys: config.HISTORY_KEY_FILE,
    webhooks: config.WEBHOOKS,
    webhookKeys: config.WEBHOOKS_KEY_FILE,
    addedWebhooks: seal && { seal, byOrganizations, urlProblem: urlProblemBy(allowed) },
    engine,
    checker: createChecker({ engine, cache, clock, meter, ttlMilliseconds, unwatchedMilliseconds, callerNow }),
    recorder: accessLog?.log,
    accessLogReader: accessLog?.reader,
    accessLogErasure: accessLog?.erasure,
    cache,
    ttlMilliseconds: Math.min(ttlMilliseconds, unwatchedMilliseconds),
    metricsText,
    mailer,
    clock,
    warn,
    log,
    mutex: createKeyedMutex(),
    repeats: createRepeats(),
    // of bytes that node has at hand: by itself it asks the system for each of sixteen characters
    newId: () => ulid(undefined, () => randomInt(256) / 256),
    newNonce: () => randomBytes(16).toString("base64url"),
    inBackground: background.run,
    findKey: keys.find,
    ...identities,
    rate: { limits: config.rateLimits, limiter, limited: meter.rateLimited },
    discloseOrganizations: config.DISCLOSE_ORGANIZATIONS,
    stopping,
    importIdleMilliseconds: IMPORT_IDLE_MILLISECONDS,
    notices: () => ({ ...notices.now(), ...(accessLog && { access_log: accessLog.log.state() }) }),
    appUrl: config.APP_URL,
    console: openConsole(config, { storeId: store.storeId, clock, meter, counts, sample }),
    invitation: {
      secret: config.INVITATION_SECRET,
      url: config.INVITATION_URL,
      ttlDays: config.INVITATION_TTL_DAYS,
      limits: {
        openMax: config.INVITATIONS_OPEN_MAX,
        dailyMax: config.INVITATIONS_DAILY_MAX,
        declinedDays: config.INVITATION_DECLINED_DAYS,
      },
    },
  };
  const replica = ulid();
  const watching = { tupleStore, cache, clock, meter, committed, unwatchedMilliseconds, warn, replica };
  const follow = createFollower(watching);
  const relaying = new AbortController();
  let relayed: Promise<unknown> | undefined;
  function addedSinks(seal: EndpointSeal, options: AddedOptions) {
    const disable = async (input: Parameters<typeof disableWebhook>[0]) => {
      const caller = { key: OWN_KEY, scopes: ["admin" as const] };
      await perform(deps, { caller, requestId: ulid() }, disableWebhook(input));
    };
    const damaged = (object: string, { what }: StoreDamaged) => warn("event_damaged", { history: object, what });
    return createAddedSinks({ reads: tupleStore, seal, allowed, byOrganizations, options, disable, damaged, warn });
  }
  return {
    deps,
    keys,
    /** What was counted, to be added to what other processes counted. */
    counts,
    /** Starts what repeats in every process until the returned function is called, which ends deliveries too. */
    startRepeating() {
      const repeating = [
        repeat(follow, FOLLOW_EVERY_MILLISECONDS),
        repeat(notices.poll, NOTICES_EVERY_MILLISECONDS),
        repeat(identities.signals.poll, SIGNALS_EVERY_MILLISECONDS),
      ];
      accessLog?.log.start();
      const { erasure } = accessLog ?? {};
      if (erasure !== undefined) repeating.push(repeat(erasure.tend, ERASE_EVERY_MILLISECONDS));
      log("info", "access_log", { to: accessLog?.target ?? "off", whole: accessLog?.whole });
      return () => {
        for (const one of [...repeating, relaying]) one.abort();
      };
    },
    /** Delivers events where there are receivers, and does what is due, until the service is closed. `source` is what receivers know it by. */
    startRelaying(source: string) {
      const keys = config.WEBHOOKS_KEY_FILE?.privates;
      const options = { source, keys, clock };
      const privateAddresses = allowed.includes("private");
      const sinks = (config.WEBHOOKS ?? []).map((endpoint) =>
        createWebhook(endpoint, { ...options, privateAddresses }),
      );
      // whoever follows the changes delivers; it keeps that claim
      const leads = async () => (await cache.lead(replica, undefined))?.leads === true;
      const readLog = tupleStore.changesPage;
      const secret = config.INVITATION_SECRET;
      const parts = { readLog, secret, store: tupleStore, leads, clock, meter, warn, random: Math.random };
      const { APP_URL: appUrl, MAIL_PREFERENCES_URL: preferencesUrl } = config;
      const news = config.MAIL_NEWS ? mailNews({ ...parts, mailer, appUrl, preferencesUrl }) : undefined;
      const { signal } = relaying;
      const mutex: KeyedMutex = (object, act) => deps.mutex(object, act, DUE_PATIENCE_MILLISECONDS);
      const actions = { ...deps, mutex, patienceMilliseconds: DUE_PATIENCE_MILLISECONDS };
      const settings = { invitationDays: config.INVITATION_TTL_DAYS };
      if (accessLog?.seals !== undefined) keepSealsDaily({ ...parts, newest: accessLog.seals }, signal);
      relayed = Promise.all([
        relay(news === undefined ? sinks : [...sinks, news.sink], parts, signal),
        news?.run(signal),
        config.SCHEDULER && runScheduler({ ...parts, actions, settings, log }, signal),
        seal && relayAdded(addedSinks(seal, options), parts, signal),
      ]);
    },
    async close() {
      relaying.abort();
      // all of it can be repeated: a mail to a slow server is not waited for
      const relaysEnd = Promise.race([relayed, sleep(RELAYED_MILLISECONDS, undefined, { ref: false })]);
      await Promise.all([relaysEnd, accessLog?.log.close()]);
      mailer.close();
      await cache.close();
      await limiter.close();
      await identities.signals.close();
      await deps.console?.sessions.close();
      await pool.close();
    },
  };
}
