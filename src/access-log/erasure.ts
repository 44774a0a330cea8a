/**
 * Takes people out of the files of the access log: each when they are erased, and all after so many days. The order is
 * such that a crash at any place leaves what is missing to be found and done: who is to be erased is marked first, then
 * erased in the store, then in the files. Lines of files that are being written are erased when these have ended, within
 * about an hour; a mark stays for a day, until no line of its person can come any more.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { errorFacts } from "../domain/error-facts.ts";
import { AuditUnavailable } from "../faults.ts";
import type { Clock } from "../ports.ts";
import { eraseInFiles } from "./erase-files.ts";
import { changeMark, keepMark, marksIn } from "./erasure-marks.ts";
import { hourText, isMissing } from "./folder.ts";
import { createFolderLock } from "./folder-lock.ts";
import { deleteOldKeys } from "./month-keys.ts";
import { deleteTemporary, replaceFile } from "./replace-file.ts";

const LOCK = ".access-erasing";
/** The hour before which all users are erased. */
const THROUGH = ".access-erased-before";
const HOUR_MILLISECONDS = 3_600_000;
const DAY_MILLISECONDS = 24 * HOUR_MILLISECONDS;
/** After so long it is looked in the store whether somebody was erased of whom no answer says so. */
const ASKED_MILLISECONDS = 60_000;

/** Takes people out of the access log: of files those of this machine, in PostgreSQL all. */
export type AccessLogErasure = {
  /** Notes, on the disk, that a person may be erased in a moment: what becomes of it is found out also after a crash. Throws AuditUnavailable. */
  announce(user: string): Promise<void>;
  /** The person is erased in the store: from now on nobody is shown their id. Never throws. */
  erase(user: string): Promise<void>;
  /** Erases what is to be erased now; to be called again and again. Never throws. */
  tend(): Promise<void>;
};

const STALE_MILLISECONDS = 60_000;

type Options = {
  folder: string;
  clock: Clock;
  /** After so many days all users are erased; undefined: never. */
  days: number | undefined;
  /** Whether a person is erased in the store. */
  isForgotten: (user: string) => Promise<boolean>;
  warn: (event: string, facts: object) => void;
  /** How long it takes until a file of another process that nobody touches is one of a process that was killed, where it is not the usual. */
  staleMilliseconds?: number;
};

export function createErasure(options: Options): AccessLogErasure {
  const { folder, clock, days, isForgotten, warn, staleMilliseconds = STALE_MILLISECONDS } = options;
  const lock = createFolderLock(join(folder, LOCK), staleMilliseconds);
  let passedAt = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | undefined;

  /** Finds out what became of people of whom no answer says that they are erased: the process may have been killed. */
  async function settleAsked(): Promise<void> {
    for (const asked of await marksIn(folder, "asked")) {
      const { user, at } = asked;
      if (clock().getTime() - Date.parse(at) < ASKED_MILLISECONDS) continue;
      if (await isForgotten(user)) await keepMark(folder, "erase", { user, at });
      await changeMark(folder, asked);
    }
  }

  async function pass(touch: () => Promise<number>): Promise<void> {
    const now = clock();
    await deleteTemporary(folder, (await touch()) - staleMilliseconds);
    const marks = await marksIn(folder, "erase");
    const from = await textIn(THROUGH);
    // a file that was begun an hour before has nothing younger: it ends with its hour
    const before =
      days === undefined ? "" : hourText(new Date(now.getTime() - days * DAY_MILLISECONDS - HOUR_MILLISECONDS));
    const isOld = (hour: string) => hour >= from && hour < before;
    const { oldestHour = hourText(now), since } = await eraseInFiles(folder, { marks, isOld }, touch);
    const [through = ""] = [oldestHour, before].sort();
    if (through > from) await replaceFile(folder, THROUGH, through);
    for (const mark of marks) {
      const { user, at } = mark;
      const end = new Date(Date.parse(at) + DAY_MILLISECONDS);
      // what was accessed before the mark may be written later, into files that were begun meanwhile
      const isDone = end <= now && oldestHour > hourText(end);
      await changeMark(folder, mark, isDone ? undefined : { user, at, lookedAt: since });
    }
    await deleteOldKeys(folder, now);
  }

  const textIn = (name: string): Promise<string> =>
    readFile(join(folder, name), "utf8").catch((error) => {
      isMissing(error);
      return "";
    });

  async function look(): Promise<void> {
    await settleAsked();
    const isNew = async () => (await marksIn(folder, "erase")).some(({ lookedAt }) => lookedAt === undefined);
    let isDue = Math.abs(clock().getTime() - passedAt) >= HOUR_MILLISECONDS || (await isNew());
    while (isDue) {
      if (!(await lock(pass))) return;
      passedAt = clock().getTime();
      // somebody may have been marked meanwhile
      isDue = await isNew();
    }
  }

  return {
    async announce(user) {
      await keepMark(folder, "asked", { user, at: clock().toISOString() }).catch((error) => {
        throw new AuditUnavailable("who is erased cannot be noted beside the access log", { cause: error });
      });
    },

    async erase(user) {
      try {
        await keepMark(folder, "erase", { user, at: clock().toISOString() });
        for (const asked of await marksIn(folder, "asked")) if (asked.user === user) await changeMark(folder, asked);
      } catch (error) {
        // what was announced is found again
        warn("access_log_not_erased", errorFacts(error));
      }
    },

    tend() {
      running ??= look()
        .catch((error) => warn("access_log_not_erased", errorFacts(error)))
        .finally(() => {
          running = undefined;
        });
      return running;
    },
  };
}
