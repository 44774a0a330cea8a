/**
 * An endpoint that was added by API, as the store keeps it: whose it is, which events it gets, and sealed what nobody is
 * to read in the store, its URL and its secrets (endpoint-seal.ts). What it is called in the store is only known here.
 */
import { z } from "zod";
import type { OrganizationId } from "../ids.ts";
import type { Tuple, TupleKey } from "../tuples.ts";

export const WebhookRecord = z.object({
  receiver: z.string(),
  version: z.string(),
  organization: z.string().brand<"organization">().optional(),
  types: z.string().optional(),
  reasons: z.literal("own").optional(),
  sealed: z.string().optional(),
  created_at: z.string(),
  deleted_at: z.string().optional(),
});
/**
 * `receiver`: as which its place is kept; another one each time an endpoint is added, so that one that is added again
 * begins anew. `version`: another one with each change. `types`: with commas; none means all. `reasons`: it gets those that
 * its organization gave; only where one of its admins said where to, since a service sees none. `sealed`: none once it was
 * removed.
 */
export type Webhook = z.infer<typeof WebhookRecord>;

/** Whose an endpoint is, and what they call it. Without an organization it is the services'. */
export type WebhookId = { organization?: OrganizationId | undefined; name: string };

/** A name has no slash, so the last one ends the organization's id. */
export const webhookObject = ({ organization = "" as OrganizationId, name }: WebhookId): string =>
  `webhook:${organization}/${name}`;

/** What `webhookObject` made of it. */
export function webhookIdOf(object: string): WebhookId {
  const [, organization = "", name = ""] = /^webhook:(.*)\/([^/]*)$/su.exec(object) ?? [];
  return { ...(organization !== "" && { organization: organization as OrganizationId }), name };
}

/** The object at which the newest version of every endpoint is named: no endpoint's, which have a slash. */
export const ALL_WEBHOOKS = "webhook:all";

/** The tuples of an endpoint beside its head: its newest version, and whose it is. */
export function tuplesOfWebhook(object: string, { organization, version }: Webhook): Tuple[] {
  const named: Tuple = {
    user: `entry:${object.replace(":", ".")}.${version}`,
    relation: "version",
    object: ALL_WEBHOOKS,
  };
  return organization === undefined
    ? [named]
    : [named, { user: `organization:${organization}`, relation: "organization", object }];
}

/** The endpoint whose version a tuple names. */
export const webhookOfVersion = ({ user }: TupleKey): string =>
  user.slice("entry:".length, user.lastIndexOf(".")).replace(".", ":");

/** The receiver as which an endpoint's place is kept. */
export const receiverOfWebhook = ({ receiver }: Pick<Webhook, "receiver">): string => `webhook.${receiver}`;

/** The types that a record names; undefined for all. */
export const typesOf = ({ types }: Pick<Webhook, "types">): string[] | undefined => types?.split(",");
