/**
 * The steps of a cooperation that exists: accept, decline, pause, resume, remove,
 * leave, its expiry, resending the invitation, and joining by it.
 */

import { type CacheScope, ownerScope } from "../domain/cache-scopes.ts";
import {
  type Changed,
  type CooperationState,
  decideExpiry,
  decideResend,
  decideStep,
  type StepInput,
  type StepState,
} from "../domain/cooperation/decide-cooperation.ts";
import { decideJoin, type JoinState } from "../domain/cooperation/decide-join.ts";
import { readToken } from "../domain/cooperation/invitation-token.ts";
import { LIFECYCLE } from "../domain/cooperation/lifecycle.ts";
import type { Instant } from "../domain/expiry.ts";
import type { Cooperation, Head, Invitation } from "../domain/records.ts";
import { isRefusal, type Result } from "../domain/result.ts";
import { sharedNow } from "../queries/views/cooperations.ts";
import {
  cooperationHead,
  cooperationIdsOf,
  invitationHead,
  organizationHead,
  standingIn,
  standingsIn,
} from "../store/snapshot.ts";
import { type MailState, sendLetters } from "./letters.ts";
import { type ActionDeps, type Call, perform, type Receipt } from "./run/perform.ts";
import { sweep } from "./sweep.ts";

export type LifecycleStep = "accept" | "decline" | "pause" | "resume" | "remove" | "leave";

/** The state that every action in a cooperation is decided on; not found where there is none. */
export async function readCooperation(deps: ActionDeps, call: Call, id: string): Promise<Result<CooperationState>> {
  const { tupleStore } = deps;
  const head = await cooperationHead(tupleStore, id);
  const cooperation = head.value;
  if (cooperation === undefined) return { code: "not_found", what: "cooperation" };
  const standings = await standingsIn(tupleStore, cooperation, call.caller);
  return { head, cooperation, standings, expected: call.expected };
}

/** A cooperation and its shares reach the initiator's resources alone. */
export const initiatorsScope = ({ cooperation }: { cooperation: Cooperation }): CacheScope[] => [
  ownerScope(cooperation.initiator),
];

/** Takes a step of the lifecycle table. What an ending leaves without effect is swept afterwards. */
export async function takeStep(
  deps: ActionDeps,
  call: Call,
  id: string,
  step: LifecycleStep,
  input: StepInput,
): Promise<Result<Receipt<Changed>>> {
  const receipt = await perform(deps, call, {
    lock: `cooperation:${id}`,
    read: () => readStep(deps, call, id, step),
    decide: (state: StepState, stamp) => decideStep(state, step, input, stamp),
    scopes: initiatorsScope,
  });
  if (!isRefusal(receipt) && receipt.outcome === "done" && receipt.value.cooperation.status === "ended")
    deps.inBackground(() => sweep(deps));
  return receipt;
}

/** Declines what an organization never answered, on the word of the service that deletes it. */
export async function declineOffers(deps: ActionDeps, call: Call, organization: string): Promise<void> {
  // the precondition is of the organization; all else holds for these too
  const declining: Call = { ...call, expected: undefined };
  const ids = await cooperationIdsOf(deps.tupleStore, organization, "partner");
  for (const id of ids) {
    const receipt = await perform(deps, declining, {
      lock: `cooperation:${id}`,
      read: async (): Promise<Result<StepState>> => {
        const state = await readStep(deps, declining, id, "decline");
        return isRefusal(state) ? state : { ...state, standings: { ...state.standings, partner: "admin" } };
      },
      decide: (state: StepState, stamp) => decideStep(state, "decline", {}, stamp),
      scopes: initiatorsScope,
    });
    if (!isRefusal(receipt) && receipt.outcome === "done") deps.inBackground(() => sweep(deps));
  }
}

/** The state behind a step. Its sides' heads are read where it binds the partner, and where what it ends is to be seen as it was. */
async function readStep(deps: ActionDeps, call: Call, id: string, step: LifecycleStep): Promise<Result<StepState>> {
  const { tupleStore } = deps;
  const state = await readCooperation(deps, call, id);
  if (isRefusal(state)) return state;
  const { cooperation } = state;
  // what changes nothing needs no more than this
  if (step === "pause" || step === "resume" || ["same", "no"].includes(LIFECYCLE[step][cooperation.status]))
    return state;
  const partner =
    cooperation.partner === undefined ? undefined : await organizationHead(tupleStore, cooperation.partner);
  const answers = step === "accept" || step === "decline";
  const invitation = answers ? await invitationHead(tupleStore, cooperation) : undefined;
  if (step === "accept") return { ...state, partner, invitation };
  const initiator = await organizationHead(tupleStore, cooperation.initiator);
  return { ...state, initiator, partner, invitation, sharedAtEnd: await sharedNow(tupleStore, id) };
}

/** Sets or clears the expiry of the whole cooperation. */
export function changeExpiry(
  deps: ActionDeps,
  call: Call,
  id: string,
  input: { expires_at?: Instant | null | undefined; reason?: string | undefined },
): Promise<Result<Receipt<Changed>>> {
  return perform(deps, call, {
    lock: `cooperation:${id}`,
    read: () => readCooperation(deps, call, id),
    decide: (state: CooperationState, stamp) => decideExpiry(state, input, stamp),
    scopes: initiatorsScope,
  });
}

/** Sends the invitation or the notice again; an invitation's old token is dead from then on. */
export async function resend(
  deps: ActionDeps,
  call: Call,
  id: string,
  input: StepInput,
): Promise<Result<Receipt<Changed> & { mail: MailState }>> {
  const receipt = await perform(deps, call, {
    lock: `cooperation:${id}`,
    read: async (): Promise<Result<CooperationState & { invitation: Head<Invitation> }>> => {
      const state = await readCooperation(deps, call, id);
      if (isRefusal(state)) return state;
      return { ...state, invitation: await invitationHead(deps.tupleStore, state.cooperation) };
    },
    decide: (state, stamp) => decideResend(state, input, stamp),
    // a mail changes no answer
    scopes: () => [],
    revealedScopes: initiatorsScope,
  });
  if (isRefusal(receipt)) return receipt;
  const mail = receipt.outcome === "done" ? await sendLetters(deps, receipt.value.cooperation) : "none";
  return { ...receipt, mail };
}

/** Joins by a token, for an organization that the actor is admin of. */
export async function join(
  deps: ActionDeps,
  call: Call,
  input: { token: string; organization: string; reason?: string | undefined },
): Promise<Result<Receipt<Changed>>> {
  const { tupleStore, invitation } = deps;
  const token = readToken(invitation.secret, input.token);
  if (token === undefined) return { code: "invalid_invitation" };
  return perform(deps, call, {
    lock: `cooperation:${token.cooperation}`,
    read: async (): Promise<Result<JoinState>> => {
      const head = await cooperationHead(tupleStore, token.cooperation);
      if (head.value === undefined) return { code: "invalid_invitation" };
      const joining = await organizationHead(tupleStore, input.organization);
      const standing = await standingIn(tupleStore, input.organization, call.caller);
      const sent = head.value.partner === undefined ? await invitationHead(tupleStore, head.value) : undefined;
      const { ttlDays } = invitation;
      return { head, cooperation: head.value, joining, standing, invitation: sent, tokenN: token.n, ttlDays };
    },
    decide: (state: JoinState, stamp) => decideJoin(state, input, stamp),
    scopes: initiatorsScope,
  });
}
