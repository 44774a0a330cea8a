/**
 * Decides what the service itself does when a date has come. Nothing is due where the date is not in the record any
 * more, has not come yet, or is of something that has ended: then it is so already, and nothing is written. Pure.
 */
import { cooperationEnd } from "../cooperation-end.ts";
import { hasPassed } from "../expiry.ts";
import { type Decision, planned, type Stamp, same } from "../plan.ts";
import type { Cooperation, Share } from "../records.ts";
import { shareAt } from "../share-dates.ts";
import { type Changed, type CooperationState, changeCooperation } from "./decide-cooperation.ts";
import { moved, planOfShare, type ShareChanged, type ShareState } from "./decide-share.ts";
import { step } from "./lifecycle.ts";

/**
 * Starts a cooperation on its date. One that is not accepted yet, or paused, gives access when that has come too: no
 * date keeps it closed any more.
 */
export function decideStart(state: CooperationState, { now }: Stamp): Decision<Changed> {
  const { cooperation } = state;
  if (step(cooperation, "start", false).kind !== "moves" || !hasPassed(cooperation.starts_at, now))
    return same({ before: cooperation, cooperation });
  const after: Cooperation = { ...cooperation, starts_at: undefined };
  return planned(changeCooperation(state, after, "start", undefined), { before: cooperation, cooperation: after });
}

/** Starts a share on its date: its rungs are written, at the dates that it has. */
export function decideStartShare(state: ShareState, { now }: Stamp): Decision<ShareChanged> {
  const { cooperation, share } = state;
  const unchanged = { restored: [], reduced: [] };
  if (!hasPassed(share.starts_at, now) || !isOpen(state))
    return same({ cooperation, before: share, share, ...unchanged });
  const after: Share = { ...share, starts_at: undefined };
  const plan = planOfShare(state, after, cooperation, "start_share");
  return planned(plan, { cooperation, before: share, share: after, ...unchanged });
}

/** Ends a pause on its date: access is as it was before. */
export function decideResumption(state: CooperationState, { now }: Stamp): Decision<Changed> {
  const { cooperation } = state;
  const next = step(cooperation, "resume", hasPassed(cooperationEnd(cooperation), now));
  if (next.kind !== "moves" || !hasPassed(cooperation.resume_at, now))
    return same({ before: cooperation, cooperation });
  const after: Cooperation = { ...cooperation, status: next.to, resume_at: undefined };
  return planned(changeCooperation(state, after, "resume", undefined), { before: cooperation, cooperation: after });
}

/**
 * Writes into the record that a share has stepped down. The engine has said viewer since the date: the rungs above it
 * ended then, and are deleted here.
 */
export function decideStepDown(state: ShareState, { now }: Stamp): Decision<ShareChanged> {
  const { cooperation, share } = state;
  const after = shareAt(share, now);
  if (after === share || !isOpen(state)) return same({ cooperation, before: share, share, restored: [], reduced: [] });
  return planned(planOfShare(state, after, cooperation, "step_down"), {
    cooperation,
    before: share,
    share: after,
    ...moved(state.delegations, share.role, after.role),
  });
}

/** Whether a share is there, in a cooperation that has not ended. */
const isOpen = ({ share, cooperation }: ShareState) =>
  share.removed_at === undefined && step(cooperation, "step_down", false).kind === "moves";
