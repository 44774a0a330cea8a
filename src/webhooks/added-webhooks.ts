/**
 * The sinks of endpoints that were added by API. One of an organization gets what `GET /v1/events` shows to its admins,
 * and nothing that was recorded before it was added, whatever it is made to replay; their reasons only where one of them
 * said where to. It has https, port 443 and a public address unless the operator says otherwise for these.
 */

import { type EndpointSeal, sealedFor } from "../domain/events/endpoint-seal.ts";
import {
  type Allowance,
  allowedFor,
  type Endpoint,
  urlFormProblem,
  urlRuleProblems,
} from "../domain/events/endpoints.ts";
import { readSecret } from "../domain/events/signature.ts";
import { typesOf, type Webhook, type WebhookId, webhookIdOf } from "../domain/events/webhook-record.ts";
import type { OrganizationId } from "../domain/ids.ts";
import { alive, type Head, type Organization, type Receiver } from "../domain/records.ts";
import type { AddedSinkOf } from "../events/relay-added.ts";
import type { StoreDamaged } from "../faults.ts";
import type { Reads } from "../ports.ts";
import { cooperationReads, type Look, lookOf } from "../queries/events.ts";
import { organizationHead } from "../store/snapshot.ts";
import { webhookHead } from "../store/webhooks.ts";
import { isPublicHost } from "./addresses.ts";
import { createWebhook, type WebhookOptions } from "./webhook-sink.ts";

/** Names in the metrics that no endpoint of the configuration has (`webhook.<name>`). Those of organizations are counted together. */
const countedAs = ({ organization, name }: WebhookId): string =>
  organization === undefined ? `added.${name}` : "added_by_organizations";

/** By how much clocks of replicas may differ. */
const CLOCKS_DIFFER_MILLISECONDS = 5000;

export type AddedOptions = Omit<WebhookOptions, "privateAddresses" | "look" | "isCurrent">;

type AddedDeps = {
  reads: Reads;
  seal: EndpointSeal;
  allowed: readonly Allowance[];
  /** Whether those of organizations are delivered to. */
  byOrganizations: boolean;
  options: AddedOptions;
  /** Keeps that an endpoint is disabled, with an entry in its organization's history. */
  disable: (disabled: { id: WebhookId; disabled: Receiver; seen: Head<Receiver> }) => Promise<void>;
  damaged: (object: string, damage: StoreDamaged) => void;
  warn: (event: string, facts: object) => void;
};

/** What is wrong with the URL of an endpoint that somebody adds; undefined where nothing is. A name's addresses are looked at when something is delivered. */
export const urlProblemBy =
  (permitted: readonly Allowance[]) =>
  (url: URL, isOrganizations: boolean): string | undefined => {
    const allowed = allowedFor(permitted, isOrganizations);
    const problem = urlFormProblem(url) ?? urlRuleProblems(url, allowed)[0];
    if (problem !== undefined || allowed.includes("private") || isPublicHost(url)) return problem;
    return "must have no address that is not public";
  };

/** Finds the sink of an endpoint as the store has it now. */
export function createAddedSinks(deps: AddedDeps): AddedSinkOf {
  const { reads, seal, allowed, byOrganizations, options, disable, warn } = deps;
  const cooperationAt = cooperationReads(reads, deps.damaged);
  const problemOf = urlProblemBy(allowed);

  function endpointOf(object: string, webhook: Webhook): Endpoint | undefined {
    const content = seal.open(sealedFor(object, webhook.receiver), webhook.sealed);
    const secrets = [content?.secret].flatMap((one = "") => readSecret(one) ?? []);
    if (content === undefined || secrets.length === 0) {
      warn("events_not_relayed", { receiver: object, code: "sealed_under_another_secret" });
      return undefined;
    }
    const url = new URL(content.url);
    const problem = problemOf(url, webhook.organization !== undefined);
    if (problem !== undefined) {
      warn("events_not_relayed", { receiver: object, code: "url_not_allowed" });
      return undefined;
    }
    const previous = (content.previous ?? []).flatMap(({ secret: text, until }) => {
      const secret = readSecret(text);
      return secret === undefined ? [] : [{ secret, until: new Date(until) }];
    });
    return { name: webhook.receiver, url, secrets, previous, types: typesOf(webhook) };
  }

  function lookFor(
    { created_at, reasons }: Webhook,
    organization: OrganizationId,
    value: Organization | undefined,
  ): Look {
    const look = lookOf({ organization, value, service: false }, cooperationAt);
    const since = Date.parse(created_at) - CLOCKS_DIFFER_MILLISECONDS;
    return async (event) => {
      if (Date.parse(event.entry.common.at) < since) return undefined;
      const seen = await look(event);
      // a service that put the endpoint may see everything here but reasons
      return seen && reasons === undefined ? { side: undefined } : seen;
    };
  }

  return async (object) => {
    const id = webhookIdOf(object);
    const { organization } = id;
    if (organization !== undefined && !byOrganizations) return undefined;
    const owner = organization === undefined ? undefined : await organizationHead(reads, organization);
    const head = await webhookHead(reads, object);
    const webhook = alive(head);
    const endpoint = webhook && endpointOf(object, webhook);
    if (webhook === undefined || endpoint === undefined) return undefined;
    const value = alive(owner);
    // an organization that was deleted has none
    if (organization !== undefined && value === undefined) return undefined;
    const isOrganizations = organization !== undefined;
    const look = isOrganizations ? lookFor(webhook, organization, value) : undefined;
    const privateAddresses = allowedFor(allowed, isOrganizations).includes("private");
    const isCurrent = async () => (await webhookHead(reads, object)).n === head.n;
    return {
      countedAs: countedAs(id),
      isMeasured: !isOrganizations,
      sink: {
        ...createWebhook(endpoint, { ...options, look, isCurrent, privateAddresses }),
        label: object,
        isAdded: true,
        disabled: (seen, disabled) => disable({ id, disabled, seen }),
      },
    };
  };
}
