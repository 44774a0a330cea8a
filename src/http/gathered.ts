/**
 * What comes piece by piece, as many pieces at a time as have come: while the reader is
 * at work on some, the next are taken in, up to a bound. A sender of single lines is
 * then as fast as one of whole blocks, and nobody waits for lines that are not there yet.
 */

/**
 * The items of a source in their order, never none and never more than `waitingMax` with what a piece brings on top.
 * When the source throws, so does this, without the items that still wait. `stop` ends the source; it is told when the
 * reader wants no more.
 */
export async function* gathered<T>(
  source: AsyncIterable<T[]>,
  waitingMax: number,
  stop: () => void,
): AsyncGenerator<T[]> {
  let waiting: T[] = [];
  let end: { error?: unknown } | undefined;
  let wanted = true;
  let came = Promise.withResolvers<void>();
  let taken = Promise.withResolvers<void>();
  const fill = async () => {
    try {
      for await (const items of source) {
        if (!wanted) break;
        waiting.push(...items);
        came.resolve();
        if (waiting.length >= waitingMax) await taken.promise;
      }
      end = {};
    } catch (error) {
      end = { error };
    }
    came.resolve();
  };
  void fill();
  try {
    for (;;) {
      if (end !== undefined && "error" in end) throw end.error;
      if (waiting.length > 0) {
        const items = waiting;
        waiting = [];
        taken.resolve();
        taken = Promise.withResolvers();
        yield items;
      } else if (end !== undefined) return;
      else {
        came = Promise.withResolvers();
        await came.promise;
      }
    }
  } finally {
    wanted = false;
    taken.resolve();
    stop();
  }
}
