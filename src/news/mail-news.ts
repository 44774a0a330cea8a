/** All that mails news: the receiver of the relay, and what runs beside it. */
import type { Sink } from "../events/sink.ts";
import { type DigestDeps, sendDigests } from "./digests.ts";
import { createNewsSink, type NewsDeps } from "./news-sink.ts";
import { createPostponed } from "./postponed.ts";
import { resendPostponed } from "./resend.ts";

/** `run` resends and sends digests until its signal aborts, and never throws. */
export function mailNews(
  deps: Omit<DigestDeps, "mails"> & Pick<NewsDeps, "lateMilliseconds" | "patienceMilliseconds">,
): {
  sink: Sink;
  run: (signal: AbortSignal) => Promise<unknown>;
} {
  const mails = createPostponed(deps.store, deps.warn);
  return {
    sink: createNewsSink({ ...deps, mails }),
    run: (signal) =>
      Promise.all([resendPostponed({ ...deps, mails }, signal), sendDigests({ ...deps, mails }, signal)]),
  };
}
