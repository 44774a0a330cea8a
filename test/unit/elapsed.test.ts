/** A duration is never less than it was, whatever is done to the machine and to its clock. */
import { describe, expect, test } from "vitest";
import { startTimer } from "../../src/elapsed.ts";

function timerOn() {
  const clocks = { steady: 5, system: 1_700_000_000_000 };
  const elapsed = startTimer(
    () => clocks.steady,
    () => clocks.system,
  );
  return { clocks, elapsed };
}

describe("a timer", () => {
  test("follows the monotonic clock, whatever the system's does within a second", () => {
    const { clocks, elapsed } = timerOn();
    for (let n = 1; n <= 100; n++) {
      clocks.steady += 10.5;
      clocks.system += n % 2 === 0 ? 21 : 0;
      expect(elapsed()).toBeCloseTo(n * 10.5);
    }
  });

  test("counts the time for which the machine was suspended", () => {
    const { clocks, elapsed } = timerOn();
    clocks.steady += 10;
    clocks.system += 3_600_000;
    expect(elapsed()).toBe(3_600_000);
    clocks.steady += 10;
    clocks.system += 10;
    expect(elapsed()).toBe(3_600_010);
  });

  test("never runs back when the clock of the system is set", () => {
    const { clocks, elapsed } = timerOn();
    clocks.system += 3_600_000;
    const ahead = elapsed();
    clocks.system -= 7_200_000;
    clocks.steady += 10;
    expect(elapsed()).toBe(ahead + 10);
  });
});
