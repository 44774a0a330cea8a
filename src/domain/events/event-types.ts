/**
 * The one table of events: every kind of entry in the histories of cooperations and organizations, with the type of
 * its event and what it says. An entry of a kind that is not here does not compile; the OpenAPI document, the filter
 * of `GET /v1/events` and the tests read it.
 */
import { splitRef } from "../ids.ts";

/** By the type of the object that keeps the history, and by action; one action on several kinds of things has a row for each (`after.kind`). */
const KINDS = {
  cooperation: {
    invite: ["cooperation.invited", "An organization invited a partner, with the first shares in `after.with`."],
    resend: ["invitation.resent", "The invitation was sent again; the earlier link is no longer valid."],
    join: ["cooperation.joined", "An organization joined with the token of the invitation. The cooperation is active."],
    accept: ["cooperation.accepted", "The invited organization accepted. The cooperation is active."],
    decline: ["cooperation.declined", "The invited organization declined. The cooperation has ended."],
    pause: ["cooperation.paused", "The initiator paused the cooperation. Nobody has access through it meanwhile."],
    resume: ["cooperation.resumed", "The cooperation was resumed: by the initiator, or because `resume_at` came."],
    remove: ["cooperation.removed", "The initiator ended the cooperation."],
    leave: ["cooperation.left", "The partner ended the cooperation."],
    change_expiry: [
      "cooperation.expiry_changed",
      "The date on which the cooperation ends, is to be reviewed, starts, or is resumed was set, changed or cleared.",
    ],
    review: [
      "cooperation.reviewed",
      "An admin of the initiator reviewed the cooperation and confirmed it; `after.review_by` is the day of the next review.",
    ],
    start: [
      "cooperation.started",
      "The start date of the cooperation came, or the initiator cleared it: nothing but its status keeps it closed.",
    ],
    share: ["share.added", "The initiator shared a plant or portfolio."],
    change_share: ["share.changed", "The role of a share, its dates, or both were changed."],
    start_share: ["share.started", "The start date of a share came, or the initiator cleared it."],
    step_down: ["share.stepped_down", "The step-down date of a share came: its role is viewer."],
    unshare: ["share.removed", "A share was removed, with the delegations on it."],
    delegate: [
      "delegation.given",
      "An admin of the partner delegated a share to a person, or changed what was delegated.",
    ],
    revoke: ["delegation.revoked", "A delegation was taken back."],
    ask: [
      "ask.made",
      "The partner asks for another role on a share, or for a later date. It waits for an answer, and ends without one with its share and with the cooperation.",
    ],
    withdraw_ask: ["ask.withdrawn", "The partner no longer asks for it."],
    decline_ask: [
      "ask.declined",
      "The initiator said no to what was asked. A yes is the change itself, with its number in `after.asked`.",
    ],
    "expire cooperation": ["cooperation.expired", "The date of the cooperation came: nobody has access through it."],
    "expire review": [
      "cooperation.review_missed",
      "The day came by which the cooperation was to be reviewed: nobody has access through it until it is.",
    ],
    "expire share": ["share.expired", "The date of a share came: nobody has access through it."],
    "expire delegation": ["delegation.expired", "The date of a delegation came."],
    "remind cooperation": [
      "cooperation.ending",
      "The cooperation ends in at most `after.days` days, on `after.expires_at`.",
    ],
    "remind review": [
      "cooperation.review_due",
      "The cooperation ends in at most `after.days` days, on `after.review_by`, if no admin of the initiator reviews it.",
    ],
    "remind share": ["share.ending", "A share ends in at most `after.days` days, on `after.expires_at`."],
    "remind delegation": [
      "delegation.ending",
      "A delegation ends in at most `after.days` days, on `after.expires_at`.",
    ],
    "remind invitation": [
      "cooperation.invitation_ending",
      "The link of the invitation is valid for at most one day more, until `after.expires_at`.",
    ],
    repair: ["cooperation.repaired", "An operator repaired the cooperation's tuples; access only shrank."],
    sign: ["cooperation.signed", "The history of an older version was signed."],
  },
  organization: {
    create: ["organization.created", "An organization was created."],
    rename: ["organization.renamed", "An organization has another name."],
    delete: ["organization.deleted", "An organization was deleted; it held nothing any more."],
    invite: ["organization.sent_invitation", "The organization invited a partner; its own history has the address."],
    join: ["organization.joined", "The organization joined a cooperation with the token of its invitation."],
    accept: ["organization.accepted", "The organization accepted the offer of a cooperation."],
    add_person: ["person.added", "A person belongs to the organization from now on."],
    change_person: ["person.changed", "A person's organization role, name, address or language was changed."],
    remove_person: ["person.removed", "A person left the organization, and lost all that they held through it."],
    suspend_person: [
      "person.suspended",
      "A person has nothing through the organization's cooperations and acts in none, until that is lifted. `after.event` is the security event that said so, if one did.",
    ],
    restore_person: ["person.restored", "The suspension of a person was lifted."],
    register: ["resource.registered", "A plant or portfolio is registered."],
    change_resource: ["resource.changed", "A resource has another name, or lies in another portfolio."],
    unregister: ["resource.unregistered", "A resource was deleted, with its job roles."],
    give_job_role: ["job_role.given", "One of the owner's people has a job role on a resource, or another one."],
    take_job_role: ["job_role.taken", "A job role was taken back."],
    add_webhook: [
      "webhook.added",
      "An endpoint of the organization was added. `after.host` is where its events are sent.",
    ],
    change_webhook: ["webhook.changed", "An endpoint has another URL, or gets other types of events."],
    rotate_webhook_secret: [
      "webhook.secret_rotated",
      "An endpoint has a new secret; the one before is good until then.",
    ],
    remove_webhook: ["webhook.removed", "An endpoint was removed, with its secrets."],
    disable_webhook: [
      "webhook.disabled",
      "An endpoint gets no more events: it answered 410, is not public, or took nothing for three days.",
    ],
    resume_webhook: ["webhook.resumed", "An endpoint gets events again, from where it was or replayed from a place."],
    add_preset: ["preset.added", "A preset was added; `after.resources` and `after.plants_of` count what it names."],
    change_preset: [
      "preset.changed",
      "A preset names other resources, which are counted only, or has another role or other dates.",
    ],
    remove_preset: ["preset.removed", "A preset was removed. What was shared by it stays shared."],
    set_policy: [
      "organization.policy_set",
      "The organization has another policy: what its admins may set from now on, and with whom.",
    ],
    repair: ["organization.repaired", "An operator repaired the organization's tuples; access only shrank."],
    sign: ["organization.signed", "The history of an older version was signed."],
  },
} as const satisfies Record<string, Record<string, readonly [name: string, says: string]>>;

type Kinds = typeof KINDS;
type NameIn<H extends keyof Kinds> = Extract<Kinds[H][keyof Kinds[H]], readonly [string, string]>[0];

/** What an entry may say that was done. */
export type EntryAction = CooperationEntryAction | keyof Kinds["organization"];
/** What an entry in a cooperation's history may say that was done. */
export type CooperationEntryAction = ActionIn<keyof Kinds["cooperation"]>;
type ActionIn<K> = K extends `${infer Action} ${string}` ? Action : K;

/** Before the names, so that no other system's events have them (CloudEvents 1.0.2 §3.1.1). */
const PREFIX = "concordat";

export type EventType = `${typeof PREFIX}.${NameIn<"cooperation"> | NameIn<"organization">}`;

type Row = { type: EventType; history: keyof Kinds; action: string; kind: string | undefined; says: string };

/** Every type with what it says, in the order of the table. */
export const EVENT_TYPES: readonly Row[] = (["cooperation", "organization"] as const).flatMap((history) =>
  Object.entries<readonly [NameIn<"cooperation"> | NameIn<"organization">, string]>(KINDS[history]).map(
    ([key, [name, says]]) => {
      const [action = key, kind] = key.split(" ");
      return { type: `${PREFIX}.${name}` as const, history, action, kind, says };
    },
  ),
);

const textOf = (history: string, action: string, kind: unknown) => [history, action, kind].join(" ");
const BY_KIND = new Map(EVENT_TYPES.map(({ history, action, kind, type }) => [textOf(history, action, kind), type]));

/**
 * The type of an entry's event, by the object that keeps the history. What a newer version wrote, and this one has
 * never heard of, has a type made of its action: during a roll-out nothing is left out.
 */
export function eventTypeOf(history: string, action: string, after: Record<string, unknown> = {}): string {
  const [type] = splitRef(history);
  const known = BY_KIND.get(textOf(type, action, undefined)) ?? BY_KIND.get(textOf(type, action, after.kind));
  return known ?? `${PREFIX}.${type}.${action}`;
}
