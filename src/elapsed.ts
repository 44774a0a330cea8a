/**
 * How long something took. The monotonic clock may stop while the machine is suspended, and the system's clock may be
 * set. So the monotonic one counts, except where the system's moved a second more: something is older rather than
 * younger than it is, and time never runs back.
 */

const SUSPENDED_MILLISECONDS = 1000;

/** Begins now. The function says how many milliseconds have gone by since then; it is never less than it was before. */
export function startTimer(steadyNow = () => performance.now(), systemNow = () => Date.now()): () => number {
  let steady = steadyNow();
  let system = systemNow();
  let elapsed = 0;
  return () => {
    const bySteady = steadyNow() - steady;
    const bySystem = systemNow() - system;
    elapsed += bySystem > bySteady + SUSPENDED_MILLISECONDS ? bySystem : bySteady;
    steady += bySteady;
    system += bySystem;
    return elapsed;
  };
}
