/**
 * Decides what becomes of an endpoint: added, changed, its secret exchanged, removed. Pure. An
 * organization's endpoint is a matter of its history: who did what is an entry there, without the URL and the secrets.
 */
import type { Instant } from "../expiry.ts";
import { type Decision, type EntryFacts, type Plan, planned, type Stamp, same, type Touch } from "../plan.ts";
import { type Precondition, refuseUnlessOwn } from "../precondition.ts";
import { alive, type Head, headKey, NO_HASH, type Organization, type Receiver } from "../records.ts";
import type { Refusal } from "../refusal.ts";
import { difference, type Tuple } from "../tuples.ts";
import { type EndpointSeal, type EndpointSecrets, sealedFor } from "./endpoint-seal.ts";
import { receiverOfWebhook, tuplesOfWebhook, typesOf, type Webhook, type WebhookId } from "./webhook-record.ts";

/** Endpoints that may be there at once: of an organization, of the services, and in all. */
export const WEBHOOKS_MAX = { organization: 5, services: 50, all: 500 } as const;

/** Secrets before the present one that deliveries are signed with too. */
const PREVIOUS_MAX = 3;

export type WebhookState = {
  id: WebhookId;
  head: Head<Webhook>;
  /** Whose it is, where it is an organization's. */
  owner: Head<Organization> | undefined;
  /** As which its place is kept. */
  receiver: Head<Receiver>;
  /** The tuples of it that are there. */
  tuples: readonly Tuple[];
  expected?: Precondition | undefined;
};

/** How many there are, of the same owner and in all. */
export type WebhookCounts = { own: number; all: number };

/** `secret`: where this is the only time that it is shown. */
export type WebhookChanged = { before?: Webhook | undefined; webhook: Webhook; n: number; secret?: string | undefined };

/** What seals, and a new secret as receivers get it. */
export type Sealing = { seal: EndpointSeal; secret: string };

/** `byService`: nobody in particular says where the events go. */
type Given = Sealing & { url: string; types: readonly string[] | undefined; byService: boolean };

const opened = ({ head }: WebhookState, seal: EndpointSeal): EndpointSecrets | undefined =>
  seal.open(sealedFor(head.object, head.value?.receiver ?? ""), head.value?.sealed);

/** What the history of an organization says of its endpoint. */
export const shown = ({ name }: WebhookId, types: readonly string[] | undefined, url: string | undefined) => ({
  name,
  host: url === undefined ? undefined : new URL(url).host,
  types: types ?? "all",
});

/** The plan: the endpoint's head and tuples as they are to be, and the entry where it is an organization's. */
function planOf({ head, owner, tuples }: WebhookState, after: Webhook, entry: Omit<EntryFacts, "object">): Plan {
  const wanted = after.deleted_at === undefined ? tuplesOfWebhook(head.object, after) : [];
  const touches: Touch[] = [{ head, record: after }];
  if (owner?.value !== undefined) touches.push(touchOfOwner(owner, { ...entry, object: head.object }));
  return { touches, ...difference([...tuples], wanted) };
}

export const touchOfOwner = (owner: Head<Organization>, entry: EntryFacts): Touch => ({
  head: owner,
  record: owner.value ?? {},
  entry,
});

/** Adds an endpoint, or gives it another URL or other types. `place`: where the events begin that a new one gets. */
export function decideWebhook(
  state: WebhookState,
  counts: WebhookCounts,
  given: Given & { place: string; newReceiver: string },
  stamp: Stamp,
): Decision<WebhookChanged> {
  const { head, owner, id } = state;
  const { url, seal, secret } = given;
  const before = alive(head);
  const refusal = refuseUnlessOwn(state.expected, head);
  if (refusal) return refusal;
  if (id.organization !== undefined && alive(owner) === undefined) return { code: "not_found", what: "organization" };
  const kept = before && opened(state, seal);
  const types = given.types?.join(",");
  const reasons = id.organization === undefined || given.byService ? undefined : "own";
  // a service that says again what an admin said takes nothing from them
  const isShown = reasons === undefined || before?.reasons === reasons;
  if (before !== undefined && kept?.url === url && before.types === types && isShown)
    // after a lost reply it may be our own Write that is found
    return same({ before, webhook: before, n: head.n, secret: kept.secret === secret ? secret : undefined });
  if (before === undefined) {
    const limit = id.organization === undefined ? WEBHOOKS_MAX.services : WEBHOOKS_MAX.organization;
    if (counts.own >= limit) return { code: "too_many_webhooks", limit };
    if (counts.all >= WEBHOOKS_MAX.all) return { code: "too_many_webhooks", limit: WEBHOOKS_MAX.all };
  }
  const receiver = before?.receiver ?? given.newReceiver;
  const content = kept === undefined ? { url, secret } : { ...kept, url };
  const after: Webhook = {
    receiver,
    version: stamp.id,
    organization: id.organization,
    types,
    reasons,
    sealed: seal.seal(sealedFor(head.object, receiver), content),
    created_at: before?.created_at ?? stamp.now.toISOString(),
  };
  const plan = planOf(state, after, {
    action: before === undefined ? "add_webhook" : "change_webhook",
    before: before && shown(id, typesOf(before), kept?.url),
    after: shown(id, given.types, url),
  });
  plan.touches.push(
    ...(before === undefined
      ? [touchOfReceiver(noReceiver(receiver), { place: given.place })]
      : touchesOfSameReceiver(state)),
  );
  const value = { before, webhook: after, n: head.n + 1, secret: kept === undefined ? secret : undefined };
  return planned(plan, value);
}

const noReceiver = (receiver: string): Head<Receiver> => ({
  object: `receiver:${receiverOfWebhook({ receiver })}`,
  n: 0,
  hash: NO_HASH,
  value: undefined,
});

export const touchOfReceiver = (head: Head<Receiver>, record: Receiver): Touch => ({ head, record });

/** With another version of its head: whoever delivers to the endpoint as it was keeps no place and disables nothing any more. */
const touchesOfSameReceiver = ({ receiver }: WebhookState): Touch[] =>
  receiver.value === undefined ? [] : [touchOfReceiver(receiver, receiver.value)];

/**
 * A new secret; deliveries are signed with the ones before too, each until its own date, and none longer than until then.
 * So a rotation whose reply was lost, and that is done again, does not take the one secret that the receiver has.
 */
export function decideSecret(
  state: WebhookState,
  { seal, secret, until }: Sealing & { until: Instant },
  stamp: Stamp,
): Decision<WebhookChanged> {
  const { head, id } = state;
  const before = alive(head);
  const kept = opened(state, seal);
  if (before === undefined) return { code: "not_found", what: "webhook" };
  if (kept === undefined) return { code: "webhook_sealed", webhook: id.name };
  if (kept.secret === secret) return same({ before, webhook: before, n: head.n, secret });
  const sooner = (one: string) => (Date.parse(one) < Date.parse(until) ? one : until);
  const older = (kept.previous ?? []).map((one) => ({ ...one, until: sooner(one.until) }));
  const previous = [{ secret: kept.secret, until }, ...older]
    .filter((one) => Date.parse(one.until) > stamp.now.getTime())
    .slice(0, PREVIOUS_MAX);
  const content = { url: kept.url, secret, ...(previous.length > 0 && { previous }) };
  const sealed = seal.seal(sealedFor(head.object, before.receiver), content);
  const after: Webhook = { ...before, version: stamp.id, sealed };
  const facts = shown(id, typesOf(before), kept.url);
  const plan = planOf(state, after, { action: "rotate_webhook_secret", after: { ...facts, previous_until: until } });
  plan.touches.push(...touchesOfSameReceiver(state));
  return planned(plan, { before, webhook: after, n: head.n + 1, secret });
}

/** Removes an endpoint with its secrets and its place. What is left is that there was one, so that no ETag comes back. */
export function decideRemoveWebhook(state: WebhookState, stamp: Stamp): Decision<undefined> {
  const { head, id, receiver } = state;
  const before = alive(head);
  const refusal = head.n === 0 ? notFound() : refuseUnlessOwn(state.expected, head);
  if (refusal) return refusal;
  if (before === undefined) return same(undefined);
  const after: Webhook = { ...before, types: undefined, sealed: undefined, deleted_at: stamp.now.toISOString() };
  const plan = planOf(state, after, {
    action: "remove_webhook",
    before: shown(id, typesOf(before), undefined),
  });
  if (receiver.n > 0) plan.deletes.push(headKey(receiver.object, receiver.n));
  return planned(plan, undefined);
}

const notFound = (): Refusal => ({ code: "not_found", what: "webhook" });

/** What takes the endpoints of an organization that is deleted with it. */
export function endOfWebhooks(states: readonly WebhookState[], stamp: Stamp): Pick<Plan, "touches" | "deletes"> {
  const plans = states.map((state) => decideRemoveWebhook({ ...state, owner: undefined, expected: undefined }, stamp));
  const ends = plans.flatMap((one) => ("kind" in one && one.kind === "planned" ? [one.plan] : []));
  return { touches: ends.flatMap(({ touches }) => touches), deletes: ends.flatMap(({ deletes }) => deletes) };
}
