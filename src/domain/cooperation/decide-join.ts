/** Decides who joins by the token of an invitation, and whether a token is still valid. Pure. */

import { instant } from "../expiry.ts";
import { type Membership, type Memberships, refuseUnlessAdmin } from "../membership.ts";
import { type Decision, planned, type Stamp, same } from "../plan.ts";
import type { Cooperation, Head, Invitation, Organization } from "../records.ts";
import type { Refusal } from "../refusal.ts";
import { isRefusal } from "../result.ts";
import { touchAnswered } from "./cool-down.ts";
import { type Changed, changeCooperation, type StepInput, stepOrRefuse } from "./decide-cooperation.ts";
import { knownOrganization, touchOrganization } from "./touch.ts";

export type JoinState = {
  head: Head<Cooperation>;
  cooperation: Cooperation;
  /** The organization that wants to join, and what the actor is in it. */
  joining: Head<Organization>;
  membership: Membership;
  /** The earlier invitations from the initiator to the invited address. */
  invitation?: Head<Invitation> | undefined;
  /** The number in the token, already verified to be ours. */
  tokenN: number;
  ttlDays: number;
};

/** Joins the cooperation with the token of its invitation. Needs the token, not the address. */
export function decideJoin(state: JoinState, input: StepInput, stamp: Stamp): Decision<Changed> {
  const { cooperation, head } = state;
  const joining = state.joining.object.slice("organization:".length);
  const unfit = tokenProblem(cooperation, state.tokenN, state.ttlDays, stamp.now);
  if (unfit) return unfit;
  const refusal = refuseUnlessAdmin(joining, state.membership);
  if (refusal) return refusal;
  if (joining === cooperation.initiator) return { code: "own_organization" };
  const next = stepOrRefuse(cooperation, "join", stamp.now);
  if (isRefusal(next)) return next;
  // another organization used the invitation: nobody else can use it again
  if (next.kind === "same")
    return cooperation.partner === joining
      ? same({ before: cooperation, cooperation })
      : { code: "invalid_invitation" };
  const after: Cooperation = {
    ...cooperation,
    status: next.to,
    partner: joining,
    partner_since: head.n + 1,
    partner_incarnation: state.joining.value?.incarnation,
    accepted_at: instant(stamp.now),
  };
  const memberships: Memberships = { initiator: "none", partner: state.membership };
  const reason = { side: "partner", text: input.reason } as const;
  const plan = changeCooperation({ head, cooperation, memberships }, after, "join", reason);
  plan.touches.push(touchOrganization(knownOrganization(state.joining), "join", after));
  if (state.invitation !== undefined) plan.touches.push(touchAnswered(state.invitation, "accept", stamp));
  return planned(plan, { before: cooperation, cooperation: after });
}

/** Why a token is not valid: replaced by a newer one, for a cooperation without an invitation, or too old. */
export function tokenProblem(cooperation: Cooperation, n: number, ttlDays: number, now: Date): Refusal | undefined {
  if (n < 1 || n !== cooperation.invitation || cooperation.sent_at === undefined) return { code: "invalid_invitation" };
  const endsAt = Date.parse(cooperation.sent_at) + ttlDays * 24 * 60 * 60 * 1000;
  // who has joined already may ask again whenever they like: nothing happens
  if (cooperation.status === "invited" && now.getTime() >= endsAt) return { code: "invitation_expired" };
  return undefined;
}
