/**
 * The epoch behind a connection, and whether there is one server at all. A server has one run id as long as it runs, and a
 * connection ends with it. So where two are seen on one connection, or INFO and a script about a key are of two, a proxy
 * hides which of several servers answers: what one of them acknowledged the next one may not have.
 */
import { epochIn } from "./epoch.ts";

/** A proxy that was seen to change servers may do so again at any time. */
const REFUSED_MILLISECONDS = 60_000;

type Identity = { epoch: string; run: string } | { problem: string };

/**
 * Takes the number of the connection and what it answered to INFO, once of the server and once of the one that has the
 * keys; gives the epoch and the run id, or in words why nothing may be trusted.
 */
export function createIdentity(): (connection: number, said: readonly unknown[]) => Identity {
  let seen: { connection: number; run: string } | undefined;
  let refusedUntil = Number.NEGATIVE_INFINITY;
  return (connection, said) => {
    let identity: Identity = { problem: "nothing was answered to INFO" };
    for (const text of said) {
      const named = typeof text === "string" ? epochIn(text) : { problem: "the answer to INFO has another shape" };
      if ("problem" in named) return named;
      const { epoch, run } = named;
      if (seen?.connection === connection && seen.run !== run) refusedUntil = performance.now() + REFUSED_MILLISECONDS;
      seen = { connection, run };
      identity = { epoch, run };
    }
    if (performance.now() >= refusedUntil) return identity;
    return {
      problem: "several servers answer on one connection: name the servers in REDIS_URL, not a proxy before them",
    };
  };
}
