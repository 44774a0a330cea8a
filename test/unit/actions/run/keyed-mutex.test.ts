/** Actions on one object take turns, those on another do not wait, and nobody waits for ever. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { createKeyedMutex } from "../../../../src/actions/run/keyed-mutex.ts";
import { Contended } from "../../../../src/faults.ts";

test("actions on one object run one after the other, in the order of their arrival", async () => {
  const order = createKeyedMutex();
  const said: string[] = [];
  const act = (name: string) => async () => {
    said.push(`${name} begins`);
    await sleep(5);
    said.push(`${name} ends`);
  };
  await Promise.all(["a", "b", "c"].map((name) => order("cooperation:1", act(name))));
  expect(said).toEqual(["a", "b", "c"].flatMap((name) => [`${name} begins`, `${name} ends`]));
});

test("an action on another object does not wait", async () => {
  const order = createKeyedMutex();
  const blocked = Promise.withResolvers<void>();
  const first = order("cooperation:1", () => blocked.promise);
  expect(await order("cooperation:2", async () => "done")).toBe("done");
  blocked.resolve();
  await first;
});

test("an action that waits too long is refused and does nothing, and the next one runs", async () => {
  const order = createKeyedMutex(20);
  const blocked = Promise.withResolvers<void>();
  const first = order("cooperation:1", () => blocked.promise);
  let acted = false;
  const waiting = order("cooperation:1", async () => {
    acted = true;
  });
  await expect(waiting).rejects.toBeInstanceOf(Contended);
  blocked.resolve();
  await first;
  expect(await order("cooperation:1", async () => "through")).toBe("through");
  expect(acted).toBe(false);
});

test("an action that may not wait as long as others is refused sooner", async () => {
  const order = createKeyedMutex();
  const blocked = Promise.withResolvers<void>();
  const first = order("cooperation:1", () => blocked.promise);
  const patient = order("cooperation:1", async () => "through");
  await expect(order("cooperation:1", async () => "never", 20)).rejects.toBeInstanceOf(Contended);
  blocked.resolve();
  await first;
  expect(await patient).toBe("through");
});

test("a failed action lets the next one run", async () => {
  const order = createKeyedMutex();
  await expect(order("cooperation:1", () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  expect(await order("cooperation:1", async () => "through")).toBe("through");
});
