/**
 * Items of a stream in batches of all that has arrived: while the reader works on one batch, the next one fills, up to a
 * bound. A sender of single lines is then as fast as a sender of blocks, and no batch waits for lines to come.
 */

/**
 * The items of a source in their order, in batches that are never empty and hold fewer than `waitingMax` before their
 * last piece. When the source throws, so does this, without the items that still wait. `stop` is called to end the
 * source when the reader has finished.
 */
export async function* batched<T>(
  source: AsyncIterable<T[]>,
  waitingMax: number,
  stop: () => void,
): AsyncGenerator<T[]> {
  let waiting: T[] = [];
  let end: { error?: unknown } | undefined;
  let wanted = true;
  let arrived = Promise.withResolvers<void>();
  let taken = Promise.withResolvers<void>();
  const fill = async () => {
    try {
      for await (const items of source) {
        if (!wanted) break;
        waiting.push(...items);
        arrived.resolve();
        if (waiting.length >= waitingMax) await taken.promise;
      }
      end = {};
    } catch (error) {
      end = { error };
    }
    arrived.resolve();
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
        arrived = Promise.withResolvers();
        await arrived.promise;
      }
    }
  } finally {
    wanted = false;
    taken.resolve();
    stop();
  }
}
