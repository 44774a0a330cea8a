/**
 * The service in this process, which is the only one or one of several workers: composed, listening, and at its end
 * drained, so that every request that was accepted is answered.
 */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { createBackground } from "./actions/run/background.ts";
import { signHeads } from "./actions/run/sign-heads.ts";
import { type AppDeps, createApp } from "./app.ts";
import { type Config, notListening, urlOf } from "./config.ts";
import { plainEvaluation } from "./http/access/plain-evaluation.ts";
import { drain, listen } from "./http/listen.ts";
import { areChecksLimited } from "./http/rate-limit.ts";
import type { Log } from "./log.ts";
import type { OpenFgaConnection } from "./openfga/client.ts";
import type { OpenStore } from "./openfga/open-store.ts";
import { createTupleStore } from "./openfga/tuple-store.ts";
import type { Clock, TupleStore } from "./ports.ts";
import { createService } from "./service.ts";
import type { Send } from "./start/sample.ts";
import type { WorkerChannel } from "./workers/worker.ts";

// less than the ten seconds after which Docker kills the process
const DRAIN_MILLISECONDS = 7_000;

/** What is found or opened before anything listens. */
export type Found = { folder: string; log: Log; connection: OpenFgaConnection; store: OpenStore };
export type Background = ReturnType<typeof createBackground>;

/** A service that answers. `end` answers what is in progress; `isHurried`: without the time in which a load balancer notices. */
export type Running = {
  url: string;
  send: Send;
  readKeys: (() => void) | undefined;
  end(reason: string, isHurried: boolean): Promise<void>;
  /** Resolves when all workers answer; rejects, after all have ended, when that fails. */
  started?: Promise<void>;
  /** Rejects when the service cannot continue after that. */
  failed?: Promise<never>;
};

/** The tuples, with their heads signed where there is a key. */
export function tuplesOf(config: Config, { connection, store }: Found): TupleStore {
  const plain = createTupleStore({ ...connection, ...store });
  return config.HISTORY_KEY_FILE ? signHeads(plain, config.HISTORY_KEY_FILE, config.HISTORY_UNSIGNED) : plain;
}

/** The port that all workers listen on: where the system is to choose, one that was free a moment ago. */
export async function sharedPort(config: Pick<Config, "HOST" | "PORT">): Promise<number> {
  if (config.PORT !== 0) return config.PORT;
  const server = createServer().listen(0, config.HOST);
  await once(server, "listening").catch((error) => {
    throw notListening(error, config);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Listens and answers. The app is made behind that, because the system may choose the port, and before the first request. */
async function serveApp(config: Config, listenOn: number, deps: Omit<AppDeps, "publicUrl">) {
  const { HOST: hostname, CONNECTIONS_MAX: connectionsMax } = config;
  // a limit of checks is counted on the ordinary route
  const shortcut = areChecksLimited(deps.rate) ? undefined : plainEvaluation(deps);
  let app: ReturnType<typeof createApp>;
  const listening = await listen(
    { fetch: (request, env) => app.fetch(request, env) },
    { hostname, port: listenOn, connectionsMax, shortcut, stopping: deps.stopping, warn: deps.warn },
  ).catch((error: NodeJS.ErrnoException) => {
    throw notListening(error, { HOST: hostname, PORT: listenOn });
  });
  const address = listening.address();
  const port = typeof address === "object" && address !== null ? address.port : listenOn;
  const url = urlOf(hostname, port);
  app = createApp({ ...deps, publicUrl: config.PUBLIC_URL ?? url });
  return { app, listening, url };
}

/** Listens, and answers requests in this process, which is the only one, or a worker with a channel to the others. */
export async function serve(
  config: Config,
  { folder, log, ...engine }: Found,
  parts: {
    tupleStore: TupleStore;
    background: Background;
    clock: Clock;
    stopping: () => boolean;
    /** What the console can be tried by, where it was started for that. */
    sample: Parameters<typeof createService>[1]["sample"];
  },
  channel?: WorkerChannel,
) {
  const { background, stopping } = parts;
  const service = createService(config, { ...engine, ...parts, folder, log }, stopping);
  const stopRepeating = service.startRepeating();
  const { metricsText, notices } = service.deps;
  const { app, listening, url } = await serveApp(config, channel?.foundation.port ?? config.PORT, {
    ...service.deps,
    metricsText: channel?.countAll ?? metricsText,
    notices: () => ({ ...notices(), ...(channel && { workers: channel.workersReady() }) }),
  });
  service.startRelaying(config.PUBLIC_URL ?? url);
  const send: Send = (path, init) => app.request(path, init);
  async function end(_reason: string, isHurried: boolean): Promise<void> {
    // replies announce meanwhile that their connection ends, and a load balancer sends nobody new
    if (!isHurried) await sleep(config.STOPPING_MILLISECONDS);
    stopRepeating();
    const drainedBy = performance.now() + DRAIN_MILLISECONDS;
    await drain(listening, DRAIN_MILLISECONDS);
    await settle(background, drainedBy - performance.now(), log);
    await service.close();
  }
  return { url, send, end, counts: service.counts, readKeys: service.keys.readAgain };
}

/** Waits for work that no reply waits for, and logs what it did not wait for. */
export async function settle(background: Background, patienceMilliseconds: number, log: Log): Promise<void> {
  const rest = sleep(Math.max(0, patienceMilliseconds), false);
  if (!(await Promise.race([background.settled().then(() => true), rest]))) log("warn", "work_cut_off", {});
}
