/**
 * A process that is killed while it delivers, with 200 events to deliver: every event reaches the receiver, in the order
 * of its history, none is skipped, and a repetition has the same id and the same bytes. `KILLS=100` kills more often.
 */
import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import {
  deliveringTo,
  expectDelivered,
  firstDelivered,
  recordedBehind,
  registerPlants,
} from "../../support/deliveries.ts";
import { startProcess } from "../../support/process.ts";
import { startReceiver } from "../../support/receiver.ts";

const KILLS = Number(process.env.KILLS ?? 5);
const SOONEST_MILLISECONDS = 50;
const LATEST_MILLISECONDS = 1500;
const ORGANIZATIONS = 8;
const WAITING = 200;

test("a process that is killed at random moments skips no event", { timeout: 120_000 + KILLS * 30_000 }, async () => {
  let isHeldBack = false;
  // some are slow, so that deliveries are cut off
  const receiver = await startReceiver((_, count) =>
    isHeldBack ? { status: 503 } : { status: 204, afterMilliseconds: count % 3 === 0 ? 200 : 20 },
  );
  const env = deliveringTo(receiver);
  const first = await startProcess(env);
  const cursor = await firstDelivered(first.url, receiver);
  isHeldBack = true;
  const names = Array.from({ length: ORGANIZATIONS }, (_, n) => `o${n}`);
  await Promise.all(names.map((name) => registerPlants(first.url, name, WAITING / ORGANIZATIONS)));
  first.child.kill("SIGKILL");
  await first.ended;
  isHeldBack = false;
  for (let kill = 0; kill < KILLS; kill++) {
    const { url, child, ended } = await startProcess(env);
    const acting = [registerPlants(url, `k${kill}`, 40), registerPlants(url, "o0", 40)];
    await sleep(randomInt(SOONEST_MILLISECONDS, LATEST_MILLISECONDS));
    child.kill("SIGKILL");
    await ended;
    await Promise.all(acting);
  }
  const { url } = await startProcess(env);
  const { ids } = await recordedBehind(url, cursor);
  expect(ids.length).toBeGreaterThan(WAITING);
  await expectDelivered(receiver, ids);
});
