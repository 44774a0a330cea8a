/**
 * The steps of a cooperation that exists: accept, decline, pause, resume, remove,
 * leave, its expiry, resending the invitation, and joining by it.
 */

import {
  type Changed,
  type CooperationState,
  decideExpiry,
  decideResend,
  decideStep,
  type StepInput,
} from "../domain/decide-cooperation.ts";
import { decideJoin, type JoinState } from "../domain/decide-join.ts";
import type { Instant } from "../domain/expiry.ts";
import { readToken } from "../domain/invitation-token.ts";
import type { Cooperation } from "../domain/records.ts";
import type { Refusal } from "../domain/refusal.ts";
import { ownerScope, type Scope } from "../domain/scopes.ts";
import { cooperationHead, organizationHead, standingIn } from "../queries/snapshot.ts";
import { sendLetters } from "./letters.ts";
import { type ActionDeps, type Call, perform, type Receipt } from "./perform.ts";
import { sweep } from "./sweep.ts";

export type Step = "accept" | "decline" | "pause" | "resume" | "remove" | "leave";

/** The state that every action in a cooperation is decided on; not found where there is none. */
export async function readCooperation(deps: ActionDeps, call: Call, id: string): Promise<CooperationState | Refusal> {
  const { relationships } = deps;
  const head = await cooperationHead(relationships, id);
  const cooperation = head.value;
  if (cooperation === undefined) return { code: "not_found", what: "cooperation" };
  const initiator = await standingIn(relationships, cooperation.initiator, call.caller);
  const partner = await standingIn(relationships, cooperation.partner, call.caller);
  return { head, cooperation, standings: { initiator, partner }, expectedN: call.expectedN };
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
    read: async () => {
      const state = await readCooperation(deps, call, id);
      // only who accepts binds the partner: its head is replaced with the answer
      if ("code" in state || step !== "accept" || state.cooperation.partner === undefined) return state;
      return { ...state, partner: await organizationHead(deps.relationships, state.cooperation.partner) };
    },
    decide: (state: CooperationState, stamp) => decideStep(state, step, input, stamp),
    scopes: initiatorsScope,
  });
  if (!("code" in receipt) && receipt.outcome === "done" && receipt.value.cooperation.status === "ended")
    deps.afterwards(() => sweep(deps));
  return receipt;
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
): Promise<(Receipt<Changed> & { mail: "sent" | "failed" | "none" }) | Refusal> {
  const receipt = await perform(deps, call, {
    order: `cooperation:${id}`,
    read: () => readCooperation(deps, call, id),
    decide: (state: CooperationState, stamp) => decideResend(state, input, stamp),
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
      return { head, cooperation: head.value, joining, standing, tokenN: token.n, ttlDays: invitation.ttlDays };
    },
    decide: (state: JoinState, stamp) => decideJoin(state, input, stamp),
    scopes: initiatorsScope,
  });
}
