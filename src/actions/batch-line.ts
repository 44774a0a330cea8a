/**
 * A line of a batch as a step: the action that its own request would be, on the batch's cooperation alone, and done
 * once where the batch has a key. A line that is done before, or was so already before a line that was written, is not
 * decided again; it still has to be the caller's to do.
 */
import type { DelegationLine, ShareLine } from "../domain/bulk-commands.ts";
import {
  type BatchKind,
  type BatchMark,
  batchMarkOf,
  isSettled,
  rememberBatch,
  withSettled,
} from "../domain/cooperation/batch-mark.ts";
import type { CooperationId } from "../domain/ids.ts";
import { refuseUnlessSide } from "../domain/membership.ts";
import { planned, same } from "../domain/plan.ts";
import type { Cooperation, Head, Share } from "../domain/records.ts";
import { type Refusal, revealsState } from "../domain/refusal.ts";
import { isRefusal, type Result } from "../domain/result.ts";
import { readCooperation } from "./cooperation.ts";
import { delegate, revoke } from "./delegation.ts";
import type { Action, Reading } from "./run/action.ts";
import type { Step } from "./run/draft.ts";
import { changeShare, share, unshare } from "./share.ts";

/** Whose admins send batches. */
export const sendingSide = { shares: "initiator", delegations: "partner" } as const;

/** What a line did. `was`: the share before, where it was changed. `repeated`: it was settled when the batch was sent before. */
export type LineDone = { share?: Share | undefined; was?: Share | undefined; repeated: boolean };

/** What the actions of lines are decided on, and what they result in, as far as a batch looks at it. */
type LineState = { head: Head<Cooperation>; cooperation: Cooperation; share?: Share; existing?: unknown; swept?: true };
type LineValue = { share: Share; before?: Share | object | undefined };
export type LineAction = Action<LineState, LineValue>;
export type LineStep = LineAction | ((on: Reading) => Promise<Result<LineAction>>);

/**
 * The line at `line`, from 0, of a batch. `begun`: the mark of the batch as it was when it began. `settled`: the lines
 * that were written or found so since; a line is added when it is decided, and taken out when it is to be decided again.
 */
export type Line = {
  cooperation: CooperationId;
  kind: BatchKind;
  isKeyed: boolean;
  begun: BatchMark;
  settled: Set<number>;
  line: number;
};

/** The line of a batch of shares as an action. */
export function lineOfShares(cooperation: CooperationId, line: ShareLine): LineAction {
  switch (line.action) {
    case "share":
      return share({ ...line, cooperation }) as LineAction;
    case "change_share":
      return changeShare(line) as LineAction;
    case "unshare":
      return unshare(line) as LineAction;
  }
}

/** The line of a batch of delegations as an action. */
export const lineOfDelegations = (line: DelegationLine): LineAction =>
  (line.action === "delegate" ? delegate(line) : revoke(line)) as LineAction;

/** A line as a step: an action of this cooperation, which is done once. */
export function lineOf(step: LineStep, line: Line): Step<LineDone> {
  if (typeof step !== "function") return doneOnce(step, line) as Step<LineDone>;
  return async (on) => {
    const action = await step(on);
    line.settled.delete(line.line);
    return isRefusal(action) ? action : (doneOnce(action, line) as Action<unknown, LineDone>);
  };
}

function doneOnce(
  { after: _, first: __, ...action }: LineAction,
  { cooperation: id, kind, isKeyed, begun, settled, line }: Line,
): Action<LineState, LineDone> {
  /** The mark of the batch before this line, by what the cooperation remembers: others may have taken its place. */
  function markIn(cooperation: Cooperation): BatchMark {
    const seen = isKeyed ? batchMarkOf(cooperation, kind, begun.key) : undefined;
    // of a line behind this one it is not known yet whether this Write holds it
    return withSettled(
      seen ?? begun,
      [...settled].filter((other) => other < line),
    );
  }

  /** What a line is decided on that was written, and whose share was swept since. */
  async function readSwept(on: Reading, refusal: Refusal): Promise<Result<LineState>> {
    const state = await readCooperation(on, id);
    if (isRefusal(state) || refuseUnlessSide(state.memberships, sendingSide[kind], state.cooperation, "share"))
      return refusal;
    const mark = markIn(state.cooperation);
    return mark.body === begun.body && isSettled(mark, line) ? { ...state, swept: true } : refusal;
  }

  return {
    ...action,
    async read(on) {
      settled.delete(line);
      const state = await action.read(on);
      if (isRefusal(state)) return state.code === "not_found" ? readSwept(on, state) : state;
      // a share of another cooperation is none of this one
      return state.cooperation.id === id ? state : { code: "not_found", what: "share" };
    },
    decide(state, stamp) {
      const settle = (value: LineDone) => {
        settled.add(line);
        return same(value);
      };
      if (state.swept) return settle({ repeated: true });
      const decision = action.decide(state, stamp);
      if (isRefusal(decision) && !revealsState(decision)) return decision;
      const mark = markIn(state.cooperation);
      // sent with this key and other lines at the same time, through another process
      if (mark.body !== begun.body) return { code: "idempotency_key_reused" };
      if (isSettled(mark, line)) return settle({ share: shareOf(state), repeated: true });
      if (isRefusal(decision)) return decision;
      const value = { ...changedBy(decision.value), repeated: false };
      if (decision.kind === "same") return settle(value);
      settled.add(line);
      if (!isKeyed) return planned(decision.plan, value);
      return planned(rememberBatch(decision.plan, state.cooperation, kind, withSettled(mark, [line])), value);
    },
  };
}

const isShare = (of: unknown): of is Share => typeof of === "object" && of !== null && "resource" in of;

/** The share that a line is about; none where it was shared and is not any more. */
const shareOf = ({ share: known, existing }: LineState): Share | undefined =>
  known ?? (isShare(existing) ? existing : undefined);

const changedBy = ({ share: after, before }: LineValue) => ({
  share: after,
  was: isShare(before) ? before : undefined,
});
