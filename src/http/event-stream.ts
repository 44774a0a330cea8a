/**
 * Events as server-sent events (HTML §9.2): the same reading again and again. A stream holds one part of the log at a
 * time and reads no further before its reader has taken it; it ends by itself, so that load balancers share out readers
 * anew, and when the service stops. How many there are is bounded, in all and for each caller.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
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

/** Streams of one caller, and of all callers in this process. */
const STREAMS_PER_CALLER = 5;
const STREAMS_MAX = 100;

/** What a stream sends next. */
export type Part = { items: readonly CloudEvent[]; place: EventPlace; more: boolean };

/** The streams of this process. They end within a second once `stopping`. */
export function createEventStreams(stopping: () => boolean) {
  const open = new Map<string, number>();
  let all = 0;
  const count = (caller: string, by: 1 | -1) => {
    const now = (open.get(caller) ?? 0) + by;
    all += by;
    if (now === 0) open.delete(caller);
    else open.set(caller, now);
  };

  return {
    /** Answers with a stream that begins with `first`; `next` reads behind a place, and nothing when the reader may read no more. */
    open(c: Context<Env>, caller: string, first: Part, next: (place: EventPlace) => Promise<Part | undefined>) {
      if ((open.get(caller) ?? 0) >= STREAMS_PER_CALLER || all >= STREAMS_MAX)
        return refused(c, { code: "rate_limited", limit: "event-streams", retry_after_seconds: 60 });
      count(caller, 1);
      const endsAt = performance.now() + END_AFTER_MILLISECONDS;
      const gone = new AbortController();
      // a proxy that collects a reply would keep the events to itself (nginx)
      c.header("X-Accel-Buffering", "no");
      return streamSSE(
        c,
        async (stream) => {
          stream.onAbort(() => gone.abort());
          const isOpen = () => !stream.aborted && !stopping() && performance.now() < endsAt;
          try {
            await stream.write(`retry: ${RETRY_MILLISECONDS}\n\n`);
            let part: Part | undefined = first;
            let sentAt = performance.now();
            let sentId = "";
            while (part !== undefined && isOpen()) {
              const id = placeText(part.place);
              for (const [at, item] of part.items.entries()) {
                const data = JSON.stringify(item);
                // only the last one: a reader that is cut off before it gets all of them again
                await stream.writeSSE({ event: item.type, data, ...(at === part.items.length - 1 && { id }) });
              }
              const isQuiet = performance.now() - sentAt >= COMMENT_EVERY_MILLISECONDS;
              if (isQuiet && part.items.length === 0) await stream.write(id === sentId ? ":\n\n" : `:\nid: ${id}\n\n`);
              if (isQuiet || part.items.length > 0) [sentAt, sentId] = [performance.now(), id];
              if (!part.more) await sleep(READ_EVERY_MILLISECONDS, undefined, { signal: gone.signal }).catch(() => {});
              if (isOpen()) part = await next(part.place);
            }
          } finally {
            count(caller, -1);
          }
        },
        // the log could not be read: the reader connects again behind what it has
        async () => {},
      );
    },
  };
}
