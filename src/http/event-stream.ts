/**
 * Events as server-sent events (HTML §9.2): the same reading again and again. A stream holds one part of the log at a
 * time and reads no further before its reader has taken it; it ends by itself, so that load balancers share out readers
 * anew, and when the service stops, also while its reader takes nothing. How many there are is bounded, in all, for each
 * caller and for each organization.
 */
import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import { errorFacts } from "../domain/error-facts.ts";
import type { CloudEvent } from "../domain/events/cloud-event.ts";
import { type EventPlace, placeText } from "../store/events.ts";
import type { Env } from "./env.ts";
import { refused } from "./problem.ts";

export const EVENT_STREAM = "text/event-stream";

const READ_EVERY_MILLISECONDS = 1000;
const COMMENT_EVERY_MILLISECONDS = 15_000;
const END_AFTER_MILLISECONDS = 15 * 60_000;
/** How long a reader waits before it connects again. */
const RETRY_MILLISECONDS = 5000;

/** Streams of one caller, of all readers of one organization, and of everybody in this process. */
const STREAMS_PER_CALLER = 5;
const STREAMS_PER_ORGANIZATION = 20;
const STREAMS_MAX = 100;
/** How often it is looked whether a stream waits for its reader beyond its end. */
const LOOK_EVERY_MILLISECONDS = 1000;

/** What a stream sends next. */
export type Part = { items: readonly CloudEvent[]; place: EventPlace; more: boolean };

/** Who a stream is counted for. */
export type Readers = { caller: string; organization: string | undefined };

/** What a stream is counted as, each with how many there may be. */
const boundsOf = ({ caller, organization }: Readers): [counted: string, max: number][] => [
  [`caller ${caller}`, STREAMS_PER_CALLER],
  ...(organization === undefined
    ? []
    : [[`organization ${organization}`, STREAMS_PER_ORGANIZATION] as [string, number]]),
  ["all", STREAMS_MAX],
];

/** The streams of this process. They end within two seconds once `stopping`. */
export function createEventStreams(stopping: () => boolean, warn: (event: string, facts: object) => void) {
  const open = new Map<string, number>();
  const count = (counted: string, by: 1 | -1) => {
    const now = (open.get(counted) ?? 0) + by;
    if (now === 0) open.delete(counted);
    else open.set(counted, now);
  };

  return {
    /** Answers with a stream that begins with `first`; `next` reads behind a place, and nothing when the reader may read no more. */
    open(c: Context<Env>, readers: Readers, first: Part, next: (place: EventPlace) => Promise<Part | undefined>) {
      // what GET would be answered with: nobody would read a stream, or end it
      if (c.req.method === "HEAD") return c.body(null, 200, { "Content-Type": EVENT_STREAM });
      const bounds = boundsOf(readers);
      if (bounds.some(([counted, max]) => (open.get(counted) ?? 0) >= max))
        return refused(c, { code: "rate_limited", limit: "event-streams", retry_after_seconds: 60 });
      for (const [counted] of bounds) count(counted, 1);
      const endsAt = performance.now() + END_AFTER_MILLISECONDS;
      const gone = new AbortController();
      // a proxy that collects a reply would keep the events to itself (nginx)
      c.header("X-Accel-Buffering", "no");
      return streamSSE(c, async (stream) => {
        stream.onAbort(() => gone.abort());
        const isOpen = () => !stream.aborted && !stopping() && performance.now() < endsAt;
        let isWriting = false;
        /** Resolves when the reader has taken it. */
        const send = async (write: Promise<unknown>) => {
          isWriting = true;
          await write;
          isWriting = false;
        };
        // what waits for a reader that takes nothing waits no longer than the stream may last
        const looking = setInterval(() => {
          if (isOpen() || !isWriting) return;
          stream.abort();
          (c.env as { outgoing?: ServerResponse } | undefined)?.outgoing?.destroy();
        }, LOOK_EVERY_MILLISECONDS);
        try {
          await send(stream.write(`retry: ${RETRY_MILLISECONDS}\n\n`));
          let part: Part | undefined = first;
          let sentAt = performance.now();
          let sentId = "";
          while (part !== undefined && isOpen()) {
            const id = placeText(part.place);
            for (const [at, item] of part.items.entries()) {
              const data = JSON.stringify(item);
              // only the last one: a reader that is cut off before it gets all of them again
              await send(stream.writeSSE({ event: item.type, data, ...(at === part.items.length - 1 && { id }) }));
            }
            const isQuiet = performance.now() - sentAt >= COMMENT_EVERY_MILLISECONDS;
            if (isQuiet && part.items.length === 0)
              await send(stream.write(id === sentId ? ":\n\n" : `:\nid: ${id}\n\n`));
            if (isQuiet || part.items.length > 0) [sentAt, sentId] = [performance.now(), id];
            if (!part.more) await sleep(READ_EVERY_MILLISECONDS, undefined, { signal: gone.signal }).catch(() => {});
            if (isOpen()) part = await next(part.place);
          }
        } catch (error) {
          // the log could not be read: the reader connects again behind what it has. Hono would send it the error's text
          warn("event_stream_ended", errorFacts(error));
        } finally {
          clearInterval(looking);
          for (const [counted] of bounds) count(counted, -1);
        }
      });
    },
  };
}
