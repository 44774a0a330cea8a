/** Endpoints that were added by API, as the store has them. A head is read before the tuples that it covers. */
import {
  ALL_WEBHOOKS,
  receiverOfWebhook,
  type Webhook,
  type WebhookId,
  WebhookRecord,
  webhookIdOf,
  webhookObject,
  webhookOfVersion,
} from "../domain/events/webhook-record.ts";
import type { OrganizationId } from "../domain/ids.ts";
import { type Head, headFrom, type Receiver, ReceiverRecord } from "../domain/records.ts";
import type { Tuple } from "../domain/tuples.ts";
import type { Reads } from "../ports.ts";

/** By its object, as a version names it. */
export const webhookHead = async (reads: Reads, object: string): Promise<Head<Webhook>> =>
  headFrom(object, await reads.read({ object, relation: "head" }), WebhookRecord);

/** The version of every endpoint that is there. */
export const versionsOfWebhooks = (reads: Reads): Promise<readonly Tuple[]> =>
  reads.read({ object: ALL_WEBHOOKS, relation: "version" });

/** How far an endpoint has the events; nothing where there is no endpoint. */
export async function placeOfWebhook(reads: Reads, webhook: Webhook | undefined): Promise<Head<Receiver>> {
  const object = `receiver:${webhook === undefined ? "" : receiverOfWebhook(webhook)}`;
  const tuples = webhook === undefined ? [] : await reads.read({ object, relation: "head" });
  return headFrom(object, tuples, ReceiverRecord);
}

/** The endpoints of an organization, or the services' own, by their names. */
export async function webhookIdsOf(reads: Reads, organization: OrganizationId | undefined): Promise<WebhookId[]> {
  const objects =
    organization === undefined
      ? (await versionsOfWebhooks(reads)).map(webhookOfVersion)
      : (await reads.read(ownedBy(organization))).map(({ object }) => object);
  const ids = objects.map(webhookIdOf).filter((id) => id.organization === organization);
  return ids.sort((a, b) => (a.name < b.name ? -1 : 1));
}

const ownedBy = (organization: OrganizationId) => ({
  object: "webhook:",
  relation: "organization",
  user: `organization:${organization}`,
});

/** The tuples of an endpoint beside its head, among the versions of all. */
export async function tuplesAtWebhook(reads: Reads, id: WebhookId, versions: readonly Tuple[]): Promise<Tuple[]> {
  const object = webhookObject(id);
  const owned = id.organization === undefined ? [] : await reads.read({ object, relation: "organization" });
  return [...versions.filter((one) => webhookOfVersion(one) === object), ...owned];
}
