/**
 * Adds endpoints that events are delivered to, changes and removes them, exchanges their secrets, and has them continue:
 * for services with scope `admin`; those of an organization for its admins too. An organization's history says who did it.
 */
import { isService, needsService } from "../domain/caller.ts";
import { decideDisabled, decideResumed, type SeenReceiver } from "../domain/events/decide-delivery.ts";
import {
  decideRemoveWebhook,
  decideSecret,
  decideWebhook,
  type Sealing,
  type WebhookChanged,
  type WebhookCounts,
  type WebhookState,
} from "../domain/events/decide-webhook.ts";
import { type WebhookId, webhookIdOf, webhookObject, webhookOfVersion } from "../domain/events/webhook-record.ts";
import { instant } from "../domain/expiry.ts";
import { alive, type Receiver } from "../domain/records.ts";
import { isRefusal, type Result } from "../domain/result.ts";
import type { Tuple } from "../domain/tuples.ts";
import type { Reads } from "../ports.ts";
import { organizationHead } from "../store/snapshot.ts";
import { placeOfWebhook, tuplesAtWebhook, versionsOfWebhooks, webhookHead } from "../store/webhooks.ts";
import { refuseUnlessManager } from "./person.ts";
import type { Action, Reading } from "./run/action.ts";

/** An endpoint gives nobody access: no cached answer depends on it. */
const NO_SCOPES = () => [];

// with a history it is the owner's that is written
const lockWebhook = ({ owner, head }: WebhookState) => owner?.object ?? head.object;

/** Adds an endpoint, or changes it. `secret` of the outcome is the one that receivers are given. */
export const putWebhook = (
  input: WebhookId & Sealing & { url: string; types: readonly string[] | undefined; place: string },
): Action<WebhookState & { counts: WebhookCounts; newReceiver: string; byService: boolean }, WebhookChanged> => ({
  lock: lockWebhook,
  read: async (on) => {
    const read = await readForCaller(on, input);
    if (isRefusal(read)) return read;
    const ids = read.versions.map((one) => webhookIdOf(webhookOfVersion(one)));
    const own = ids.filter(({ organization }) => organization === input.organization).length;
    return {
      ...read.state,
      counts: { own, all: ids.length },
      newReceiver: on.newId(),
      byService: isService(on.caller),
    };
  },
  decide: (state, stamp) => {
    const { counts, newReceiver, byService } = state;
    return decideWebhook(state, counts, { ...input, newReceiver, byService }, stamp);
  },
  scopes: NO_SCOPES,
});

/** Gives an endpoint another secret; the ones before are good for some time more. */
export const rotateWebhookSecret = (
  input: WebhookId & Sealing & { keepSeconds: number },
): Action<WebhookState, WebhookChanged> => ({
  lock: lockWebhook,
  read: (on) => readState(on, input),
  decide: (state, stamp) => {
    const until = instant(new Date(stamp.now.getTime() + input.keepSeconds * 1000));
    return decideSecret(state, { ...input, until }, stamp);
  },
  scopes: NO_SCOPES,
});

/** Removes an endpoint: nothing more is delivered to it, and its secrets are deleted. */
export const removeWebhook = (id: WebhookId): Action<WebhookState, undefined> => ({
  lock: lockWebhook,
  read: (on) => readState(on, id),
  decide: decideRemoveWebhook,
  scopes: NO_SCOPES,
});

/** Has events delivered again, from a place on or from where it was. */
export const resumeWebhook = (input: WebhookId & { place: string | undefined }): Action<WebhookState, Receiver> => ({
  lock: lockWebhook,
  read: (on) => readState(on, input),
  decide: (state, stamp) => decideResumed(state, input.place, stamp),
  scopes: NO_SCOPES,
});

/** Keeps that an endpoint takes no events any more; nothing where somebody else has kept something of it meanwhile. */
export const disableWebhook = (input: {
  id: WebhookId;
  disabled: Receiver;
  seen: SeenReceiver;
}): Action<WebhookState, undefined> => ({
  lock: lockWebhook,
  read: (on) => readState(on, input.id),
  decide: (state) => decideDisabled(state, input.disabled, input.seen),
  scopes: NO_SCOPES,
});

async function readState(on: Reading, id: WebhookId): Promise<Result<WebhookState>> {
  const read = await readForCaller(on, id);
  return isRefusal(read) ? read : read.state;
}

async function readForCaller(
  on: Reading,
  id: WebhookId,
): Promise<Result<{ state: WebhookState; versions: readonly Tuple[] }>> {
  const { organization } = id;
  const refusal =
    organization === undefined
      ? isService(on.caller)
        ? undefined
        : needsService("to have events delivered")
      : await refuseUnlessManager(on, organization);
  if (refusal) return refusal;
  const { versions, ...state } = await readWebhook(on.reads, id);
  return { state: { ...state, expected: on.expected }, versions };
}

/** An endpoint with all that an action on it replaces, and the versions of all. */
export async function readWebhook(
  reads: Reads,
  { organization, name }: WebhookId,
): Promise<WebhookState & { versions: readonly Tuple[] }> {
  const id = { organization, name };
  const owner = organization === undefined ? undefined : await organizationHead(reads, organization);
  const head = await webhookHead(reads, webhookObject(id));
  const versions = await versionsOfWebhooks(reads);
  return {
    id,
    head,
    owner,
    receiver: await placeOfWebhook(reads, alive(head)),
    tuples: await tuplesAtWebhook(reads, id, versions),
    versions,
  };
}
