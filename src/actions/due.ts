/**
 * What the service does by itself when a date has come, as `service:scheduler`. Each action reads the record again and
 * decides on it under its head, so it may be tried too early, too late, twice or by two replicas: it is done once.
 */
import { refuseUnlessScheduler } from "../domain/caller.ts";
import type { Changed, CooperationState } from "../domain/cooperation/decide-cooperation.ts";
import { decideResumption, decideStart, decideStartShare, decideStepDown } from "../domain/cooperation/decide-due.ts";
import type { ShareChanged, ShareState } from "../domain/cooperation/decide-share.ts";
import type { CooperationId, ShareId } from "../domain/ids.ts";
import { onCooperation } from "./cooperation.ts";
import type { Action } from "./run/action.ts";
import { onShare } from "./share.ts";

/** A cooperation starts on its date. */
export const startCooperation = (input: { cooperation: CooperationId }): Action<CooperationState, Changed> =>
  scheduled({ ...onCooperation(input.cooperation), decide: (state, stamp) => decideStart(state, stamp) });

/** A share starts on its date. */
export const startShare = (input: { share: ShareId }): Action<ShareState, ShareChanged> =>
  scheduled({ ...onShare(input.share), decide: (state, stamp) => decideStartShare(state, stamp) });

/** A pause ends on its date. */
export const resumeDue = (input: { cooperation: CooperationId }): Action<CooperationState, Changed> =>
  scheduled({ ...onCooperation(input.cooperation), decide: (state, stamp) => decideResumption(state, stamp) });

/** The share's role is viewer from its step-down date on: what the record then says too. */
export const stepDown = (input: { share: ShareId }): Action<ShareState, ShareChanged> =>
  scheduled({ ...onShare(input.share), decide: (state, stamp) => decideStepDown(state, stamp) });

/** An action that nobody but the scheduler may take. */
function scheduled<S, T>(action: Action<S, T>): Action<S, T> {
  return { ...action, read: async (on) => refuseUnlessScheduler(on.caller) ?? action.read(on) };
}
