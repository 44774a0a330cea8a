/**
 * One of several workers, and its channel to the primary process: what the primary found, how many workers answer, what
 * all of them counted. Without the primary it ends at once, as everything else that the primary started does.
 */
import cluster from "node:cluster";
import { availableParallelism } from "node:os";
import type { Config } from "../config.ts";
import { WORKERS_MAX } from "../config-forms.ts";
import type { Counts } from "../metrics.ts";
import type { Foundation, ToPrimary, ToWorker, WorkersReady } from "./messages.ts";
import { oneAtATime } from "./one-at-a-time.ts";

/** The primary takes a worker that says nothing for long as one that hangs. */
const COUNTS_EVERY_MILLISECONDS = 1_000;

/** What a worker does when the primary asks for it. */
export type Service = {
  counts: () => Promise<Counts>;
  readKeys: () => void;
  stop: (reason: string, isHurried: boolean) => void;
};

export type WorkerChannel = {
  /** Of this worker; no other of this service ever has the same. */
  id: number;
  foundation: Foundation;
  workersReady: () => WorkersReady;
  /** What all workers counted, in Prometheus's text format: everything from before the call. */
  countAll: () => Promise<string>;
  /** The worker listens: from here on it does what the primary asks for. */
  ready(service: Service): void;
};

/** How many processes answer. What is for each core is one process where there is no Redis to share. */
export const workersOf = ({ WORKERS, REDIS_URL }: Pick<Config, "WORKERS" | "REDIS_URL">): number =>
  WORKERS !== "auto" ? Number(WORKERS) : REDIS_URL === undefined ? 1 : Math.min(availableParallelism(), WORKERS_MAX);

/** So many connections to the engine let a worker answer checks while it streams some lists. */
const ENGINE_CONNECTIONS_MIN = 8;

/** Connections are spread evenly when they are opened, not while they last: a worker has room for more than its part. */
const CONNECTIONS_HEADROOM = 1.5;

/** What this process may take of what is configured for all workers: its part, or somewhat more, at most the whole. */
export function shareOf(config: Config): Config {
  const { CONNECTIONS_MAX, OPENFGA_CONNECTIONS, OPENFGA_CONCURRENCY } = config;
  const part = (whole: number) => whole / workersOf(config);
  return Object.freeze({
    ...config,
    CONNECTIONS_MAX: Math.min(CONNECTIONS_MAX, Math.ceil(CONNECTIONS_HEADROOM * part(CONNECTIONS_MAX))),
    OPENFGA_CONNECTIONS: Math.min(
      OPENFGA_CONNECTIONS,
      Math.max(ENGINE_CONNECTIONS_MIN, Math.ceil(part(OPENFGA_CONNECTIONS))),
    ),
    OPENFGA_CONCURRENCY: Math.ceil(part(OPENFGA_CONCURRENCY)),
  });
}

const send = (message: ToPrimary) =>
  new Promise<void>((resolve) => {
    // an error means that the primary has ended, and so does this process
    if (process.send === undefined) resolve();
    else process.send(message, undefined, undefined, () => resolve());
  });

/** Says to the primary why this worker does not start. */
export const refuseStart = (problem: string): Promise<void> => send({ kind: "refused", problem });

/** Says to the primary that this worker accepts nothing new soon, and ends. */
export const sendStopping = (): Promise<void> => send({ kind: "stopping" });

/** Says to the primary, for the last time, what this worker counted. */
export const sendCounts = async (counts: () => Promise<Counts>): Promise<void> =>
  send({ kind: "counts", counts: await counts() });

/** Joins the primary that started this process. Keys that are read after that are the newest, or are read again. */
export async function joinPrimary(): Promise<WorkerChannel> {
  const begun = Promise.withResolvers<Foundation>();
  let workers: WorkersReady = { ready: 0, of: 0 };
  let service: Service | undefined;
  let areKeysNewer = false;
  let counted: ((text: string) => void) | undefined;

  process.on("message", async (message: ToWorker) => {
    if (message.kind === "begin") {
      workers = message.workers;
      begun.resolve(message.foundation);
    } else if (message.kind === "workers") workers = message.workers;
    else if (message.kind === "counted") counted?.(message.text);
    else if (message.kind === "stop") {
      if (service === undefined) process.exit(0);
      service.stop(message.reason, message.isHurried);
    } else if (message.kind === "read_keys") {
      // a service that is being composed may have read them before
      areKeysNewer = true;
      service?.readKeys();
    } else if (service !== undefined) await send({ kind: "counts", counts: await service.counts(), ask: message.ask });
  });
  void send({ kind: "hello" });
  return {
    id: cluster.worker?.id ?? 0,
    foundation: await begun.promise,
    workersReady: () => workers,
    countAll: oneAtATime(async () => {
      const { promise, resolve } = Promise.withResolvers<string>();
      counted = resolve;
      void send({ kind: "count_all" });
      return promise;
    }),
    ready(ours) {
      service = ours;
      if (areKeysNewer) ours.readKeys();
      void send({ kind: "ready" });
      setInterval(() => void sendCounts(ours.counts), COUNTS_EVERY_MILLISECONDS).unref();
    },
  };
}
