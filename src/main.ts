/**
 * The process: reads the configuration, has an engine, opens the store, listens, and
 * stops in the opposite order. The only file with effects on import. With `--start` it
 * is what `npm start` runs: keys of its own, a sample cooperation, three commands to try.
 */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ulid } from "ulid";
import { createBackground } from "./actions/run/background.ts";
import { createKeyedMutex } from "./actions/run/keyed-mutex.ts";
import { createRepeats } from "./actions/run/repeats.ts";
import { signHeads } from "./actions/run/sign-heads.ts";
import { signStore } from "./actions/sign-store.ts";
import { sweep } from "./actions/sweep.ts";
import { type AppDeps, createApp } from "./app.ts";
import { cacheFor, engineFor } from "./backends.ts";
import { createChecker } from "./check/check.ts";
import { createFollower, FOLLOW_EVERY_MILLISECONDS } from "./check/follow-changes.ts";
import { createNotices, NOTICES_EVERY_MILLISECONDS } from "./check/notices.ts";
import { notListening, readConfig, urlOf } from "./config.ts";
import { StartFault } from "./faults.ts";
import { callerNow } from "./http/caller.ts";
import { drain, listen } from "./http/listen.ts";
import { createKeyRing } from "./key-ring.ts";
import { createLog } from "./log.ts";
import { createMailer } from "./mail/mailer.ts";
import { createMetrics } from "./metrics.ts";
import { boundEngine } from "./openfga/bounded-engine.ts";
import { createEngine } from "./openfga/engine.ts";
import { openStore } from "./openfga/open-store.ts";
import { createTupleStore } from "./openfga/tuple-store.ts";
import { createRateLimiter } from "./redis/rate-limiter.ts";
import { withStartKeys } from "./start/keys.ts";
import { keepShare, playSample, startHint } from "./start/sample.ts";

const SWEEP_EVERY_MILLISECONDS = 60_000;
/** Whoever sends nothing for so long keeps the next import waiting. */
const IMPORT_IDLE_MILLISECONDS = 30_000;
// less than the ten seconds that Docker waits before it kills
const DRAIN_MILLISECONDS = 7_000;

const say = (text: string) => process.stderr.write(`${text}\n`);

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
  const log = createLog(config.LOG_LEVEL, config.LOG_FORMAT ?? (process.stdout.isTTY ? "pretty" : "json"));
  for (const warning of config.warnings) log("warn", "configuration", { warning });
  // under `npm start` scripts/fetch-tools.ts has just said which engine it is
  const { connection, server } = await engineFor(config, folder, isStart ? () => {} : say);
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
    const plain = createTupleStore({ ...connection, ...store });
    if (historyKeys && start.signedMark && !existsSync(start.signedMark)) {
      // what an older version left; a store that is new holds nothing yet
      const { left } = await signStore({ tupleStore: plain, clock, newId: ulid }, historyKeys);
      // actions on these are refused: doctor says why
      if (left.length > 0) log("warn", "left_unsigned", { objects: [...new Set(left.map(({ object }) => object))] });
      writeFileSync(start.signedMark, "", { mode: 0o600 });
    }
    const tupleStore = historyKeys ? signHeads(plain, historyKeys, config.HISTORY_UNSIGNED) : plain;
    const { meter, text: metricsText } = createMetrics(clock);
    const pool = createEngine({
      ...connection,
      ...store,
      connections: config.OPENFGA_CONNECTIONS,
      timeoutMilliseconds: config.OPENFGA_TIMEOUT_MILLISECONDS,
    });
    const limiter = createRateLimiter(config, store.storeId, meter);
    const keys = createKeyRing({ config, permissions: pool.permissions, clock, log });
    const engine = boundEngine(pool, { callsMax: config.OPENFGA_CONCURRENCY, meter, callerNow });
    const ttlMilliseconds = config.CACHE_TTL_SECONDS * 1000;
    const warn = (event: string, facts: object) => log("warn", event, facts);
    const cache = cacheFor(config, store, meter, warn);
    const checker = createChecker({ engine, cache, clock, meter, ttlMilliseconds, callerNow });
    const afterwards = createBackground(warn);
    const mailer = createMailer({
      smtpUrl: config.SMTP_URL,
      folder: join(folder, "mail"),
      from: config.MAIL_FROM,
      clock,
    });
    const watch = createNotices({ cache, engine, clock, meter, warn, sleep });
    const deps: Omit<AppDeps, "publicUrl"> = {
      tupleStore,
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
      mutex: createKeyedMutex(),
      repeats: createRepeats(),
      newId: () => ulid(),
      newNonce: () => randomBytes(16).toString("base64url"),
      inBackground: afterwards.run,
      findKey: keys.find,
      rate: { limits: config.rateLimits, limiter, limited: meter.rateLimited },
      discloseOrganizations: config.DISCLOSE_ORGANIZATIONS,
      stopping: () => stopping,
      importIdleMilliseconds: IMPORT_IDLE_MILLISECONDS,
      notices: watch.now,
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
    // what an earlier process left half swept is finished first
    await sweep({ tupleStore, warn });
    const sweeping = setInterval(() => afterwards.run(() => sweep({ tupleStore, warn })), SWEEP_EVERY_MILLISECONDS);

    const follow = createFollower({ tupleStore, cache, clock, meter, ttlMilliseconds, warn, replica: ulid() });
    const following = repeat(follow, FOLLOW_EVERY_MILLISECONDS);

    const watching = repeat(watch.poll, NOTICES_EVERY_MILLISECONDS);

    let app: ReturnType<typeof createApp>;
    const { HOST: hostname, PORT: port, CONNECTIONS_MAX: connectionsMax } = config;
    const listening = await listen(
      { fetch: (request, env) => app.fetch(request, env) },
      { hostname, port, connectionsMax, stopping: () => stopping, warn },
    ).catch((error: NodeJS.ErrnoException) => {
      throw notListening(error, config);
    });
    const address = listening.address();
    const listensOn = urlOf(hostname, typeof address === "object" && address !== null ? address.port : port);
    // only now, because the system may have chosen the port; nothing has come in meanwhile, as no turn has ended
    app = createApp({ ...deps, publicUrl: config.PUBLIC_URL ?? listensOn });
    const stop = async (reason: string, code = 0) => {
      if (stopping) return;
      stopping = true;
      log("info", "stopping", { reason });
      // whoever is in the middle of something is told that the connection ends, and nobody new is sent here
      if (code === 0) await sleep(config.STOPPING_MILLISECONDS);
      clearInterval(sweeping);
      following.abort();
      watching.abort();
      const drainedBy = performance.now() + DRAIN_MILLISECONDS;
      await drain(listening, DRAIN_MILLISECONDS);
      const rest = sleep(Math.max(0, drainedBy - performance.now()), false);
      const isDone = await Promise.race([afterwards.settled().then(() => true), rest]);
      if (!isDone) log("warn", "work_cut_off", {});
      await cache.close();
      await limiter.close();
      await pool.close();
      await server?.stop();
      process.exit(code);
    };
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void stop(signal));
    process.on("SIGHUP", () => (keys.readAgain === undefined ? void stop("SIGHUP") : keys.readAgain()));
    // under `npm start` the parent's end is ours, however it came
    if (process.send) process.on("disconnect", () => void stop("parent_gone"));
    server?.exited.then((code) => void stop(`openfga_ended_${code}`, 1));

    const behind = `OpenFGA ${connection.apiUrl}, store ${store.storeId}, model ${store.modelId}`;
    say(`Concordat listens on ${listensOn} (${behind}).`);
    if (start.key !== undefined) {
      const sample = await playSample((path, init) => app.request(path, init), start.key);
      // what failed then was cut off by that, and says nothing of the sample
      if (stopping) return;
      keepShare(sample, folder);
      const anew = `stop, ${server ? `delete ${folder}` : "set OPENFGA_STORE to a new name"}, and start again`;
      say(startHint(sample, { url: listensOn, folder, anew }));
    }
  } catch (error) {
    // told to end while the sample was played: what failed then was cut off by that
    if (stopping) return;
    await server?.stop();
    throw error;
  }
}

main(process.argv.includes("--start")).catch((error: unknown) => {
  const isForOperator = error instanceof StartFault;
  say(isForOperator ? `Concordat does not start.\n${error.message}` : String((error as Error)?.stack ?? error));
  process.exit(1);
});
