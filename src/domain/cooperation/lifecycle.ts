/**
 * What may happen to a cooperation, and when: one total table. The service decides
 * by it, `actions` in every reply are read from it, and docs/reference/lifecycle.md is printed from it.
 */
import { cooperationEnd, type EndDates } from "../cooperation-end.ts";
import { hasPassed } from "../expiry.ts";
import type { Side } from "../history.ts";
import { type Ending, STATUSES, type Status } from "../records.ts";

/** A cell: the status it leads to, `same` where it is so already, `no` where it is refused. */
export type Cell = Status | "same" | "no";
type Row = { by: Side | "joiner" | "scheduler" } & Record<Status, Cell>;

/**
 * Action × status, and whose admins take the action (`joiner`: whoever holds the token; `scheduler`: the service
 * itself, when a date has come).
 * `same` in `ended` holds only for the ending that the action itself brings.
 */
// biome-ignore format: a table is read by its columns
export const LIFECYCLE = {
  join:          { by: "joiner",    invited: "active",  pending: "no",      active: "same",   paused: "same",   ended: "no" },
  accept:        { by: "partner",   invited: "no",      pending: "active",  active: "same",   paused: "same",   ended: "no" },
  decline:       { by: "partner",   invited: "no",      pending: "ended",   active: "no",     paused: "no",     ended: "same" },
  resend:        { by: "initiator", invited: "invited", pending: "pending", active: "no",     paused: "no",     ended: "no" },
  change_expiry: { by: "initiator", invited: "invited", pending: "pending", active: "active", paused: "paused", ended: "no" },
  review:        { by: "initiator", invited: "invited", pending: "pending", active: "active", paused: "paused", ended: "no" },
  pause:         { by: "initiator", invited: "no",      pending: "no",      active: "paused", paused: "same",   ended: "no" },
  resume:        { by: "initiator", invited: "no",      pending: "no",      active: "same",   paused: "active", ended: "no" },
  remove:        { by: "initiator", invited: "ended",   pending: "ended",   active: "ended",  paused: "ended",  ended: "same" },
  leave:         { by: "partner",   invited: "no",      pending: "no",      active: "ended",  paused: "ended",  ended: "same" },
  share:         { by: "initiator", invited: "invited", pending: "pending", active: "active", paused: "paused", ended: "no" },
  change_share:  { by: "initiator", invited: "invited", pending: "pending", active: "active", paused: "paused", ended: "no" },
  unshare:       { by: "initiator", invited: "invited", pending: "pending", active: "active", paused: "paused", ended: "no" },
  delegate:      { by: "partner",   invited: "no",      pending: "no",      active: "active", paused: "no",     ended: "no" },
  revoke:        { by: "partner",   invited: "no",      pending: "no",      active: "active", paused: "paused", ended: "no" },
  ask:           { by: "partner",   invited: "no",      pending: "no",      active: "active", paused: "paused", ended: "no" },
  withdraw_ask:  { by: "partner",   invited: "no",      pending: "no",      active: "active", paused: "paused", ended: "no" },
  decline_ask:   { by: "initiator", invited: "no",      pending: "no",      active: "active", paused: "paused", ended: "no" },
  start:         { by: "scheduler", invited: "invited", pending: "pending", active: "active", paused: "paused", ended: "no" },
  start_share:   { by: "scheduler", invited: "invited", pending: "pending", active: "active", paused: "paused", ended: "no" },
  step_down:     { by: "scheduler", invited: "invited", pending: "pending", active: "active", paused: "paused", ended: "no" },
} as const satisfies Record<string, Row>;
export type CooperationAction = keyof typeof LIFECYCLE;
/** What admins of a side do. */
export type SideAction = {
  [A in CooperationAction]: (typeof LIFECYCLE)[A]["by"] extends Side ? A : never;
}[CooperationAction];
export const ACTION_NAMES = Object.keys(LIFECYCLE) as CooperationAction[];

/** How each ending action ends a cooperation. */
const ENDING_OF: Partial<Record<CooperationAction, Ending>> = { decline: "declined", remove: "removed", leave: "left" };

/** Actions that an expired cooperation refuses; its clock also runs while paused. */
const REFUSED_WHEN_EXPIRED: readonly CooperationAction[] = ["join", "accept", "review", "delegate"];

/** Whether a cooperation has expired for an action. A missed review ends access, and is what the review is still possible for. */
export const hasExpiredFor = (action: CooperationAction, dates: EndDates, now: Date): boolean =>
  hasPassed(action === "review" ? dates.expires_at : cooperationEnd(dates), now);

/** The statuses in which an action changes something: what a `wrong_status` refusal names. */
export function statusesFor(action: CooperationAction): Status[] {
  return STATUSES.filter((status) => !["same", "no"].includes(LIFECYCLE[action][status]));
}

/** Where an action leads: a status (with its ending), or nowhere. */
export type Transition =
  | { kind: "moves"; to: Status; ended_as?: Ending }
  | { kind: "same" }
  | { kind: "no" }
  | { kind: "expired" };

/** Where an action leads from here. `expired`: whether the cooperation has expired for it (`hasExpiredFor`). */
export function step(
  from: { status: Status; ended_as?: Ending | undefined },
  action: CooperationAction,
  expired: boolean,
): Transition {
  const cell: Cell = LIFECYCLE[action][from.status];
  const ending = ENDING_OF[action];
  if (cell === "same") return { kind: from.status === "ended" && from.ended_as !== ending ? "no" : "same" };
  if (cell === "no") return { kind: "no" };
  if (expired && REFUSED_WHEN_EXPIRED.includes(action)) return { kind: "expired" };
  return { kind: "moves", to: cell, ...(cell === "ended" && ending !== undefined && { ended_as: ending }) };
}

/** What admins of a side may do at an instant, in the table's order: the controls a page should show. */
export function actionsFor(
  cooperation: { status: Status; ended_as?: Ending | undefined } & EndDates,
  sides: readonly Side[],
  now: Date,
): CooperationAction[] {
  return ACTION_NAMES.filter((action) => {
    const next = step(cooperation, action, hasExpiredFor(action, cooperation, now));
    return next.kind === "moves" && sides.includes(LIFECYCLE[action].by as Side);
  });
}
