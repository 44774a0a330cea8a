/** Shares resources into a cooperation, changes and removes shares. */

import type { ChangeShareInput, ReasonInput, ShareInput } from "../domain/commands.ts";
import type { CooperationState } from "../domain/cooperation/decide-cooperation.ts";
import {
  decideChangeShare,
  decideShare,
  decideUnshare,
  type ShareChanged,
  type SharedResource,
  type ShareState,
} from "../domain/cooperation/decide-share.ts";
import { type CooperationId, ShareId } from "../domain/ids.ts";
import type { Share } from "../domain/records.ts";
import { isRefusal, type Result } from "../domain/result.ts";
import { resourceHead, shareHead, sharesOn, shareWithDelegations } from "../store/snapshot.ts";
import { inCooperation, readCooperation } from "./cooperation.ts";
import type { Action, Reading } from "./run/action.ts";
import { sweep } from "./sweep.ts";

type NewShareState = CooperationState & { id: ShareId; resource: SharedResource; existing: Share | undefined };

/** Shares one resource of the initiator. */
export const share = (input: ShareInput & { cooperation: CooperationId }): Action<NewShareState, ShareChanged> => ({
  ...inCooperation,
  read: async (on) => {
    const state = await readCooperation(on, input.cooperation);
    if (isRefusal(state)) return state;
    const ref = input.resource;
    const resource = { ref, head: await resourceHead(on.reads, ref) };
    const existing = (await sharesOn(on.reads, ref)).find((other) => other.cooperation === input.cooperation);
    return { ...state, id: ShareId.parse(on.newId()), resource, existing };
  },
  decide: (state, stamp) => decideShare(state, input, state.id, stamp),
});

/** Changes a share's role or date. */
export const changeShare = (input: ChangeShareInput & { share: ShareId }): Action<ShareState, ShareChanged> => ({
  ...inCooperation,
  read: (on) => readShareAndResource(on, input.share),
  decide: (state, stamp) => decideChangeShare(state, input, stamp),
});

/** Removes a share; what it leaves without effect is swept in the background. */
export const unshare = (input: ReasonInput & { share: ShareId }): Action<ShareState, ShareChanged> => ({
  ...inCooperation,
  read: (on) => readShareAndResource(on, input.share),
  decide: (state, stamp) => decideUnshare(state, input, stamp),
  after: (deps) => sweep(deps),
});

/** A share's state without its resource, which only the share's own changes are decided on. */
export type BareShareState = Omit<ShareState, "resource">;

/** The state behind a share. The cooperation's head is read before what it covers of the share. */
export async function readShare(on: Reading, id: ShareId): Promise<Result<BareShareState>> {
  // the cooperation that a share is in never changes
  const known = (await shareHead(on.reads, id)).value;
  if (known === undefined) return { code: "not_found", what: "share" };
  const cooperation = await readCooperation(on, known.cooperation);
  if (isRefusal(cooperation)) return cooperation;
  const { head, delegations } = await shareWithDelegations(on.reads, id);
  if (head.value === undefined) return { code: "not_found", what: "share" };
  return {
    ...cooperation,
    shareHead: head,
    share: head.value,
    delegations,
    expected: undefined,
    expectedShare: on.expected,
  };
}

async function readShareAndResource(on: Reading, id: ShareId): Promise<Result<ShareState>> {
  const state = await readShare(on, id);
  if (isRefusal(state)) return state;
  const ref = state.share.resource;
  return { ...state, resource: { ref, head: await resourceHead(on.reads, ref) } };
}
