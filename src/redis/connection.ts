/**
 * A connection to one Redis server that never keeps a caller waiting: an answer that does not come in time is
 * `undefined`, and while one is overdue nothing more is asked. Every answer is of the server that `epoch` named when it
 * was asked for. Its epoch is read again once a second: a master that was demoted is soon asked no more.
 */
import { Redis, type Result as Reply } from "ioredis";
import { epochIn } from "./epoch.ts";
import { LEAD, LEASE, MARK, RELEASE, TAKE } from "./scripts.ts";

/** The scripts as commands; the number of keys comes first where it varies. */
declare module "ioredis" {
  interface RedisCommander<Context> {
    leaseScopes(keys: number, ...keysAndArguments: (string | number)[]): Reply<number, Context>;
    releaseScopes(keys: number, ...keysAndArguments: (string | number)[]): Reply<number, Context>;
    takeTokens(...keysAndArguments: (string | number)[]): Reply<[string | null, string | null, number], Context>;
    leadChanges(...keysAndArguments: (string | number)[]): Reply<[number, string | null, number, string], Context>;
    markWatched(...keysAndArguments: (string | number)[]): Reply<number, Context>;
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

/** Connects in the background and reconnects for ever. `failed` is called for every operation without an answer. */
export function connect(url: string, timeoutMilliseconds: number, failed: (name: string) => void): RedisConnection {
  const redis = new Redis(url, {
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
    },
  });
  let epoch: string | undefined;
  let connections = 0;
  let overdue = 0;
  let trouble = "no connection yet";
  const passwords = passwordsOf(url);
  // an error of Redis may repeat the command, and an old server repeats AUTH with the password
  const keep = (error: unknown) => {
    const [said = ""] = (error instanceof Error ? error.message : String(error)).split(", with args beginning with");
    trouble = passwords.reduce((text, password) => text.replaceAll(password, "***"), said);
  };

  // a broken connection is no error of any caller: they get no answer, and the reason is kept here
  redis.on("error", keep);
  redis.on("close", () => {
    epoch = undefined;
  });

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
      if (first !== undefined && isOne(first)) return first;
      failed(name);
      if (first !== undefined) {
        // an answer to another command: from here on every answer on this connection may be somebody else's
        keep(`the answer to ${name} has another shape: something between here and Redis loses or adds data`);
        epoch = undefined;
        redis.stream.destroy();
      }
    } catch (error) {
      // without a connection the reason was kept when it broke
      if (redis.status === "ready") keep(error);
      failed(name);
    } finally {
      clearTimeout(timer);
    }
    return undefined;
  }

  let isReading = false;

  async function readEpoch(): Promise<void> {
    if (redis.status !== "ready" || isReading) return;
    isReading = true;
    const connection = connections;
    try {
      const info: unknown = await redis.info("server", "replication");
      // of a connection that broke meanwhile it says nothing
      if (connection !== connections || redis.status !== "ready") return;
      const found = typeof info === "string" ? epochIn(info) : { problem: "the answer to INFO has another shape" };
      epoch = "epoch" in found ? found.epoch : undefined;
      if ("problem" in found) keep(found.problem);
      if (typeof info !== "string") redis.stream.destroy();
    } catch (error) {
      keep(error);
    } finally {
      isReading = false;
    }
  }

  redis.on("ready", () => {
    connections++;
    isReading = false;
    void readEpoch();
  });
  const reading = setInterval(readEpoch, EPOCH_EVERY_MILLISECONDS);
  reading.unref();

  return {
    redis,
    epoch: () => (overdue > 0 ? undefined : epoch),
    connections: () => connections,
    within,
    trouble: () => trouble,
    close: async () => {
      clearInterval(reading);
      redis.disconnect();
    },
  };
}

/** The password in a URL, as it is written there and as it is sent. */
function passwordsOf(url: string): string[] {
  const password = URL.canParse(url) ? new URL(url).password : "";
  if (password === "") return [];
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    return [password];
  }
}
