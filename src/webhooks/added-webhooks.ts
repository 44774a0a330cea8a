/**
 * The sinks of endpoints that were added by API. One of an organization gets what `GET /v1/events` shows to its admins,
 * and nothing that was before it was added; it has no address that is not public unless the operator says so for these.
 */

import { type EndpointSeal, sealedFor } from "../domain/events/endpoint-seal.ts";
import { type Allowance, type Endpoint, urlFormProblem, urlRuleProblems } from "../domain/events/endpoints.ts";
import { readSecret } from "../domain/events/signature.ts";
import {
  receiverOfWebhook,
  typesOf,
  type Webhook,
  type WebhookId,
  webhookIdOf,
} from "../domain/events/webhook-record.ts";
import { alive, type Head, type Receiver } from "../domain/records.ts";
import type { AddedSinkOf } from "../events/relay-added.ts";
import type { StoreDamaged } from "../faults.ts";
import type { Reads } from "../ports.ts";
import { cooperationReads, lookOf } from "../queries/events.ts";
import { organizationHead } from "../store/snapshot.ts";
import { webhookHead } from "../store/webhooks.ts";
import { isPublicHost } from "./addresses.ts";
import { createWebhook, type WebhookOptions } from "./webhook-sink.ts";

/** Endpoints of organizations are counted together. */
const ORGANIZATIONS = "webhook.organizations";

export type AddedOptions = Omit<WebhookOptions, "privateAddresses" | "look">;

type AddedDeps = {
  reads: Reads;
  seal: EndpointSeal;
  allowed: readonly Allowance[];
  /** Whether those of organizations are delivered to. */
  byOrganizations: boolean;
  options: AddedOptions;
  /** Keeps that an endpoint is disabled, with an entry in its organization's history. */
  disable: (disabled: { id: WebhookId; disabled: Receiver; seen: number }) => Promise<void>;
  damaged: (object: string, damage: StoreDamaged) => void;
  warn: (event: string, facts: object) => void;
};

const privateFor = (allowed: readonly Allowance[], isOrganizations: boolean): boolean =>
  allowed.includes("private") && (!isOrganizations || allowed.includes("organizations-private"));

/** What is wrong with the URL of an endpoint that somebody adds; undefined where nothing is. A name's addresses are looked at when something is delivered. */
export const urlProblemBy =
  (allowed: readonly Allowance[]) =>
  (url: URL, isOrganizations: boolean): string | undefined => {
    const problem = urlFormProblem(url) ?? urlRuleProblems(url, allowed)[0];
    if (problem !== undefined || privateFor(allowed, isOrganizations) || isPublicHost(url)) return problem;
    return "must have no address that is not public";
  };

/** Finds the sink of an endpoint as the store has it now. */
export function createAddedSinks(deps: AddedDeps): AddedSinkOf {
  const { reads, seal, allowed, byOrganizations, options, disable, warn } = deps;
  const cooperationAt = cooperationReads(reads, deps.damaged);
  const problemOf = urlProblemBy(allowed);

  function endpointOf(object: string, webhook: Webhook): Endpoint | undefined {
    const content = seal.open(sealedFor(object, webhook.receiver), webhook.sealed);
    const secrets = [content?.secret, content?.previous].flatMap((one = "") => readSecret(one) ?? []);
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
    const { previous_until } = content;
    const until = previous_until === undefined ? undefined : new Date(previous_until);
    return { name: webhook.receiver, url, secrets, until, types: typesOf(webhook) };
  }

  return async (object) => {
    const id = webhookIdOf(object);
    const { organization } = id;
    if (organization !== undefined && !byOrganizations) return undefined;
    const owner = organization === undefined ? undefined : await organizationHead(reads, organization);
    const webhook = alive(await webhookHead(reads, object));
    const endpoint = webhook && endpointOf(object, webhook);
    if (webhook === undefined || endpoint === undefined) return undefined;
    const value = alive(owner);
    // an organization that was deleted has none
    if (organization !== undefined && value === undefined) return undefined;
    const isOrganizations = organization !== undefined;
    const look = isOrganizations ? lookOf({ organization, value, service: false }, cooperationAt) : undefined;
    const sink = createWebhook(endpoint, { ...options, look, privateAddresses: privateFor(allowed, isOrganizations) });
    return {
      countedAs: isOrganizations ? ORGANIZATIONS : receiverOfWebhook({ receiver: id.name }),
      isMeasured: !isOrganizations,
      sink: {
        ...sink,
        isAdded: true,
        disabled: ({ n }: Head<Receiver>, disabled) => disable({ id, disabled, seen: n }),
      },
    };
  };
}
