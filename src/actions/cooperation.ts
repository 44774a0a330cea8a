/**
 * The steps of a cooperation that exists: accept, decline, pause, resume, remove,
 * leave, its expiry, resending the invitation, and joining by it.
 */

import { ownerScope, type Scope } from "../domain/cache-scopes.ts";
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
import type { Refusal } from "../domain/refusal.ts";
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

export type Step = "accept" | "decline" | "pause" | "resume" | "remove" | "leave";

/** The state that every action in a cooperation is decided on; not found where there is none. */
export async function readCooperation(deps: ActionDeps, call: Call, id: string): Promise<CooperationState | Refusal> {
  const { relationships } = deps;
  const head = await cooperationHead(relationships, id);
  const cooperation = head.value;
  if (cooperation === undefined) return { code: "not_found", what: "cooperation" };
  const standings = await standingsIn(relationships, cooperation, call.caller);
  return { head, cooperation, standings, expected: call.expected };
}

/** A cooperation and its shares reach the initiator's resources alone. */
export const initiatorsScope = ({ cooperation }: { cooperation: Cooperation }): Scope[] => [
  ownerScope(cooperation.initiator),
];

/** Takes a step of the lifecycle table. What an ending leaves without effect is swept afterwards. */
export async function takeStep(
  deps: ActionDeps,
  call: Call,
  id: string,
  step: Step,
  input: StepInput,
): Promise<Receipt<Changed> | Refusal> {
  const receipt = await perform(deps, call, {
    order: `cooperation:${id}`,
    read: () => readStep(deps, call, id, step),
    decide: (state: StepState, stamp) => decideStep(state, step, input, stamp),
    scopes: initiatorsScope,
  });
  if (!("code" in receipt) && receipt.outcome === "done" && receipt.value.cooperation.status === "ended")
    deps.afterwards(() => sweep(deps));
  return receipt;
}

/** Declines what an organization never answered, on the word of the service that deletes it. */
export async function declineOffers(deps: ActionDeps, call: Call, organization: string): Promise<void> {
  // the precondition is of the organization; all else holds for these too
  const declining: Call = { ...call, expected: undefined };
  const ids = await cooperationIdsOf(deps.relationships, organization, "partner");
  for (const id of ids) {
    const receipt = await perform(deps, declining, {
      order: `cooperation:${id}`,
      read: async (): Promise<StepState | Refusal> => {
        const state = await readStep(deps, declining, id, "decline");
        return "code" in state ? state : { ...state, standings: { ...state.standings, partner: "admin" } };
      },
      decide: (state: StepState, stamp) => decideStep(state, "decline", {}, stamp),
      scopes: initiatorsScope,
    });
    if (!("code" in receipt) && receipt.outcome === "done") deps.afterwards(() => sweep(deps));
  }
}

/** The state behind a step. Its sides' heads are read where it binds the partner, and where what it ends is to be seen as it was. */
async function readStep(deps: ActionDeps, call: Call, id: string, step: Step): Promise<StepState | Refusal> {
  const { relationships } = deps;
  const state = await readCooperation(deps, call, id);
  if ("code" in state) return state;
  const { cooperation } = state;
  // what changes nothing needs no more than this
  if (step === "pause" || step === "resume" || ["same", "no"].includes(LIFECYCLE[step][cooperation.status]))
    return state;
  const partner =
    cooperation.partner === undefined ? undefined : await organizationHead(relationships, cooperation.partner);
  const answers = step === "accept" || step === "decline";
  const invitation = answers ? await invitationHead(relationships, cooperation) : undefined;
  if (step === "accept") return { ...state, partner, invitation };
  const initiator = await organizationHead(relationships, cooperation.initiator);
  return { ...state, initiator, partner, invitation, sharedAtEnd: await sharedNow(relationships, id) };
}

/** Sets or clears the expiry of the whole cooperation. */
export function changeExpiry(
  deps: ActionDeps,
  call: Call,
  id: string,
  input: { expires_at?: Instant | null | undefined; reason?: string | undefined },
): Promise<Receipt<Changed> | Refusal> {
  return perform(deps, call, {
    order: `cooperation:${id}`,
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
): Promise<(Receipt<Changed> & { mail: MailState }) | Refusal> {
  const receipt = await perform(deps, call, {
    order: `cooperation:${id}`,
    read: async (): Promise<(CooperationState & { invitation: Head<Invitation> }) | Refusal> => {
      const state = await readCooperation(deps, call, id);
      if ("code" in state) return state;
      return { ...state, invitation: await invitationHead(deps.relationships, state.cooperation) };
    },
    decide: (state, stamp) => decideResend(state, input, stamp),
    // a mail changes no answer
    scopes: () => [],
    toldOf: initiatorsScope,
  });
  if ("code" in receipt) return receipt;
  const mail = receipt.outcome === "done" ? await sendLetters(deps, receipt.value.cooperation) : "none";
  return { ...receipt, mail };
}

/** Joins by a token, for an organization that the actor is admin of. */
export async function join(
  deps: ActionDeps,
  call: Call,
  input: { token: string; organization: string; reason?: string | undefined },
): Promise<Receipt<Changed> | Refusal> {
  const { relationships, invitation } = deps;
  const token = readToken(invitation.secret, input.token);
  if (token === undefined) return { code: "invalid_invitation" };
  return perform(deps, call, {
    order: `cooperation:${token.cooperation}`,
    read: async (): Promise<JoinState | Refusal> => {
      const head = await cooperationHead(relationships, token.cooperation);
      if (head.value === undefined) return { code: "invalid_invitation" };
      const joining = await organizationHead(relationships, input.organization);
      const standing = await standingIn(relationships, input.organization, call.caller);
      const sent = head.value.partner === undefined ? await invitationHead(relationships, head.value) : undefined;
      const { ttlDays } = invitation;
      return { head, cooperation: head.value, joining, standing, invitation: sent, tokenN: token.n, ttlDays };
    },
    decide: (state: JoinState, stamp) => decideJoin(state, input, stamp),
    scopes: initiatorsScope,
  });
}
