/**
 * Decides whether the end of something is told: that it comes in so many days, or that it has come. Telling changes no
 * access, which the date itself ends; it writes an entry into the history, from which events and mails are made. What
 * was told is kept in a head of its own, replaced in the same Write: so each is told once. Pure.
 */
import { DUE_DATES, type DueSettings } from "../due-dates.ts";
import type { Instant } from "../expiry.ts";
import { type Decision, type EntryFacts, planned, same } from "../plan.ts";
import { type Cooperation, type Delegation, type Head, isAccepted, type Share } from "../records.ts";
import { type Dated, type Due, objectOf } from "../schedule.ts";

/** A dated thing that is in force or may come to be: what it is in, and of a share or a delegation its records. */
export type DatedState = {
  head: Head<Cooperation>;
  cooperation: Cooperation;
  share?: Share | undefined;
  delegation?: Delegation | undefined;
};

export type TellState = DatedState & { told: Head<Due> };

/** What is to be told: of which date, as it was when this came to be due, and so many days before it. */
export type Telling = Dated & { value: Instant; days: number };

/** The date of a thing as it is now. */
export function dateOf(
  { date, thing }: Dated,
  { cooperation, share, delegation }: DatedState,
  settings: DueSettings,
): Instant | undefined {
  const record = { cooperation, share, delegation }[thing.kind];
  return record === undefined ? undefined : DUE_DATES[date].dateIn(record, settings);
}

/** Tells it, unless that was done, the date is another one by now, or nobody has begun to rely on it. */
export function decideTell(state: TellState, telling: Telling, settings: DueSettings): Decision<Cooperation> {
  const { head, cooperation, told } = state;
  const { date, thing, value, days } = telling;
  const isTold = told.value !== undefined && told.value.date === value && told.value.days <= days;
  // who was never in a cooperation loses nothing by its end
  const isForNobody = date === "ends" && days > 0 && !isAccepted(cooperation);
  if (isTold || isForNobody || dateOf(telling, state, settings) !== value) return same(cooperation);
  const entry: EntryFacts = {
    action: days === 0 ? "expire" : "remind",
    object: objectOf(thing),
    after: factsOf(state, telling),
  };
  const record: Due = { date: value, days };
  return planned(
    {
      touches: [
        { head, record: cooperation, entry },
        { head: told, record },
      ],
      deletes: [],
      writes: [],
    },
    cooperation,
  );
}

/** What the entry says: a reader needs no second look at what ends. */
function factsOf({ share, delegation }: TellState, { date, thing, value, days }: Telling): Record<string, unknown> {
  return {
    kind: date === "invitation_ends" ? "invitation" : thing.kind,
    expires_at: value,
    days: days === 0 ? undefined : days,
    resource: share?.resource,
    role: (delegation ?? share)?.role,
    user: delegation?.user,
  };
}
