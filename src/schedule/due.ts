/**
 * What is done about each date when its moment comes: one table from the kind of date to the action. Each action decides
 * for itself, on what is there when it is committed, whether anything is to be done. Who adds a date adds it here and to
 * domain/due-dates.ts.
 */

import { announceEnd } from "../actions/announce-end.ts";
import type { Action } from "../actions/run/action.ts";
import type { Announcement } from "../domain/cooperation/decide-announcement.ts";
import type { DueSettings } from "../domain/due-dates.ts";
import type { DateName } from "../domain/schedule.ts";

/** An action whatever it is decided on: the runner alone looks into it. */
type DueAction = Action<unknown, unknown>;
type ActionFor = (due: Announcement, settings: DueSettings) => DueAction;

const announcing: ActionFor = (due, settings) => announceEnd(due, settings) as DueAction;

export const DUE_ACTIONS: Record<DateName, ActionFor> = {
  ends: announcing,
  invitation_ends: announcing,
};
