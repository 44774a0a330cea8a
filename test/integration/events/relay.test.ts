/** The relay: every event to every receiver, in order, whatever the receivers answer and whichever process dies. */
import { generateKeyPairSync, randomBytes, verify } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { expect, onTestFinished } from "vitest";
import { type Endpoint, readEndpoints } from "../../../src/domain/events/endpoints.ts";
import { keepReceiver, receiverHead } from "../../../src/events/receivers.ts";
import { relay } from "../../../src/events/relay.ts";
import type { Sink } from "../../../src/events/sink.ts";
import { placeText } from "../../../src/store/events.ts";
import { createWebhook } from "../../../src/webhooks/webhook-sink.ts";
import { type Received, startReceiver } from "../../support/receiver.ts";
import { type Service, test } from "../../support/service.ts";

const newSecret = () => `whsec_${randomBytes(32).toString("base64")}`;
const { publicKey, privateKey } = generateKeyPairSync("ed25519");

function endpoint(name: string, url: string, more: object = {}): Endpoint {
  const read = readEndpoints(JSON.stringify([{ name, url, secrets: [newSecret()], ...more }]));
  if ("problem" in read) throw new Error(read.problem);
  return read.endpoints[0] as Endpoint;
}
const webhook = (one: Endpoint): Sink =>
  createWebhook(one, {
    source: "https://concordat.example",
    keys: [privateKey],
    privateAddresses: true,
    clock: () => new Date(),
  });

/** Relays to these until the test ends or it is stopped. */
function startRelay({ deps: { tupleStore } }: Service, sinks: Sink[], leads = async () => true) {
  const stopped = new AbortController();
  const warnings: object[] = [];
  const deliveredTo = new Map<string, number | undefined>();
  const running = relay(
    sinks,
    {
      readLog: tupleStore.changesPage,
      store: tupleStore,
      secret: "a secret for the tests alone, 32+",
      leads,
      clock: () => new Date(),
      meter: { eventDelivered: () => {}, eventsDeliveredTo: (name, at) => void deliveredTo.set(name, at) },
      warn: (event, facts) => warnings.push({ event, ...facts }),
      random: () => 0,
    },
    stopped.signal,
  );
  const stop = async () => {
    stopped.abort();
    await running;
  };
  onTestFinished(stop);
  return { stop, warnings, deliveredTo };
}

/** The relay has begun with these receivers: what happens from now on reaches them. */
const begun = ({ deps: { tupleStore } }: Service, ...names: string[]) =>
  expect
    .poll(
      async () =>
        (await Promise.all(names.map((name) => receiverHead(tupleStore, `webhook.${name}`)))).map(({ n }) => n > 0),
      {
        timeout: 30_000,
      },
    )
    .toEqual(names.map(() => true));

const act = async ({ admin }: Service, organization: string, plants: number) => {
  await admin("PUT", `/v1/organizations/${organization}`, { name: organization });
  for (let n = 1; n < plants; n++) await admin("PUT", `/v1/plants/${organization}-${n}`, { owner: organization });
};
const idsOf = (received: readonly Received[]) => [...new Set(received.map(({ id }) => id))];
const expectAll = (received: readonly Received[], organization: string, count: number) =>
  expect
    .poll(() => idsOf(received).filter((id) => id.startsWith(`organization:${organization}/`)))
    .toEqual(Array.from({ length: count }, (_, n) => `organization:${organization}/${n + 1}`));

test("a receiver gets every event in the order of its history, and verifies it with a library and with our key", async ({
  service,
}) => {
  const [secret, older] = [newSecret(), newSecret()];
  const receiver = await startReceiver();
  startRelay(service, [webhook(endpoint("one", receiver.url, { secrets: [secret, older] }))]);
  await begun(service, "one");
  await act(service, "sunward", 5);
  await expectAll(receiver.taken, "sunward", 5);
  expect(receiver.received).toHaveLength(5);
  for (const { id, body, headers } of receiver.received) {
    const given = headers as Record<string, string>;
    // two secrets at once, so that either end may change first
    for (const one of [secret, older]) expect(new Webhook(one).verify(body, given)).toMatchObject({ id });
    expect(() => new Webhook(newSecret()).verify(body, given)).toThrow();
    expect(() => new Webhook(secret).verify(body.replace("sunward", "sunwarb"), given)).toThrow();
    const signature =
      given["webhook-signature"]
        ?.split(" ")
        .find((text) => text.startsWith("v1a,"))
        ?.slice(4) ?? "";
    const signed = Buffer.from(`${id}.${given["webhook-timestamp"]}.${body}`);
    expect(verify(null, signed, publicKey, Buffer.from(signature, "base64"))).toBe(true);
    expect(given["content-type"]).toBe("application/cloudevents+json");
  }
});

test("a receiver that is down, slow or fails delays nobody else, and gets everything when it works again", async ({
  service,
}) => {
  let isWell = false;
  const trap = await startReceiver();
  const [good, failing, slow, busy, moved] = [
    await startReceiver(),
    await startReceiver(() => ({ status: isWell ? 200 : 500 })),
    await startReceiver(() => ({ status: 200, afterMilliseconds: 300 })),
    await startReceiver((_, count) =>
      count === 1 ? { status: 429, headers: { "Retry-After": "2" } } : { status: 200 },
    ),
    await startReceiver(() => ({ status: 307, headers: { Location: trap.url } })),
  ];
  const sinks = Object.entries({ good, failing, slow, busy, moved }).map(([name, { url }]) =>
    webhook(endpoint(name, url)),
  );
  // nobody listens there
  sinks.push(webhook(endpoint("down", "http://127.0.0.1:9/hook")));
  startRelay(service, sinks);
  await begun(service, "good", "failing", "slow", "busy", "moved", "down");
  await act(service, "sunward", 4);
  for (const receiver of [good, slow, busy]) await expectAll(receiver.taken, "sunward", 4);
  expect(failing.taken).toEqual([]);
  await expect.poll(() => failing.received.length).toBeGreaterThan(1);
  // again and again the same event, and none behind it
  expect(idsOf(failing.received)).toEqual(["organization:sunward/1"]);
  // a redirect is a failure, and is not followed
  await expect.poll(() => moved.received.length).toBeGreaterThan(1);
  expect(trap.received).toEqual([]);
  isWell = true;
  await expectAll(failing.taken, "sunward", 4);
});

test("a receiver that answers 410 gets nothing more, and what it missed when it is enabled again", async ({
  service,
}) => {
  let isGone = true;
  const receiver = await startReceiver(() => ({ status: isGone ? 410 : 200 }));
  const { warnings } = startRelay(service, [webhook(endpoint("gone", receiver.url))]);
  await begun(service, "gone");
  await act(service, "sunward", 3);
  const { tupleStore } = service.deps;
  const head = () => receiverHead(tupleStore, "webhook.gone");
  await expect.poll(async () => (await head()).value?.disabled_at).toBeDefined();
  expect((await head()).value?.why).toBe("it answered 410");
  expect(warnings).toContainEqual({ event: "receiver_disabled", receiver: "webhook.gone", why: "it answered 410" });
  expect(receiver.received).toHaveLength(1);
  isGone = false;
  const disabled = await head();
  await keepReceiver(tupleStore, disabled, { place: disabled.value?.place ?? "" });
  await expectAll(receiver.taken, "sunward", 3);
});

test("an event that a receiver refuses for good is sent once, and the next one follows", async ({ service }) => {
  const receiver = await startReceiver(({ n }) => ({ status: n === 2 ? 422 : 200 }));
  const { warnings } = startRelay(service, [webhook(endpoint("strict", receiver.url))]);
  await begun(service, "strict");
  await act(service, "sunward", 4);
  await expectAll(receiver.received, "sunward", 4);
  expect(receiver.received.filter(({ n }) => n === 2)).toHaveLength(1);
  expect(warnings.filter((one) => "event_id" in one)).toEqual([
    { event: "event_refused", receiver: "webhook.strict", event_id: "organization:sunward/2", why: "it answered 422" },
  ]);
});

test("a relay that begins again continues from the place that was kept", async ({ service }) => {
  const receiver = await startReceiver();
  const one = () => webhook(endpoint("one", receiver.url));
  const first = startRelay(service, [one()]);
  await begun(service, "one");
  await act(service, "sunward", 3);
  await expectAll(receiver.taken, "sunward", 3);
  const head = () => receiverHead(service.deps.tupleStore, "webhook.one");
  await expect.poll(async () => (await head()).n).toBe(2);
  await first.stop();
  await act(service, "brightfix", 3);
  startRelay(service, [one()]);
  await expectAll(receiver.taken, "brightfix", 3);
  // what was delivered before the place was kept is not repeated
  expect(receiver.received).toHaveLength(6);
});

test("how far a receiver is behind is known while it fails and while it is disabled, also to the next process", async ({
  service,
}) => {
  const { tupleStore } = service.deps;
  const failing_since = "2026-01-05T09:00:00.000Z";
  const name = "webhook.off";
  const place = placeText({ from: "", seen: [] });
  await keepReceiver(tupleStore, await receiverHead(tupleStore, name), {
    place,
    failing_since,
    disabled_at: "2026-01-08T09:00:00.000Z",
  });
  const receiver = await startReceiver(() => ({ status: 500 }));
  const { deliveredTo } = startRelay(service, [webhook(endpoint("off", receiver.url))]);
  await expect.poll(() => deliveredTo.get(name)).toBe(Date.parse(failing_since));
  expect(receiver.received).toEqual([]);
  await act(service, "sunward", 2);
  await keepReceiver(tupleStore, await receiverHead(tupleStore, name), { place, failing_since });
  // though it has failed for longer than three days: what nobody tried says nothing of it
  await expect.poll(() => receiver.received.length).toBeGreaterThan(0);
  await expect
    .poll(async () => (await receiverHead(tupleStore, name)).value)
    .toMatchObject({ failing_since, why: "it answered 500" });
  expect((await receiverHead(tupleStore, name)).value?.disabled_at).toBeUndefined();
  expect(deliveredTo.get(name)).toBe(Date.parse(failing_since));
});

test("only the process that leads delivers", async ({ service }) => {
  const receiver = await startReceiver();
  startRelay(service, [webhook(endpoint("one", receiver.url))], async () => false);
  const other = await startReceiver();
  startRelay(service, [webhook(endpoint("two", other.url))]);
  await begun(service, "two");
  await act(service, "sunward", 2);
  await expectAll(other.taken, "sunward", 2);
  expect(receiver.received).toEqual([]);
});
