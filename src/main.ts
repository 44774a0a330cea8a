/**
 * The process: reads the configuration, starts or finds an engine, opens the store, composes the service, listens, and
 * stops in the opposite order. The only file with effects on import. With `--start` it is what `npm start` runs: keys
 * of its own, a sample cooperation, three commands to try.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { ulid } from "ulid";
import { signHeads } from "./actions/run/sign-heads.ts";
import { signStore } from "./actions/sign-store.ts";
import { sweep } from "./actions/sweep.ts";
import { type AppDeps, createApp } from "./app.ts";
import { engineFor } from "./backends.ts";
import { type Config, notListening, readConfig, urlOf } from "./config.ts";
import { StartFault } from "./faults.ts";
import { drain, listen } from "./http/listen.ts";
import { createLog, type Log } from "./log.ts";
import type { OpenFgaConnection } from "./openfga/client.ts";
import { openStore } from "./openfga/open-store.ts";
import { createTupleStore } from "./openfga/tuple-store.ts";
import type { TupleStore } from "./ports.ts";
import { createService } from "./service.ts";
import { withStartKeys } from "./start/keys.ts";
import { keepShare, playSample, startHint } from "./start/sample.ts";

// less than the ten seconds after which Docker kills the process
const DRAIN_MILLISECONDS = 7_000;

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

/** Listens and answers. The app is made behind that, because the system may choose the port, and before the first request. */
async function serveApp(config: Config, deps: Omit<AppDeps, "publicUrl">) {
  const { HOST: hostname, PORT: port, CONNECTIONS_MAX: connectionsMax } = config;
  let app: ReturnType<typeof createApp>;
  const listening = await listen(
    { fetch: (request, env) => app.fetch(request, env) },
    { hostname, port, connectionsMax, stopping: deps.stopping, warn: deps.warn },
  ).catch((error: NodeJS.ErrnoException) => {
    throw notListening(error, config);
  });
  const address = listening.address();
  const url = urlOf(hostname, typeof address === "object" && address !== null ? address.port : port);
  app = createApp({ ...deps, publicUrl: config.PUBLIC_URL ?? url });
  return { app, listening, url };
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
    const store = await openOwnStore(config, connection, server !== undefined, log);
    const plain = createTupleStore({ ...connection, ...store });
    await signOldHistories(plain, config, log, start.signedMark);
    const signing = config.HISTORY_KEY_FILE;
    const tupleStore = signing ? signHeads(plain, signing, config.HISTORY_UNSIGNED) : plain;
    const service = createService(config, { connection, store, tupleStore, clock, folder, log }, () => stopping);
    // first finish the sweeps that an earlier process left
    await sweep(service.deps);
    const stopRepeating = service.startRepeating();
    const { app, listening, url } = await serveApp(config, service.deps);

    const stop = async (reason: string, code = 0) => {
      if (stopping) return;
      stopping = true;
      log("info", "stopping", { reason });
      // replies announce meanwhile that their connection ends, and a load balancer sends nobody new
      if (code === 0) await sleep(config.STOPPING_MILLISECONDS);
      stopRepeating();
      const drainedBy = performance.now() + DRAIN_MILLISECONDS;
      await drain(listening, DRAIN_MILLISECONDS);
      const rest = sleep(Math.max(0, drainedBy - performance.now()), false);
      const isDone = await Promise.race([service.background.settled().then(() => true), rest]);
      if (!isDone) log("warn", "work_cut_off", {});
      await service.close();
      await server?.stop();
      process.exit(code);
    };
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void stop(signal));
    const { readAgain = () => void stop("SIGHUP") } = service.keys;
    process.on("SIGHUP", () => readAgain());
    // under `npm start` this process ends with its parent
    if (process.send) process.on("disconnect", () => void stop("parent_gone"));
    server?.exited.then((code) => void stop(`openfga_ended_${code}`, 1));

    say(`Concordat listens on ${url} (OpenFGA ${connection.apiUrl}, store ${store.storeId}, model ${store.modelId}).`);
    if (start.key === undefined) return;
    const sample = await playSample((path, init) => app.request(path, init), start.key);
    // stopped while the sample was played: its result says nothing
    if (stopping) return;
    keepShare(sample, folder);
    const anew = `stop, ${server ? `delete ${folder}` : "set OPENFGA_STORE to a new name"}, and start again`;
    say(startHint(sample, { url, folder, anew }));
  } catch (error) {
    // stopped while the sample was played: that made it fail
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
