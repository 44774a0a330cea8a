/** What comes piece by piece is given as it came, together where the reader was busy, and never more than the bound waits. */
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { batched } from "../../../src/http/batched.ts";

/** A source of numbers, one at a time; how many were asked for, and whether it was stopped. */
function counting(count: number, error?: Error) {
  const seen = { given: 0, stopped: 0 };
  async function* source() {
    for (let n = 0; n < count; n++) {
      seen.given++;
      yield [n];
    }
    if (error) throw error;
  }
  return { seen, source: source(), stop: () => void seen.stopped++ };
}
const turns = async (count: number) => {
  for (let n = 0; n < count; n++) await turn();
};

test("a busy reader gets the pieces that arrived meanwhile as one, in order and without repeats", async () => {
  const { source, stop, seen } = counting(1000);
  const blocks: number[][] = [];
  for await (const block of batched(source, 50, stop)) {
    blocks.push(block);
    await turns(20);
    expect(seen.given - blocks.flat().length).toBeLessThanOrEqual(51);
  }
  expect(blocks.flat()).toEqual(Array.from({ length: 1000 }, (_, n) => n));
  expect(blocks.every((block) => block.length > 0)).toBe(true);
  expect(blocks.length).toBeLessThan(100);
  expect(seen.stopped).toBe(1);
});

test("a waiting reader gets the first piece at once", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  async function* slow() {
    yield ["first"];
    await promise;
    yield ["second"];
  }
  const items = batched(slow(), 50, () => {});
  expect(await items.next()).toEqual({ done: false, value: ["first"] });
  const next = items.next();
  resolve();
  expect(await next).toEqual({ done: false, value: ["second"] });
  expect((await items.next()).done).toBe(true);
});

test("an empty source ends, one that throws throws, and an abandoned one is stopped", async () => {
  const none = counting(0);
  expect((await batched(none.source, 5, none.stop).next()).done).toBe(true);
  const failing = counting(3, new Error("gone"));
  const items = batched(failing.source, 50, failing.stop);
  await expect(
    (async () => {
      for await (const _ of items) await turns(5);
    })(),
  ).rejects.toThrow("gone");
  const left = counting(1000);
  for await (const _ of batched(left.source, 5, left.stop)) break;
  await turns(20);
  expect(left.seen.stopped).toBe(1);
  expect(left.seen.given).toBeLessThan(10);
});
