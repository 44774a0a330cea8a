/** An access log of a test: what it wrote, and what it cannot write while the test says so. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createAccessLog } from "../../src/access-log/access-log.ts";
import type { Classifier, Verdict } from "../../src/access-log/classify.ts";
import { createMonthKeys } from "../../src/access-log/month-keys.ts";
import type { LogBatch, LogSink } from "../../src/access-log/sink.ts";
import type { AnsweredAccess, Checked } from "../../src/check/checker.ts";
import type { AccessLine, GapLine } from "../../src/domain/access-log/lines.ts";
import type { Clock } from "../../src/ports.ts";

export type LogLine = AccessLine | GapLine;

/** A sink in memory. `hold` has each write wait for a promise, or fail with it. */
export function memorySink() {
  const batches: LogBatch[] = [];
  let trouble: (() => Promise<unknown>) | undefined;
  const sink: LogSink = {
    async write(batch) {
      await trouble?.();
      batches.push(batch);
    },
    tend: async () => [],
    close: async () => {},
    pauseMaxMilliseconds: 250,
  };
  return {
    sink,
    batches,
    lines: (): LogLine[] => batches.flatMap(({ lines }) => lines.map((line) => JSON.parse(line))),
    hold: (until: (() => Promise<unknown>) | undefined) => {
      trouble = until;
    },
  };
}

type Changes = Partial<Omit<Parameters<typeof createAccessLog>[0], "sink" | "classifier">>;

/** A log over a sink, that counts what is lost and logs nothing. A function finds what is not known. */
export function logOver(sink: LogSink, find: Classifier | Classifier["find"], changes: Changes = {}) {
  const classifier = typeof find === "function" ? { known: () => undefined, find } : find;
  const lost: Record<string, number> = {};
  const meter = {
    written: () => {},
    gap: (reason: string, count: number | null) => {
      lost[reason] = (lost[reason] ?? 0) + (count ?? 0);
    },
    waiting: () => {},
  };
  const clock: Clock = () => new Date();
  const usual = { loss: "count" as const, recordsOwn: false, monthKeys: createMonthKeys(), warn: () => {} };
  const log = createAccessLog({ sink, classifier, clock, meter, ...usual, ...changes });
  return { log, lost };
}

/** Of what a partner's person did. */
export const THROUGH: Verdict = {
  kind: "cooperation",
  cooperation: "c1",
  share: "s1",
  initiator: "sunward",
  partner: "brightfix",
};

/** An answer that was given. */
export function answered(user: string, object = "plant:7", checked: Partial<Checked> = {}): AnsweredAccess {
  const question = { user: `user:${user}`, relation: "can_view", object };
  const owner = "organization:sunward" as const;
  return {
    ...{ question, key: "portal", requestId: `request of ${user}` },
    checked: { allowed: true, source: "hit", owner, userToken: "u1", ownerToken: "o1", ...checked },
  };
}

/** The files of a folder that are the log's, by name. */
export const filesOf = (folder: string) =>
  readdirSync(folder)
    .filter((name) => !name.startsWith("."))
    .sort()
    .map((name) => ({ name, text: readFileSync(join(folder, name), "utf8") }));

/** The accesses and gaps in the files of a folder. */
export const linesIn = (folder: string): LogLine[] =>
  filesOf(folder)
    .flatMap(({ text }) => text.split("\n").filter((line) => line.endsWith("}")))
    .map((line) => JSON.parse(line))
    .filter(({ kind }) => kind === "access" || kind === "gap");

/** How many accesses these lines count, of those that are so. */
export const countOf = (lines: readonly LogLine[], isSo: (line: AccessLine) => boolean = () => true): number =>
  lines.reduce((sum, line) => (line.kind === "access" && isSo(line) ? sum + line.count : sum), 0);
