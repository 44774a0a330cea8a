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
import { personHead, roleOf } from "../store/snapshot.ts";
import { inCooperation } from "./cooperation.ts";
import type { Action, Reading } from "./run/action.ts";
import { readShare } from "./share.ts";

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
  const reading = personHead(on.reads, user);
  const [person, state] = await Promise.all([
    reading,
    readShare(on, share, async ({ partner }) => {
      // the head before what it covers: to whom the person belongs
      await reading;
      return { ownPerson: partner !== undefined && (await roleOf(on.reads, partner, user)) !== undefined };
    }),
  ]);
  if (isRefusal(state)) return state;
  return { ...state, user, person, existing: state.delegations.find((delegation) => delegation.user === user) };
}
