/** The access log by the configuration: where it is written to, and what it reads. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { ulid } from "ulid";
import type { AccessLogMeter } from "../access-log-metrics.ts";
import type { Config } from "../config.ts";
import type { FileEnd } from "../domain/access-log/seal.ts";
import { type LogTarget, readLogTarget } from "../domain/access-log/target.ts";
import type { UserId } from "../domain/ids.ts";
import { ConfigurationError, FolderNotPrivate } from "../faults.ts";
import type { Clock, Engine, TupleStore } from "../ports.ts";
import { makePrivate } from "../private-folder.ts";
import { isForgotten } from "../store/people.ts";
import { type AccessLog, createAccessLog } from "./access-log.ts";
import { createClassifier } from "./classify.ts";
import { type AccessLogErasure, createErasure } from "./erasure.ts";
import { createFileReader } from "./file-reader.ts";
import { createFileSink } from "./file-sink.ts";
import { newestSeals } from "./folder.ts";
import { createHttpSink } from "./http-sink.ts";
import { createMonthKeys } from "./month-keys.ts";
import { settingsOf } from "./postgres/connect.ts";
import { createPostgresErasure } from "./postgres/postgres-erasure.ts";
import { createPostgresReader } from "./postgres/postgres-reader.ts";
import { createPostgresSink } from "./postgres/postgres-sink.ts";
import type { AccessLogReader } from "./reader.ts";
import { createStdoutSink, type LogSink } from "./sink.ts";

/** In the service's folder. */
const FOLDER = "access-log";

type Options = {
  config: Pick<
    Config,
    | "ACCESS_LOG"
    | "ACCESS_LOG_LOSS"
    | "ACCESS_LOG_OWN"
    | "ACCESS_LOG_DAYS"
    | "ACCESS_LOG_OWN_DAYS"
    | "ACCESS_LOG_PSEUDONYMIZE_DAYS"
    | "HISTORY_KEY_FILE"
    | "REDIS_URL"
  >;
  /** The service's own folder, and the store that is asked about. */
  folder: string;
  store: string;
  engine: Engine;
  reads: Pick<TupleStore, "read" | "readSome">;
  clock: Clock;
  meter: AccessLogMeter;
  warn: (event: string, facts: object) => void;
};

/**
 * `target` is without a secret. `reader`: reads it back, where that can be done; `whole`: what is read is of all machines. `seals`:
 * its newest ones, so many, where it is sealed. `erasure`: takes people out of it, where that can be done.
 */
type OpenedLog = {
  log: AccessLog;
  target: string;
  seals?: (max: number) => Promise<readonly FileEnd[]>;
  reader?: AccessLogReader | undefined;
  erasure?: AccessLogErasure | undefined;
  whole: boolean;
};

/** Undefined where it is off. Throws ConfigurationError for a folder that cannot be used. */
export function openAccessLog(options: Options): OpenedLog | undefined {
  const { config, store, engine, reads, clock, meter, warn } = options;
  const target: LogTarget = readLogTarget(config.ACCESS_LOG) ?? { kind: "off" };
  if (target.kind === "off") return undefined;
  const recordsOwn = config.ACCESS_LOG_OWN;
  const classifier = createClassifier({ engine, reads, recordsOwn });
  const loss = config.ACCESS_LOG_LOSS;
  const logTo = (sink: LogSink, monthKeys = createMonthKeys()) =>
    createAccessLog({ sink, classifier, clock, meter, loss, recordsOwn, monthKeys, warn });
  const of = { store, keys: config.HISTORY_KEY_FILE, clock };
  const wasErased = (user: string) => isForgotten(reads, user as UserId);
  const [writer, days] = [ulid(), config.ACCESS_LOG_DAYS];
  if (target.kind === "stdout") return { log: logTo(createStdoutSink()), target: "stdout", whole: false };
  if (target.kind === "http") {
    const { url } = target;
    return { log: logTo(createHttpSink({ url, writer, ...of })), target: url.origin, whole: false };
  }
  if (target.kind === "postgres") {
    const settings = settingsOf(target.url);
    const retention = { days, ownDays: config.ACCESS_LOG_OWN_DAYS };
    const found = () => meter.gap("killed", null);
    const names = { newWriter: () => ulid(), random: Math.random };
    const pseudonymizeDays = config.ACCESS_LOG_PSEUDONYMIZE_DAYS;
    const erasure = createPostgresErasure({
      settings,
      store,
      clock,
      days: pseudonymizeDays,
      isForgotten: wasErased,
      warn,
    });
    const sink = createPostgresSink({ settings, ...of, retention, ...names, found, warn });
    const log = logTo(sink, erasure.monthKeys);
    const reader = createPostgresReader({ settings, store });
    const close = async () => {
      await log.close();
      // who still reads is not waited for
      for (const one of [reader, erasure]) void one.close().catch(() => {});
    };
    const { host, pathname } = target.url;
    return {
      log: { ...log, close },
      target: `postgres://${host}${pathname}`,
      reader,
      erasure,
      seals: reader.seals,
      whole: true,
    };
  }
  const folder = target.folder ?? join(options.folder, FOLDER);
  closeFolder(folder);
  // with Redis there may be other machines, which have files of their own
  const whole = config.REDIS_URL === undefined;
  const seals = (max: number) => newestSeals(folder, max);
  const erasure = createErasure({
    ...{ folder, clock, days: config.ACCESS_LOG_PSEUDONYMIZE_DAYS, warn },
    isForgotten: wasErased,
  });
  const log = logTo(createFileSink({ folder, writer, ...of, days, warn }), createMonthKeys(folder));
  return { log, target: folder, reader: createFileReader({ folder }), erasure, seals, whole };
}

const OTHERS = 0o077;

function closeFolder(folder: string): void {
  try {
    if (isOfOthers(folder))
      throw new FolderNotPrivate(
        `The folder ${folder} is open to others and holds other things. Name one of its own: it is closed to others.`,
      );
    makePrivate(folder);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = error instanceof FolderNotPrivate ? message : `${folder} cannot be used (${code})`;
    throw new ConfigurationError(`ACCESS_LOG: ${why}`);
  }
}

/** Whether it is there, others can enter it, and something is in it that is none of the log's. */
function isOfOthers(folder: string): boolean {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (!found?.isDirectory() || (found.mode & OTHERS) === 0) return false;
  return readdirSync(folder).some((name) => !/^\.?access-/.test(name));
}
