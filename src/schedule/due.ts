/**
 * What is done about each date when its moment comes: one table from the kind of date to the action. Each action decides
 * for itself, on what is there when it is committed, whether anything is to be done. Who adds a date adds it here and to
 * domain/due-dates.ts.
 */

import { announceEnd } from "../actions/announce-end.ts";
import { resumeDue, startCooperation, startShare, stepDown } from "../actions/due.ts";
import type { Action } from "../actions/run/action.ts";
import type { Announcement } from "../domain/cooperation/decide-announcement.ts";
import type { DueSettings } from "../domain/due-dates.ts";
import type { DateName, Thing } from "../domain/schedule.ts";

/** An action whatever it is decided on: the runner alone looks into it. */
type DueAction = Action<unknown, unknown>;
type ActionFor = (due: Announcement, settings: DueSettings) => DueAction;

// the table of dates says whose each can be
const ofShare = (thing: Thing) => thing as Extract<Thing, { share: unknown }>;
const ofCooperation = (thing: Thing) => thing as Extract<Thing, { kind: "cooperation" }>;

const announcing: ActionFor = (due, settings) => announceEnd(due, settings) as DueAction;

export const DUE_ACTIONS: Record<DateName, ActionFor> = {
  ends: announcing,
  invitation_ends: announcing,
  starts: ({ thing }) => (thing.kind === "cooperation" ? startCooperation(thing) : startShare(ofShare(thing))),
  resumes: ({ thing }) => resumeDue(ofCooperation(thing)),
  steps_down: ({ thing }) => stepDown(ofShare(thing)),
};
