/**
 * Decides the beginning of a cooperation: the invitation, and who may still join by
 * it. Pure: everything it needs is in its arguments, the time included.
 */

import type { InviteInput } from "../commands.ts";
import { hasPassed, instant } from "../expiry.ts";
import { type Membership, refuseUnlessAdmin } from "../membership.ts";
import { type Decision, type Plan, planned, type Stamp } from "../plan.ts";
import {
  type Cooperation,
  type Head,
  type Invitation,
  incarnationOf,
  NO_HASH,
  type Organization,
  type Share,
} from "../records.ts";
import { isRefusal } from "../result.ts";
import { tuplesOfCooperation } from "../state-tuples.ts";
import { difference } from "../tuples.ts";
import { countInvitation, type InvitationLimits, refuseInvitation, touchSent } from "./cool-down.ts";
import { newShare, type SharedResource } from "./new-share.ts";
import { touchOrganization, withoutAddress } from "./touch.ts";

/** What an invitation is decided on. `partner` is the known organization that was named or confirmed. */
export type InviteState = {
  initiator: Head<Organization>;
  membership: Membership;
  partner?: Head<Organization> | undefined;
  /** Whether the invited address belongs to a person of the initiator. */
  ownAddress: boolean;
  /** The initiator's cooperations that still wait for an answer. */
  open: Cooperation[];
  resources: SharedResource[];
  /** The earlier invitations between the two sides, also of cooperations that have ended. */
  invitation: Head<Invitation>;
  limits: InvitationLimits;
};

/** Fresh ids, as many as the decision may need. */
export type FreshIds = { cooperation: string; shares: string[] };

export type InvitationDecided = { cooperation: Cooperation; shares: Share[] };

/** An invitation by address (`invited`), or to a known organization (`pending`), with its first shares. */
export function decideInvite(
  state: InviteState,
  input: InviteInput,
  ids: FreshIds,
  stamp: Stamp,
): Decision<InvitationDecided> {
  const initiator = state.initiator.object.slice("organization:".length);
  const partner = state.partner?.object.slice("organization:".length);
  const refusal = refuseUnlessAdmin(initiator, state.membership);
  if (refusal) return refusal;
  if (state.ownAddress || partner === initiator) return { code: "own_organization" };
  if (state.partner && (state.partner.value === undefined || state.partner.value.deleted_at !== undefined))
    return { code: "not_found", what: "organization" };
  const twin = state.open.find((other) =>
    partner === undefined
      ? other.email === input.email && other.partner === undefined
      : other.partner === partner && isSameIncarnation(other.partner_incarnation, state.partner?.value),
  );
  if (twin) return { code: "already_invited", cooperation: twin.id };
  if (hasPassed(input.expires_at, stamp.now)) return { code: "invalid_expiry", now: instant(stamp.now) };
  const tooOften = refuseInvitation(state, state.limits, stamp.now);
  if (tooOften) return tooOften;

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
    expires_at: input.expires_at,
    spelling: "plain",
    shares: input.shares?.length ?? 0,
    created_at: instant(stamp.now),
    created_by: stamp.actor,
  };
  const object = `cooperation:${cooperation.id}`;
  const plan: Plan = { touches: [], ...difference([], tuplesOfCooperation(cooperation)) };
  const shares: Share[] = [];
  for (const [index, asked] of (input.shares ?? []).entries()) {
    const resource = state.resources[index];
    const id = ids.shares[index];
    if (resource === undefined || id === undefined) throw new Error("fewer resources or ids than shares");
    const made = newShare(cooperation, resource, asked, id, stamp);
    if (isRefusal(made)) return made;
    shares.push(made.share);
    plan.touches.push(...made.touches);
    plan.writes.push(...made.writes);
  }
  const facts = { action: "invite", object, after: { ...withoutAddress(cooperation), with: shares } };
  const entry = {
    ...facts,
    reason: { side: "initiator" as const, text: input.reason },
  };
  plan.touches.push(
    { head: { object, n: 0, hash: NO_HASH, value: undefined }, record: cooperation, entry },
    touchOrganization(counted(state.initiator, stamp.now), "invite", cooperation),
    // nothing is written to the invited organization before it answers: anybody may invite it (law 18)
    touchSent(state.invitation, stamp),
  );
  return planned(plan, { cooperation, shares });
}

/** An offer to an organization that is deleted by now is none to the one that has its id. */
const isSameIncarnation = (of: number | undefined, now: Organization | undefined) =>
  incarnationOf(of) === incarnationOf(now?.incarnation);

const counted = (head: Head<Organization>, now: Date): Head<Organization> => ({
  ...head,
  value: head.value && countInvitation(head.value, now),
});
