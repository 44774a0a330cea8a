/** An example of the entry behind each type of event: what it is about, before and after. */
import { actorOf, SCHEDULER } from "../../../src/domain/caller.ts";
import type { EventType } from "../../../src/domain/events/event-types.ts";
import { SAMPLE } from "./world.ts";

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
export const cooperation = `cooperation:${SAMPLE.cooperation}`;
export const sunward = "organization:sunward";
const hub = "webhook:sunward/hub";
const HUB = { name: "hub", host: "hub.example", types: "all" };
const preset = "preset:sunward/summer";
const PRESET = { name: "summer", role: "technical_manager", days: 90, resources: 2, plants_of: 0 };

const asks = `asks:${SAMPLE.cooperation}`;
const ASK = {
  ...{ n: 1, share: SAMPLE.share, resource: "plant:7", role: "asset_manager", note: "We take over the invoices." },
  ...{ by: "user:ben", at: "2026-01-05T09:00:00Z" },
};

const ENDS = { expires_at: "2026-01-05T09:00:00Z" };
const REVIEW = { ...ENDS, review_by: ENDS.expires_at };
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
export const EXAMPLES: Record<EventType, Facts> = {
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
  "concordat.cooperation.reviewed": becomes(
    { review_by: "2026-01-31T23:00:00Z" },
    { review_by: "2027-01-31T23:00:00Z", reviewed_at: "2026-01-05T09:00:00Z", reviewed_by: "user:anna", reviewed_n: 7 },
  ),
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
  "concordat.ask.made": { object: asks, after: ASK },
  "concordat.ask.withdrawn": { object: asks, before: ASK },
  "concordat.ask.declined": { object: asks, before: ASK },
  "concordat.cooperation.expired": announced(cooperation, "cooperation", ENDS),
  "concordat.cooperation.review_missed": announced(cooperation, "review", REVIEW),
  "concordat.share.expired": announced(share, "share", OF_SHARE),
  "concordat.delegation.expired": announced(share, "delegation", OF_DELEGATION),
  "concordat.cooperation.ending": announced(cooperation, "cooperation", { ...ENDS, days: 30 }),
  "concordat.cooperation.review_due": announced(cooperation, "review", { ...REVIEW, days: 30 }),
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
  "concordat.person.suspended": {
    object: "user:otto",
    before: { role: "member", suspended: false },
    after: { role: "member", suspended: true },
  },
  "concordat.person.restored": {
    object: "user:otto",
    before: { role: "member", suspended: true },
    after: { role: "member", suspended: false },
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
  "concordat.preset.added": { object: preset, after: PRESET },
  "concordat.preset.changed": { object: preset, before: PRESET, after: { ...PRESET, role: "viewer" } },
  "concordat.preset.removed": { object: preset, before: PRESET },
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
  "concordat.organization.policy_set": {
    object: "policy:sunward",
    before: {},
    after: { share_days_max: 180, dates_required: "cooperation", partners_denied: "domain:competitor.example" },
  },
  "concordat.organization.repaired": { object: sunward, before: { name: "Sunward" }, after: { name: "Sunward" } },
  "concordat.organization.signed": { object: sunward, before: { name: "Sunward" }, after: { name: "Sunward" } },
};
