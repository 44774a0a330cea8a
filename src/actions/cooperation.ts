/**
 * The steps of a cooperation that exists: accept, decline, pause, resume, remove,
 * leave, its dates, its review, resending the invitation, and joining by it.
 */

import { type CacheScope, ownerScope } from "../domain/cache-scopes.ts";
import type { ChangeCooperationInput, JoinInput, PauseInput, ReasonInput, ReviewInput } from "../domain/commands.ts";
import {
  type Changed,
  type CooperationState,
  decideDates,
  decideStep,
  type LifecycleStep,
  type StepState,
} from "../domain/cooperation/decide-cooperation.ts";
import { decideJoin, type JoinState } from "../domain/cooperation/decide-invitation.ts";
import { decideResend } from "../domain/cooperation/decide-resend.ts";
import { decideReview } from "../domain/cooperation/decide-review.ts";
import { readToken } from "../domain/cooperation/invitation-token.ts";
import { LIFECYCLE } from "../domain/cooperation/lifecycle.ts";
import type { Side } from "../domain/history.ts";
import type { CooperationId } from "../domain/ids.ts";
import type { PolicyOf } from "../domain/policy.ts";
import type { Cooperation, Head, Invitation } from "../domain/records.ts";
import { isRefusal, type Result } from "../domain/result.ts";
import { sharedNow } from "../queries/views/cooperations.ts";
import { actingIn, membershipsIn } from "../store/acting.ts";
import { policiesOfSides, policyOf } from "../store/policies.ts";
import { cooperationHead, invitationHead, organizationHead } from "../store/snapshot.ts";
import { type MailState, sendLetters } from "./letters.ts";
import type { Action, Reading } from "./run/action.ts";
import { sweep } from "./sweep.ts";

/**
 * The state that every action in a cooperation is decided on; not found where there is none. `more` is what an action
 * is decided on besides: it is read together with the memberships, behind the cooperation's head. `by`: the side that acts,
 * where one does.
 */
export async function readCooperation<M extends object = object>(
  on: Reading,
  id: CooperationId,
  more?: (cooperation: Cooperation) => Promise<M>,
  by?: Side,
): Promise<Result<CooperationState & M>> {
  const head = await cooperationHead(on.reads, id);
  const cooperation = head.value;
  if (cooperation === undefined) return { code: "not_found", what: "cooperation" };
  const [memberships, further] = await Promise.all([
    membershipsIn(on.reads, cooperation, on.caller, by),
    more?.(cooperation) ?? ({} as M),
  ]);
  return { head, cooperation, memberships, expected: on.expected, ...further };
}

/** The actions in one cooperation wait for each other, and reach the initiator's resources alone. */
export const inCooperation = {
  lock: ({ head }: { head: Head<Cooperation> }): string => head.object,
  scopes: ({ cooperation }: { cooperation: Cooperation }): CacheScope[] => [ownerScope(cooperation.initiator)],
};

/** Takes a step of the lifecycle table. What an ending leaves without effect is swept in the background. */
export const takeStep = ({
  cooperation: id,
  step,
  ...input
}: PauseInput & { cooperation: CooperationId; step: LifecycleStep }): Action<StepState, Changed> => ({
  ...inCooperation,
  read: (on) => readStep(on, id, step),
  decide: (state, stamp) => decideStep(state, step, input, stamp),
  after: async (deps, { cooperation }) => {
    if (cooperation.status === "ended") await sweep(deps);
  },
});

/** Declines what an organization never answered, for the service that deletes the organization. */
export function declineOffer(input: { cooperation: CooperationId }): Action<StepState, Changed> {
  const decline = takeStep({ ...input, step: "decline" });
  return {
    ...decline,
    read: async (on) => {
      const state = await decline.read(on);
      return isRefusal(state) ? state : { ...state, memberships: { ...state.memberships, partner: "admin" } };
    },
  };
}

/** The state that a step is decided on. The heads of its sides are read where the step binds the partner, or ends the cooperation, which keeps their names. */
function readStep(on: Reading, id: CooperationId, step: LifecycleStep): Promise<Result<StepState>> {
  const { reads } = on;
  return readCooperation(on, id, async (cooperation) => {
    const to = LIFECYCLE[step][cooperation.status];
    const ends = to === "ended";
    const isAccepted = step === "accept" && to === "active";
    // what binds nobody and ends nothing needs no more than the cooperation
    if (!ends && !isAccepted) return {};
    const isAnswer = isAccepted || step === "decline";
    const [partner, invitation, initiator, sharedAtEnd] = await Promise.all([
      cooperation.partner === undefined ? undefined : organizationHead(reads, cooperation.partner),
      isAnswer ? invitationHead(reads, cooperation) : undefined,
      ends ? organizationHead(reads, cooperation.initiator) : undefined,
      ends ? sharedNow(reads, id) : undefined,
    ]);
    // behind the partner's head, which its policy replaces
    const policies = isAccepted ? await policiesOfSides(reads, cooperation) : undefined;
    return { partner, invitation, policies, ...(ends && { initiator, sharedAtEnd }) };
  });
}

/** What the actions have in common that are decided on the cooperation alone. */
export const onCooperation = (id: CooperationId): Omit<Action<CooperationState, Changed>, "decide"> => ({
  ...inCooperation,
  read: (on) => readCooperation(on, id),
});

/** The same where the initiator's policy is held to what is set. */
const underPolicy = (id: CooperationId): Omit<Action<CooperationState & { policy: PolicyOf }, Changed>, "decide"> => ({
  ...inCooperation,
  read: (on) => readCooperation(on, id, async ({ initiator }) => ({ policy: await policyOf(on.reads, initiator) })),
});

/** Sets or clears the dates of the whole cooperation. */
export const changeDates = (
  input: ChangeCooperationInput & { cooperation: CooperationId },
): Action<CooperationState & { policy: PolicyOf }, Changed> => ({
  ...underPolicy(input.cooperation),
  decide: (state, stamp) => decideDates(state, input, stamp),
});

/** Reviews the cooperation: it is confirmed, until the day of the next review. */
export const review = (
  input: ReviewInput & { cooperation: CooperationId },
): Action<CooperationState & { policy: PolicyOf }, Changed> => ({
  ...underPolicy(input.cooperation),
  decide: (state, stamp) => decideReview(state, input, stamp),
});

/** Sends the invitation or the notice again; the invitation's old token is void from then on. */
export const resend = (
  input: ReasonInput & { cooperation: CooperationId },
): Action<CooperationState & { invitation: Head<Invitation>; policy: PolicyOf }, Changed, MailState> => ({
  ...inCooperation,
  read: (on) =>
    readCooperation(on, input.cooperation, async (cooperation) => {
      const [invitation, policy] = await Promise.all([
        invitationHead(on.reads, cooperation),
        policyOf(on.reads, cooperation.initiator),
      ]);
      return { invitation, policy };
    }),
  decide: (state, stamp) => decideResend(state, input, stamp),
  // a mail changes no answer
  scopes: () => [],
  revealedScopes: inCooperation.scopes,
  after: (deps, { cooperation }) => sendLetters(deps, cooperation),
});

/** Joins by a token, for an organization that the actor is admin of. */
export const join = (input: JoinInput): Action<JoinState, Changed> => ({
  ...inCooperation,
  read: async ({ reads, caller, invitation: { secret, ttlDays } }) => {
    const token = readToken(secret, input.token);
    if (token === undefined) return { code: "invalid_invitation" };
    const head = await cooperationHead(reads, token.cooperation);
    if (head.value === undefined) return { code: "invalid_invitation" };
    const { initiator, partner } = head.value;
    const [joining, invitation] = await Promise.all([
      organizationHead(reads, input.organization),
      partner === undefined ? invitationHead(reads, head.value) : undefined,
    ]);
    // behind the head of who joins, which its policy replaces
    const [membership, policies] = await Promise.all([
      actingIn(reads, input.organization, caller),
      policiesOfSides(reads, { initiator, partner: input.organization }),
    ]);
    return { head, cooperation: head.value, joining, membership, invitation, policies, tokenN: token.n, ttlDays };
  },
  decide: (state, stamp) => decideJoin(state, input, stamp),
});
