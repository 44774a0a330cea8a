/** Work that no reply waits for: counted, so that stopping can wait for it; and what is done again and again. */
import { errorFacts } from "../../domain/error-facts.ts";

/** `run` starts work; `settled` resolves when none is left. Work must not throw; what it throws is given to `warn`. */
export function createBackground(warn: (event: string, facts: object) => void) {
  const running = new Set<Promise<unknown>>();
  return {
    run(work: () => Promise<unknown>): void {
      const done = work()
        .catch((error: unknown) => warn("background_task_failed", errorFacts(error)))
        .finally(() => running.delete(done));
      running.add(done);
    },
    async settled(): Promise<void> {
      while (running.size > 0) await Promise.all(running);
    },
  };
}

/** Calls `act` again and again, with a pause behind each call. */
export function repeat(act: () => Promise<void>, pauseMilliseconds: number): AbortController {
  const stopped = new AbortController();
  const next = async () => {
    await act();
    if (!stopped.signal.aborted) setTimeout(next, pauseMilliseconds);
  };
  void next();
  return stopped;
}
