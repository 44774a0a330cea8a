/**
 * A process that is killed while it delivers: every event reaches the receiver, in the order of its history, none is
 * skipped, and a repetition has the same id and the same bytes. `KILLS=100` kills more often.
 */
import { randomBytes, randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { serviceEnvironment, startProcess } from "../../support/process.ts";
import { startReceiver } from "../../support/receiver.ts";
import { KEYS } from "../../support/service.ts";

const KILLS = Number(process.env.KILLS ?? 5);
const SOONEST_MILLISECONDS = 50;
const LATEST_MILLISECONDS = 1500;

test("a process that is killed at random moments skips no event", { timeout: 60_000 + KILLS * 30_000 }, async () => {
  // some are slow, so that deliveries are cut off
  const receiver = await startReceiver((_, count) => ({ status: 204, afterMilliseconds: count % 3 === 0 ? 200 : 0 }));
  const secrets = [`whsec_${randomBytes(32).toString("base64")}`];
  const env = {
    ...serviceEnvironment(),
    // the source of events, which the port would be part of
    PUBLIC_URL: "https://concordat.example",
    WEBHOOKS: JSON.stringify([{ name: "one", url: receiver.url, secrets }]),
    WEBHOOKS_ALLOW: "http,ports,private",
    LOG_LEVEL: "warn",
  };
  let made = 0;
  /** Registers plants until it fails: who is killed answers no more. */
  async function act(url: string, organization: string, plants = 40) {
    const put = async (path: string, body: object) => {
      const headers = { Authorization: `Bearer ${KEYS.admin}`, "Content-Type": "application/json" };
      return (await fetch(`${url}${path}`, { method: "PUT", headers, body: JSON.stringify(body) })).status < 300;
    };
    try {
      if (!(await put(`/v1/organizations/${organization}`, { name: organization }))) return;
      for (let n = 0; n < plants; n++)
        if (!(await put(`/v1/plants/${organization}-${++made}`, { owner: organization }))) return;
    } catch {
      // killed
    }
  }
  const ask = async (url: string, after: string) => {
    const reply = await fetch(`${url}/v1/events?limit=200${after}`, {
      headers: { Authorization: `Bearer ${KEYS.admin}` },
    });
    expect(reply.status).toBe(200);
    return (await reply.json()) as { items: { id: string }[]; next_cursor: string; more: boolean };
  };
  /** What was recorded behind a cursor, and the cursor behind that. */
  async function readAll(url: string, from: string) {
    const ids: string[] = [];
    let after = from;
    for (let more = true; more; ) {
      const page = await ask(url, after);
      ids.push(...page.items.map(({ id }) => id));
      [after, more] = [`&after=${page.next_cursor}`, page.more];
    }
    return { ids, after };
  }
  // a receiver gets what happens from its first place on: from here all of it
  const first = await startProcess(env);
  for (let n = 0; receiver.taken.length === 0; n++) {
    await act(first.url, `warm${n}`, 1);
    await sleep(200);
  }
  const { after } = await readAll(first.url, "");
  first.child.kill("SIGKILL");
  await first.ended;
  for (let kill = 0; kill < KILLS; kill++) {
    const { url, child, ended } = await startProcess(env);
    const acting = [act(url, `o${kill}`), act(url, "shared")];
    await sleep(randomInt(SOONEST_MILLISECONDS, LATEST_MILLISECONDS));
    child.kill("SIGKILL");
    await ended;
    await Promise.all(acting);
  }
  const { url } = await startProcess(env);
  const written = (await readAll(url, after)).ids;
  expect(written.length).toBeGreaterThan(KILLS);
  await expect
    .poll(() => written.filter((id) => !receiver.taken.some((one) => one.id === id)), { timeout: 60_000 })
    .toEqual([]);
  for (const [id, same] of Map.groupBy(receiver.received, (one) => one.id))
    expect(new Set(same.map(({ body }) => body)).size, id).toBe(1);
  // each history in order: an event is taken for the first time only behind those before it
  for (const [history, own] of Map.groupBy(receiver.taken, (one) => one.history)) {
    const first = [...new Set(own.map(({ n }) => n))];
    expect(first, history).toEqual(first.toSorted((a, b) => a - b));
  }
});
