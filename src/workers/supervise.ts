/**
 * The primary process of several workers: starts them, and another one for each that ends or is silent, with a growing
 * pause where they end soon after their start. It adds up what they counted, what ended ones counted included. Once all
 * have answered, the service fails only when no worker answers and none stays; before, when one does not stay.
 */
import cluster, { type Worker } from "node:cluster";
import { setTimeout as sleep } from "node:timers/promises";
import { WorkersFailed } from "../faults.ts";
import type { Log } from "../log.ts";
import { addUp, type Counts, createSupervisorMetrics, lastingOf, textOf } from "../metrics.ts";
import type { Clock } from "../ports.ts";
import type { Foundation, ToPrimary, ToWorker } from "./messages.ts";
import { oneAtATime } from "./one-at-a-time.ts";
import type { Patience } from "./patience.ts";

/** How long `/metrics` waits for a worker; then what it sent last counts. */
const COUNT_MILLISECONDS = 1_000;

export type Supervisor = {
  /** Resolves when all workers answer for the first time. Rejects with WorkersFailed. */
  started: Promise<void>;
  /** Rejects with WorkersFailed when, after that, no worker answers and none stays. The caller stops them. */
  failed: Promise<never>;
  readKeys(): void;
  /** Asks all workers to end and resolves when all have; after `patienceMilliseconds` those that are left are killed. */
  stop(reason: string, isHurried: boolean, patienceMilliseconds: number): Promise<void>;
};

/** The place of a worker: how often in a row the workers on it did not stay, and what those counted that have ended. */
type Place = { failures: number; kept: Counts };
type Member = {
  worker: Worker;
  place: Place;
  readyAt: number | undefined;
  /** It lets what it accepted finish, and ends. */
  isStopping: boolean;
  silentSeconds: number;
  /** What it sent last. */
  counts: Counts;
  ended: PromiseWithResolvers<void>;
};

type Options = { count: number; foundation: Foundation; patience: Patience; clock: Clock; log: Log };

/** Starts `count` workers: processes with the arguments of this one and `--worker` (worker.ts). */
export function supervise({ count, foundation, patience, clock, log }: Options): Supervisor {
  cluster.setupPrimary({ args: [...process.argv.slice(2), "--worker"], serialization: "advanced" });
  const places: Place[] = Array.from({ length: count }, () => ({ failures: 0, kept: [] }));
  const members = new Set<Member>();
  const pauses = new Set<NodeJS.Timeout>();
  /** The workers that have not yet said what they counted since it was asked for. */
  let question: { ask: number; left: Set<Member>; answered: () => void } | undefined;
  const started = Promise.withResolvers<void>();
  const failed = Promise.withResolvers<never>();
  // both may be rejected before anybody waits for them
  for (const { promise } of [started, failed]) promise.catch(() => {});
  let hasStarted = false;
  let stopping: (ToWorker & { kind: "stop" }) | undefined;
  let asked = 0;

  const serving = () => [...members].filter(({ readyAt }) => readyAt !== undefined);
  const ready = () => serving().filter(({ isStopping }) => !isStopping);
  const workersReady = () => ({ ready: ready().length, of: count });
  const own = createSupervisorMetrics(clock, () => ready().length);
  const send = ({ worker }: Member, message: ToWorker) => {
    // the callback takes the error of a worker that has just ended
    if (worker.isConnected()) worker.process.send(message, undefined, undefined, () => {});
  };
  const sendAll = (message: ToWorker) => {
    for (const member of members) send(member, message);
  };

  function start(place: Place): void {
    let worker: Worker;
    try {
      worker = cluster.fork();
    } catch (error) {
      // for want of memory, for example, which may be there later
      replace(place, false, { how: String((error as NodeJS.ErrnoException).code ?? error) });
      return;
    }
    const ended = Promise.withResolvers<void>();
    const member: Member = {
      worker,
      place,
      readyAt: undefined,
      isStopping: false,
      silentSeconds: 0,
      counts: [],
      ended,
    };
    members.add(member);
    // without a process nothing is closed
    worker.on("error", (error: NodeJS.ErrnoException) => {
      if (worker.process.pid === undefined) end(member, String(error.code));
    });
    worker.on("message", (message: ToPrimary) => receive(member, message));
    // when the process has ended and all that it sent was received
    worker.process.once("close", (code, signal) => end(member, signal ?? `exit code ${code}`));
  }

  function receive(member: Member, message: ToPrimary): void {
    member.silentSeconds = 0;
    if (message.kind === "hello") send(member, stopping ?? { kind: "begin", foundation, workers: workersReady() });
    else if (message.kind === "ready") {
      member.readyAt = performance.now();
      log("info", "worker_ready", { worker: member.worker.id });
      sendAll({ kind: "workers", workers: workersReady() });
      if (ready().length < count) return;
      hasStarted = true;
      started.resolve();
    } else if (message.kind === "stopping") {
      member.isStopping = true;
      sendAll({ kind: "workers", workers: workersReady() });
    } else if (message.kind === "refused") {
      const { problem } = message;
      // at the first start every worker meets the same, and trying again does not help
      if (hasStarted) log("error", "worker_refused", { worker: member.worker.id, problem });
      else if (stopping === undefined) started.reject(new WorkersFailed(problem));
    } else if (message.kind === "counts") {
      member.counts = message.counts;
      if (message.ask !== undefined && message.ask === question?.ask) answered(member);
    } else void countAll().then((text) => send(member, { kind: "counted", text }));
  }

  function answered(member: Member): void {
    if (question?.left.delete(member) && question.left.size === 0) question.answered();
  }

  const countsOn = (place: Place) =>
    addUp([place.kept, ...[...members].filter((member) => member.place === place).map(({ counts }) => counts)]);

  /** What this process and all workers counted, those that have ended included. Each worker may ask at the same time. */
  const countAll = oneAtATime(async (): Promise<string> => {
    const ask = ++asked;
    const left = new Set(serving());
    const { promise, resolve } = Promise.withResolvers<void>();
    question = { ask, left, answered: resolve };
    for (const member of left) send(member, { kind: "count", ask });
    const late = new AbortController();
    if (left.size > 0) await Promise.race([promise, sleep(COUNT_MILLISECONDS, undefined, late).catch(() => {})]);
    late.abort();
    question = undefined;
    const ours = await own.counts();
    // always in the same order: a sum of fractions in another order may be smaller, and no count may fall
    return textOf([ours, ...places.map(countsOn)]);
  });

  function end(member: Member, how: string): void {
    if (!members.delete(member)) return;
    const { place, readyAt, worker } = member;
    place.kept = addUp([place.kept, lastingOf(member.counts)]);
    answered(member);
    member.ended.resolve();
    if (stopping !== undefined) return;
    own.workerEnded();
    sendAll({ kind: "workers", workers: workersReady() });
    const stayed = readyAt !== undefined && performance.now() - readyAt >= patience.stayMilliseconds;
    replace(place, stayed, { worker: worker.id, how });
  }

  /** Starts another worker on the place of one that ended, or that no process could be started for. */
  function replace(place: Place, stayed: boolean, ended: { worker?: number; how: string }): void {
    place.failures = stayed ? 0 : place.failures + 1;
    const isExhausted = ({ failures }: Place) => failures >= patience.triesMax;
    // one place may lack what only a start needs, as a file that is half-written or memory: the others still answer
    if (hasStarted ? ready().length === 0 && places.every(isExhausted) : isExhausted(place)) {
      giveUp(place, ended.how);
      return;
    }
    const pause = stayed
      ? 0
      : Math.min(patience.pauseMaxMilliseconds, patience.pauseMilliseconds * 2 ** (place.failures - 1));
    log(isExhausted(place) ? "error" : "warn", "worker_ended", { ...ended, pause_milliseconds: pause });
    const timer = setTimeout(() => {
      pauses.delete(timer);
      start(place);
    }, pause);
    pauses.add(timer);
  }

  function giveUp({ failures }: Place, how: string): void {
    const problem = new WorkersFailed(
      `${failures} workers in a row ended before they had answered for ${patience.stayMilliseconds / 1000} seconds, the last one with ${how}. What they wrote before says why.`,
    );
    if (hasStarted) failed.reject(problem);
    else started.reject(problem);
  }

  const looking = setInterval(() => {
    for (const member of members) {
      // counted, not timed: while this process is stopped too, nothing says that a worker is silent
      if (++member.silentSeconds <= patience.silentSecondsMax) continue;
      log("warn", "worker_silent", { worker: member.worker.id });
      member.worker.process.kill("SIGKILL");
    }
  }, 1_000);

  for (const place of places) start(place);
  return {
    started: started.promise,
    failed: failed.promise,
    readKeys: () => sendAll({ kind: "read_keys" }),
    async stop(reason, isHurried, patienceMilliseconds) {
      stopping = { kind: "stop", reason, isHurried };
      clearInterval(looking);
      for (const timer of pauses) clearTimeout(timer);
      sendAll(stopping);
      const kill = setTimeout(() => {
        for (const { worker } of members) worker.process.kill("SIGKILL");
      }, patienceMilliseconds);
      await Promise.all([...members].map(({ ended }) => ended.promise));
      clearTimeout(kill);
    },
  };
}
