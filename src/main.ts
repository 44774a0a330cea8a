/**
 * The process: reads the configuration, starts or finds an engine, opens the store, composes the service, listens, and
 * stops in the opposite order. With several workers this process does once what is done once, and starts processes of
 * the same file that answer (`--worker`). The only file with effects on import. With `--start` it is what `npm start`
 * runs: keys of its own, a sample cooperation, three commands to try.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { ulid } from "ulid";
import { createBackground } from "./actions/run/background.ts";
import { signStore } from "./actions/sign-store.ts";
import { sweep } from "./actions/sweep.ts";
import { engineFor } from "./backends.ts";
import { type Config, readConfig, urlOf } from "./config.ts";
import { StartFault } from "./faults.ts";
import { createLog, type Log } from "./log.ts";
import type { OpenFgaConnection } from "./openfga/client.ts";
import { openStore } from "./openfga/open-store.ts";
import { createTupleStore } from "./openfga/tuple-store.ts";
import type { TupleStore } from "./ports.ts";
import { type Background, type Found, type Running, serve, settle, sharedPort, tuplesOf } from "./serve.ts";
import { type Started, withStartKeys } from "./start/keys.ts";
import { isSampleKept, keepShare, playSample, type Send, startHint } from "./start/sample.ts";
import { PATIENCE } from "./workers/patience.ts";
import { supervise } from "./workers/supervise.ts";
import {
  joinPrimary,
  refuseStart,
  sendCounts,
  sendStopping,
  shareOf,
  type WorkerChannel,
  workersOf,
} from "./workers/worker.ts";

/** After it a worker has drained and written what is left, or hangs. */
const WORKERS_DRAIN_MILLISECONDS = 8_800;
const SWEEP_EVERY_MILLISECONDS = 60_000;

const clock = () => new Date();
const say = (text: string) => process.stderr.write(`${text}\n`);

/** The store with this version's model. An embedded engine is given the model; an external store gets it by `npm run push-model`. */
async function openOwnStore(config: Config, connection: OpenFgaConnection, isEmbedded: boolean, log: Log) {
  const model = readFileSync(new URL("../model.fga", import.meta.url), "utf8");
  const store = await openStore({ ...connection, store: config.OPENFGA_STORE, model, allowPush: isEmbedded });
  if (store.model === "older") log("warn", "older_model", { store: store.storeId, model: store.modelId });
  return store;
}

/** Signs the histories that an older version wrote, unless the file `mark` says that this was done. */
async function signOldHistories(tupleStore: TupleStore, { HISTORY_KEY_FILE: keys }: Config, log: Log, mark?: string) {
  if (keys === undefined || mark === undefined || existsSync(mark)) return;
  const { left } = await signStore({ tupleStore, clock, newId: ulid }, keys);
  // actions on these objects are refused; doctor says why
  if (left.length > 0) log("warn", "left_unsigned", { objects: [...new Set(left.map(({ object }) => object))] });
  writeFileSync(mark, "", { mode: 0o600 });
}

/** Has the requests answered by several processes. Some may answer before all have started. */
async function serveByWorkers(config: Config, found: Found, background: Background): Promise<Running> {
  const { connection, store, log } = found;
  const { apiUrl, apiToken } = connection;
  // as data, which the server that was started here is not
  const data = { apiUrl, ...(apiToken && { apiToken }) };
  const port = await sharedPort(config);
  const foundation = { connection: data, store, port };
  const supervisor = supervise({ count: workersOf(config), foundation, patience: PATIENCE, clock, log });
  async function end(reason: string, isHurried: boolean): Promise<void> {
    const patience = (isHurried ? 0 : config.STOPPING_MILLISECONDS) + WORKERS_DRAIN_MILLISECONDS;
    const endsBy = performance.now() + patience;
    await supervisor.stop(reason, isHurried, patience);
    await settle(background, endsBy - performance.now(), log);
  }
  const started = supervisor.started.catch(async (error) => {
    await end("not_started", true);
    throw error;
  });
  const url = urlOf(config.HOST, port);
  const send: Send = (path, init) => fetch(`${url}${path}`, init);
  const readKeys = config.SERVICE_KEYS_FILE === undefined ? undefined : supervisor.readKeys;
  return { url, send, readKeys, end, started, failed: supervisor.failed };
}

type Tried = Parameters<typeof serve>[2]["sample"];

/** One of several workers: what it needs was found by the primary process, which says when it stops. */
async function work(config: Config, folder: string, channel: WorkerChannel, log: Log, sample: Tried) {
  let stopping = false;
  const background = createBackground((event, facts) => log("warn", event, facts));
  const found = { folder, log, ...channel.foundation };
  const parts = { tupleStore: tuplesOf(config, found), background, clock, stopping: () => stopping, sample };
  const { counts, readKeys, end } = await serve(config, found, parts, channel);
  const stop = async (reason: string, isHurried: boolean) => {
    if (stopping) return;
    stopping = true;
    log("info", "stopping", { reason });
    void sendStopping();
    await end(reason, isHurried);
    await sendCounts(counts);
    process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void stop(signal, false));
  // a terminal sends it to every process, and the primary decides what it means
  process.on("SIGHUP", () => {});
  channel.ready({ counts, readKeys: readKeys ?? (() => {}), stop: (...how) => void stop(...how) });
}

async function main(isStart: boolean, isWorker: boolean) {
  const folder = process.env.CONCORDAT_FOLDER || ".concordat";
  // before the configuration is read: keys may change meanwhile
  const channel = isWorker ? await joinPrimary() : undefined;
  const start: Started = isStart ? withStartKeys(process.env, folder) : { env: process.env };
  const whole = readConfig(start.env);
  const format = whole.LOG_FORMAT ?? (process.stdout.isTTY ? "pretty" : "json");
  const log = createLog(whole.LOG_LEVEL, format, channel?.id);
  const { consoleSecret } = start;
  const tried: Tried = consoleSecret ? { secret: consoleSecret, isThere: () => isSampleKept(folder) } : undefined;
  if (channel !== undefined) return work(shareOf(whole), folder, channel, log, tried);
  const config = whole;
  const count = workersOf(config);
  for (const warning of config.warnings) log("warn", "configuration", { warning });
  // under `npm start` scripts/fetch-tools.ts has just said which engine it is
  const { connection, server } = await engineFor(config, folder, isStart ? () => {} : say);
  let stopping = false;
  try {
    const store = await openOwnStore(config, connection, server !== undefined, log);
    const found = { folder, log, connection, store };
    await signOldHistories(createTupleStore({ ...connection, ...store }), config, log, start.signedMark);
    const warn = (event: string, facts: object) => log("warn", event, facts);
    const background = createBackground(warn);
    const tupleStore = tuplesOf(config, found);
    // first finish the sweeps that an earlier process left
    await sweep({ tupleStore, warn });
    const sweeping = setInterval(() => background.run(() => sweep({ tupleStore, warn })), SWEEP_EVERY_MILLISECONDS);
    const running: Running =
      count > 1
        ? await serveByWorkers(config, found, background)
        : await serve(config, found, { tupleStore, background, clock, stopping: () => stopping, sample: tried });

    const stop = async (reason: string, code = 0) => {
      if (stopping) return;
      stopping = true;
      log("info", "stopping", { reason });
      clearInterval(sweeping);
      await running.end(reason, code !== 0);
      await server?.stop();
      process.exit(code);
    };
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void stop(signal));
    const { readKeys = () => void stop("SIGHUP") } = running;
    process.on("SIGHUP", () => readKeys());
    // under `npm start` this process ends with its parent
    if (process.send) process.on("disconnect", () => void stop("parent_gone"));
    server?.exited.then((code) => void stop(`openfga_ended_${code}`, 1));
    running.failed?.catch((error: Error) => {
      if (!stopping) say(`Concordat ends.\n${error.message}`);
      void stop("workers_failed", 1);
    });

    // after that, because a worker may have accepted a request before another one has started
    await running.started;
    const { url } = running;
    const by = count > 1 ? `${count} workers, ` : "";
    say(
      `Concordat listens on ${url} (${by}OpenFGA ${connection.apiUrl}, store ${store.storeId}, model ${store.modelId}).`,
    );
    if (start.key === undefined) return;
    const sample = await playSample(running.send, start.key);
    // stopped while the sample was played: its result says nothing
    if (stopping) return;
    keepShare(sample, folder);
    const anew = `stop, ${server ? `delete ${folder}` : "set OPENFGA_STORE to a new name"}, and start again`;
    say(startHint(sample, { url, folder, anew, console: config.CONSOLE, consoleSecret }));
  } catch (error) {
    // stopped while workers started or the sample was played: that made it fail
    if (stopping) return;
    await server?.stop();
    throw error;
  }
}

const isWorker = process.argv.includes("--worker");

main(process.argv.includes("--start"), isWorker).catch(async (error: unknown) => {
  const isForOperator = error instanceof StartFault;
  // all workers meet the same: the primary says it once
  if (isWorker && isForOperator) await refuseStart(error.message);
  else say(isForOperator ? `Concordat does not start.\n${error.message}` : String((error as Error)?.stack ?? error));
  process.exit(1);
});
