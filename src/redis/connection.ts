/**
 * A connection to one Redis server that never keeps anybody waiting: what is not
 * answered in time is `away`, and while an answer is overdue nothing more is asked.
 * Every answer is of the server run that `runId` named when it was asked for.
 */
import { Redis, type Result } from "ioredis";
import { BEGIN, END, LEAD, TAKE } from "./scripts.ts";

/** The scripts as commands; the number of keys comes first where it varies. */
declare module "ioredis" {
  interface RedisCommander<Context> {
    beginWrite(keys: number, ...keysAndArguments: (string | number)[]): Result<number, Context>;
    endWrite(keys: number, ...keysAndArguments: (string | number)[]): Result<number, Context>;
    takeTokens(...keysAndArguments: (string | number)[]): Result<[string | null, string | null, number], Context>;
    leadChanges(...keysAndArguments: (string | number)[]): Result<[number, string | null], Context>;
  }
}

export type RedisConnection = {
  redis: Redis;
  /** The run of the server that answers now; undefined while none may be asked. */
  runId(): string | undefined;
  /**
   * The answer, or `away` when it failed, took too long, or is of another shape than `isOne` says. `name` is what a
   * failure is counted under.
   */
  within<T>(name: string, answer: Promise<T>, isOne?: (answer: T) => boolean): Promise<T | "away">;
  /** What went wrong last, in words without a password. */
  trouble(): string;
  close(): Promise<void>;
};

// a server that says nothing at all for this long is given up, and another connection tried
const SILENCE_MILLISECONDS = 2000;
const RECONNECT_MILLISECONDS = 250;

/** Connects in the background, for ever. `failed` is told of every operation that came to nothing. */
export function connect(url: string, timeoutMilliseconds: number, failed: (name: string) => void): RedisConnection {
  const redis = new Redis(url, {
    // what was sent on a connection that broke is not sent again: it would answer for another run
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    // no auto-pipelining: it holds a command back until the pipeline before it was answered, so a look-up could
    // overtake the entry that was stored before it; look-ups gather their keys themselves
    connectTimeout: SILENCE_MILLISECONDS,
    socketTimeout: SILENCE_MILLISECONDS,
    retryStrategy: () => RECONNECT_MILLISECONDS,
    scripts: {
      beginWrite: { lua: BEGIN },
      endWrite: { lua: END },
      takeTokens: { lua: TAKE, numberOfKeys: 4 },
      leadChanges: { lua: LEAD, numberOfKeys: 1 },
    },
  });
  let runId: string | undefined;
  let overdue = 0;
  let trouble = "no connection yet";
  const passwords = passwordsOf(url);
  // what Redis refuses it may repeat, and an old one repeats AUTH with the password
  const keep = (error: unknown) => {
    const [said = ""] = (error instanceof Error ? error.message : String(error)).split(", with args beginning with");
    trouble = passwords.reduce((text, password) => text.replaceAll(password, "***"), said);
  };

  // a connection is not an error to anybody: whoever asks is told `away`, and why is kept
  redis.on("error", keep);
  redis.on("close", () => {
    runId = undefined;
  });
  redis.on("ready", () => {
    redis
      .info("server")
      .then((info) => {
        runId = /^run_id:(\S+)/m.exec(info)?.[1];
        if (runId === undefined) trouble = "INFO names no run_id: this is no Redis server, or a proxy";
      })
      .catch(keep);
  });

  return {
    redis,
    runId: () => (overdue > 0 ? undefined : runId),
    async within(name, answer, isOne = () => true) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<"away">((resolve) => {
        timer = setTimeout(() => {
          overdue++;
          // answers come in order: when this one is here, the server has caught up
          answer.catch(() => {}).finally(() => overdue--);
          keep(`no answer in ${timeoutMilliseconds} ms`);
          resolve("away");
        }, timeoutMilliseconds);
      });
      try {
        const first = await Promise.race([answer, late]);
        if (first !== "away" && isOne(first)) return first;
        failed(name);
        if (first !== "away") {
          // an answer to another question: from here on no answer on this connection is whose it seems to be
          keep(`the answer to ${name} has another shape: something between here and Redis loses or adds data`);
          redis.disconnect(true);
        }
        return "away";
      } catch (error) {
        // without a connection that is all there is to say; why there is none was said by itself
        if (redis.status === "ready") keep(error);
        failed(name);
        return "away";
      } finally {
        clearTimeout(timer);
      }
    },
    trouble: () => trouble,
    close: async () => {
      redis.disconnect();
    },
  };
}

/** The password in a URL, as it stands there and as it is sent. */
function passwordsOf(url: string): string[] {
  const password = URL.canParse(url) ? new URL(url).password : "";
  if (password === "") return [];
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    return [password];
  }
}
