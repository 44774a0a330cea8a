/**
 * What is not a relationship: the records that ride on `head` tuples, in and out of their string fields. The names here are the names
 * in the store, in the history and in the replies. A head holds counters, dates, names and a status, never lists.
 */

import { z } from "zod";
import { StoreDamaged } from "../faults.ts";
import { type IdType, RESOURCE_TYPES, type Ref, type ShareId, type UserId } from "./ids.ts";
import { SHARED_ROLES, type SharedRole } from "./roles.ts";
import type { Tuple, TupleKey } from "./tuples.ts";

export const STATUSES = ["invited", "pending", "active", "paused", "ended"] as const;
export type Status = (typeof STATUSES)[number];

export const ENDINGS = ["declined", "removed", "left"] as const;
export type Ending = (typeof ENDINGS)[number];

const spelling = z.enum(["plain", "alt"]);
/** An id as a record keeps it: it was judged when it was taken, and is not judged again. */
const id = <T extends IdType>() => z.string().brand<T>();
/** The number of an entry in a history. */
const entryN = z.coerce.number().int();

export const CooperationRecord = z.object({
  id: id<"cooperation">(),
  status: z.enum(STATUSES),
  ended_as: z.enum(ENDINGS).optional(),
  initiator: id<"organization">(),
  partner: id<"organization">().optional(),
  email: z.string().optional(),
  language: z.string().optional(),
  invitation: z.coerce.number().int(),
  sent_at: z.string().optional(),
  starts_at: z.string().optional(),
  expires_at: z.string().optional(),
  review_by: z.string().optional(),
  resume_at: z.string().optional(),
  spelling,
  shares: z.coerce.number().int(),
  created_at: z.string(),
  created_by: z.string(),
  accepted_at: z.string().optional(),
  reviewed_at: z.string().optional(),
  reviewed_by: z.string().optional(),
  reviewed_n: entryN.optional(),
  ended_at: z.string().optional(),
  partner_since: entryN.optional(),
  initiator_incarnation: entryN.optional(),
  partner_incarnation: entryN.optional(),
  initiator_name: z.string().optional(),
  partner_name: z.string().optional(),
  shares_batch: z.string().optional(),
  delegations_batch: z.string().optional(),
});
/**
 * `invitation` is the number in the newest token, 0 where none was sent; `shares` counts the live ones. `partner_since` is the entry by which
 * the partner joined; none where it was in from the first. An incarnation is the organization's at that side, none for the first. The names are
 * the sides' as they were at the end; none while it lives, and none where it ended before they were kept. `reviewed_n` is the entry of the last
 * review, if any. The batches are what is remembered of the newest few (cooperation/batch-mark.ts).
 */
export type Cooperation = z.infer<typeof CooperationRecord>;

/** Whether the partner is in it: paused or not, it binds both sides. */
export const isAccepted = ({ status }: Cooperation): boolean => status === "active" || status === "paused";

export const ShareRecord = z.object({
  id: id<"share">(),
  cooperation: id<"cooperation">(),
  resource: z.templateLiteral([z.enum(RESOURCE_TYPES), ":", z.string()]),
  role: z.enum(SHARED_ROLES),
  starts_at: z.string().optional(),
  expires_at: z.string().optional(),
  step_down_at: z.string().optional(),
  spelling,
  created_at: z.string(),
  removed_at: z.string().optional(),
});
/** From `step_down_at` on its role is viewer, also before the record says so (share-dates.ts). */
export type Share = z.infer<typeof ShareRecord>;

export const ResourceRecord = z.object({
  owner: id<"organization">(),
  name: z.string().optional(),
  portfolio: id<"portfolio">().optional(),
  deleted_at: z.string().optional(),
});
export type Resource = z.infer<typeof ResourceRecord>;

export const OrganizationRecord = z.object({
  name: z.string(),
  deleted_at: z.string().optional(),
  incarnation: entryN.optional(),
  invited_on: z.string().optional(),
  invited: z.coerce.number().int().optional(),
  open_at_most: z.coerce.number().int().optional(),
});
/**
 * `incarnation` is the entry that created it, where another organization had the id before: what that one left behind
 * is not this one's (law 15). `invited` counts the invitations that it sent on the day `invited_on` (UTC);
 * `open_at_most`: no more of its invitations are open, perhaps fewer; none where they were never counted.
 */
export type Organization = z.infer<typeof OrganizationRecord>;

/** The incarnation of an organization, or of a cooperation's side: 1 for the first to have the id. */
export const incarnationOf = (kept: number | undefined): number => kept ?? 1;

/** Whether an organization is that side of a cooperation now: it exists, and is not another one under the same id. */
export function isSide(
  cooperation: Cooperation,
  side: "initiator" | "partner",
  organization: Organization | undefined,
): boolean {
  if (organization === undefined || organization.deleted_at !== undefined) return false;
  return incarnationOf(cooperation[`${side}_incarnation`]) === incarnationOf(organization.incarnation);
}

export const InvitationRecord = z.object({
  sent_at: z.string().optional(),
  unanswered: z.coerce.number().int().optional(),
  declined_at: z.string().optional(),
  cooperation: id<"cooperation">().optional(),
});
/**
 * Between one who invites and one who is invited: when a mail last went out, how many since the last acceptance, the
 * last decline, and the newest cooperation; none where that was invited before it was kept.
 */
export type Invitation = z.infer<typeof InvitationRecord>;

/** An attempt to deliver an event, as it is shown. */
export const DeliveryRecord = z.strictObject({
  at: z.string(),
  event: z.string(),
  outcome: z.enum(["done", "retry", "refused", "ended"]),
  why: z.string().optional(),
});
export type DeliveryRecord = z.infer<typeof DeliveryRecord>;

export const ReceiverRecord = z.object({
  place: z.string(),
  failing_since: z.string().optional(),
  disabled_at: z.string().optional(),
  why: z.string().optional(),
  deliveries: z.string().optional(),
  resumed_at: z.string().optional(),
});
/** Everything before its place was delivered. `failing_since`: it took nothing since; `disabled_at`: it gets nothing; `resumed_at`: by a request; `deliveries`: the last, as JSON. */
export type Receiver = z.infer<typeof ReceiverRecord>;

export const EmailRecord = z.object({ holder: id<"user">().optional() });

/** A delegation has no record of its own: its tuples say all of it. */
export type Delegation = {
  share: ShareId;
  user: UserId;
  role: SharedRole;
  expires_at?: string | undefined;
  spelling: "plain" | "alt";
};

/** The head of an object: how many entries it has had, the hash of the last, and its record. n is 0 where there is none. */
export type Head<T> = { object: Ref; n: number; hash: string; value: T | undefined };

/** The record of a thing that exists and is neither deleted nor removed. */
export function alive<T extends object>(head: Head<T> | undefined): T | undefined {
  const { deleted_at, removed_at }: { deleted_at?: string; removed_at?: string } = head?.value ?? {};
  return deleted_at === undefined && removed_at === undefined ? head?.value : undefined;
}

/** How a record is read from its fields. */
export type RecordSchema<T> = z.ZodType<T>;

/** The hash before the first entry. */
export const NO_HASH = "0".repeat(64);

/** A record as the string fields of the condition `record`; what is undefined is left out. */
export function toFields(record: Record<string, string | number | undefined>): Record<string, string> {
  const present = Object.entries(record).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present.map(([name, value]) => [name, String(value)]));
}

/** `entry:cooperation.01H….7`: the nth entry of an object. A type has no dot and n has none, so the id may. */
export const entryRef = (object: Ref, n: number): string => `entry:${object.replace(":", ".")}.${n}`;

/** The number in an entry's reference. */
export const entryNumber = (ref: string): number => Number(ref.slice(ref.lastIndexOf(".") + 1));

/** The key of the tuple that names an object's nth entry as its newest. */
export function headKey(object: Ref, n: number): TupleKey {
  return { user: entryRef(object, n), relation: "head", object };
}

/** The string fields that ride on a tuple; none on a tuple without a record. */
export function fieldsOf(tuple: Tuple): Record<string, string> {
  // one that was written past the service may have a condition without a context
  return (tuple.condition?.name === "record" && tuple.condition.context?.fields) || {};
}

/** The fields of a head beside its record: the hash of its newest entry, and signatures (history-keys.ts). */
const PROOF = ["hash", "chain_signature", "signature"];

/** The fields of a head that are its record. */
export function recordOf(tuple: Tuple): Record<string, string> {
  return Object.fromEntries(Object.entries(fieldsOf(tuple)).filter(([name]) => !PROOF.includes(name)));
}

/** The head of an object, from tuples read of it. Throws StoreDamaged when there are two, or its record is unreadable. */
export function headFrom<T>(object: Ref, tuples: readonly Tuple[], schema: RecordSchema<T>): Head<T> {
  const heads = tuples.filter((tuple) => tuple.object === object && tuple.relation === "head");
  const [tuple] = heads;
  if (tuple === undefined) return { object, n: 0, hash: NO_HASH, value: undefined };
  if (heads.length > 1) throw new StoreDamaged(object, `it has ${heads.length} heads`);
  const { hash } = fieldsOf(tuple);
  const record = schema.safeParse(recordOf(tuple));
  if (!record.success) {
    const wrong = record.error.issues.map(({ path, message }) => [...path, message].join(": "));
    throw new StoreDamaged(object, `its record cannot be read: ${wrong.join("; ")}`);
  }
  return { object, n: entryNumber(tuple.user), hash: hash ?? NO_HASH, value: record.data };
}
