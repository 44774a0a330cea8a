/** Work that many ask for is done once for all of them: one at a time, and one next for all that came meanwhile. */

/** Every caller gets what was found by work that began after the call. A failure is for those who waited for it. */
export function oneAtATime<T>(work: () => Promise<T>): () => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | undefined;
  return () => {
    if (next !== undefined) return next;
    next = last.then(() => {
      next = undefined;
      return work();
    });
    last = next.catch(() => {});
    return next;
  };
}
