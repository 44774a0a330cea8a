/** Delegates a share to a person of the partner, changes that, and takes it back. */

import { userScope } from "../domain/cache-scopes.ts";
import type { DelegateInput } from "../domain/commands.ts";
import {
  type DelegationChanged,
  type DelegationState,
  decideDelegate,
  decideRevoke,
} from "../domain/cooperation/decide-delegation.ts";
import { isRefusal, type Result } from "../domain/result.ts";
import { personHead, roleOf } from "../store/snapshot.ts";
import { initiatorsScope } from "./cooperation.ts";
import { type ActionDeps, type ActionOf, type Call, perform, type Receipt } from "./run/perform.ts";
import { cooperationOf, readShare } from "./share.ts";

export function delegate(
  deps: ActionDeps,
  call: Call,
  share: string,
  user: string,
  input: DelegateInput,
): Promise<Result<Receipt<DelegationChanged>>> {
  return onDelegation(deps, call, share, user, (state, stamp) => decideDelegate(state, input, stamp));
}

export function revoke(
  deps: ActionDeps,
  call: Call,
  share: string,
  user: string,
  input: { reason?: string | undefined },
): Promise<Result<Receipt<DelegationChanged>>> {
  return onDelegation(deps, call, share, user, (state, stamp) => decideRevoke(state, input, stamp));
}

async function onDelegation(
  deps: ActionDeps,
  call: Call,
  share: string,
  user: string,
  decide: ActionOf<DelegationState, DelegationChanged>["decide"],
): Promise<Result<Receipt<DelegationChanged>>> {
  const cooperation = await cooperationOf(deps, share);
  if (cooperation === undefined) return { code: "not_found", what: "share" };
  return perform(deps, call, {
    lock: `cooperation:${cooperation}`,
    read: () => readDelegation(deps, call, share, cooperation, user),
    decide,
    scopes: () => [userScope(user)],
    // a refusal tells how the cooperation and the share stand
    revealedScopes: initiatorsScope,
  });
}

async function readDelegation(
  deps: ActionDeps,
  call: Call,
  share: string,
  cooperation: string,
  user: string,
): Promise<Result<DelegationState>> {
  const { tupleStore } = deps;
  const person = await personHead(tupleStore, user);
  const state = await readShare(deps, call, share, cooperation);
  if (isRefusal(state)) return state;
  const { partner } = state.cooperation;
  return {
    ...state,
    user,
    person,
    ownPerson: partner !== undefined && (await roleOf(tupleStore, partner, user)) !== undefined,
    existing: state.delegations.find((delegation) => delegation.user === user),
  };
}
