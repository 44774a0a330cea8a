/** An endpoint as it is shown: how far it has the events, and what became of the last deliveries. Never its secrets. */
import { z } from "@hono/zod-openapi";
import { sealedFor } from "../../domain/events/endpoint-seal.ts";
import type { AddedWebhooks, Endpoint } from "../../domain/events/endpoints.ts";
import { typesOf, type Webhook, type WebhookId, webhookObject } from "../../domain/events/webhook-record.ts";
import { DeliveryRecord, type Receiver } from "../../domain/records.ts";
import { deliveriesOf } from "../../events/receivers.ts";

export const WebhookView = z
  .strictObject({
    name: z.string(),
    url: z.string().nullable().describe("null for those of WEBHOOKS, and where it cannot be opened."),
    types: z.array(z.string()).nullable().describe("null: all of them."),
    state: z
      .enum(["new", "ok", "failing", "disabled", "sealed", "off"])
      .describe(
        "`sealed`: under another WEBHOOKS_SECRET; nothing is delivered until it is put again. `off`: nothing is delivered, because the configuration does not permit its URL, or no endpoints of organizations.",
      ),
    place: z.string().nullable().describe("Everything before it was delivered; a cursor of `GET /v1/events`."),
    failing_since: z.iso.datetime().nullable(),
    disabled_at: z.iso.datetime().nullable(),
    why: z.string().nullable().describe("Of the last failure."),
    deliveries: z.array(DeliveryRecord).describe("The last ten, newest first, some seconds late."),
    previous_secret_until: z.iso.datetime().nullable().describe("Deliveries are signed with the secrets before too."),
    etag: z.string().nullable().describe("null for those of WEBHOOKS."),
  })
  .openapi("Webhook");

function placeView(value: Receiver | undefined) {
  const { place, failing_since, disabled_at, why } = value ?? {};
  const failing = failing_since === undefined ? ("ok" as const) : ("failing" as const);
  return {
    state: value === undefined ? ("new" as const) : disabled_at === undefined ? failing : ("disabled" as const),
    place: place ?? null,
    failing_since: failing_since ?? null,
    disabled_at: disabled_at ?? null,
    why: why ?? null,
    deliveries: deliveriesOf(value).reverse(),
  };
}

/** One of the configuration. Its URL may hold a token, and only the operator has both. */
export function configuredView({ name, types }: Endpoint, value: Receiver | undefined) {
  const shown = { name, url: null, types: types === undefined ? null : [...types] };
  return { ...shown, ...placeView(value), previous_secret_until: null, etag: null };
}

/** One that was added, at version `n` of its head. */
export function addedView(
  id: WebhookId,
  { webhook, n }: { webhook: Webhook; n: number },
  value: Receiver | undefined,
  { adding, now }: { adding: AddedWebhooks | undefined; now: Date },
) {
  const content = adding?.seal.open(sealedFor(webhookObject(id), webhook.receiver), webhook.sealed);
  // none that is older is good for longer
  const until = content?.previous?.[0]?.until;
  return {
    name: id.name,
    url: content?.url ?? null,
    types: typesOf(webhook) ?? null,
    ...placeView(value),
    ...(isOff(id, content?.url, adding) && { state: "off" as const }),
    ...(content === undefined && { state: "sealed" as const }),
    previous_secret_until: until !== undefined && Date.parse(until) > now.getTime() ? until : null,
    etag: `"${n}"`,
  };
}

/** Whether the configuration that was changed since does not permit it any more. */
function isOff({ organization }: WebhookId, url: string | undefined, adding: AddedWebhooks | undefined): boolean {
  const isOrganizations = organization !== undefined;
  if (url === undefined || adding === undefined) return false;
  return (isOrganizations && !adding.byOrganizations) || adding.urlProblem(new URL(url), isOrganizations) !== undefined;
}
