/** Shares resources into a cooperation, changes and removes shares. */

import type { ChangeShareInput, ShareInput } from "../domain/commands.ts";
import {
  decideChangeShare,
  decideShare,
  decideUnshare,
  type ShareChanged,
  type ShareState,
} from "../domain/cooperation/decide-share.ts";
import { isRefusal, type Result } from "../domain/result.ts";
import { resourceHead, shareHead, sharesOn, shareWithDelegations } from "../store/snapshot.ts";
import { initiatorsScope, readCooperation } from "./cooperation.ts";
import { type ActionDeps, type Call, perform, type Receipt } from "./run/perform.ts";
import { sweep } from "./sweep.ts";

/** Shares one resource of the initiator. */
export function share(
  deps: ActionDeps,
  call: Call,
  cooperation: string,
  input: ShareInput,
): Promise<Result<Receipt<ShareChanged>>> {
  const { tupleStore } = deps;
  const id = deps.newId();
  return perform(deps, call, {
    lock: `cooperation:${cooperation}`,
    read: async () => {
      const state = await readCooperation(deps, call, cooperation);
      if (isRefusal(state)) return state;
      const head = await resourceHead(tupleStore, input.resource);
      const existing = (await sharesOn(tupleStore, input.resource)).find((other) => other.cooperation === cooperation);
      return { ...state, resource: { ref: input.resource, head }, existing };
    },
    decide: (state, stamp) => decideShare(state, input, id, stamp),
    scopes: initiatorsScope,
  });
}

/** A share's state without its resource, which only the share's own changes are decided on. */
export type BareShareState = Omit<ShareState, "resource">;

/** The state behind a share of this cooperation. The cooperation's head is read before anything else of it. */
export async function readShare(
  deps: ActionDeps,
  call: Call,
  id: string,
  cooperationId: string,
): Promise<Result<BareShareState>> {
  const cooperation = await readCooperation(deps, call, cooperationId);
  if (isRefusal(cooperation)) return cooperation;
  const { head, delegations } = await shareWithDelegations(deps.tupleStore, id);
  if (head.value === undefined) return { code: "not_found", what: "share" };
  return {
    ...cooperation,
    shareHead: head,
    share: head.value,
    delegations,
    expected: undefined,
    expectedShare: call.expected,
  };
}

/** Changes a share's role or date. */
export async function changeShare(
  deps: ActionDeps,
  call: Call,
  id: string,
  input: ChangeShareInput,
): Promise<Result<Receipt<ShareChanged>>> {
  return onShare(deps, call, id, (state, stamp) => decideChangeShare(state, input, stamp));
}

/** Removes a share; what it leaves without effect is swept afterwards. */
export async function unshare(
  deps: ActionDeps,
  call: Call,
  id: string,
  input: { reason?: string | undefined },
): Promise<Result<Receipt<ShareChanged>>> {
  const receipt = await onShare(deps, call, id, (state, stamp) => decideUnshare(state, input, stamp));
  if (!isRefusal(receipt) && receipt.outcome === "done") deps.inBackground(() => sweep(deps));
  return receipt;
}

/** The cooperation that a share is in, in whose order its actions stand. It never changes. */
export async function cooperationOf(deps: ActionDeps, share: string): Promise<string | undefined> {
  return (await shareHead(deps.tupleStore, share)).value?.cooperation;
}

async function onShare(
  deps: ActionDeps,
  call: Call,
  id: string,
  decide: Parameters<typeof perform<ShareState, ShareChanged>>[2]["decide"],
): Promise<Result<Receipt<ShareChanged>>> {
  const cooperation = await cooperationOf(deps, id);
  if (cooperation === undefined) return { code: "not_found", what: "share" };
  return perform(deps, call, {
    lock: `cooperation:${cooperation}`,
    read: async (): Promise<Result<ShareState>> => {
      const state = await readShare(deps, call, id, cooperation);
      if (isRefusal(state)) return state;
      const ref = state.share.resource;
      return { ...state, resource: { ref, head: await resourceHead(deps.tupleStore, ref) } };
    },
    decide,
    scopes: initiatorsScope,
  });
}
