/**
 * An endpoint that gets events by POST. Nothing that it answers is shown or followed but its status: what a delivery
 * reveals of the network behind the service is whether it was taken. A redirect is a failure.
 */
import type { KeyObject } from "node:crypto";
import { isIP } from "node:net";
import { Agent } from "undici";
import { cloudEvent, eventId, type StoredEvent } from "../domain/events/cloud-event.ts";
import { type Endpoint, nameOfReceiver } from "../domain/events/endpoints.ts";
import { eventTypeOf } from "../domain/events/event-types.ts";
import { signedHeaders } from "../domain/events/signature.ts";
import type { Delivered, Sink } from "../events/sink.ts";
import type { Clock } from "../ports.ts";
import { isPublic, lookupPublic, NOT_PUBLIC } from "./addresses.ts";

const ANSWER_MILLISECONDS = 15_000;
/** What is read of an answer, so that its connection can be used again. */
const ANSWER_BYTES_MAX = 16 * 1024;
const CONNECTIONS = 8;

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
  clock: Clock;
};

/** The sink of an endpoint. Connections are made when something is delivered. */
export function createWebhook(endpoint: Endpoint, options: WebhookOptions): Sink {
  const { source, keys, privateAddresses, clock } = options;
  const agent = new Agent({
    connections: CONNECTIONS,
    ...(!privateAddresses && { connect: { lookup: lookupPublic } }),
  });
  const host = endpoint.url.hostname.replace(/^\[(.*)\]$/, "$1");
  // an address is connected to without a look-up
  const isRefused = !privateAddresses && isIP(host) !== 0 && !isPublic(host);

  async function post(event: StoredEvent, signal: AbortSignal): Promise<Delivered> {
    const body = JSON.stringify(cloudEvent(event, source));
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
        ...signedHeaders(eventId(event), clock(), body, { secrets: endpoint.secrets, keys }),
      },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MILLISECONDS)]),
    });
    await answer.dump({ limit: ANSWER_BYTES_MAX }).catch(() => {});
    return deliveredBy(statusCode, headers["retry-after"], clock());
  }

  return {
    name: nameOfReceiver(endpoint.name),
    wants({ history, entry }) {
      const type = eventTypeOf(history, entry.common.action, entry.common.after);
      return endpoint.types === undefined || endpoint.types.includes(type);
    },
    async deliver(event, signal) {
      if (isRefused) return { kind: "ended", why: "its address is not public" };
      try {
        return await post(event, signal);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
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
