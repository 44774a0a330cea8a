/** How long the primary process of several workers waits for them, and how often it tries. */

/** A worker that is ready for `stayMilliseconds` has stayed: one that ends after that is replaced at once. */
export type Patience = {
  /** So many that do not stay, in a row on one place, are too many: see `replace`. */
  triesMax: number;
  pauseMilliseconds: number;
  pauseMaxMilliseconds: number;
  stayMilliseconds: number;
  /** A worker sends its counts every second. After so many seconds without any message it is killed. */
  silentSecondsMax: number;
};

export const PATIENCE: Patience = {
  triesMax: 6,
  pauseMilliseconds: 500,
  pauseMaxMilliseconds: 8_000,
  stayMilliseconds: 10_000,
  silentSecondsMax: 30,
};
