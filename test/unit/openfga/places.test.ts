/** The places that callers share: nobody takes all, who holds fewest is next, and nobody waits for ever. */
import { describe, expect, test } from "vitest";
import { Overloaded } from "../../../src/faults.ts";
import { createPlaces } from "../../../src/openfga/places.ts";

const LONG_MILLISECONDS = 60_000;

/** Takes places for callers by name; `seated` says whose turns came, in their order. */
function takers(placesMax: number, waitMilliseconds = LONG_MILLISECONDS) {
  const places = createPlaces(placesMax, waitMilliseconds);
  const seated: string[] = [];
  const take = (caller: string, turn = caller) => places.take(caller).then(() => void seated.push(turn));
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return { places, seated, take, settled };
}

describe("the engine's places", () => {
  test("one caller that wants all leaves as many free as another would get", async () => {
    const { seated, take, settled } = takers(8);
    for (let n = 0; n < 20; n++) void take("greedy");
    await settled();
    expect(seated).toHaveLength(4);
    await take("other");
    expect(seated.at(-1)).toBe("other");
  });

  test("two callers that want all leave room for a third, which need not wait", async () => {
    const { seated, take, settled } = takers(9);
    for (const caller of ["a", "b"]) for (let n = 0; n < 20; n++) void take(caller);
    await settled();
    const before = seated.length;
    expect(before).toBeLessThan(9);
    await take("third");
    expect(seated).toHaveLength(before + 1);
  });

  test("the next place is given to the waiting caller with the fewest, and within one caller in order of arrival", async () => {
    const { places, seated, take, settled } = takers(2);
    await take("a", "a1");
    await take("b", "b1");
    void take("a", "a2");
    void take("a", "a3");
    void take("c", "c1");
    await settled();
    expect(seated).toEqual(["a1", "b1"]);
    places.free("b");
    await settled();
    expect(seated).toEqual(["a1", "b1", "c1"]);
    places.free("a");
    await settled();
    places.free("c");
    await settled();
    expect(seated.slice(3)).toEqual(["a2"]);
    places.free("a");
    await settled();
    expect(seated.slice(3)).toEqual(["a2", "a3"]);
  });

  test("with one place one caller at a time is served, and with no place nobody", async () => {
    const one = takers(1);
    await one.take("a");
    void one.take("a", "again");
    await one.settled();
    expect(one.seated).toEqual(["a"]);
    one.places.free("a");
    await one.settled();
    expect(one.seated).toEqual(["a", "again"]);
    await expect(takers(0, 1).take("a")).rejects.toThrow(Overloaded);
  });

  test("a caller that waits too long is refused, and takes no place later", async () => {
    const { places, seated, take, settled } = takers(1, 1);
    await take("a");
    await expect(take("b")).rejects.toThrow(Overloaded);
    places.free("a");
    await settled();
    await take("c");
    expect(seated).toEqual(["a", "c"]);
  });
});
