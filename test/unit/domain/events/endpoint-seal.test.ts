/** What is sealed opens for its own endpoint with its own key, and is not to be read or changed without it. */
import { expect, test } from "vitest";
import { createEndpointSeal, sealedFor } from "../../../../src/domain/events/endpoint-seal.ts";
import {
  tuplesOfWebhook,
  webhookIdOf,
  webhookObject,
  webhookOfVersion,
} from "../../../../src/domain/events/webhook-record.ts";
import { OrganizationId } from "../../../../src/domain/ids.ts";

const content = { url: "https://hub.example/token", secret: "whsec_c2VjcmV0" };
const of = sealedFor("webhook:sunward/hub", "01H");
const { seal, open } = createEndpointSeal("a secret of thirty-two characters");
const sealed = seal(of, content);

test("what was sealed opens, and holds nothing to be read", () => {
  expect(open(of, sealed)).toEqual(content);
  expect(sealed).toMatch(/^[\w-]+$/);
  for (const part of ["hub.example", content.secret])
    expect(Buffer.from(sealed, "base64url").includes(part)).toBe(false);
});

test("no two texts are encrypted with the same bytes, even of the same content", () => {
  const ivs = Array.from({ length: 50 }, () => Buffer.from(seal(of, content), "base64url").toString("hex", 0, 12));
  expect(new Set(ivs).size).toBe(50);
});

test("it opens for no other endpoint, under no other secret, and not when a bit of it is changed", () => {
  expect(open(sealedFor("webhook:sunward/other", "01H"), sealed)).toBeUndefined();
  expect(open(sealedFor("webhook:sunward/hub", "01J"), sealed)).toBeUndefined();
  expect(createEndpointSeal("another secret of 32 characters..").open(of, sealed)).toBeUndefined();
  const bytes = Buffer.from(sealed, "base64url");
  for (const at of bytes.keys()) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(open(of, changed.toString("base64url")), `byte ${at}`).toBeUndefined();
    expect(open(of, bytes.subarray(0, at).toString("base64url"))).toBeUndefined();
  }
  for (const text of [undefined, "", "no base64 at all!"]) expect(open(of, text)).toBeUndefined();
});

test.each(["sunward", "a/b", "a.b", "münchen", "x".repeat(200)])(
  "the endpoint of an organization called %s is found by its object and its version",
  (name) => {
    const id = { organization: OrganizationId.parse(name), name: "hub" };
    const object = webhookObject(id);
    expect(webhookIdOf(object)).toEqual(id);
    const webhook = { receiver: "r", version: "01H", organization: id.organization, created_at: "" };
    const [version] = tuplesOfWebhook(object, webhook);
    expect(version && webhookOfVersion(version)).toBe(object);
    expect(webhookIdOf(webhookObject({ name: "hub" }))).toEqual({ name: "hub" });
  },
);
