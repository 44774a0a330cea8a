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
import type { CooperationId, ShareId } from "../domain/ids.ts";
import type { DateName, Thing } from "../domain/schedule.ts";

/** An action whatever it is decided on: the runner alone looks into it. */
type DueAction = Action<unknown, unknown>;
type ActionFor = (due: Announcement, settings: DueSettings) => DueAction;

const announcing: ActionFor = (due, settings) => announceEnd(due, settings) as DueAction;

const starting: ActionFor = ({ thing }) =>
  (thing.kind === "cooperation"
    ? startCooperation({ cooperation: thing.cooperation })
    : startShare({ share: shareIn(thing) })) as DueAction;
const resuming: ActionFor = ({ thing }) => resumeDue({ cooperation: cooperationIn(thing) }) as DueAction;
const steppingDown: ActionFor = ({ thing }) => stepDown({ share: shareIn(thing) }) as DueAction;

// no other thing has such a date (due-dates.ts)
function cooperationIn(thing: Thing): CooperationId {
  if (thing.kind !== "cooperation") throw new Error(`a ${thing.kind} has no such date`);
  return thing.cooperation;
}
function shareIn(thing: Thing): ShareId {
  if (thing.kind !== "share") throw new Error(`a ${thing.kind} has no such date`);
  return thing.share;
}

export const DUE_ACTIONS: Record<DateName, ActionFor> = {
  ends: announcing,
  invitation_ends: announcing,
  review: announcing,
  starts: starting,
  resumes: resuming,
  steps_down: steppingDown,
};
