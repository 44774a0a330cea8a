/** Which clock offsets and which states of the cache are reported, from scripted measurements. */
import { describe, expect, test } from "vitest";
import { createNotices } from "../../../src/check/notices.ts";
import type { DecisionCache, ServerTime } from "../../../src/ports.ts";

const NOBODY = "127.0.0.1:1";

describe("the measured clock offset and cache state", () => {
  /** Scripted clocks: ours at noon, the engine's `behind` milliseconds slower, in whole seconds. */
  function watching(behind: () => number, away: () => string | undefined = () => undefined) {
    let now = Date.parse("2030-01-01T12:00:00.000Z");
    const warned: string[] = [];
    const offsets: number[] = [];
    const time = async (): Promise<ServerTime> => {
      const from = Math.floor((now - behind()) / 1000) * 1000;
      return { from, to: from + 1000 };
    };
    const probe = async (): Promise<Awaited<ReturnType<DecisionCache["probe"]>>> => {
      const reason = away();
      if (reason !== undefined) return { kind: "away", reason };
      return { kind: "up" };
    };
    const meter = { cacheUp: () => {}, clockOffset: (_: string, seconds: number) => void offsets.push(seconds) };
    const warn = (event: string) => void warned.push(event);
    const sleep = async (milliseconds: number) => {
      now += milliseconds;
    };
    const watch = createNotices({ cache: { probe }, engine: { time }, clock: () => new Date(now), meter, warn, sleep });
    return { watch, warned, offsets };
  }

  test.each([
    [0, "ok"],
    [700, "ok"],
    [-700, "ok"],
    [1300, "off"],
    [-1300, "off"],
  ])(
    "the engine's whole seconds, read at several moments of a second, give an offset of %i ms: %s",
    async (behind, clock) => {
      const { watch, warned, offsets } = watching(() => behind);
      await watch.poll();
      expect(watch.now().clock).toBe(clock);
      expect(warned).toEqual(clock === "off" ? ["clock_off"] : []);
      expect(Math.abs((offsets[0] ?? 9) - behind / 1000)).toBeLessThan(0.2);
    },
  );

  test("a clock that was corrected is reported, and measured again from time to time", async () => {
    let behind = 5000;
    const { watch, warned } = watching(() => behind);
    await watch.poll();
    behind = 0;
    for (let n = 0; n < 60; n++) await watch.poll();
    expect(watch.now().clock).toBe("ok");
    expect(warned).toEqual(["clock_off", "clock_right"]);
  });

  test("one failed look at the cache is not logged, two are logged once", async () => {
    let reason: string | undefined = "no connection yet";
    const { watch, warned } = watching(
      () => 0,
      () => reason,
    );
    await watch.poll();
    expect([watch.now().cache, warned]).toEqual(["away", []]);
    reason = undefined;
    await watch.poll();
    expect([watch.now().cache, warned]).toEqual(["ok", []]);
    reason = NOBODY;
    for (let n = 0; n < 10; n++) await watch.poll();
    expect(warned).toEqual(["cache_away"]);
    reason = undefined;
    await watch.poll();
    expect([watch.now().cache, warned]).toEqual(["ok", ["cache_away", "cache_back"]]);
  });
});
