/**
 * Delivers to endpoints that are added, changed and removed while the service runs: every few seconds the process that
 * delivers reads one list of them, and then only those that are in another version than before. To one that is removed
 * nothing more is delivered; one that is changed continues from where its place was kept.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { errorFacts } from "../domain/error-facts.ts";
import { webhookOfVersion } from "../domain/events/webhook-record.ts";
import { sharedLog } from "../store/events.ts";
import { inTurns } from "../store/snapshot.ts";
import { versionsOfWebhooks } from "../store/webhooks.ts";
import { type RelayDeps, relayTo } from "./relay.ts";
import type { Sink } from "./sink.ts";

/** How often it is looked which endpoints there are. */
const LOOK_EVERY_MILLISECONDS = 3000;
/** How long endpoints share what the end of the log was, and whether this process delivers. */
const SHARE_MILLISECONDS = 1000;

/**
 * An endpoint that was added: its sink, the name by which it is counted, and whether it is behind is measured. Each of an
 * organization's would be a series of its own, made by who has no say in what is measured.
 */
export type AddedSink = { sink: Sink; countedAs: string; isMeasured: boolean };

/** The endpoint of that object, as it is now; undefined where it is not to be delivered to. Throws EngineUnavailable. */
export type AddedSinkOf = (object: string) => Promise<AddedSink | undefined>;

type Running = { version: string; stop: AbortController; ended: Promise<void>; added: AddedSink | undefined };

/** Delivers until the signal aborts; resolves when nothing is being delivered any more. Never throws. */
export async function relayAdded(sinkOf: AddedSinkOf, deps: RelayDeps, signal: AbortSignal): Promise<void> {
  const running = new Map<string, Running>();
  const shared = { ...deps, readLog: sharedLog(deps.readLog, SHARE_MILLISECONDS), leads: sharedFor(deps.leads) };

  /** How far it is behind is not known here any more. */
  function forget({ added }: Running): void {
    if (added?.isMeasured) deps.meter.eventsDeliveredTo(added.countedAs, undefined);
  }

  async function begin(object: string, version: string): Promise<void> {
    let added: AddedSink | undefined;
    try {
      added = await sinkOf(object);
    } catch (error) {
      // a damaged one keeps no other from its events; it is tried again
      deps.warn("events_not_relayed", { receiver: object, ...errorFacts(error) });
      return;
    }
    const stop = new AbortController();
    const ended =
      added === undefined
        ? Promise.resolve()
        : relayTo(added.sink, { ...shared, meter: meterOf(added, deps) }, AbortSignal.any([signal, stop.signal]));
    running.set(object, { version, stop, ended, added });
  }

  async function end(object: string): Promise<void> {
    const one = running.get(object);
    one?.stop.abort();
    await one?.ended;
    running.delete(object);
    if (one !== undefined) forget(one);
  }

  while (!signal.aborted) {
    try {
      const versions = (await shared.leads()) ? await versionsOfWebhooks(deps.store) : [];
      const wanted = new Map(versions.map((tuple) => [webhookOfVersion(tuple), tuple.user]));
      const changed = [...running].filter(([object, { version }]) => wanted.get(object) !== version);
      // one that is slow to end keeps no other from ending
      await Promise.all(changed.map(([object]) => end(object)));
      await inTurns(
        [...wanted].filter(([object]) => !running.has(object)),
        ([object, version]) => begin(object, version),
      );
    } catch (error) {
      deps.warn("events_not_relayed", { receiver: "webhooks", ...errorFacts(error) });
    }
    if (!signal.aborted) await sleep(LOOK_EVERY_MILLISECONDS, undefined, { signal }).catch(() => {});
  }
  await Promise.all([...running.keys()].map(end));
}

/** Asked once in a while, whoever asks. */
function sharedFor(leads: RelayDeps["leads"]): RelayDeps["leads"] {
  let known: { answer: Promise<boolean>; until: number } | undefined;
  return () => {
    const now = performance.now();
    if (known === undefined || known.until <= now) known = { answer: leads(), until: now + SHARE_MILLISECONDS };
    return known.answer;
  };
}

const meterOf = ({ countedAs, isMeasured }: AddedSink, { meter }: RelayDeps): RelayDeps["meter"] => ({
  eventDelivered: (_, outcome) => meter.eventDelivered(countedAs, outcome),
  eventsDeliveredTo: (_, at) => {
    if (isMeasured) meter.eventsDeliveredTo(countedAs, at);
  },
});
