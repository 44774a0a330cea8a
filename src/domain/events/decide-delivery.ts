/**
 * Decides whether an endpoint that was added is delivered to, and from where: disabled, or continued. Pure. An
 * organization's history says so, and its endpoint is continued only so often that nobody is sent more than a bounded
 * number of deliveries by it (law 18).
 */
import { type Decision, type EntryFacts, type Plan, planned, type Stamp, same } from "../plan.ts";
import { alive, type Head, type Organization, type Receiver } from "../records.ts";
import { shown, touchOfOwner, touchOfReceiver, type WebhookState } from "./decide-webhook.ts";
import { typesOf } from "./webhook-record.ts";

/** How often an organization's endpoint may be resumed: each time its pauses begin anew, or it gets again what it had. */
const RESUME_EVERY_MILLISECONDS = 10 * 60_000;

/** A receiver at one of its versions. */
export type SeenReceiver = Pick<Head<Receiver>, "object" | "n">;

/** Nothing is delivered any more. `seen`: what is to be disabled, so that it is done once, and to no endpoint that was added later. */
export function decideDisabled(state: WebhookState, disabled: Receiver, seen: SeenReceiver): Decision<undefined> {
  const { id, receiver, owner, head } = state;
  const webhook = alive(head);
  if (receiver.object !== seen.object || receiver.n !== seen.n || webhook === undefined) return same(undefined);
  const facts = { ...shown(id, typesOf(webhook), undefined), why: disabled.why };
  return planned(
    planOfReceiver(receiver, disabled, owner, { action: "disable_webhook", object: head.object, after: facts }),
    undefined,
  );
}

/**
 * It is delivered to from a place on, whether it was disabled or not. Without a place from where it was. One that fails
 * keeps its pauses: they begin anew only once it was disabled.
 */
export function decideResumed(state: WebhookState, place: string | undefined, stamp: Stamp): Decision<Receiver> {
  const { id, receiver, owner, head } = state;
  const webhook = alive(head);
  if (webhook === undefined) return { code: "not_found", what: "webhook" };
  const { place: kept = "", deliveries, failing_since, disabled_at, why, resumed_at } = receiver.value ?? {};
  if (receiver.value !== undefined && disabled_at === undefined && place === undefined) return same(receiver.value);
  const waited = stamp.now.getTime() - Date.parse(resumed_at ?? "");
  if (id.organization !== undefined && waited < RESUME_EVERY_MILLISECONDS)
    return {
      code: "resumed_recently",
      webhook: id.name,
      retry_after_seconds: Math.ceil((RESUME_EVERY_MILLISECONDS - waited) / 1000),
    };
  const failing = disabled_at === undefined ? { failing_since, why } : {};
  const after: Receiver = { place: place ?? kept, deliveries, ...failing, resumed_at: stamp.now.toISOString() };
  const facts = { ...shown(id, typesOf(webhook), undefined), replayed: place === undefined ? undefined : true };
  return planned(
    planOfReceiver(receiver, after, owner, { action: "resume_webhook", object: head.object, after: facts }),
    after,
  );
}

const planOfReceiver = (
  receiver: Head<Receiver>,
  after: Receiver,
  owner: Head<Organization> | undefined,
  entry: EntryFacts,
): Plan => ({
  touches: [touchOfReceiver(receiver, after), ...(owner?.value === undefined ? [] : [touchOfOwner(owner, entry)])],
  deletes: [],
  writes: [],
});
