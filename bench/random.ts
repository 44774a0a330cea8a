/** Seeded chance: the same seed gives the same numbers on every machine. */

export type Random = {
  /** A whole number from 0 to `end`, `end` excluded. */
  below(end: number): number;
  /** One of some items. Throws when there are none. */
  one<T>(items: readonly T[]): T;
  /** `count` different items, or all of them where there are fewer. */
  several<T>(items: readonly T[], count: number): T[];
};

/** Mulberry32 (Tommy Ettinger, public domain): 32 bits of state, good enough to spread a load. */
export function seededRandom(seed: number): Random {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (end: number) => Math.floor(next() * end);
  const one = <T>(items: readonly T[]): T => {
    if (items.length === 0) throw new Error("nothing to choose from");
    return items[below(items.length)] as T;
  };
  const several = <T>(items: readonly T[], count: number): T[] => {
    const chosen = new Set<T>();
    while (chosen.size < Math.min(count, items.length)) chosen.add(one(items));
    return [...chosen];
  };
  return { below, one, several };
}
