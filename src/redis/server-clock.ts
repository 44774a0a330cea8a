/**
 * The server's own time without a TIME for every entry: one that was answered lately, and
 * what went by since on our steady clock. It is never ahead of the server, so an entry
 * that is dated by it never outlives what the server's own time would give.
 */

// the server's clock may be set back, and every entry that is dated meanwhile would live as much longer
const AGE_MAX_MILLISECONDS = 1000;

/** Asks `time` (Redis TIME: seconds, and microseconds of the second) at most once a second for each run of the server. Milliseconds. */
export function createServerClock(time: () => Promise<number[] | "away">): (run: string) => Promise<number | "away"> {
  let known: { run: string; time: number; at: number } | undefined;
  let asking: Promise<number | "away"> | undefined;

  async function ask(run: string): Promise<number | "away"> {
    const answer = await time();
    if (answer === "away") return answer;
    const [seconds, microseconds] = answer;
    // as of the reply: the server is at least so far
    known = { run, time: Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000), at: performance.now() };
    return known.time;
  }

  return async (run) => {
    const age = performance.now() - (known?.at ?? 0);
    if (known?.run === run && age < AGE_MAX_MILLISECONDS) return known.time + age;
    asking ??= ask(run).finally(() => {
      asking = undefined;
    });
    return asking;
  };
}
