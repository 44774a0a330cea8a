/** How many calls OpenFGA gets at once by default: a server may be of any size, our own shares the machine's cores with actions. Pure. */

export const CONCURRENCY = { external: 128, embeddedACore: 4, embeddedMin: 8 } as const;

/** `isEmbedded`: the server is our own, on a machine of so many cores. */
export function concurrencyOf(isEmbedded: boolean, cores: number): number {
  const { external, embeddedACore, embeddedMin } = CONCURRENCY;
  return isEmbedded ? Math.max(embeddedMin, embeddedACore * cores) : external;
}
