/**
 * Delivers some events to one receiver: histories side by side, each history's events one behind the other. What the
 * receiver does not take is sent again until it does, with pauses that grow as long as it takes nothing; after three
 * days, and some attempts, it is given up. The events behind one that fails wait; those of other histories among these do not.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { eventId, type StoredEvent } from "../domain/events/cloud-event.ts";
import type { DeliveryRecord } from "../domain/records.ts";
import type { Clock } from "../ports.ts";
import type { Delivered, Sink } from "./sink.ts";

const HISTORIES_AT_ONCE = 8;

/** The pause is as long as the receiver has failed, within these: 1 s, 1 s, 2 s, 4 s … 4 h. */
const PAUSE_MIN_MILLISECONDS = 1000;
const PAUSE_MAX_MILLISECONDS = 4 * 3_600_000;
/** A receiver may ask for a longer one, up to this. */
const ASKED_PAUSE_MAX_MILLISECONDS = 24 * 3_600_000;
/** Of a pause, at random: receivers that failed together are not tried again together. */
const JITTER = 0.2;
const GIVE_UP_MILLISECONDS = 3 * 24 * 3_600_000;
/** By the process that gives up: days in which no process tried say nothing of the receiver. */
const GIVE_UP_ATTEMPTS = 5;
/** How often it is looked, during a pause, whether there is something else to do. */
const LOOK_EVERY_MILLISECONDS = 3000;

export type Delivering = {
  /** Since when the receiver takes nothing, where it does not. */
  failingSince: string | undefined;
  /** Called before each pause. False: this process is to deliver no more. */
  failed: (since: string, why: string) => Promise<boolean>;
  /** Whether this process still is the one that delivers, from the same place. */
  isOurs: () => Promise<boolean>;
  attempted: (delivery: DeliveryRecord) => void;
  clock: Clock;
  random: () => number;
  signal: AbortSignal;
};

/** `disabled`: the receiver takes no events any more; `stopped`: what is left is for another process, or a later time. */
export type Finished = { kind: "delivered" | "stopped" } | { kind: "disabled"; why: string };

type Round = { left: StoredEvent[][]; taken: number; failure?: Exclude<Delivered, { kind: "done" }> };

/** Every event, or why not. Throws what its callbacks throw. */
export async function deliverAll(events: readonly StoredEvent[], sink: Sink, how: Delivering): Promise<Finished> {
  let left = [...Map.groupBy(events, ({ history }) => history).values()];
  let since = how.failingSince;
  let attempts = 0;
  for (;;) {
    const round = await deliverRound(left, sink, how);
    if (round.failure?.kind === "ended") return { kind: "disabled", why: round.failure.why };
    left = round.left;
    if (left.length === 0) return { kind: "delivered" };
    if (how.signal.aborted) return { kind: "stopped" };
    const { failure } = round;
    const why = failure?.why ?? "";
    const now = how.clock();
    // what it took shows that it works: three days are counted anew
    if (round.taken > 0 || since === undefined) [since, attempts] = [now.toISOString(), 0];
    attempts += 1;
    const failing = now.getTime() - Date.parse(since);
    if (!sink.isTriedForever && isGivenUp(failing, attempts))
      return { kind: "disabled", why: `it took nothing for three days: ${why}` };
    if (!(await how.failed(since, why))) return { kind: "stopped" };
    const asked = failure?.kind === "retry" ? failure.afterMilliseconds : undefined;
    if (!(await pause(pauseOf(failing, asked, how.random()), how))) return { kind: "stopped" };
  }
}

/** Whether a receiver that has taken nothing for so many milliseconds, in so many attempts, is given up. */
export const isGivenUp = (failing: number, attempts: number): boolean =>
  failing >= GIVE_UP_MILLISECONDS && attempts >= GIVE_UP_ATTEMPTS;

/** In milliseconds. */
export function pauseOf(failing: number, asked: number | undefined, random: number): number {
  const grown = Math.min(Math.max(failing, PAUSE_MIN_MILLISECONDS), PAUSE_MAX_MILLISECONDS);
  return Math.max(grown, Math.min(asked ?? 0, ASKED_PAUSE_MAX_MILLISECONDS)) * (1 + JITTER * random);
}

/** Whether to go on behind it. */
async function pause(milliseconds: number, { signal, isOurs }: Delivering): Promise<boolean> {
  const endsAt = performance.now() + milliseconds;
  for (;;) {
    const rest = Math.min(endsAt - performance.now(), LOOK_EVERY_MILLISECONDS);
    if (rest > 0) await sleep(rest, undefined, { signal }).catch(() => {});
    if (signal.aborted || !(await isOurs())) return false;
    if (performance.now() >= endsAt) return true;
  }
}

/** Delivers each history as far as the receiver takes it. */
async function deliverRound(histories: readonly StoredEvent[][], sink: Sink, how: Delivering): Promise<Round> {
  const round: Round = { left: [], taken: 0 };
  const open = [...histories];
  const isOver = () => how.signal.aborted || round.failure?.kind === "ended";

  async function deliverHistory(history: StoredEvent[]): Promise<void> {
    for (const [at, event] of history.entries()) {
      const delivered: Delivered = isOver()
        ? { kind: "retry", why: "stopping" }
        : await sink.deliver(event, how.signal);
      if (!isOver() || delivered.kind !== "retry") {
        const why = delivered.kind === "done" ? undefined : delivered.why;
        how.attempted({ at: how.clock().toISOString(), event: eventId(event), outcome: delivered.kind, why });
      }
      if (delivered.kind === "done") round.taken += 1;
      if (delivered.kind === "done" || delivered.kind === "refused") continue;
      round.left.push(history.slice(at));
      if (round.failure?.kind !== "ended") round.failure = delivered;
      return;
    }
  }

  const deliverNext = async () => {
    for (let history = open.shift(); history !== undefined; history = open.shift()) await deliverHistory(history);
  };
  await Promise.all(Array.from({ length: HISTORIES_AT_ONCE }, deliverNext));
  return round;
}
