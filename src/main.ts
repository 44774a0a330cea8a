/**
 * The process: reads the configuration, has an engine, opens the store, listens, and
 * stops in the opposite order. The only file with effects on import. With `--start` it
 * is what `npm start` runs: keys of its own, a sample cooperation, three commands to try.
 */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import { join } from "node:path";
import { serve } from "@hono/node-server";
import { ulid } from "ulid";
import { createAfterwards } from "./actions/afterwards.ts";
import { createOrder } from "./actions/order.ts";
import { signHeads } from "./actions/sign-heads.ts";
import { signStore } from "./actions/sign-store.ts";
import { sweep } from "./actions/sweep.ts";
import { createApp } from "./app.ts";
import { boundEngine } from "./check/bounded.ts";
import { createChecker } from "./check/check.ts";
import { createTail, TAIL_EVERY_MILLISECONDS } from "./check/tail.ts";
import { type Config, ConfigurationError, readConfig } from "./config.ts";
import { createLog } from "./log.ts";
import { createMailer } from "./mail/mailer.ts";
import { createMemoryCache } from "./memory/decision-cache.ts";
import { createMetrics } from "./metrics.ts";
import { createEngine } from "./openfga/engine.ts";
import { findServer } from "./openfga/find-server.ts";
import { createRelationships } from "./openfga/relationships.ts";
import { startServer } from "./openfga/server.ts";
import { openStore } from "./openfga/store.ts";
import type { DecisionCache, Meter } from "./ports.ts";
import { createRedisCache } from "./redis/decision-cache.ts";
import { withStartKeys } from "./start/keys.ts";
import { playSample, sampleHint } from "./start/sample.ts";

const SWEEP_EVERY_MILLISECONDS = 60_000;
/** A check looks up, looks up again where the owner was another, and takes tokens. */
const CACHE_TRIPS = 3;
/** Node's default of five minutes would cut an import off: its body is read as fast as its lines are done. */
const REQUEST_MILLISECONDS_MAX = 60 * 60_000;
// less than the ten seconds that Docker waits before it kills
const DRAIN_MILLISECONDS = 7_000;

const say = (text: string) => process.stderr.write(`${text}\n`);

async function engineFor(config: Config, folder: string) {
  const found = await findServer(process.env, { line: say, counter: () => {} });
  const apiToken = config.OPENFGA_API_TOKEN;
  if (found.kind === "external")
    return { connection: { apiUrl: found.apiUrl, ...(apiToken && { apiToken }) }, server: undefined };
  const server = await startServer(found, { folder });
  return { connection: { apiUrl: server.apiUrl }, server };
}

/** Takes no more connections, waits for the requests under way, and cuts off what takes too long. */
async function drain(server: Server): Promise<void> {
  const late = setTimeout(() => server.closeAllConnections(), DRAIN_MILLISECONDS);
  await new Promise((resolve) => server.close(resolve));
  clearTimeout(late);
}

function cacheFor(config: Config, store: { storeId: string; modelId: string }, meter: Meter): DecisionCache {
  const { REDIS_URL, REDIS_TIMEOUT_MILLISECONDS, CACHE_TTL_SECONDS, CACHE_ENTRIES_MAX } = config;
  if (REDIS_URL === undefined) return createMemoryCache({ entriesMax: CACHE_ENTRIES_MAX });
  return createRedisCache({
    url: REDIS_URL,
    storeId: store.storeId,
    modelId: store.modelId,
    timeoutMilliseconds: Math.floor(REDIS_TIMEOUT_MILLISECONDS / CACHE_TRIPS),
    ttlMilliseconds: CACHE_TTL_SECONDS * 1000,
    meter,
  });
}

/** Does it again and again, each time some while after it was done. */
function repeat(act: () => Promise<void>, everyMilliseconds: number): AbortController {
  const stopped = new AbortController();
  const go = async () => {
    await act();
    if (!stopped.signal.aborted) setTimeout(go, everyMilliseconds);
  };
  void go();
  return stopped;
}

async function main(isStart: boolean) {
  const folder = process.env.CONCORDAT_FOLDER || ".concordat";
  const start = isStart ? withStartKeys(process.env, folder) : { env: process.env };
  const config = readConfig(start.env);
  const log = createLog(config.LOG_LEVEL);
  const { connection, server } = await engineFor(config, folder);
  let stopping = false;
  try {
    const model = readFileSync(new URL("../model.fga", import.meta.url), "utf8");
    // an embedded engine is this version's own; a store elsewhere gets a new model by `npm run push-model`
    const store = await openStore({
      ...connection,
      store: config.OPENFGA_STORE,
      model,
      allowPush: server !== undefined,
    });
    if (store.model === "older") log("warn", "older_model", { store: store.storeId, model: store.modelId });
    const clock = () => new Date();
    const historyKeys = config.HISTORY_KEY_FILE;
    const plain = createRelationships({ ...connection, ...store });
    if (historyKeys && start.signedMark && !existsSync(start.signedMark)) {
      // what an older version left; a store that is new holds nothing yet
      await signStore({ relationships: plain, clock, newId: ulid }, historyKeys);
      writeFileSync(start.signedMark, "", { mode: 0o600 });
    }
    const relationships = historyKeys ? signHeads(plain, historyKeys, config.HISTORY_UNSIGNED) : plain;
    const { meter, text: metricsText } = createMetrics(clock);
    const pool = createEngine({
      ...connection,
      ...store,
      connections: config.OPENFGA_CONNECTIONS,
      timeoutMilliseconds: config.OPENFGA_TIMEOUT_MILLISECONDS,
    });
    const engine = boundEngine(pool, config.OPENFGA_CONCURRENCY, meter);
    const ttlMilliseconds = config.CACHE_TTL_SECONDS * 1000;
    const cache = cacheFor(config, store, meter);
    const checker = createChecker({ engine, cache, clock, meter, ttlMilliseconds });
    const warn = (event: string, facts: object) => log("warn", event, facts);
    const afterwards = createAfterwards(warn);
    const mailer = createMailer({
      smtpUrl: config.SMTP_URL,
      folder: join(folder, "mail"),
      from: config.MAIL_FROM,
      clock,
    });
    const publicUrl = config.PUBLIC_URL ?? `http://${config.HOST}:${config.PORT}`;
    const app = createApp({
      relationships,
      historyKeys,
      engine,
      checker,
      cache,
      ttlMilliseconds,
      metricsText,
      mailer,
      clock,
      warn,
      log,
      publicUrl,
      order: createOrder(),
      newId: () => ulid(),
      newNonce: () => randomBytes(16).toString("base64url"),
      afterwards: afterwards.run,
      keys: config.SERVICE_KEYS,
      discloseOrganizations: config.DISCLOSE_ORGANIZATIONS,
      stopping: () => stopping,
      invitation: {
        secret: config.INVITATION_SECRET,
        url: config.INVITATION_URL,
        ttlDays: config.INVITATION_TTL_DAYS,
      },
    });
    // what an earlier process left half swept is finished first
    await sweep({ relationships, warn });
    const sweeping = setInterval(() => afterwards.run(() => sweep({ relationships, warn })), SWEEP_EVERY_MILLISECONDS);

    const follow = createTail({ relationships, cache, clock, meter, ttlMilliseconds, warn, replica: ulid() });
    const following = repeat(follow, TAIL_EVERY_MILLISECONDS);

    const fetch = async (request: Request) => {
      const reply = await app.fetch(request);
      // a connection that is kept alive would bring the next request, and shutting down would never end
      if (stopping) reply.headers.set("Connection", "close");
      return reply;
    };
    const listening = serve({ fetch, hostname: config.HOST, port: config.PORT }) as Server;
    listening.requestTimeout = REQUEST_MILLISECONDS_MAX;
    await new Promise((resolve, reject) => {
      listening.once("listening", resolve);
      listening.once("error", reject);
    });
    const stop = async (reason: string, code = 0) => {
      if (stopping) return;
      stopping = true;
      log("info", "stopping", { reason });
      clearInterval(sweeping);
      following.abort();
      await drain(listening);
      await afterwards.settled();
      await cache.close();
      await pool.close();
      await server?.stop();
      process.exit(code);
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void stop(signal));
    // under `npm start` the parent's end is ours, however it came
    if (process.send) process.on("disconnect", () => void stop("parent_gone"));
    server?.exited.then((code) => void stop(`openfga_ended_${code}`, 1));

    const address = listening.address();
    const port = typeof address === "object" && address !== null ? address.port : config.PORT;
    const behind = `OpenFGA ${connection.apiUrl}, store ${store.storeId}, model ${store.modelId}`;
    say(`Concordat listens on http://${config.HOST}:${port} (${behind}).`);
    if (start.key !== undefined) {
      const sample = await playSample((path, init) => app.request(path, init), start.key);
      // beside the key, so that a command can name the share without copying its id
      writeFileSync(join(folder, "share"), sample.share);
      say(sampleHint(`http://${config.HOST}:${port}`, folder));
    }
  } catch (error) {
    // told to end while the sample was played: what failed then was cut off by that
    if (stopping) return;
    await server?.stop();
    throw error;
  }
}

main(process.argv.includes("--start")).catch((error: unknown) => {
  const known = error instanceof ConfigurationError || (error instanceof Error && error.name === "UnknownModel");
  say(known ? `Concordat does not start.\n${(error as Error).message}` : String((error as Error)?.stack ?? error));
  process.exit(1);
});
