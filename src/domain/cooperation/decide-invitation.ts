/**
 * Decides the beginning of a cooperation: the invitation, and who may still join by
 * it. Pure: everything it needs is in its arguments, the time included.
 */

import type { InviteInput, ReasonInput } from "../commands.ts";
import { instant } from "../expiry.ts";
import { type CooperationId, idOfType, type ShareId } from "../ids.ts";
import { type Membership, refuseUnlessAdmin } from "../membership.ts";
import { type Decision, type EntryFacts, type Plan, planned, type Stamp, same } from "../plan.ts";
import type { PolicyOf } from "../policy.ts";
import {
  alive,
  type Cooperation,
  type Head,
  type Invitation,
  incarnationOf,
  NO_HASH,
  type Organization,
  type Share,
} from "../records.ts";
import type { Refusal } from "../refusal.ts";
import { isRefusal } from "../result.ts";
import { tuplesOfCooperation } from "../state-tuples.ts";
import { difference } from "../tuples.ts";
import { countInvitation, type InvitationLimits, refuseInvitation, touchAnswered, touchSent } from "./cool-down.ts";
import { type Changed, changeCooperation, stepOrRefuse } from "./decide-cooperation.ts";
import { newShare, type SharedResource } from "./decide-share.ts";
import { refuseCooperationDates } from "./refuse-dates.ts";
import { type PoliciesOfSides, refuseBond, refuseCooperation } from "./refuse-policy.ts";
import { touchOrganization, withoutAddress } from "./touch.ts";

/** What an invitation is decided on. `partner` is the known organization that was named or confirmed. */
export type InviteState = {
  initiator: Head<Organization>;
  membership: Membership;
  partner?: Head<Organization> | undefined;
  /** Whether the invited address belongs to a person of the initiator. */
  ownAddress: boolean;
  /** The initiator's invitations that wait for an answer: no more than `atMost`, and among them any to the same partner. */
  open: { atMost: number; found: Cooperation[] };
  resources: SharedResource[];
  /** The earlier invitations between the two sides, also of cooperations that have ended. */
  invitation: Head<Invitation>;
  limits: InvitationLimits;
  /** The initiator's. */
  policy: PolicyOf;
};

/** Fresh ids, as many as the decision may need. */
export type FreshIds = { cooperation: CooperationId; shares: ShareId[] };

export type InvitationDecided = { cooperation: Cooperation; shares: Share[] };

/** An invitation by address (`invited`), or to a known organization (`pending`), with its first shares. */
export function decideInvite(
  state: InviteState,
  input: InviteInput,
  ids: FreshIds,
  stamp: Stamp,
): Decision<InvitationDecided> {
  const initiator = idOfType("organization", state.initiator.object);
  const partner = state.partner && idOfType("organization", state.partner.object);
  const refusal = refuseUnlessAdmin(initiator, state.membership);
  if (refusal) return refusal;
  if (state.ownAddress || partner === initiator) return { code: "own_organization" };
  if (state.partner && alive(state.partner) === undefined) return { code: "not_found", what: "organization" };
  const twin = state.open.found.find((other) =>
    partner === undefined
      ? other.email === input.email && other.partner === undefined
      : other.partner === partner && isSameIncarnation(other.partner_incarnation, state.partner?.value),
  );
  if (twin) return { code: "already_invited", cooperation: twin.id };
  const cooperation: Cooperation = {
    id: ids.cooperation,
    status: partner === undefined ? "invited" : "pending",
    initiator,
    initiator_incarnation: state.initiator.value?.incarnation,
    partner,
    partner_incarnation: state.partner?.value?.incarnation,
    email: input.email,
    language: input.language,
    invitation: partner === undefined ? 1 : 0,
    sent_at: instant(stamp.now),
    starts_at: input.starts_at,
    expires_at: input.expires_at,
    review_by: input.review_by,
    spelling: "plain",
    shares: input.shares?.length ?? 0,
    created_at: instant(stamp.now),
    created_by: stamp.actor,
  };
  const unfit =
    refuseCooperationDates(undefined, cooperation, stamp.now) ??
    refuseCooperation(state.policy, cooperation, stamp.now) ??
    refuseInvitation(state, state.limits, stamp.now);
  if (unfit) return unfit;
  const object = `cooperation:${cooperation.id}`;
  const plan: Plan = { touches: [], ...difference([], tuplesOfCooperation(cooperation)) };
  const shares: Share[] = [];
  for (const [index, asked] of (input.shares ?? []).entries()) {
    const resource = state.resources[index];
    const id = ids.shares[index];
    if (resource === undefined || id === undefined) throw new Error("fewer resources or ids than shares");
    const made = newShare({ cooperation, resource, policy: state.policy }, asked, id, stamp);
    if (isRefusal(made)) return made;
    shares.push(made.share);
    plan.touches.push(...made.touches);
    plan.writes.push(...made.writes);
  }
  const after = { ...withoutAddress(cooperation), with: shares };
  const entry: EntryFacts = { action: "invite", object, after, reason: { side: "initiator", text: input.reason } };
  plan.touches.push(
    { head: { object, n: 0, hash: NO_HASH, value: undefined }, record: cooperation, entry },
    touchOrganization(counted(state, stamp.now), "invite", cooperation),
    // nothing is written to the invited organization before it answers: anybody may invite it (law 18)
    touchSent(state.invitation, cooperation.id, stamp),
  );
  return planned(plan, { cooperation, shares });
}

/** An offer to an organization that is deleted by now is none to the one that has its id. */
const isSameIncarnation = (of: number | undefined, now: Organization | undefined) =>
  incarnationOf(of) === incarnationOf(now?.incarnation);

const counted = ({ initiator, open }: InviteState, now: Date): Head<Organization> => ({
  ...initiator,
  value: initiator.value && countInvitation(initiator.value, open, now),
});

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
  /** The initiator's, and that of the organization that wants to join. */
  policies: PoliciesOfSides;
};

/** Joins the cooperation with the token of its invitation. Needs the token, not the address. */
export function decideJoin(state: JoinState, input: ReasonInput, stamp: Stamp): Decision<Changed> {
  const { cooperation, head } = state;
  const joining = idOfType("organization", state.joining.object);
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
  const unwanted = refuseBond(cooperation, joining, state.policies, stamp.now);
  if (unwanted) return unwanted;
  const after: Cooperation = {
    ...cooperation,
    status: next.to,
    partner: joining,
    partner_since: head.n + 1,
    partner_incarnation: state.joining.value?.incarnation,
    accepted_at: instant(stamp.now),
  };
  const reason = { side: "partner", text: input.reason } as const;
  const plan = changeCooperation(state, after, "join", reason);
  plan.touches.push(touchOrganization(state.joining, "join", after));
  if (state.invitation !== undefined)
    plan.touches.push(touchAnswered(state.invitation, "accept", cooperation.id, stamp));
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
