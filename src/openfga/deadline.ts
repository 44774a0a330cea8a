/**
 * A deadline for one call of the engine, from before it waits for a free socket until the last byte of its reply. undici's
 * own timeouts do not count that wait, and AbortSignal.timeout also fires after the reply, with an exception for every call.
 */

/**
 * Runs `act` with a signal that aborts after so many milliseconds, or with the caller's, and never once `act` has ended.
 * Throws what `act` throws.
 */
export async function withDeadline<T>(
  timeoutMilliseconds: number,
  signal: AbortSignal | undefined,
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ended = new AbortController();
  const expire = () => ended.abort(new Error(`no answer in ${timeoutMilliseconds} ms`));
  const timer = setTimeout(expire, timeoutMilliseconds);
  const giveUp = () => ended.abort(signal?.reason);
  if (signal?.aborted) giveUp();
  signal?.addEventListener("abort", giveUp, { once: true });
  try {
    return await act(ended.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", giveUp);
  }
}
