/**
 * An endpoint that gets events by POST. Nothing that it answers is shown or followed but its status: what a delivery
 * reveals of the network behind the service is whether it was taken. A redirect is a failure.
 */
import type { KeyObject } from "node:crypto";
import { Agent } from "undici";
import { cloudEvent, eventId, type StoredEvent } from "../domain/events/cloud-event.ts";
import { type Endpoint, nameOfReceiver } from "../domain/events/endpoints.ts";
import { eventTypeOf } from "../domain/events/event-types.ts";
import { signedHeaders } from "../domain/events/signature.ts";
import type { Side } from "../domain/history.ts";
import type { Delivered, Sink } from "../events/sink.ts";
import { EngineUnavailable } from "../faults.ts";
import type { Clock } from "../ports.ts";
import type { Look } from "../queries/events.ts";
import { isPublicHost, lookupPublic, NOT_PUBLIC } from "./addresses.ts";

const ANSWER_MILLISECONDS = 15_000;
/** What is read of an answer, so that its connection can be used again. */
const ANSWER_BYTES_MAX = 16 * 1024;
const CONNECTIONS = 8;
/** How long a connection stays open, whatever an endpoint asks for. */
const KEEP_ALIVE_MAX_MILLISECONDS = 10_000;

/** No event of this kind is ever taken, because of what it is. A 400 may be a receiver that was deployed with a bug. */
const REFUSED = [413, 415, 422];
const GONE = 410;

export type WebhookOptions = {
  /** The service, as a URI. */
  source: string;
  /** Each signs: more than one while keys are exchanged. */
  keys?: readonly KeyObject[] | undefined;
  /** Whether endpoints may have addresses that are not public. */
  privateAddresses: boolean;
  /** Who sees the events; without it a service. */
  look?: Look | undefined;
  /** Whether the endpoint is still what the store has; without it always. */
  isCurrent?: (() => Promise<boolean>) | undefined;
  clock: Clock;
};

/** The sink of an endpoint. Connections are made when something is delivered. */
export function createWebhook(endpoint: Endpoint, options: WebhookOptions): Sink {
  const { source, keys, privateAddresses, look, isCurrent, clock } = options;
  const agent = new Agent({
    connections: CONNECTIONS,
    keepAliveMaxTimeout: KEEP_ALIVE_MAX_MILLISECONDS,
    ...(!privateAddresses && { connect: { lookup: lookupPublic } }),
  });
  // an address is connected to without a look-up
  const isRefused = !privateAddresses && !isPublicHost(endpoint.url);

  function secretsAt(now: Date): readonly Buffer[] {
    const { secrets, previous = [] } = endpoint;
    return [...secrets, ...previous.filter(({ until }) => now < until).map(({ secret }) => secret)];
  }

  async function post(event: StoredEvent, side: Side | undefined, signal: AbortSignal): Promise<Delivered> {
    const body = JSON.stringify(cloudEvent(event, source, side));
    const now = clock();
    const {
      statusCode,
      headers,
      body: answer,
    } = await agent.request({
      origin: endpoint.url.origin,
      path: `${endpoint.url.pathname}${endpoint.url.search}`,
      method: "POST",
      headers: {
        "content-type": "application/cloudevents+json",
        "user-agent": "Concordat",
        ...signedHeaders(eventId(event), now, body, { secrets: secretsAt(now), keys }),
      },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MILLISECONDS)]),
    });
    await answer.dump({ limit: ANSWER_BYTES_MAX }).catch(() => {});
    return deliveredBy(statusCode, headers["retry-after"], clock());
  }

  return {
    name: nameOfReceiver(endpoint.name),
    ...(isCurrent && { isCurrent }),
    // what is idle would stay open; a request that was aborted is not waited for
    close: () => agent.destroy(),
    wants(event) {
      const { action, after } = event.entry.common;
      const type = eventTypeOf(event.history, action, after);
      if (endpoint.types?.includes(type) === false) return false;
      return look === undefined || look(event).then((seen) => seen !== undefined);
    },
    async deliver(event, signal) {
      if (isRefused) return { kind: "ended", why: "its address is not public" };
      try {
        // behind the event: what was recorded after a change or a removal is not sent to what was before it
        if ((await isCurrent?.()) === false) return { kind: "retry", why: "it was changed meanwhile" };
        const seen = look === undefined ? { side: undefined } : await look(event);
        // seen when it was read from the log, and not any more
        return seen === undefined ? { kind: "done" } : await post(event, seen.side, signal);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (error instanceof EngineUnavailable) return { kind: "retry", why: "the store did not answer" };
        if (code === NOT_PUBLIC) return { kind: "ended", why: "its address is not public" };
        // of an abort it is a number
        return { kind: "retry", why: typeof code === "string" ? code : "it did not answer in time" };
      }
    },
  };
}

/** What an answer says of the delivery. */
export function deliveredBy(status: number, retryAfter: string | string[] | undefined, now: Date): Delivered {
  if (status >= 200 && status < 300) return { kind: "done" };
  const why = `it answered ${status}`;
  if (status === GONE) return { kind: "ended", why };
  if (REFUSED.includes(status)) return { kind: "refused", why };
  const after = typeof retryAfter === "string" ? retryAfter : "";
  const seconds = /^\d{1,9}$/.test(after) ? Number(after) : (Date.parse(after) - now.getTime()) / 1000;
  return { kind: "retry", why, ...(seconds > 0 && { afterMilliseconds: seconds * 1000 }) };
}
