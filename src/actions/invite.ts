/**
 * Invites a partner. A known address is answered with its organizations first and
 * nothing is written; with DISCLOSE_ORGANIZATIONS=off every address is treated as
 * unknown, so that nobody learns which are known.
 */

import { ownerScope } from "../domain/cache-scopes.ts";
import type { InviteInput } from "../domain/commands.ts";
import type { InvitationLimits } from "../domain/cooperation/cool-down.ts";
import {
  decideInvite,
  type FreshIds,
  type InvitationDecided,
  type InviteState,
} from "../domain/cooperation/decide-invitation.ts";
import type { SharedResource } from "../domain/cooperation/decide-share.ts";
import { CooperationId, idOfType, type OrganizationId, ShareId, UserId } from "../domain/ids.ts";
import { refuseUnlessAdmin } from "../domain/membership.ts";
import { same } from "../domain/plan.ts";
import type { PolicyOf } from "../domain/policy.ts";
import type { Cooperation, Head, Invitation, Organization } from "../domain/records.ts";
import { emailHash } from "../domain/registry/decide-person.ts";
import { isRefusal, type Result } from "../domain/result.ts";
import type { Reads } from "../ports.ts";
import { organizationName } from "../queries/views/cooperations.ts";
import { actingIn } from "../store/acting.ts";
import { organizationIdsOf } from "../store/people.ts";
import { policyOf } from "../store/policies.ts";
import {
  cooperationHead,
  cooperationsOf,
  emailHead,
  inTurns,
  invitationHead,
  organizationHead,
  resourceHead,
  roleOf,
} from "../store/snapshot.ts";
import { type MailState, sendLetters } from "./letters.ts";
import type { Action, Reading } from "./run/action.ts";

/** The caller is asked which of these organizations is meant. Nothing is written. */
export type Confirm = { confirm: { id: OrganizationId; name: string }[] };

type Meant = { partner?: OrganizationId | undefined; ownAddress: boolean };
type Inviting = InviteState & { ids: FreshIds };

/**
 * Invites a partner. Naming an organization by id reveals whether it exists: where organizations are not disclosed
 * that needs scope `admin`.
 */
export const invite = (
  input: InviteInput & { initiator: OrganizationId },
): Action<Inviting | Confirm, InvitationDecided | Confirm, MailState> => ({
  lock: () => `organization:${input.initiator}`,
  read: async (on) => {
    if (input.organization !== undefined && !on.discloseOrganizations && !on.caller.scopes.includes("admin"))
      return { code: "insufficient_scope", needs: "scope admin" };
    // before the membership: a reading is kept, and a head is read before the facts that it covers
    await organizationHead(on.reads, input.initiator);
    const [membership, policy] = await Promise.all([
      actingIn(on.reads, input.initiator, on.caller),
      policyOf(on.reads, input.initiator),
    ]);
    const refusal = refuseUnlessAdmin(input.initiator, membership);
    if (refusal) return refusal;
    const meant = await whoIsMeant(on, input);
    return isRefusal(meant) || "confirm" in meant ? meant : readInvite(on, input, { ...meant, policy });
  },
  decide: (state, stamp) => ("confirm" in state ? same(state) : decideInvite(state, input, state.ids, stamp)),
  scopes: (state) => ("confirm" in state ? [] : [ownerScope(input.initiator)]),
  after: async (deps, decided, state) => {
    if ("confirm" in state || "confirm" in decided) return "none";
    return sendLetters(deps, decided.cooperation);
  },
});

async function whoIsMeant(
  { reads, discloseOrganizations }: Reading,
  { initiator, organization, email, confirm_organization: chosen }: InviteInput & { initiator: OrganizationId },
): Promise<Result<Meant | Confirm>> {
  if (email === undefined) return { partner: organization, ownAddress: false };
  const hash = emailHash(email);
  const { value } = await emailHead(reads, hash);
  if (!discloseOrganizations) {
    // the same reads whether the address is known or not: how long they take reveals nothing either
    const holder = value?.holder ?? UserId.parse(hash);
    if ((await roleOf(reads, initiator, holder)) !== undefined) return { ownAddress: true };
    return chosen === undefined ? { ownAddress: false } : { code: "confirmation_stale" };
  }
  const known = value?.holder === undefined ? [] : await organizationIdsOf(reads, value.holder);
  if (known.includes(initiator)) return { ownAddress: true };
  if (chosen !== undefined)
    return known.includes(chosen) ? { partner: chosen, ownAddress: false } : { code: "confirmation_stale" };
  if (known.length === 0) return { ownAddress: false };
  return { confirm: await inTurns(known, async (id) => ({ id, name: await organizationName(reads, id) })) };
}

async function readInvite(
  on: Reading,
  input: InviteInput & { initiator: OrganizationId },
  meant: Meant & { policy: PolicyOf },
): Promise<Inviting> {
  const { reads } = on;
  const [initiator, partner, membership, resources] = await Promise.all([
    organizationHead(reads, input.initiator),
    meant.partner === undefined ? undefined : organizationHead(reads, meant.partner),
    actingIn(reads, input.initiator, on.caller),
    inTurns(input.shares ?? [], async ({ resource }): Promise<SharedResource> => {
      return { ref: resource, head: await resourceHead(reads, resource) };
    }),
  ]);
  // before the open ones: who loses a race is then refused for the invitation that is open, and not for its mail
  const invitation = await invitationHead(reads, {
    initiator: input.initiator,
    initiator_incarnation: initiator.value?.incarnation,
    partner: meant.partner,
    partner_incarnation: partner?.value?.incarnation,
    email: input.email,
  });
  return {
    initiator,
    membership,
    partner,
    ownAddress: meant.ownAddress,
    open: await openInvitations(reads, initiator, invitation, on.invitation.limits),
    resources,
    invitation,
    limits: on.invitation.limits,
    policy: meant.policy,
    ids: {
      cooperation: CooperationId.parse(on.newId()),
      shares: (input.shares ?? []).map(() => ShareId.parse(on.newId())),
    },
  };
}

/**
 * What one invitation more is decided on, without reading every cooperation of the initiator: the pair's record names
 * its newest, and the initiator's bounds how many are open. They are counted only where a record does not say, and
 * where there may be too many.
 */
async function openInvitations(
  reads: Reads,
  initiator: Head<Organization>,
  invitation: Head<Invitation>,
  { openMax }: InvitationLimits,
): Promise<InviteState["open"]> {
  const isOpen = ({ status }: Cooperation) => status === "invited" || status === "pending";
  const { open_at_most: atMost = openMax } = initiator.value ?? {};
  const isNamed = invitation.value === undefined || invitation.value.cooperation !== undefined;
  if (!isNamed || atMost >= openMax) {
    const found = (await cooperationsOf(reads, idOfType("organization", initiator.object), "initiator")).filter(isOpen);
    return { atMost: found.length, found };
  }
  const newest = invitation.value?.cooperation;
  const { value } = newest === undefined ? {} : await cooperationHead(reads, newest);
  return { atMost, found: value !== undefined && isOpen(value) ? [value] : [] };
}
