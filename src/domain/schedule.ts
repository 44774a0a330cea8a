/**
 * How the store says what is due. A dated thing has one mark, for the next moment at which something is to be done about
 * its date: the moment's hour names a slot (a minute and an organization), and the slot names the date of the thing. So
 * who looks at an hour reads what is due in it and nothing else, and one organization at a time. Pure.
 */
import { z } from "zod";
import type { Instant } from "./expiry.ts";
import { type CooperationId, idOf, type OrganizationId, type Ref, type ShareId, type UserId } from "./ids.ts";
import { fieldsOf } from "./records.ts";
import type { Tuple, TupleKey } from "./tuples.ts";

/** Something with dates of its own. */
export type Thing =
  | { kind: "cooperation"; cooperation: CooperationId }
  | { kind: "share"; share: ShareId }
  | { kind: "delegation"; share: ShareId; user: UserId };

/** The dates that something is done about (due-dates.ts). */
const DATE_NAMES = ["ends", "invitation_ends", "review", "starts", "resumes", "steps_down"] as const;
export type DateName = (typeof DATE_NAMES)[number];

/** One date of one thing. */
export type Dated = { date: DateName; thing: Thing };

/** `due:ends.delegation.01H….tom`: a date of a thing. No name has a dot, so a user's id may. */
export function dueRef({ date, thing }: Dated): Ref {
  const id =
    thing.kind === "cooperation"
      ? thing.cooperation
      : thing.kind === "share"
        ? thing.share
        : `${thing.share}.${thing.user}`;
  return `due:${date}.${thing.kind}.${id}`;
}

/** The date that a reference names; undefined where it names none. */
export function readDueRef(ref: Ref): Dated | undefined {
  const [, name, kind, id = ""] = /^due:(\w+)\.(\w+)\.(.+)$/su.exec(ref) ?? [];
  const date = DATE_NAMES.find((one) => one === name);
  if (date === undefined) return undefined;
  if (kind === "cooperation") return { date, thing: { kind, cooperation: id as CooperationId } };
  if (kind === "share") return { date, thing: { kind, share: id as ShareId } };
  const dot = id.indexOf(".");
  if (kind !== "delegation" || dot < 1 || dot === id.length - 1) return undefined;
  return { date, thing: { kind, share: id.slice(0, dot) as ShareId, user: id.slice(dot + 1) as UserId } };
}

const MINUTE_MILLISECONDS = 60_000;

/** `202706302200`, UTC. */
const minuteText = (minute: Date) => minute.toISOString().slice(0, 16).replace(/\D/g, "");
const HOUR_LENGTH = "schedule:2027063022".length;

/** The minute that an instant lies in. */
export const minuteOf = (at: Date): Date =>
  new Date(Math.floor(at.getTime() / MINUTE_MILLISECONDS) * MINUTE_MILLISECONDS);

/** The hour that lists the slots of its minutes. */
export const hourRef = (at: Date): Ref => `schedule:${minuteText(at)}`.slice(0, HOUR_LENGTH);

/** What is due in a minute of what one organization has. */
export type Slot = { ref: Ref; minute: Date; organization: OrganizationId };

/**
 * The slot for something that is due at an instant. It is in a minute that begins a minute from now at the earliest: a
 * minute that has begun is being worked on, and whoever does that may rely on nothing being added to it.
 */
export function slotFor(at: Date, now: Date, organization: OrganizationId): Slot {
  const earliest = Math.max(at.getTime(), now.getTime() + MINUTE_MILLISECONDS);
  const minute = new Date(Math.ceil(earliest / MINUTE_MILLISECONDS) * MINUTE_MILLISECONDS);
  return { ref: `schedule:${minuteText(minute)}.${organization}`, minute, organization };
}

/** The slot that a reference names; undefined where it names none. */
export function readSlot(ref: Ref): Slot | undefined {
  const [, year, month, day, hour, minute, organization] =
    /^schedule:(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)\.(.+)$/su.exec(ref) ?? [];
  const at = new Date(`${year}-${month}-${day}T${hour}:${minute}:00Z`);
  if (organization === undefined || Number.isNaN(at.getTime())) return undefined;
  return { ref, minute: at, organization: organization as OrganizationId };
}

const MarkRecord = z.object({ date: z.iso.datetime(), since: z.iso.datetime() });
/** What a mark is for: the date as it was then, and since when it is so; what would have been due earlier is not. */
export type Mark = z.infer<typeof MarkRecord>;

/** That an hour has a slot. */
export const slotTuple = ({ ref, minute }: Slot): Tuple => ({ user: ref, relation: "due", object: hourRef(minute) });

/** That something is due in a slot. */
export const markTuple = (slot: Slot, dated: Dated, mark: Mark): Tuple => ({
  user: dueRef(dated),
  relation: "due",
  object: slot.ref,
  condition: { name: "record", context: { fields: mark } },
});

/** What a mark says; undefined for one that nothing here has written. */
export function readMark(tuple: Tuple): (Dated & { mark: Mark }) | undefined {
  const dated = readDueRef(tuple.user);
  const mark = MarkRecord.safeParse(fieldsOf(tuple));
  return dated !== undefined && mark.success ? { ...dated, mark: mark.data } : undefined;
}

/** Why a tuple of `due` is in no schedule; undefined where it is. */
export function dueProblem({ user, object }: TupleKey): string | undefined {
  const slot = readSlot(user);
  if (slot !== undefined) return hourRef(slot.minute) === object ? undefined : "is a slot of another hour";
  if (readDueRef(user) === undefined) return "is neither a slot nor a date of anything";
  return readSlot(object) === undefined ? "is in no slot" : undefined;
}

export const DueRecord = z.object({ date: z.string(), days: z.coerce.number().int() });
/** What was announced of a date: all up to so many days before it, with 0 that it has come. */
export type Due = z.infer<typeof DueRecord>;

export const ScheduleRecord = z.object({ begun_at: z.iso.datetime(), done_to: z.iso.datetime(), place: z.string() });
/**
 * How far the scheduler is. `begun_at`: what was due before is not done any more; `done_to`: the minute up to which all
 * is done; `place`: in the log of events, whose dates are marked up to there.
 */
export type Schedule = z.infer<typeof ScheduleRecord>;
export const SCHEDULE: Ref = "schedule:all";

/** A moment before a date, or the date itself (0 days). */
export type Moment = { days: number; at: Date };

const DAY_MILLISECONDS = 86_400_000;

/**
 * What is due of a date and what comes next, of the moments so many days before it. Of several that have come only the
 * latest is due. Those are none that had passed already when the date was set.
 */
export function momentsOf(
  days: readonly number[],
  { date, since }: { date: Instant; since: string },
  now: Date,
): { due: Moment | undefined; next: Moment | undefined } {
  const all = days
    .map((count): Moment => ({ days: count, at: new Date(Date.parse(date) - count * DAY_MILLISECONDS) }))
    .filter(({ at }) => at.getTime() > Date.parse(since))
    .sort((a, b) => a.at.getTime() - b.at.getTime());
  return { due: all.findLast(({ at }) => at <= now), next: all.find(({ at }) => at > now) };
}

/** The id of a thing's own object: the cooperation, or the share that it is or is of. */
export const objectOf = (thing: Thing): Ref =>
  thing.kind === "cooperation" ? `cooperation:${thing.cooperation}` : `share:${thing.share}`;

/** The things that an entry of a cooperation's history is about, each before and after it. */
export function thingsIn(common: {
  object: string;
  before?: Record<string, unknown> | undefined;
  after?: Record<string, unknown> | undefined;
}): { thing: Thing; before: Record<string, unknown>; after: Record<string, unknown> }[] {
  const { object, before = {}, after = {} } = common;
  const id = idOf(object);
  if (object.startsWith("cooperation:")) {
    const invited = Array.isArray(after.with) ? (after.with as Record<string, unknown>[]) : [];
    return [
      { thing: { kind: "cooperation", cooperation: id as CooperationId }, before, after },
      ...invited.map((share) => ({
        thing: { kind: "share", share: `${share.id}` as ShareId } as const,
        before: {},
        after: share,
      })),
    ];
  }
  if (!object.startsWith("share:")) return [];
  const user = after.user ?? before.user;
  const share = id as ShareId;
  if (typeof user === "string") return [{ thing: { kind: "delegation", share, user: user as UserId }, before, after }];
  return [{ thing: { kind: "share", share }, before, after }];
}
