/**
 * Notices of trouble that does not stop the service: a cache that does not answer, a clock that differs from the
 * cache's or the engine's. Each is logged when it is first seen, once a minute while it lasts, and when it is over.
 */
import type { Clock, DecisionCache, Engine, Meter, ServerTime } from "../ports.ts";

export const NOTICES_EVERY_MILLISECONDS = 1000;

/** More than synchronized clocks ever differ; dates and the follower's margin tolerate it. */
const OFFSET_MAX_MILLISECONDS = 1000;
const LOG_EVERY_MILLISECONDS = 60_000;

/** Polls between two measurements of the engine's clock. */
const ENGINE_EVERY_POLLS = 30;
/** Readings per measurement: the engine's time has whole seconds, and readings at several moments of one narrow it down. */
const ENGINE_SAMPLES = 4;

/** For `/readyz`. */
export type Notices = { cache: "ok" | "away"; clock: "ok" | "off" };

type Deps = {
  cache: Pick<DecisionCache, "probe">;
  engine: Pick<Engine, "time">;
  clock: Clock;
  meter: Pick<Meter, "cacheUp" | "clockOffset">;
  warn: (event: string, facts: object) => void;
  sleep: (milliseconds: number) => Promise<unknown>;
};

/** How far our clock is ahead of another, at least and at most; milliseconds. */
type Ahead = { min: number; max: number };

export type Watch = {
  /** Looks once and logs what changed. Never throws. */
  poll(): Promise<void>;
  now(): Notices;
};

export function createNotices({ cache, engine, clock, meter, warn, sleep }: Deps): Watch {
  const notices: Notices = { cache: "ok", clock: "ok" };
  const logCache = createRecurring("cache_away", "cache_back", warn);
  const logClock = {
    cache: createRecurring("clock_off", "clock_right", warn),
    engine: createRecurring("clock_off", "clock_right", warn),
  };
  const off = { cache: false, engine: false };
  let polls = 0;
  let failedPolls = 0;

  async function aheadOf(timeOf: () => Promise<ServerTime | undefined>): Promise<Ahead | undefined> {
    const sent = clock().getTime();
    const time = await timeOf();
    const received = clock().getTime();
    // theirs was this at some moment in between
    return time && { min: sent - time.to, max: received - time.from };
  }

  function judge(of: keyof typeof off, ahead: Ahead | undefined): void {
    if (ahead === undefined || ahead.min > ahead.max) return;
    const seconds = (ahead.min + ahead.max) / 2000;
    meter.clockOffset(of, seconds);
    off[of] = ahead.min > OFFSET_MAX_MILLISECONDS || ahead.max < -OFFSET_MAX_MILLISECONDS;
    notices.clock = off.cache || off.engine ? "off" : "ok";
    logClock[of](off[of] ? { against: of, ahead_seconds: Number(seconds.toFixed(1)) } : undefined);
  }

  async function lookAtCache(): Promise<void> {
    let away: string | undefined;
    const ahead = await aheadOf(async () => {
      const probe = await cache.probe();
      if (probe.kind === "up") return probe.time;
      away = probe.reason;
      return undefined;
    });
    failedPolls = away === undefined ? 0 : failedPolls + 1;
    notices.cache = away === undefined ? "ok" : "away";
    meter.cacheUp(away === undefined);
    // twice in a row: one late answer, or a connection that is being made, is not worth a line
    if (away === undefined || failedPolls > 1) logCache(away === undefined ? undefined : { reason: away });
    judge("cache", ahead);
  }

  async function lookAtEngine(): Promise<void> {
    let narrowed: Ahead | undefined;
    for (let n = 0; n < ENGINE_SAMPLES; n++) {
      if (n > 0) await sleep(NOTICES_EVERY_MILLISECONDS / ENGINE_SAMPLES);
      const ahead = await aheadOf(() => engine.time());
      if (ahead === undefined) continue;
      const { min, max } = narrowed ?? ahead;
      narrowed = { min: Math.max(min, ahead.min), max: Math.min(max, ahead.max) };
    }
    judge("engine", narrowed);
  }

  return {
    async poll() {
      await lookAtCache();
      if (polls++ % ENGINE_EVERY_POLLS === 0) await lookAtEngine();
    },
    now: () => ({ ...notices }),
  };
}

/** Logs a trouble at once and then once a minute, with its duration, and logs when it is over. */
function createRecurring(event: string, over: string, warn: Deps["warn"]) {
  let since: number | undefined;
  let loggedAt = Number.NEGATIVE_INFINITY;
  return (wrong: object | undefined): void => {
    const now = performance.now();
    const seconds = Math.round((now - (since ?? now)) / 1000);
    if (wrong === undefined) {
      if (since !== undefined) warn(over, { seconds });
      since = undefined;
      loggedAt = Number.NEGATIVE_INFINITY;
      return;
    }
    since ??= now;
    if (now - loggedAt < LOG_EVERY_MILLISECONDS) return;
    loggedAt = now;
    warn(event, { ...wrong, seconds });
  };
}
