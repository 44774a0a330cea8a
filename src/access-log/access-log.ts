/**
 * The access log of one process. Answers are counted when they are given, and nothing waits for that. Four times a second
 * it is looked for what new facts are, a few at a time and so many a second, and what is known is written: each fact at
 * once, and at the end of its minute how often more. While nothing can be written facts are counted on, and what had no
 * room is a gap in the log itself (law 17), or where loss is refused, no answer.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { AccessLogMeter } from "../access-log-metrics.ts";
import type { AccessRecorder } from "../check/checker.ts";
import { isPermissionOnResource } from "../check/question.ts";
import type { GapLine } from "../domain/access-log/lines.ts";
import { errorFacts } from "../domain/error-facts.ts";
import { AuditUnavailable } from "../faults.ts";
import type { Clock } from "../ports.ts";
import type { Classifier } from "./classify.ts";
import type { Fact } from "./fact.ts";
import { linesOfFact } from "./fact-line.ts";
import { createFacts } from "./facts.ts";
import { createGaps } from "./gaps.ts";
import { createLooks } from "./looks.ts";
import type { MonthKeys } from "./month-keys.ts";
import type { LogBatch, LogSink } from "./sink.ts";

const TICK_MILLISECONDS = 250;
const MINUTE_MILLISECONDS = 60_000;
const YES_MAX = 20_000;
const NO_MAX = 10_000;
/** Lines that are written together. */
const LINES_MAX = 1000;
/** Facts that are looked for in a tick. */
const LOOKS_A_TICK = 50;
/** Where an answer may not be lost none is given when the engine has said so long of none what it was. */
const AWAY_MILLISECONDS = 10_000;
/** A sink that takes longer is not writing. */
const SLOW_MILLISECONDS = 5000;
const WARN_EVERY_MILLISECONDS = 60_000;
/** How long it takes at most to end, in all. What is not known is looked for in the first half of it, then it is written. */
const CLOSE_MILLISECONDS = 1500;

type AccessLogOptions = {
  sink: LogSink;
  classifier: Classifier;
  clock: Clock;
  meter: AccessLogMeter;
  /** `refuse`: nothing is answered while nothing can be written. */
  loss: "count" | "refuse";
  recordsOwn: boolean;
  monthKeys: MonthKeys;
  warn: (event: string, facts: object) => void;
  /** The most facts, where it is not the usual. */
  factsMax?: { yes: number; no: number };
  /** How long it takes at most to end, where it is not the usual. */
  closeMilliseconds?: number;
};

export type AccessLog = AccessRecorder & {
  /** Starts to write, until it is closed. */
  start(): void;
  /** Whether everything is written that can be. */
  state(): "ok" | "behind";
  /** Writes what is left and ends the sink. What cannot be written is logged. Never throws. */
  close(): Promise<void>;
};

export function createAccessLog(options: AccessLogOptions): AccessLog {
  const { sink, classifier, clock, meter, loss, recordsOwn, monthKeys, warn } = options;
  const { closeMilliseconds = CLOSE_MILLISECONDS } = options;
  const now = () => clock().getTime();
  const gaps = createGaps();
  const { yes: yesMax, no: noMax } = options.factsMax ?? { yes: YES_MAX, no: NO_MAX };
  const lose = (reason: "full" | "unclassified" | "stopped", { count: lost, first: from, last: to, verdict }: Fact) => {
    if (lost > 0 && verdict?.kind !== "none") gaps.add(reason, { from, to, lost });
  };
  const keepsAll = loss === "refuse";
  const facts = createFacts({ yesMax, noMax, dropped: (fact) => lose("full", fact), keepsAll });
  const looks = createLooks({ facts, classifier, now, keepsAll, warn });
  meter.waiting(facts.size);

  let minute = Math.floor(now() / MINUTE_MILLISECONDS);
  /** A batch that was not written, and the gaps that the sink found. */
  let unwritten: LogBatch | undefined;
  const found: GapLine[] = [];
  /** Whether something was written, or could have been, since it last failed. */
  let isWriting = false;
  let failures = 0;
  let nextTryAt = 0;
  let flushingSince: number | undefined;
  let warnedAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let flushing = Promise.resolve();
  let closing: Promise<void> | undefined;
  /** Nothing is counted any more as a fact; and nothing is written any more. */
  let isEnding = false;
  let hasEnded = false;

  const isBehind = () =>
    !isWriting ||
    looks.awayFor() > AWAY_MILLISECONDS ||
    (flushingSince !== undefined && performance.now() - flushingSince > SLOW_MILLISECONDS);

  /** The lines of what is due, behind those of the gaps. `whole`: it is all that is due. */
  function nextBatch(): { batch: LogBatch; whole: boolean } {
    const taken = facts.take(LINES_MAX);
    for (const fact of taken) if (fact.verdict?.kind === "unknown") lose("unclassified", fact);
    const missing = [...found.splice(0), ...gaps.take()];
    for (const { reason, lost } of missing) meter.gap(reason, lost);
    const known = taken.flatMap((fact) => linesOfFact(fact, monthKeys));
    const lines = [...missing, ...known].map((line) => JSON.stringify(line));
    return { batch: { lines, through: through() }, whole: taken.length < LINES_MAX };
  }

  const through = () => new Date(Math.min(facts.oldest() ?? Infinity, gaps.oldest() ?? Infinity, now()));

  async function write(batch: LogBatch): Promise<void> {
    unwritten = batch;
    await sink.write(batch);
    unwritten = undefined;
    meter.written(batch.lines.length);
  }

  async function flush(isLast = false): Promise<void> {
    flushingSince = performance.now();
    try {
      if (unwritten !== undefined) await write(unwritten);
      found.push(...(await sink.tend(through())));
      const present = Math.floor(now() / MINUTE_MILLISECONDS);
      if (present !== minute || isLast) facts.turn();
      minute = present;
      for (let whole = false; !whole; ) {
        const next = nextBatch();
        whole = next.whole;
        if (next.batch.lines.length > 0) await write(next.batch);
      }
      if (failures > 0) warn("access_log_written_again", {});
      failures = 0;
      isWriting = true;
    } catch (error) {
      isWriting = false;
      const pause = Math.min(TICK_MILLISECONDS * 2 ** failures++, sink.pauseMaxMilliseconds);
      nextTryAt = performance.now() + pause;
      if (performance.now() - warnedAt >= WARN_EVERY_MILLISECONDS || failures === 1) {
        warnedAt = performance.now();
        warn("access_log_not_written", { waiting: facts.size(), ...errorFacts(error) });
      }
    } finally {
      flushingSince = undefined;
    }
  }

  /** Writes the last lines and ends the sink. What could not be written leaves it without its end. */
  async function end(): Promise<void> {
    await flush(true);
    if (unwritten === undefined) await sink.close().catch((error) => warn("access_log_not_written", errorFacts(error)));
  }

  function tick(): void {
    void looks.look(LOOKS_A_TICK);
    if (flushingSince === undefined && performance.now() >= nextTryAt) flushing = flush();
  }

  function loseNow(): void {
    const at = now();
    gaps.add("stopped", { from: at, to: at, lost: 1 });
    if (hasEnded) warn("access_log_lost", { lines: 0, waiting: 1 });
  }

  async function close(): Promise<void> {
    clearInterval(timer);
    const startedAt = performance.now();
    const until = (part: number) =>
      sleep(Math.max(0, startedAt + part * closeMilliseconds - performance.now()), undefined, { ref: false });
    await Promise.race([looks.look(Number.POSITIVE_INFINITY), until(1 / 2)]);
    looks.stop();
    await Promise.race([flushing, until(2 / 3)]);
    isEnding = true;
    for (const fact of facts.left())
      if (fact.verdict === undefined) {
        lose("stopped", fact);
        // one that is being looked for may still be found
        facts.drop(fact);
      }
    // else a sink that does not answer still has a batch
    if (flushingSince === undefined) await Promise.race([end(), until(1)]);
    hasEnded = true;
    const waiting = facts.left().length + gaps.take().reduce((sum, { lost }) => sum + (lost ?? 0), 0);
    if (failures > 0 || unwritten !== undefined || waiting > 0)
      warn("access_log_lost", { lines: unwritten?.lines.length ?? 0, waiting });
  }

  return {
    admit() {
      if (keepsAll && (isBehind() || isEnding)) throw new AuditUnavailable("the access log is not written");
    },
    record(access) {
      const { question, checked } = access;
      if ((checked.accessPath === "own" && !recordsOwn) || !isPermissionOnResource(question)) return;
      if (isEnding) return loseNow();
      const at = now();
      if (facts.count(access, at)) return;
      // who asked gets no answer, and nobody else is kept from one
      if (keepsAll) throw new AuditUnavailable("the access log has no room for another access");
      gaps.add("full", { from: at, to: at, lost: 1 });
    },
    start() {
      timer = setInterval(tick, TICK_MILLISECONDS);
      tick();
    },
    state: () => (isBehind() ? "behind" : "ok"),
    close: () => (closing ??= close()),
  };
}
