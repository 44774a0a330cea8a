/** The events in the document, under `webhooks`: each type of the table with what it says and an example of its entry. */
import { actorOf, ownActor, SCHEDULER } from "../../../src/domain/caller.ts";
import { ACTION_NAMES, LIFECYCLE } from "../../../src/domain/cooperation/lifecycle.ts";
import { cloudEvent } from "../../../src/domain/events/cloud-event.ts";
import { EVENT_TYPES, type EventType } from "../../../src/domain/events/event-types.ts";
import { sealEntry } from "../../../src/domain/history.ts";
import { NO_HASH } from "../../../src/domain/records.ts";
import type { Json } from "./describe.ts";
import { SAMPLE } from "./world.ts";

const CLOUD_EVENT_JSON = "application/cloudevents+json";

const COOPERATION = {
  id: SAMPLE.cooperation,
  status: "active",
  initiator: "sunward",
  partner: "brightfix",
  invitation: 0,
  spelling: "plain",
  shares: 1,
  created_at: "2026-01-05T08:30:00Z",
  created_by: "user:anna",
};
const SHARE = {
  id: SAMPLE.share,
  cooperation: SAMPLE.cooperation,
  resource: "plant:7",
  role: "technical_manager",
  spelling: "plain",
  created_at: "2026-01-05T08:30:00Z",
};
const DELEGATION = { share: SAMPLE.share, user: "tom", role: "viewer", spelling: "plain" };
const PLANT = { owner: "sunward", name: "Hillside" };
const cooperation = `cooperation:${SAMPLE.cooperation}`;
const sunward = "organization:sunward";
const hub = "webhook:sunward/hub";
const HUB = { name: "hub", host: "hub.example", types: "all" };

const ENDS = { expires_at: "2026-01-05T09:00:00Z" };
const OF_SHARE = { ...ENDS, resource: "plant:7", role: "technical_manager" };
const OF_DELEGATION = { ...ENDS, resource: "plant:7", role: "viewer", user: "tom" };
const share = `share:${SAMPLE.share}`;

type Facts = { object: string; before?: object; after?: object; actor?: string };
/** What the scheduler announces of something. */
const announced = (object: string, kind: string, says: object): Facts => ({
  object,
  after: { kind, ...says },
  actor: actorOf(SCHEDULER),
});
const becomes = (before: object, after: object) => ({
  object: cooperation,
  before: { ...COOPERATION, ...before },
  after: { ...COOPERATION, ...after },
});
const link = { id: SAMPLE.cooperation, initiator: "sunward", partner: "brightfix", status: "active" };

/** What an entry of each type is about. */
const EXAMPLES: Record<EventType, Facts> = {
  "concordat.cooperation.invited": {
    object: cooperation,
    after: { ...COOPERATION, status: "pending", with: [SHARE] },
  },
  "concordat.invitation.resent": becomes({ status: "invited", invitation: 1 }, { status: "invited", invitation: 2 }),
  "concordat.cooperation.joined": becomes({ status: "invited", partner: undefined }, { partner_since: 2 }),
  "concordat.cooperation.accepted": becomes({ status: "pending" }, { accepted_at: "2026-01-05T09:00:00Z" }),
  "concordat.cooperation.declined": becomes({ status: "pending" }, { status: "ended", ended_as: "declined" }),
  "concordat.cooperation.paused": becomes({}, { status: "paused" }),
  "concordat.cooperation.resumed": becomes({ status: "paused" }, {}),
  "concordat.cooperation.removed": becomes({}, { status: "ended", ended_as: "removed" }),
  "concordat.cooperation.left": becomes({}, { status: "ended", ended_as: "left" }),
  "concordat.cooperation.expiry_changed": becomes({}, { expires_at: "2026-12-31T23:00:00Z", spelling: "alt" }),
  "concordat.cooperation.started": becomes({ starts_at: "2026-01-05T09:00:00Z" }, {}),
  "concordat.share.added": { object: `share:${SAMPLE.share}`, after: SHARE },
  "concordat.share.changed": { object: `share:${SAMPLE.share}`, before: SHARE, after: { ...SHARE, role: "viewer" } },
  "concordat.share.started": {
    object: `share:${SAMPLE.share}`,
    before: { ...SHARE, starts_at: "2026-01-05T09:00:00Z" },
    after: SHARE,
  },
  "concordat.share.stepped_down": {
    object: `share:${SAMPLE.share}`,
    before: { ...SHARE, step_down_at: "2026-01-05T09:00:00Z" },
    after: { ...SHARE, role: "viewer" },
  },
  "concordat.share.removed": {
    object: `share:${SAMPLE.share}`,
    before: SHARE,
    after: { ...SHARE, removed_at: "2026-01-05T09:00:00Z" },
  },
  "concordat.delegation.given": { object: `share:${SAMPLE.share}`, after: DELEGATION },
  "concordat.delegation.revoked": { object: `share:${SAMPLE.share}`, before: DELEGATION },
  "concordat.cooperation.expired": announced(cooperation, "cooperation", ENDS),
  "concordat.share.expired": announced(share, "share", OF_SHARE),
  "concordat.delegation.expired": announced(share, "delegation", OF_DELEGATION),
  "concordat.cooperation.ending": announced(cooperation, "cooperation", { ...ENDS, days: 30 }),
  "concordat.share.ending": announced(share, "share", { ...OF_SHARE, days: 7 }),
  "concordat.delegation.ending": announced(share, "delegation", { ...OF_DELEGATION, days: 1 }),
  "concordat.cooperation.invitation_ending": announced(cooperation, "invitation", { ...ENDS, days: 1 }),
  "concordat.cooperation.repaired": becomes({}, {}),
  "concordat.cooperation.signed": becomes({}, {}),
  "concordat.organization.created": { object: sunward, after: { name: "Sunward Energy" } },
  "concordat.organization.renamed": { object: sunward, before: { name: "Sunward" }, after: { name: "Sunward Energy" } },
  "concordat.organization.deleted": {
    object: sunward,
    before: { name: "Sunward Energy" },
    after: { name: "Sunward Energy", deleted_at: "2026-01-05T09:00:00Z" },
  },
  "concordat.organization.sent_invitation": { object: cooperation, after: { ...link, status: "pending" } },
  "concordat.organization.joined": { object: cooperation, after: link },
  "concordat.organization.accepted": { object: cooperation, after: link },
  "concordat.person.added": { object: "user:otto", after: { role: "member", name: "Otto" } },
  "concordat.person.changed": { object: "user:otto", before: { role: "member" }, after: { role: "moderator" } },
  "concordat.person.removed": {
    object: "user:otto",
    before: { role: "member", job_role_tuples: 0, delegation_tuples: 0 },
  },
  "concordat.resource.registered": { object: "plant:7", after: PLANT },
  "concordat.resource.changed": { object: "plant:7", before: PLANT, after: { ...PLANT, portfolio: "north" } },
  "concordat.resource.unregistered": {
    object: "plant:7",
    before: PLANT,
    after: { ...PLANT, deleted_at: "2026-01-05T09:00:00Z" },
  },
  "concordat.job_role.given": { object: "plant:7", after: { user: "otto", role: "operator" } },
  "concordat.job_role.taken": { object: "plant:7", before: { user: "otto", role: "operator" } },
  "concordat.webhook.added": { object: hub, after: HUB },
  "concordat.webhook.changed": {
    object: hub,
    before: HUB,
    after: { ...HUB, types: ["concordat.cooperation.paused"] },
  },
  "concordat.webhook.secret_rotated": { object: hub, after: { ...HUB, previous_until: "2026-01-06T09:00:00Z" } },
  "concordat.webhook.removed": { object: hub, before: { name: "hub", types: "all" } },
  "concordat.webhook.disabled": { object: hub, after: { name: "hub", types: "all", why: "it answered 410" } },
  "concordat.webhook.resumed": { object: hub, after: { name: "hub", types: "all" } },
  "concordat.organization.repaired": { object: sunward, before: { name: "Sunward" }, after: { name: "Sunward" } },
  "concordat.organization.signed": { object: sunward, before: { name: "Sunward" }, after: { name: "Sunward" } },
};

/** What the service does by itself. */
const BY_SCHEDULER: readonly string[] = ACTION_NAMES.filter((action) => LIFECYCLE[action].by === "scheduler");

/** What else it does by itself, or on an operator's command, and as whom. */
const BY_SERVICES = { disable_webhook: "concordat", repair: "doctor", sign: "sign" } as const;

function actorIn(action: string): string {
  const own = Object.entries(BY_SERVICES).find(([name]) => name === action);
  if (own) return ownActor(own[1]);
  return BY_SCHEDULER.includes(action) ? actorOf(SCHEDULER) : "user:anna";
}

/** The example of one type, as it is delivered. */
function exampleEvent(type: EventType): object {
  const kind = EVENT_TYPES.find((one) => one.type === type);
  if (kind === undefined) throw new Error(`${type} is no event`);
  const entry = sealEntry(NO_HASH, {
    n: 1,
    id: SAMPLE.next,
    at: "2026-01-05T09:00:00.000Z",
    actor: actorIn(kind.action),
    action: kind.action,
    request_id: "req-1",
    ...(EXAMPLES[type] as { object: string }),
  });
  return cloudEvent(
    { history: kind.history === "cooperation" ? cooperation : sunward, entry },
    "https://concordat.example",
  );
}

/** A stream with one event. */
export function exampleStream(): string {
  const type = "concordat.cooperation.paused";
  return `retry: 5000\n\nevent: ${type}\ndata: ${JSON.stringify(exampleEvent(type))}\nid: <the cursor behind it>\n\n`;
}

/** `webhooks` of the document. */
export function webhooksOf(): Json {
  return Object.fromEntries(
    EVENT_TYPES.map(({ type, says }) => [
      type,
      {
        post: {
          operationId: `event${type.replace(/(?:^|[._])(.)/g, (_, letter: string) => letter.toUpperCase())}`,
          summary: says,
          tags: ["Events"],
          security: [],
          requestBody: {
            required: true,
            content: {
              [CLOUD_EVENT_JSON]: { schema: { $ref: "#/components/schemas/Event" }, example: exampleEvent(type) },
            },
          },
          responses: {
            "2XX": {
              description: "Received. Any other answer is sent again later, or ends the delivery; see docs/events.md.",
            },
          },
        },
      },
    ]),
  );
}
