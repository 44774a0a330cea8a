/**
 * A connection to one Redis server that never keeps a caller waiting: an answer that does not come in time is
 * `undefined`, and while one is overdue nothing more is asked. Every answer is of the server that `epoch` named when it
 * was asked for. Its epoch is read again once a second. A server that is no master, or has no longer what is asked for, is
 * asked no more: the connection is made anew, to the one that has it then.
 */
import { Redis, type RedisOptions, type Result as Reply } from "ioredis";
import { passwordsIn, readRedisUrl } from "../domain/redis-url.ts";
import { createIdentity } from "./identity.ts";
import { INFO, LEAD, LEASE, MARK, RELEASE, TAKE } from "./scripts.ts";
import { createTenure, type Tenure } from "./tenure.ts";

/** The scripts as commands; the number of keys comes first where it varies. */
declare module "ioredis" {
  interface RedisCommander<Context> {
    leaseScopes(keys: number, ...keysAndArguments: (string | number)[]): Reply<number, Context>;
    releaseScopes(keys: number, ...keysAndArguments: (string | number)[]): Reply<number, Context>;
    takeTokens(...keysAndArguments: (string | number)[]): Reply<[string | null, string | null, number], Context>;
    leadChanges(...keysAndArguments: (string | number)[]): Reply<[number, string | null, number, string], Context>;
    markWatched(...keysAndArguments: (string | number)[]): Reply<number, Context>;
    infoOf(key: string): Reply<string, Context>;
  }
}

export type RedisConnection = {
  redis: Redis;
  /** The epoch of the server that answers now; undefined while none may be asked. */
  epoch(): string | undefined;
  /** How often it was connected: as long as this is the same, all answers are of one server. */
  connections(): number;
  /**
   * The answer; undefined when it failed, took too long, or has another shape than `isOne` expects. A failure is
   * counted under `name`.
   */
  within<T extends NonNullable<unknown> | null>(
    name: string,
    answer: Promise<T>,
    isOne?: (answer: T) => boolean,
  ): Promise<T | undefined>;
  /** The last failure, in words without a password. */
  trouble(): string;
  close(): Promise<void>;
};

// after this long without a byte from the server the connection is made anew
const SILENCE_MILLISECONDS = 2000;
const RECONNECT_MILLISECONDS = 250;
const EPOCH_EVERY_MILLISECONDS = 1000;

/** What a server says that has not, or no longer, what it is asked for. */
const ELSEWHERE = /^(MOVED|ASK|TRYAGAIN|CLUSTERDOWN|READONLY|MASTERDOWN)\b/;

/** One server has the data as long as it answers. */
const ALWAYS: Omit<Tenure, "Connector"> = { confirm: async () => true, holds: () => true, close: () => {} };

type Options = {
  url: string;
  /** One of the keys that are read and written; all of them are in its slot. */
  key: string;
  timeoutMilliseconds: number;
  /** Called for every operation without an answer. */
  failed: (name: string) => void;
};

/** Connects in the background and reconnects for ever. Throws when the URL names no Redis. */
export function connect({ url, key, timeoutMilliseconds, failed }: Options): RedisConnection {
  const target = readRedisUrl(url);
  if ("problem" in target) throw new Error(`REDIS_URL ${target.problem}`);
  const group = target.kind === "server" ? undefined : { target, ...createTenure(target, key) };
  const tenure = group ?? ALWAYS;
  const options = {
    // a command that was sent on a broken connection is not sent again: its answer would be of another epoch
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    // no auto-pipelining: it delays a command until the pipeline before it was answered, so a look-up could overtake
    // the entry that was stored before it; look-ups batch their keys themselves
    connectTimeout: SILENCE_MILLISECONDS,
    socketTimeout: SILENCE_MILLISECONDS,
    retryStrategy: () => RECONNECT_MILLISECONDS,
    scripts: {
      leaseScopes: { lua: LEASE },
      releaseScopes: { lua: RELEASE },
      takeTokens: { lua: TAKE, numberOfKeys: 4 },
      leadChanges: { lua: LEAD, numberOfKeys: 1 },
      markWatched: { lua: MARK, numberOfKeys: 1 },
      infoOf: { lua: INFO, numberOfKeys: 1 },
    },
  } satisfies RedisOptions;
  const redis =
    group === undefined
      ? new Redis(url, options)
      : new Redis({
          ...options,
          ...group.target.credentials,
          ...(group.target.tls && { tls: {} }),
          db: group.target.db,
          Connector: group.Connector,
        });
  let epoch: string | undefined;
  /** Whether the last look at it said that nothing of it may be trusted. */
  let isRefused = false;
  let connections = 0;
  let overdue = 0;
  let trouble = "no connection yet";
  const passwords = passwordsIn(url);
  const identify = createIdentity();
  // an error of Redis may repeat the command, and an old server repeats AUTH with the password
  const keep = (error: unknown) => {
    const [said = ""] = (error instanceof Error ? error.message : String(error)).split(", with args beginning with");
    trouble = passwords.reduce((text, password) => text.replaceAll(password, "***"), said);
  };
  /** Nothing more is asked on this connection. */
  const leave = () => {
    epoch = undefined;
    redis.stream.destroy();
  };

  // a broken connection is no error of any caller: they get no answer, and the reason is kept here
  redis.on("error", keep);
  redis.on("close", () => {
    epoch = undefined;
  });

  function refused(error: unknown): void {
    keep(error);
    if (!(error instanceof Error && ELSEWHERE.test(error.message))) return;
    if (group === undefined && /^(MOVED|ASK)/.test(error.message))
      keep(`${error.message}: a Cluster is named by redis+cluster://`);
    leave();
  }

  async function within<T extends NonNullable<unknown> | null>(
    name: string,
    answer: Promise<T>,
    isOne: (answer: T) => boolean = () => true,
  ): Promise<T | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => {
        overdue++;
        // answers arrive in the order of their commands: with this one the server has caught up
        answer.catch(() => {}).finally(() => overdue--);
        keep(`no answer in ${timeoutMilliseconds} ms`);
        resolve(undefined);
      }, timeoutMilliseconds);
    });
    try {
      const first = await Promise.race([answer, late]);
      if (first !== undefined && isOne(first) && !isRefused && tenure.holds()) return first;
      failed(name);
      if (first !== undefined && !isOne(first)) {
        // an answer to another command: from here on every answer on this connection may be somebody else's
        keep(`the answer to ${name} has another shape: something between here and Redis loses or adds data`);
        leave();
      }
    } catch (error) {
      failed(name);
      // without a connection the reason was kept when it broke
      if (redis.status === "ready") refused(error);
    } finally {
      clearTimeout(timer);
    }
    return undefined;
  }

  let isReading = false;

  /** `again`: not at once on a new connection, so that a server that may not be used is not called without a pause. */
  async function readEpoch(again: boolean): Promise<void> {
    if (redis.status !== "ready" || isReading) return;
    isReading = true;
    const connection = connections;
    const isOther = () => connection !== connections || redis.status !== "ready";
    try {
      // one behind the other, so that nothing is asked in between
      const node = group?.target.kind === "cluster" ? redis.cluster("MYID") : undefined;
      const [id, ...said] = await Promise.all([node, redis.info("server", "replication"), redis.infoOf(key)]);
      // of a connection that broke meanwhile it says nothing
      if (isOther()) return;
      const named = identify(connection, said);
      isRefused = "problem" in named;
      if ("problem" in named || named.epoch !== epoch) epoch = undefined;
      if (!("problem" in named) && (await tenure.confirm(named.epoch, id ?? named.run))) {
        if (isOther()) return;
        epoch = named.epoch;
        if (!tenure.holds()) keep("another server is used than before: not until no process can be using that one");
        return;
      }
      keep("problem" in named ? named.problem : "another server has the data now");
      if (again && !isOther()) leave();
    } catch (error) {
      if (!isOther()) refused(error);
    } finally {
      isReading = false;
    }
  }

  redis.on("ready", () => {
    connections++;
    isReading = false;
    void readEpoch(false);
  });
  const reading = setInterval(() => readEpoch(true), EPOCH_EVERY_MILLISECONDS);
  reading.unref();

  return {
    redis,
    epoch: () => (overdue > 0 || !tenure.holds() ? undefined : epoch),
    connections: () => connections,
    within,
    trouble: () => trouble,
    close: async () => {
      clearInterval(reading);
      tenure.close();
      redis.disconnect();
    },
  };
}
