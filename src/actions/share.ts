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
import type { Side } from "../domain/history.ts";
import { type CooperationId, ShareId } from "../domain/ids.ts";
import type { PolicyOf } from "../domain/policy.ts";
import type { Cooperation, Head, Share } from "../domain/records.ts";
import { isRefusal, type Result } from "../domain/result.ts";
import { policyOf } from "../store/policies.ts";
import { resourceHead, shareHead, sharesOn, shareWithDelegations } from "../store/snapshot.ts";
import { inCooperation, readCooperation } from "./cooperation.ts";
import type { Action, Reading } from "./run/action.ts";
import { sweep } from "./sweep.ts";

type NewShareState = CooperationState & {
  id: ShareId;
  resource: SharedResource;
  existing: Share | undefined;
  policy: PolicyOf;
};

/** Shares one resource of the initiator. */
export const share = (input: ShareInput & { cooperation: CooperationId }): Action<NewShareState, ShareChanged> => ({
  ...inCooperation,
  read: (on) =>
    readCooperation(on, input.cooperation, async ({ initiator }) => {
      const ref = input.resource;
      // together: of the shares only one of this cooperation counts, whose head was read before
      const [head, shares, policy] = await Promise.all([
        resourceHead(on.reads, ref),
        sharesOn(on.reads, ref),
        policyOf(on.reads, initiator),
      ]);
      const existing = shares.find((other) => other.cooperation === input.cooperation);
      return { id: ShareId.parse(on.newId()), resource: { ref, head }, existing, policy };
    }),
  decide: (state, stamp) => decideShare(state, input, state.id, stamp),
});

/** What the actions that change a share have in common. */
export const onShare = (id: ShareId): Omit<Action<ShareState, ShareChanged>, "decide"> => ({
  ...inCooperation,
  read: (on) => readShareAndResource(on, id),
});

/** Changes a share's role or dates. */
export const changeShare = (
  input: ChangeShareInput & { share: ShareId },
): Action<ShareState & { policy: PolicyOf }, ShareChanged> => ({
  ...inCooperation,
  read: (on) =>
    readShareAndResource(on, input.share, async ({ initiator }) => ({ policy: await policyOf(on.reads, initiator) })),
  decide: (state, stamp) => decideChangeShare(state, input, stamp),
});

/** Removes a share; what it leaves without effect is swept in the background. */
export const unshare = (input: ReasonInput & { share: ShareId }): Action<ShareState, ShareChanged> => ({
  ...onShare(input.share),
  decide: (state, stamp) => decideUnshare(state, input, stamp),
  after: (deps) => sweep(deps),
});

/** A share's state without its resource, which only the share's own changes are decided on. */
export type BareShareState = Omit<ShareState, "resource">;

/**
 * The state behind a share, and `more` besides. The cooperation's head is read before what it covers of the share;
 * that it holds the share, and of which resource, never changes.
 */
export async function readShare<M extends object = object>(
  on: Reading,
  id: ShareId,
  more?: (cooperation: Cooperation, known: Share) => Promise<M>,
): Promise<Result<BareShareState & M>> {
  return readShareOf(on, id, await shareHead(on.reads, id), more);
}

/** The same for a share whose head was read before; it is read again with what it covers. `by`: the side that acts, where one does. */
export async function readShareOf<M extends object = object>(
  on: Reading,
  id: ShareId,
  { value: known }: Head<Share>,
  more?: (cooperation: Cooperation, known: Share) => Promise<M>,
  by?: Side,
): Promise<Result<BareShareState & M>> {
  if (known === undefined) return { code: "not_found", what: "share" };
  const readAlong = async (cooperation: Cooperation) => {
    const [found, further] = await Promise.all([
      shareWithDelegations(on.reads, id),
      more?.(cooperation, known) ?? ({} as M),
    ]);
    return { found, further };
  };
  const state = await readCooperation(on, known.cooperation, readAlong, by);
  if (isRefusal(state)) return state;
  const { found, further, ...cooperation } = state;
  const { head, delegations } = found;
  if (head.value === undefined) return { code: "not_found", what: "share" };
  return {
    ...cooperation,
    ...further,
    shareHead: head,
    share: head.value,
    delegations,
    expected: undefined,
    expectedShare: on.expected,
  };
}

/** The same with the resource, and `more` besides. */
function readShareAndResource<M extends object = object>(
  on: Reading,
  id: ShareId,
  more?: (cooperation: Cooperation) => Promise<M>,
): Promise<Result<ShareState & M>> {
  return readShare(on, id, async (cooperation, { resource: ref }) => {
    const [head, further] = await Promise.all([resourceHead(on.reads, ref), more?.(cooperation) ?? ({} as M)]);
    return { resource: { ref, head }, ...further };
  });
}
