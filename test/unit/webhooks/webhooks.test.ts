/** What is connected to, what an answer says, and how long a failure waits. */
import { generateKeyPairSync, type KeyObject, verify } from "node:crypto";
import type { LookupAddress } from "node:dns";
import { describe, expect, test } from "vitest";
import { signedHeaders } from "../../../src/domain/events/signature.ts";
import { sealEntry } from "../../../src/domain/history.ts";
import { readHistoryKeys } from "../../../src/domain/history-keys.ts";
import { NO_HASH } from "../../../src/domain/records.ts";
import { isGivenUp, pauseOf } from "../../../src/events/deliver.ts";
import { isPlaceDue } from "../../../src/events/relay.ts";
import { urlProblemBy } from "../../../src/webhooks/added-webhooks.ts";
import { isPublic, lookupPublic } from "../../../src/webhooks/addresses.ts";
import { createWebhook, deliveredBy } from "../../../src/webhooks/webhook-sink.ts";

describe("an address", () => {
  test.each([
    "127.0.0.1",
    "10.1.2.3",
    "169.254.169.254",
    "172.31.0.1",
    "192.168.0.1",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "::ffff:127.0.0.1",
    "::ffff:a9fe:a9fe",
    "::ffff:0:127.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "fd00::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "no address",
    "",
  ])("such as %s is not sent to", (address) => {
    expect(isPublic(address)).toBe(false);
  });

  test.each(["93.184.215.14", "1.1.1.1", "172.32.0.1", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:1.1.1.1"])(
    "such as %s is",
    (address) => {
      expect(isPublic(address)).toBe(true);
    },
  );

  test("that a name has is looked at before it is connected to", async () => {
    const found = await new Promise<string | LookupAddress[] | Error>((resolve) => {
      lookupPublic("localhost", { all: true }, (error, addresses) => resolve(error ?? addresses));
    });
    expect(found).toBeInstanceOf(Error);
  });
});

const entry = sealEntry(NO_HASH, {
  n: 1,
  id: "i",
  at: "2026-01-05T09:00:00.000Z",
  actor: "user:anna",
  action: "create",
  request_id: "r",
  object: "organization:sunward",
});
const event = { history: "organization:sunward", entry };
const options = { source: "https://concordat.example", privateAddresses: false, clock: () => new Date() };

test.each(["http://127.0.0.1/", "http://[::1]/", "http://0x7f.1/", "http://2130706433/", "http://localhost/"])(
  "an endpoint at %s is never connected to, and is not tried again",
  async (url) => {
    const sink = createWebhook({ name: "one", url: new URL(url), secrets: [Buffer.alloc(24)] }, options);
    const delivered = await sink.deliver(event, AbortSignal.timeout(5000));
    expect(delivered).toEqual({ kind: "ended", why: "its address is not public" });
  },
);

test("nothing is sent to an endpoint that is another one in the store meanwhile", async () => {
  const changed = { ...options, isCurrent: async () => false };
  // a connection would end it, since the address is not public
  const sink = createWebhook({ name: "one", url: new URL("http://localhost/"), secrets: [Buffer.alloc(24)] }, changed);
  const delivered = await sink.deliver(event, AbortSignal.timeout(5000));
  expect(delivered).toEqual({ kind: "retry", why: "it was changed meanwhile" });
});

test("an organization's endpoint has neither http nor another port because the operator's have", () => {
  const problem = urlProblemBy(["http", "ports", "private"]);
  for (const url of ["http://hub.example/", "https://hub.example:8443/", "https://10.0.0.1/"]) {
    expect(problem(new URL(url), true), url).toMatch(/^must /);
    expect(problem(new URL(url), false), url).toBeUndefined();
    expect(
      urlProblemBy(["http", "ports", "private", "organizations-private"])(new URL(url), true),
      url,
    ).toBeUndefined();
  }
  expect(problem(new URL("https://hub.example/"), true)).toBeUndefined();
});

test("a place is kept soon behind a delivery, and within minutes where nothing was delivered", () => {
  expect([isPlaceDue(true, 5000), isPlaceDue(true, 4999)]).toEqual([true, false]);
  expect([isPlaceDue(false, 300_000), isPlaceDue(false, 299_999)]).toEqual([true, false]);
});

describe("an answer", () => {
  const now = new Date("2026-01-05T09:00:00Z");
  test.each([
    [204, undefined, { kind: "done" }],
    [302, undefined, { kind: "retry", why: "it answered 302" }],
    [410, undefined, { kind: "ended", why: "it answered 410" }],
    [422, undefined, { kind: "refused", why: "it answered 422" }],
    [400, undefined, { kind: "retry", why: "it answered 400" }],
    [404, undefined, { kind: "retry", why: "it answered 404" }],
    [429, "120", { kind: "retry", why: "it answered 429", afterMilliseconds: 120_000 }],
    [503, "Mon, 05 Jan 2026 09:01:00 GMT", { kind: "retry", why: "it answered 503", afterMilliseconds: 60_000 }],
    [503, "soon", { kind: "retry", why: "it answered 503" }],
    [503, "-5", { kind: "retry", why: "it answered 503" }],
  ] as const)("of %s with Retry-After %s says what becomes of the event", (status, after, delivered) => {
    expect(deliveredBy(status, after, now)).toEqual(delivered);
  });
});

test("a receiver is given up after three days, and not before it was tried some times", () => {
  const days = 24 * 3_600_000;
  expect([isGivenUp(3 * days, 5), isGivenUp(3 * days, 4), isGivenUp(3 * days - 1, 100)]).toEqual([true, false, false]);
});

test("while keys are exchanged a delivery is verified by the new one and by the old one, and by no other", () => {
  const pair = () => generateKeyPairSync("ed25519");
  const [newer, older, other] = [pair(), pair(), pair()];
  const pem = [newer, older].map(({ privateKey }) => privateKey.export({ type: "pkcs8", format: "pem" })).join("");
  const published = other.publicKey.export({ type: "spki", format: "pem" });
  const { privates } = readHistoryKeys(`${pem}${published}`);
  const headers = signedHeaders("organization:sunward/1", new Date(0), "{}", { secrets: [], keys: privates });
  const signatures = headers["webhook-signature"]?.split(" ") ?? [];
  const isValid = ({ publicKey }: { publicKey: KeyObject }) =>
    signatures.some((one) =>
      verify(
        null,
        Buffer.from("organization:sunward/1.0.{}"),
        publicKey,
        Buffer.from(one.slice("v1a,".length), "base64"),
      ),
    );
  expect([newer, older, other].map(isValid)).toEqual([true, true, false]);
});

test("pauses grow as long as a receiver fails, up to four hours, or a day where it asks for more", () => {
  const hour = 3_600_000;
  expect([0, 500, 8000, hour, 48 * hour].map((failing) => pauseOf(failing, undefined, 0))).toEqual([
    1000,
    1000,
    8000,
    hour,
    4 * hour,
  ]);
  expect(pauseOf(0, 30_000, 0)).toBe(30_000);
  expect(pauseOf(0, 1000 * hour, 0)).toBe(24 * hour);
  expect(pauseOf(8000, undefined, 1)).toBeGreaterThan(8000);
});
