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

export type Connection = {
  redis: Redis;
  /** The run of the server that answers now; undefined while none may be asked. */
  runId(): string | undefined;
  /** The answer, or `away` when it failed or took too long. `name` is what a failure is counted under. */
  within<T>(name: string, answer: Promise<T>): Promise<T | "away">;
  close(): Promise<void>;
};

// a server that says nothing at all for this long is given up, and another connection tried
const SILENCE_MILLISECONDS = 2000;
const RECONNECT_MILLISECONDS = 250;

/** Connects in the background, for ever. `failed` is told of every operation that came to nothing. */
export function connect(url: string, timeoutMilliseconds: number, failed: (name: string) => void): Connection {
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

  // a connection is not an error to anybody: whoever asks is told `away`
  redis.on("error", () => {});
  redis.on("close", () => {
    runId = undefined;
  });
  redis.on("ready", () => {
    redis
      .info("server")
      .then((info) => {
        runId = /^run_id:(\S+)/m.exec(info)?.[1];
      })
      .catch(() => {});
  });

  return {
    redis,
    runId: () => (overdue > 0 ? undefined : runId),
    async within(name, answer) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<"away">((resolve) => {
        timer = setTimeout(() => {
          overdue++;
          // answers come in order: when this one is here, the server has caught up
          answer.catch(() => {}).finally(() => overdue--);
          resolve("away");
        }, timeoutMilliseconds);
      });
      try {
        const first = await Promise.race([answer, late]);
        if (first === "away") failed(name);
        return first;
      } catch {
        failed(name);
        return "away";
      } finally {
        clearTimeout(timer);
      }
    },
    close: async () => {
      redis.disconnect();
    },
  };
}
