/**
 * The table of dates that something is done about: whose they are, where they are written, and how many days before them
 * something is done. Pure. What is done is in schedule/due.ts.
 */
import { endsUnreviewed } from "./cooperation-end.ts";
import { type Instant, instant } from "./expiry.ts";
import type { Common } from "./history.ts";
import { type Dated, type DateName, type Thing, thingsIn } from "./schedule.ts";

/** `invitationDays`: how long the link of an invitation is valid. */
export type DueSettings = { invitationDays: number };

type Kind = {
  of: readonly Thing["kind"][];
  /** How many days before the date something is done; 0 is the date itself. */
  days: readonly number[];
  /** Whether what came before there was a scheduler is done too: access waits for it, which an announcement does not. */
  isOwed: boolean;
  /** The date in a record; undefined where there is none, or nothing more is to be done about it. */
  dateIn(record: Record<string, unknown>, settings: DueSettings): Instant | undefined;
};

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const isOver = ({ status, removed_at }: Record<string, unknown>) => status === "ended" || removed_at !== undefined;
const DAY_MILLISECONDS = 86_400_000;

export const DUE_DATES: Record<DateName, Kind> = {
  ends: {
    of: ["cooperation", "share", "delegation"],
    days: [30, 7, 1, 0],
    isOwed: false,
    dateIn: (record) => (isOver(record) ? undefined : text(record.expires_at)),
  },
  invitation_ends: {
    of: ["cooperation"],
    days: [1],
    isOwed: false,
    dateIn: ({ status, sent_at }, { invitationDays }) =>
      status === "invited" && typeof sent_at === "string"
        ? instant(new Date(Date.parse(sent_at) + invitationDays * DAY_MILLISECONDS))
        : undefined,
  },
  review: {
    of: ["cooperation"],
    days: [30, 7, 1, 0],
    isOwed: false,
    // behind its expiry there is nothing to review
    dateIn: (record) =>
      !isOver(record) && endsUnreviewed({ expires_at: text(record.expires_at), review_by: text(record.review_by) })
        ? text(record.review_by)
        : undefined,
  },
  starts: {
    of: ["cooperation", "share"],
    days: [0],
    isOwed: true,
    dateIn: (record) => (isOver(record) ? undefined : text(record.starts_at)),
  },
  resumes: {
    of: ["cooperation"],
    days: [0],
    isOwed: true,
    dateIn: ({ status, resume_at }) => (status === "paused" ? text(resume_at) : undefined),
  },
  steps_down: {
    of: ["share"],
    days: [0],
    isOwed: true,
    dateIn: (record) => (isOver(record) ? undefined : text(record.step_down_at)),
  },
};

/** A date that an entry set. */
export type DateSet = Dated & { value: Instant; since: string };

/** The scheduler's own entries: what they say is no change of a record. */
export const ANNOUNCING: readonly string[] = ["expire", "remind"];

/** The dates that an entry of a cooperation's history set or changed. */
export function datesSetBy(common: Common, settings: DueSettings): DateSet[] {
  if (ANNOUNCING.includes(common.action)) return [];
  return thingsIn(common).flatMap(({ thing, before, after }) =>
    Object.entries(DUE_DATES).flatMap(([date, { of, dateIn }]): DateSet[] => {
      const value = of.includes(thing.kind) ? dateIn(after, settings) : undefined;
      if (value === undefined || value === dateIn(before, settings)) return [];
      return [{ date: date as DateName, thing, value, since: common.at }];
    }),
  );
}
