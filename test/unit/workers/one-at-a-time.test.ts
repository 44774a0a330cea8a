import { expect, test } from "vitest";
import { oneAtATime } from "../../../src/workers/one-at-a-time.ts";

/** Work that ends when the test says so. */
function steered() {
  const begun: PromiseWithResolvers<number>[] = [];
  const ask = oneAtATime(() => {
    begun.push(Promise.withResolvers<number>());
    return begun.at(-1)?.promise ?? Promise.reject();
  });
  return { begun, ask };
}

test("all who ask while the work is done share the next one, and get nothing from before they asked", async () => {
  const { begun, ask } = steered();
  const first = ask();
  await Promise.resolve();
  expect(begun).toHaveLength(1);
  const later = [ask(), ask(), ask()];
  await new Promise(setImmediate);
  expect(begun).toHaveLength(1);
  begun[0]?.resolve(1);
  expect(await first).toBe(1);
  await new Promise(setImmediate);
  expect(begun).toHaveLength(2);
  begun[1]?.resolve(2);
  expect(await Promise.all(later)).toEqual([2, 2, 2]);
});

test("work that fails does so for those who waited for it, and the next is done", async () => {
  const { begun, ask } = steered();
  const first = ask();
  await Promise.resolve();
  const second = ask();
  begun[0]?.reject(new Error("broken"));
  await expect(first).rejects.toThrow("broken");
  await new Promise(setImmediate);
  begun[1]?.resolve(2);
  expect(await second).toBe(2);
});
