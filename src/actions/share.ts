/** Shares resources into a cooperation, changes and removes shares. */
import type { ChangeShareInput, ShareInput } from "../domain/commands.ts";
import {
  decideChangeShare,
  decideShare,
  decideUnshare,
  type ShareChanged,
  type ShareState,
} from "../domain/decide-share.ts";
import type { Share } from "../domain/records.ts";
import type { Refusal } from "../domain/refusal.ts";
import { resourceHead, shareHead, sharesOn, shareWithDelegations } from "../queries/snapshot.ts";
import { readCooperation } from "./cooperation.ts";
import { type ActionDeps, type Call, perform, type Receipt } from "./perform.ts";
import { sweep } from "./sweep.ts";

/** Shares one resource of the initiator. */
export function share(
  deps: ActionDeps,
  call: Call,
  cooperation: string,
  input: ShareInput,
): Promise<Receipt<ShareChanged> | Refusal> {
  const { relationships } = deps;
  const id = deps.newId();
  return perform(deps, call, {
    order: `cooperation:${cooperation}`,
    read: async () => {
      const state = await readCooperation(deps, call, cooperation);
      if ("code" in state) return state;
      const head = await resourceHead(relationships, input.resource);
      const existing = (await sharesOn(relationships, input.resource)).find(
        (other) => other.cooperation === cooperation,
      );
      return { ...state, resource: { ref: input.resource, head }, existing };
    },
    decide: (state, stamp) => decideShare(state, input, id, stamp),
  });
}

/** The state behind a share that exists. Its cooperation's head is read before anything else of it. */
export async function readShare(deps: ActionDeps, call: Call, id: string): Promise<ShareState | Refusal> {
  const { relationships } = deps;
  const { value } = await shareHead(relationships, id);
  if (value === undefined) return { code: "not_found", what: "share" };
  const cooperation = await readCooperation(deps, call, value.cooperation);
  if ("code" in cooperation) return cooperation;
  const { head: newest, delegations } = await shareWithDelegations(relationships, id);
  if (newest.value === undefined) return { code: "not_found", what: "share" };
  const ref = newest.value.resource;
  return {
    ...cooperation,
    shareHead: newest,
    share: newest.value,
    delegations,
    resource: { ref, head: await resourceHead(relationships, ref) },
    expectedN: undefined,
    expectedShareN: call.expectedN,
  };
}

/** Changes a share's role or date. */
export async function changeShare(
  deps: ActionDeps,
  call: Call,
  id: string,
  input: ChangeShareInput,
): Promise<Receipt<ShareChanged> | Refusal> {
  return onShare(deps, call, id, (state, stamp) => decideChangeShare(state, input, stamp));
}

/** Removes a share; what it leaves without effect is swept afterwards. */
export async function unshare(
  deps: ActionDeps,
  call: Call,
  id: string,
  input: { reason?: string | undefined },
): Promise<Receipt<ShareChanged> | Refusal> {
  const receipt = await onShare(deps, call, id, (state, stamp) => decideUnshare(state, input, stamp));
  if (!("code" in receipt) && receipt.outcome === "done") deps.afterwards(() => sweep(deps));
  return receipt;
}

/** The object in whose order a share's actions stand: its cooperation. A share's cooperation never changes. */
export async function orderOf(deps: ActionDeps, shareId: string): Promise<Share | undefined> {
  return (await shareHead(deps.relationships, shareId)).value;
}

async function onShare(
  deps: ActionDeps,
  call: Call,
  id: string,
  decide: Parameters<typeof perform<ShareState, ShareChanged>>[2]["decide"],
): Promise<Receipt<ShareChanged> | Refusal> {
  const known = await orderOf(deps, id);
  if (known === undefined) return { code: "not_found", what: "share" };
  return perform(deps, call, {
    order: `cooperation:${known.cooperation}`,
    read: () => readShare(deps, call, id),
    decide,
  });
}
