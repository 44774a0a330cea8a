/**
 * Redis's own time without a TIME for every entry: a recent answer, and what went by since then on our monotonic clock.
 * It is never ahead of the server, so an entry that is dated by it never outlives what the server's time would give.
 */

// the server's clock may be set back, and entries that are dated meanwhile would live longer by as much
const AGE_MAX_MILLISECONDS = 1000;

/**
 * Calls `time` (Redis TIME: seconds, and microseconds of the second) at most once a second for each epoch of the server.
 * Milliseconds; undefined when there was no answer.
 */
export function createServerClock(
  time: () => Promise<number[] | undefined>,
): (epoch: string) => Promise<number | undefined> {
  let known: { epoch: string; time: number; at: number } | undefined;
  let asking: Promise<number | undefined> | undefined;

  async function ask(epoch: string): Promise<number | undefined> {
    const answer = await time();
    if (answer === undefined) return undefined;
    const [seconds, microseconds] = answer;
    // as of the reply: the server's clock is at least there
    known = { epoch, time: Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000), at: performance.now() };
    return known.time;
  }

  return async (epoch) => {
    const age = performance.now() - (known?.at ?? 0);
    if (known?.epoch === epoch && age < AGE_MAX_MILLISECONDS) return known.time + age;
    asking ??= ask(epoch).finally(() => {
      asking = undefined;
    });
    return asking;
  };
}
