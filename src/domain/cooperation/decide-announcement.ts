/**
 * Decides whether the end of something is announced: that it comes in so many days, or that it has come. An
 * announcement changes no access, which the date itself ends; it writes an entry into the history, from which events and
 * mails are made. What was announced is kept in a head of its own, replaced in the same Write: so it is done once. Pure.
 */
import { cooperationEnd } from "../cooperation-end.ts";
import { DUE_DATES, type DueSettings } from "../due-dates.ts";
import { hasPassed, type Instant } from "../expiry.ts";
import { type Decision, type EntryFacts, planned, type Stamp, same } from "../plan.ts";
import { type Cooperation, type Delegation, type Head, isAccepted, type Share } from "../records.ts";
import { type Dated, type Due, objectOf, type Thing } from "../schedule.ts";
import { shareAt } from "../share-dates.ts";

/** A dated thing that is in force or may come to be: what it is in, and of a share or a delegation its records. */
export type DatedState = {
  head: Head<Cooperation>;
  cooperation: Cooperation;
  share?: Share | undefined;
  delegation?: Delegation | undefined;
};

export type AnnounceState = DatedState & { announced: Head<Due> };

/** What is to be announced: of which date, as it was when this came to be due, and so many days before it. */
export type Announcement = Dated & { value: Instant; days: number };

/** The date of a thing as it is now. */
export function dateOf(
  { date, thing }: Dated,
  { cooperation, share, delegation }: DatedState,
  settings: DueSettings,
): Instant | undefined {
  const record = { cooperation, share, delegation }[thing.kind];
  const { of, dateIn } = DUE_DATES[date];
  return record === undefined || !of.includes(thing.kind) ? undefined : dateIn(record, settings);
}

/**
 * Announces it, unless that was done, the date is another one by now, or nobody has begun to rely on it. Nobody is
 * reminded of the end of what has ended with what it is in.
 */
export function decideAnnouncement(
  state: AnnounceState,
  announcement: Announcement,
  settings: DueSettings,
  { now }: Pick<Stamp, "now">,
): Decision<Cooperation> {
  const { head, cooperation, announced } = state;
  const { date, thing, value, days } = announcement;
  const isAnnounced = announced.value !== undefined && announced.value.date === value && announced.value.days <= days;
  // who was never in a cooperation loses nothing by its end, nor by that of what was to be shared
  const isEnd = date === "ends" || date === "review";
  const isForNobody = isEnd && (days > 0 || thing.kind !== "cooperation") && !isAccepted(cooperation);
  const isOver = days > 0 && endsAround(state, thing).some((end) => hasPassed(end, now));
  if (isAnnounced || isForNobody || isOver || dateOf(announcement, state, settings) !== value) return same(cooperation);
  const entry: EntryFacts = {
    action: days === 0 ? "expire" : "remind",
    object: objectOf(thing),
    after: factsOf(state, announcement, now),
  };
  const record: Due = { date: value, days };
  return planned(
    {
      touches: [
        { head, record: cooperation, entry },
        { head: announced, record },
      ],
      deletes: [],
      writes: [],
    },
    cooperation,
  );
}

/** The other dates that end a thing: of a cooperation the day of a review that nobody made, of others what they are in. */
const endsAround = ({ cooperation, share }: AnnounceState, { kind }: Thing): (Instant | undefined)[] => [
  kind === "cooperation" ? cooperation.review_by : cooperationEnd(cooperation),
  ...(kind === "delegation" ? [share?.expires_at] : []),
];

/** What the entry says: a reader needs no second look at what ends. */
function factsOf(
  { share, delegation }: AnnounceState,
  { date, thing, value, days }: Announcement,
  now: Date,
): Record<string, unknown> {
  return {
    kind: date === "invitation_ends" ? "invitation" : date === "review" ? "review" : thing.kind,
    expires_at: value,
    review_by: date === "review" ? value : undefined,
    days: days === 0 ? undefined : days,
    resource: share?.resource,
    role: (delegation ?? (share && shareAt(share, now)))?.role,
    user: delegation?.user,
  };
}
