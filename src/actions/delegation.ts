/** Delegates a share to a person of the partner, changes that, and takes it back. */

import { userScope } from "../domain/cache-scopes.ts";
import type { DelegateInput, ReasonInput } from "../domain/commands.ts";
import {
  type DelegationChanged,
  type DelegationState,
  decideDelegate,
  decideRevoke,
} from "../domain/cooperation/decide-delegation.ts";
import type { PoliciesOfSides } from "../domain/cooperation/refuse-policy.ts";
import type { ShareId, UserId } from "../domain/ids.ts";
import type { Cooperation } from "../domain/records.ts";
import { isRefusal, type Result } from "../domain/result.ts";
import { policiesOfSides } from "../store/policies.ts";
import { isPersonOf, personHead, shareHead } from "../store/snapshot.ts";
import { inCooperation } from "./cooperation.ts";
import type { Action, Reading } from "./run/action.ts";
import { readShareOf } from "./share.ts";

type Delegated = { share: ShareId; user: UserId };
type DelegationAction = Action<DelegationState, DelegationChanged>;
type Delegating = DelegationState & { policies: PoliciesOfSides };

/** Delegates a share to a person, or changes what was delegated. */
export const delegate = (input: DelegateInput & Delegated): Action<Delegating, DelegationChanged> => ({
  ...onDelegation(input),
  read: (on) =>
    readDelegation(on, input, async (cooperation) => ({ policies: await policiesOfSides(on.reads, cooperation) })),
  decide: (state, stamp) => decideDelegate(state, input, stamp),
});

/** Takes a delegation back. */
export const revoke = (input: ReasonInput & Delegated): DelegationAction => ({
  ...onDelegation(input),
  read: (on) => readDelegation(on, input),
  decide: (state, stamp) => decideRevoke(state, input, stamp),
});

const onDelegation = ({ user }: Delegated): Omit<DelegationAction, "decide" | "read"> => ({
  lock: inCooperation.lock,
  scopes: () => [userScope(user)],
  // a refusal says something about the cooperation and the share
  revealedScopes: inCooperation.scopes,
});

/** `more`: what is decided on besides, read together with the rest. */
async function readDelegation<M extends object = object>(
  on: Reading,
  { share, user }: Delegated,
  more?: (cooperation: Cooperation) => Promise<M>,
): Promise<Result<DelegationState & M>> {
  // the person's head before all that it covers: to whom they belong, which is also read of a caller who delegates to
  // themself, and what is delegated to them
  const [person, known] = await Promise.all([personHead(on.reads, user), shareHead(on.reads, share)]);
  const readAlong = async (cooperation: Cooperation) => {
    const { partner } = cooperation;
    const [ownPerson, further] = await Promise.all([
      partner !== undefined && isPersonOf(on.reads, partner, user),
      more?.(cooperation) ?? ({} as M),
    ]);
    return { ownPerson, ...further };
  };
  const state = await readShareOf(on, share, known, readAlong, "partner");
  if (isRefusal(state)) return state;
  return { ...state, user, person, existing: state.delegations.find((delegation) => delegation.user === user) };
}
