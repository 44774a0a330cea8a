/** Asks many things a few at a time: faster than one after the other, and few enough that none waits too long for the engine. */

const AT_ONCE = 4;

/** What `ask` gives for each, in order. */
export async function fewAtOnce<T, R>(items: readonly T[], ask: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE)
    results.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(ask))));
  return results;
}
