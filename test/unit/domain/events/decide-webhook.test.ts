/** What becomes of an endpoint: who says where its events go decides what is in them, and nothing of one is done to another. */
import { expect, test } from "vitest";
import { decideDisabled, decideResumed } from "../../../../src/domain/events/decide-delivery.ts";
import { decideSecret, decideWebhook, type WebhookState } from "../../../../src/domain/events/decide-webhook.ts";
import { createEndpointSeal, sealedFor } from "../../../../src/domain/events/endpoint-seal.ts";
import type { Webhook } from "../../../../src/domain/events/webhook-record.ts";
import { instant } from "../../../../src/domain/expiry.ts";
import { OrganizationId } from "../../../../src/domain/ids.ts";
import type { Decision, Plan, Stamp } from "../../../../src/domain/plan.ts";
import { NO_HASH, type Receiver } from "../../../../src/domain/records.ts";

const seal = createEndpointSeal("a secret of thirty-two characters");
const organization = OrganizationId.parse("sunward");
const object = "webhook:sunward/hub" as const;
const URL_OF_HUB = "https://hub.example/";
const NOON = Date.parse("2026-01-05T12:00:00.000Z");
const MINUTE = 60_000;
const stampAt = (milliseconds: number): Stamp => ({
  id: `01V${milliseconds}`,
  now: new Date(milliseconds),
  actor: "user:anna",
  requestId: "r",
  nonce: "n",
});
const owner = { object: "organization:sunward" as const, n: 4, hash: NO_HASH, value: { name: "Sunward" } };
const counts = { own: 0, all: 0 };
const given = { seal, secret: "whsec_S0", url: URL_OF_HUB, types: undefined, place: "p", newReceiver: "R1" };

const absent: WebhookState = {
  id: { organization, name: "hub" },
  head: { object, n: 0, hash: NO_HASH, value: undefined },
  owner,
  receiver: { object: "receiver:", n: 0, hash: NO_HASH, value: undefined },
  tuples: [],
};
/** The state with an endpoint that is kept so. */
const present = (webhook: Webhook, receiver: Receiver = { place: "p" }, n = 1): WebhookState => ({
  ...absent,
  head: { object, n: 1, hash: NO_HASH, value: webhook },
  receiver: { object: `receiver:webhook.${webhook.receiver}`, n, hash: NO_HASH, value: receiver },
});
function plannedOf<T>(decision: Decision<T>): { plan: Plan; value: T } {
  if (!("kind" in decision) || decision.kind !== "planned") throw new Error(JSON.stringify(decision));
  return decision;
}
const kindOf = (decision: Decision<unknown>) => ("kind" in decision ? decision.kind : decision.code);
const put = (state: WebhookState, more: { byService: boolean; url?: string; types?: string[] }) =>
  decideWebhook(state, counts, { ...given, ...more }, stampAt(NOON));
const added = (byService = false): Webhook => plannedOf(put(absent, { byService })).value.webhook;
const contentOf = ({ receiver, sealed }: Webhook) => seal.open(sealedFor(object, receiver), sealed);
const rotated = (webhook: Webhook, secret: string, at: number, keepMilliseconds: number) =>
  plannedOf(
    decideSecret(present(webhook), { seal, secret, until: instant(new Date(at + keepMilliseconds)) }, stampAt(at)),
  ).value.webhook;

test("the reasons of its organization are for an endpoint that an admin put, and not for one that a service put", () => {
  expect([added(false).reasons, added(true).reasons]).toEqual(["own", undefined]);
  const elsewhere = { url: "https://other.example/" };
  expect(
    plannedOf(put(present(added(false)), { byService: true, ...elsewhere })).value.webhook.reasons,
  ).toBeUndefined();
  // an admin who says the same makes it theirs; a service that says the same changes nothing
  expect(plannedOf(put(present(added(true)), { byService: false })).value.webhook.reasons).toBe("own");
  expect(kindOf(put(present(added(false)), { byService: true }))).toBe("same");
  expect(kindOf(put(present(added(true)), { byService: true }))).toBe("same");
  // those of the services are never an organization's
  const ofServices = { ...absent, id: { name: "hub" }, owner: undefined };
  expect(plannedOf(put(ofServices, { byService: true })).value.webhook.reasons).toBeUndefined();
});

test("a change replaces the receiver's head too, with what it was", () => {
  const receiver = { place: "far", failing_since: "2026-01-05T11:00:00.000Z", why: "it answered 500" };
  const state = present(added(), receiver, 7);
  const changes: Decision<unknown>[] = [
    put(state, { byService: false, types: ["concordat.cooperation.paused"] }),
    decideSecret(state, { seal, secret: "whsec_S1", until: instant(new Date(NOON)) }, stampAt(NOON)),
  ];
  for (const change of changes)
    expect(plannedOf(change).plan.touches).toContainEqual({ head: state.receiver, record: receiver });
});

test("a secret that a receiver has is not lost by a rotation that is done again", () => {
  const once = rotated(added(), "whsec_S1", NOON, 60 * MINUTE);
  const twice = rotated(once, "whsec_S2", NOON + MINUTE, 60 * MINUTE);
  const at = (milliseconds: number) => instant(new Date(milliseconds));
  expect(contentOf(twice)).toEqual({
    url: URL_OF_HUB,
    secret: "whsec_S2",
    previous: [
      { secret: "whsec_S1", until: at(NOON + 61 * MINUTE) },
      // by its own date
      { secret: "whsec_S0", until: at(NOON + 60 * MINUTE) },
    ],
  });
  // none is good for longer than the last rotation says, and there are few
  expect(contentOf(rotated(twice, "whsec_S3", NOON + 2 * MINUTE, MINUTE))?.previous?.map(({ until }) => until)).toEqual(
    [3, 3, 3].map((minutes) => at(NOON + minutes * MINUTE)),
  );
  expect(contentOf(rotated(twice, "whsec_S3", NOON + 2 * MINUTE, 0))?.previous).toBeUndefined();
  let many = added();
  for (let n = 1; n < 10; n++) many = rotated(many, `whsec_S${n}`, NOON + n, MINUTE);
  expect(contentOf(many)?.previous?.map(({ secret }) => secret)).toEqual(["whsec_S8", "whsec_S7", "whsec_S6"]);
});

test("a receiver is disabled as it was seen: not an endpoint that was added under the name since, nor one that was changed", () => {
  const disabled = { place: "p", disabled_at: "2026-01-05T12:00:00.000Z", why: "it answered 410" };
  const state = present(added());
  const seen = (of: string, n: number) =>
    kindOf(decideDisabled(state, disabled, { object: `receiver:webhook.${of}`, n }));
  expect([seen("R1", 1), seen("R1", 2), seen("R0", 1)]).toEqual(["planned", "same", "same"]);
});

test("resuming one that is delivered to changes nothing, and from a place on it keeps its pauses", () => {
  const failing = { failing_since: "2026-01-05T11:00:00.000Z", why: "it answered 500" };
  const state = present(added(), { place: "p", ...failing });
  expect(kindOf(decideResumed(state, undefined, stampAt(NOON)))).toBe("same");
  const resumed_at = new Date(NOON).toISOString();
  expect(plannedOf(decideResumed(state, "q", stampAt(NOON))).value).toEqual({ place: "q", ...failing, resumed_at });
  const disabled = present(added(), { place: "p", ...failing, disabled_at: "2026-01-05T11:30:00.000Z" });
  expect(plannedOf(decideResumed(disabled, undefined, stampAt(NOON))).value).toEqual({ place: "p", resumed_at });
});

test("an organization's endpoint is resumed once in ten minutes, the services' as often as they like", () => {
  const resumed = { place: "p", resumed_at: new Date(NOON).toISOString() };
  const state = present(added(), resumed);
  expect(decideResumed(state, "q", stampAt(NOON + 9 * MINUTE))).toEqual({
    code: "resumed_recently",
    webhook: "hub",
    retry_after_seconds: 60,
  });
  expect(kindOf(decideResumed(state, "q", stampAt(NOON + 10 * MINUTE)))).toBe("planned");
  const ofServices = { ...state, id: { name: "hub" }, owner: undefined };
  expect(kindOf(decideResumed(ofServices, "q", stampAt(NOON + MINUTE)))).toBe("planned");
});
