/**
 * Delivers every event to every receiver: each history's events in their order, each event at least once, and again
 * with the same id until it is done. Each receiver has a place of its own in the log, so one that fails delays nobody
 * else. The place is kept behind what was delivered, never before it: a process that dies repeats and skips nothing.
 * A receiver that is disabled continues where it was when it is enabled again.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { errorFacts } from "../domain/error-facts.ts";
import type { DeliveryRecord, Receiver } from "../domain/records.ts";
import type { Clock, Meter } from "../ports.ts";
import { eventsBehind, placeFrom, placeOfNow, placeText, type ReadLog } from "../store/events.ts";
import { inTurns } from "../store/snapshot.ts";
import { deliverAll } from "./deliver.ts";
import { deliveriesOf, keepReceiver, type ReceiverHead, type ReceiverStore, receiverHead } from "./receivers.ts";
import type { Sink } from "./sink.ts";

/** Read and delivered together. */
const EVENTS_AT_ONCE = 100;
const PAGES_AT_ONCE = 20;
/** How often the end of the log is read. */
const READ_EVERY_MILLISECONDS = 1000;
/** How often it is looked whether this process delivers, and whether somebody has moved or enabled the receiver. */
const LOOK_EVERY_MILLISECONDS = 3000;
/** How often the place is kept; a crash repeats what was delivered since. */
const KEEP_EVERY_MILLISECONDS = 5000;
/** The same where nothing was delivered: a process that begins reads this much of the log again. */
const KEEP_QUIET_EVERY_MILLISECONDS = 5 * 60_000;
/** Between pages, where whoever may have a receiver replay the log may be anybody. */
const ADDED_PAUSE_MILLISECONDS = 250;

export type RelayDeps = {
  readLog: ReadLog;
  store: ReceiverStore;
  /** Makes the marks of places, which are cursors of `GET /v1/events` too. */
  secret: string;
  /** Whether this process is the one that delivers. Never throws. */
  leads: () => Promise<boolean>;
  clock: Clock;
  meter: Pick<Meter, "eventDelivered" | "eventsDeliveredTo">;
  warn: (event: string, facts: object) => void;
  /** From 0 to 1. */
  random: () => number;
};

/** Delivers until the signal aborts; resolves when nothing is being delivered any more. Never throws. */
export async function relay(sinks: readonly Sink[], deps: RelayDeps, signal: AbortSignal): Promise<void> {
  await Promise.all(sinks.map((sink) => relayTo(sink, deps, signal)));
}

/** The same for one receiver. */
export async function relayTo(sink: Sink, deps: RelayDeps, signal: AbortSignal): Promise<void> {
  const receiver = labelOf(sink);
  while (!signal.aborted) {
    try {
      const isLeading = await deps.leads();
      if (!isLeading) deps.meter.eventsDeliveredTo(sink.name, undefined);
      const head = isLeading ? await opened(sink, deps) : undefined;
      if (head !== undefined) await deliverFrom(head, sink, deps, signal);
    } catch (error) {
      // an engine that is away, or a model without receivers: tried again from the place that was kept
      deps.warn("events_not_relayed", { receiver, ...errorFacts(error) });
    }
    if (!signal.aborted) await sleep(LOOK_EVERY_MILLISECONDS, undefined, { signal }).catch(() => {});
  }
  await sink.close?.();
}

const labelOf = ({ name, label = name }: Sink): string => label;

/** Whether a place that has moved is to be kept. `isBehind`: something was delivered since it was kept. */
export const isPlaceDue = (isBehind: boolean, sinceKeptMilliseconds: number): boolean =>
  sinceKeptMilliseconds >= (isBehind ? KEEP_EVERY_MILLISECONDS : KEEP_QUIET_EVERY_MILLISECONDS);

/** The receiver's head; one that is new begins now. Undefined when another process is at it, or nothing is to be delivered. */
async function opened(
  { name, isAdded, isCurrent }: Sink,
  { store, readLog, clock, meter }: RelayDeps,
): Promise<ReceiverHead | undefined> {
  const head = await receiverHead(store, name);
  // behind the head, which every change replaces: a later one is a conflict where the place is kept
  if ((await isCurrent?.()) === false) return undefined;
  const since = behindSince(head.value);
  if (since !== undefined) meter.eventsDeliveredTo(name, since);
  if (head.value !== undefined) return head.value.disabled_at === undefined ? head : undefined;
  if (isAdded) return undefined;
  return keepReceiver(store, head, { place: placeText(await placeOfNow(readLog, clock())) });
}

/** When a receiver had every event, as far as what was kept says (milliseconds since the epoch). */
function behindSince(value: Receiver | undefined): number | undefined {
  const since = value?.failing_since ?? value?.disabled_at;
  if (since !== undefined) return Date.parse(since);
  const from = placeFrom(value?.place ?? "")?.from;
  return from instanceof Date ? from.getTime() : undefined;
}

/** Delivers behind the kept place for as long as this process is the one to do it. */
async function deliverFrom(opening: ReceiverHead, sink: Sink, deps: RelayDeps, signal: AbortSignal): Promise<void> {
  const { store, meter, clock, warn } = deps;
  const receiver = labelOf(sink);
  const begin = placeFrom(opening.value?.place ?? "");
  if (begin === undefined) return warn("events_not_relayed", { receiver, code: "unknown_place" });
  let place = begin;
  let head: ReceiverHead = opening;
  let deliveries = deliveriesOf(opening.value);
  let keptAt = performance.now();
  let lookedAt = performance.now();
  /** Whether something was delivered since the place was kept, and whether that is another place at all. */
  let isBehind = false;
  let hasMoved = false;
  let isMeasured = behindSince(opening.value) !== undefined;

  const reached = (): Receiver => ({
    place: placeText(place),
    deliveries: JSON.stringify(deliveries),
    resumed_at: head.value?.resumed_at,
  });
  async function keep(more: Omit<Receiver, "place" | "deliveries"> = {}): Promise<boolean> {
    const kept = await keepReceiver(store, head, { ...reached(), ...more });
    head = kept ?? head;
    [isBehind, hasMoved, keptAt, lookedAt] = [false, false, performance.now(), performance.now()];
    return kept !== undefined;
  }
  async function isOurs(): Promise<boolean> {
    if (signal.aborted || !(await deps.leads())) return false;
    if (performance.now() - lookedAt < LOOK_EVERY_MILLISECONDS) return true;
    lookedAt = performance.now();
    return (await receiverHead(store, sink.name)).n === head.n;
  }
  const isDue = () => (isBehind || hasMoved) && isPlaceDue(isBehind, performance.now() - keptAt);
  function failed(since: string, why: string): Promise<boolean> {
    if (!isMeasured) meter.eventsDeliveredTo(sink.name, Date.parse(since));
    isMeasured = true;
    return keep({ failing_since: since, why });
  }
  function attempted(delivery: DeliveryRecord): void {
    meter.eventDelivered(sink.name, delivery.outcome);
    deliveries = deliveriesOf(undefined, [...deliveries, delivery]);
    const { event, outcome, why } = delivery;
    if (outcome === "refused") warn("event_refused", { receiver, event_id: event, why });
  }

  do {
    const read = await eventsBehind(deps.readLog, place, {
      secret: deps.secret,
      lateMilliseconds: sink.lateMilliseconds,
      max: EVENTS_AT_ONCE,
      pagesMax: PAGES_AT_ONCE,
      damaged: (history, { what }) => warn("event_damaged", { history, what }),
    });
    if (read === undefined) return warn("events_not_relayed", { receiver, code: "unknown_place" });
    const wanted = await inTurns(read.events, async (event) => (await sink.wants?.(event)) ?? true);
    const events = read.events.filter((_, at) => wanted[at]);
    const ending = await deliverAll(events, sink, {
      failingSince: head.value?.failing_since,
      failed,
      isOurs,
      attempted,
      clock,
      random: deps.random,
      signal,
    });
    if (ending.kind === "stopped") return;
    if (ending.kind === "disabled") {
      warn("receiver_disabled", { receiver, why: ending.why });
      const disabled = {
        failing_since: head.value?.failing_since,
        disabled_at: clock().toISOString(),
        why: ending.why,
      };
      await (sink.disabled?.(head, { ...reached(), ...disabled }) ?? keep(disabled));
      return;
    }
    hasMoved ||= placeText(read.place) !== placeText(place);
    isBehind ||= events.length > 0;
    place = read.place;
    if (!read.more) {
      meter.eventsDeliveredTo(sink.name, clock().getTime());
      isMeasured = true;
    }
    const hasFailed = head.value?.failing_since !== undefined;
    if ((hasFailed || isDue()) && !(await keep())) return;
    const pause = read.more ? sink.isAdded && ADDED_PAUSE_MILLISECONDS : READ_EVERY_MILLISECONDS;
    if (pause && !signal.aborted) await sleep(pause, undefined, { signal }).catch(() => {});
  } while (await isOurs());
  if (signal.aborted && (isBehind || isDue())) await keep();
}
