/** Delegates a share to a person of the partner, changes that, and takes it back. */

import { userScope } from "../domain/cache-scopes.ts";
import type { DelegateInput, ReasonInput } from "../domain/commands.ts";
import {
  type DelegationChanged,
  type DelegationState,
  decideDelegate,
  decideRevoke,
} from "../domain/cooperation/decide-delegation.ts";
import type { ShareId, UserId } from "../domain/ids.ts";
import { isRefusal, type Result } from "../domain/result.ts";
import { personHead, roleOf, shareHead } from "../store/snapshot.ts";
import { inCooperation } from "./cooperation.ts";
import type { Action, Reading } from "./run/action.ts";
import { readShareOf } from "./share.ts";

type Delegated = { share: ShareId; user: UserId };
type DelegationAction = Action<DelegationState, DelegationChanged>;

/** Delegates a share to a person, or changes what was delegated. */
export const delegate = (input: DelegateInput & Delegated): DelegationAction => ({
  ...onDelegation(input),
  decide: (state, stamp) => decideDelegate(state, input, stamp),
});

/** Takes a delegation back. */
export const revoke = (input: ReasonInput & Delegated): DelegationAction => ({
  ...onDelegation(input),
  decide: (state, stamp) => decideRevoke(state, input, stamp),
});

const onDelegation = ({ share, user }: Delegated): Omit<DelegationAction, "decide"> => ({
  lock: inCooperation.lock,
  read: (on) => readDelegation(on, share, user),
  scopes: () => [userScope(user)],
  // a refusal says something about the cooperation and the share
  revealedScopes: inCooperation.scopes,
});

async function readDelegation(on: Reading, share: ShareId, user: UserId): Promise<Result<DelegationState>> {
  // the person's head before all that it covers: to whom they belong, which is also read of a caller who delegates to
  // themself, and what is delegated to them
  const [person, known] = await Promise.all([personHead(on.reads, user), shareHead(on.reads, share)]);
  const state = await readShareOf(on, share, known, async ({ partner }) => ({
    ownPerson: partner !== undefined && (await roleOf(on.reads, partner, user)) !== undefined,
  }));
  if (isRefusal(state)) return state;
  return { ...state, user, person, existing: state.delegations.find((delegation) => delegation.user === user) };
}
