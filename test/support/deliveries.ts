/** Events made and read over HTTP at service processes, and what a receiver must have had of them whatever happened. */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { serviceEnvironment } from "./process.ts";
import type { startReceiver } from "./receiver.ts";
import { KEYS } from "./service.ts";

type Receiver = Awaited<ReturnType<typeof startReceiver>>;

/** The environment of services that deliver to a receiver: all that are started with it are replicas of one another. */
export function deliveringTo({ url }: Receiver): Record<string, string> {
  const secrets = [`whsec_${randomBytes(32).toString("base64")}`];
  return {
    ...serviceEnvironment(),
    // the source of events, which the port would be part of
    PUBLIC_URL: "https://concordat.example",
    WEBHOOKS: JSON.stringify([{ name: "one", url, secrets }]),
    WEBHOOKS_ALLOW: "http,ports,private",
    LOG_LEVEL: "warn",
  };
}

/** A history is delivered one event behind the other, to receivers that take their time. */
const EVENT_MILLISECONDS = 250;

let made = 0;

/** Creates an organization and registers plants of it, until it is killed and answers no more; what is busy is asked again. */
export async function registerPlants(url: string, organization: string, plants: number): Promise<void> {
  const put = async (path: string, body: object) => {
    const headers = { Authorization: `Bearer ${KEYS.admin}`, "Content-Type": "application/json" };
    for (;;) {
      const { status } = await fetch(`${url}${path}`, { method: "PUT", headers, body: JSON.stringify(body) });
      if (status !== 503) return status < 300;
      await sleep(100);
    }
  };
  try {
    if (!(await put(`/v1/organizations/${organization}`, { name: organization }))) return;
    for (let n = 0; n < plants; n++)
      if (!(await put(`/v1/plants/${organization}-${++made}`, { owner: organization }))) return;
  } catch {
    // killed
  }
}

/** The ids of what was recorded behind a cursor, and the cursor behind that. */
export async function recordedBehind(url: string, from = ""): Promise<{ ids: string[]; cursor: string }> {
  const ids: string[] = [];
  let cursor = from;
  for (let more = true; more; ) {
    const reply = await fetch(`${url}/v1/events?limit=200${cursor && `&after=${cursor}`}`, {
      headers: { Authorization: `Bearer ${KEYS.admin}` },
    });
    expect(reply.status).toBe(200);
    const page = (await reply.json()) as { items: { id: string }[]; next_cursor: string; more: boolean };
    ids.push(...page.items.map(({ id }) => id));
    [cursor, more] = [page.next_cursor, page.more];
  }
  return { ids, cursor };
}

/** Waits until something was delivered: from the cursor that is answered on, a receiver is to have everything. */
export async function firstDelivered(url: string, { taken }: Receiver): Promise<string> {
  for (let n = 0; taken.length === 0; n++) {
    await registerPlants(url, `warm${n}`, 1);
    await sleep(200);
  }
  return (await recordedBehind(url)).cursor;
}

/** Each event was taken, in the order of its history, none is skipped, and a repetition has the same id and the same bytes. */
export async function expectDelivered({ taken, received }: Receiver, ids: readonly string[]): Promise<void> {
  await expect
    .poll(() => ids.filter((id) => !taken.some((one) => one.id === id)), {
      timeout: 120_000 + ids.length * EVENT_MILLISECONDS,
      interval: 500,
    })
    .toEqual([]);
  for (const [id, same] of Map.groupBy(received, (one) => one.id))
    expect(new Set(same.map(({ body }) => body)).size, id).toBe(1);
  // an event is taken for the first time only behind those before it
  for (const [history, own] of Map.groupBy(taken, (one) => one.history)) {
    const first = [...new Set(own.map(({ n }) => n))];
    expect(first, history).toEqual(first.toSorted((a, b) => a - b));
  }
}
