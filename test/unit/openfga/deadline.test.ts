/** A call ends with its deadline or with its caller, and nothing of either is left when it has ended. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { withDeadline } from "../../../src/openfga/deadline.ts";

/** A call that only its signal ends. */
const hangs = (signal: AbortSignal) => sleep(60_000, undefined, { signal });

describe("a call of the engine", () => {
  test("ends when its time is over, with the time in the reason", async () => {
    const ended = withDeadline(5, undefined, hangs);
    await expect(ended).rejects.toMatchObject({ cause: { message: "no answer in 5 ms" } });
  });

  test("ends when its caller gives up, before or during it", async () => {
    const caller = new AbortController();
    const during = withDeadline(60_000, caller.signal, hangs);
    caller.abort(new Error("gone"));
    await expect(during).rejects.toMatchObject({ cause: { message: "gone" } });
    await expect(withDeadline(60_000, caller.signal, hangs)).rejects.toMatchObject({ cause: { message: "gone" } });
  });

  test("that has ended is not aborted any more, by its time or by its caller", async () => {
    const caller = new AbortController();
    const signal = await withDeadline(5, caller.signal, async (own) => own);
    await sleep(20);
    caller.abort();
    expect(signal.aborted).toBe(false);
  });
});
