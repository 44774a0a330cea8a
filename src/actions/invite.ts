/**
 * Invites a partner. A known address is answered with its organizations first and
 * nothing is written; with DISCLOSE_ORGANIZATIONS=off every address is treated as
 * unknown, so that there is nothing to tell apart.
 */

import { ownerScope } from "../domain/cache-scopes.ts";
import type { InviteInput } from "../domain/commands.ts";
import { decideInvite, type InvitationDecided, type InviteState } from "../domain/cooperation/decide-invitation.ts";
import type { SharedResource } from "../domain/cooperation/new-share.ts";
import type { Cooperation, Head, Organization } from "../domain/records.ts";
import { emailHash } from "../domain/registry/decide-person.ts";
import { isRefusal, type Result } from "../domain/result.ts";
import { refuseUnlessAdmin } from "../domain/standing.ts";
import { organizationName } from "../queries/views/cooperations.ts";
import { organizationIdsOf } from "../store/people.ts";
import {
  cooperationHead,
  cooperationIdsOf,
  emailHead,
  inTurns,
  invitationHead,
  organizationHead,
  resourceHead,
  roleOf,
  standingIn,
} from "../store/snapshot.ts";
import { type MailState, sendLetters } from "./letters.ts";
import { type ActionDeps, type Call, perform, type Receipt } from "./run/perform.ts";
import { settleEnded } from "./sweep.ts";

/** The question back: which of these organizations is meant? */
export type Confirm = { outcome: "confirm"; organizations: { id: string; name: string }[] };
export type InviteReceipt = Receipt<InvitationDecided> & { mail: MailState };

/** Naming an organization by id tells whether it exists: with disclosure off that needs scope `admin`. */
export async function invite(
  deps: ActionDeps,
  call: Call,
  organization: string,
  input: InviteInput,
): Promise<Result<InviteReceipt | Confirm>> {
  if (input.organization !== undefined && !deps.discloseOrganizations && !call.caller.scopes.includes("admin"))
    return { code: "insufficient_scope", needs: "scope admin" };
  const standing = await standingIn(deps.tupleStore, organization, call.caller);
  const refusal = refuseUnlessAdmin(organization, standing);
  if (refusal) return refusal;
  const meant = await whoIsMeant(deps, organization, input);
  if (isRefusal(meant) || "outcome" in meant) return meant;

  const ids = { cooperation: deps.newId(), shares: (input.shares ?? []).map(() => deps.newId()) };
  const receipt = await perform(deps, call, {
    lock: `organization:${organization}`,
    read: () => readInvite(deps, call, organization, meant, input),
    decide: (state: InviteState, stamp) => decideInvite(state, input, ids, stamp),
    scopes: () => [ownerScope(organization)],
  });
  if (isRefusal(receipt)) return receipt;
  const mail = receipt.outcome === "done" ? await sendLetters(deps, receipt.value.cooperation) : "none";
  return { ...receipt, mail };
}

type Meant = { partner?: string | undefined; ownAddress: boolean };

async function whoIsMeant(
  deps: ActionDeps,
  organization: string,
  input: InviteInput,
): Promise<Result<Meant | Confirm>> {
  if (input.email === undefined) return { partner: input.organization, ownAddress: false };
  const hash = emailHash(input.email);
  const { value } = await emailHead(deps.tupleStore, hash);
  if (!deps.discloseOrganizations) {
    // the same reads whether the address is known or not: how long they take tells nothing either
    const holder = value?.holder ?? hash;
    if ((await roleOf(deps.tupleStore, organization, holder)) !== undefined) return { ownAddress: true };
    return input.confirm_organization === undefined ? { ownAddress: false } : { code: "confirmation_stale" };
  }
  const known = value?.holder === undefined ? [] : await organizationIdsOf(deps.tupleStore, value.holder);
  if (known.includes(organization)) return { ownAddress: true };
  const chosen = input.confirm_organization;
  if (chosen !== undefined)
    return known.includes(chosen) ? { partner: chosen, ownAddress: false } : { code: "confirmation_stale" };
  if (known.length === 0) return { ownAddress: false };
  const organizations = await inTurns(known, async (id) => {
    return { id, name: await organizationName(deps.tupleStore, id) };
  });
  return { outcome: "confirm", organizations };
}

async function readInvite(
  deps: ActionDeps,
  call: Call,
  organization: string,
  meant: Meant,
  input: InviteInput,
): Promise<InviteState> {
  const { tupleStore } = deps;
  const initiator = await organizationHead(tupleStore, organization);
  const partner: Head<Organization> | undefined =
    meant.partner === undefined ? undefined : await organizationHead(tupleStore, meant.partner);
  const standing = await standingIn(tupleStore, organization, call.caller);
  const resources = await inTurns(input.shares ?? [], async ({ resource }): Promise<SharedResource> => {
    return { ref: resource, head: await resourceHead(tupleStore, resource) };
  });
  // before the open ones: who lost a race is then told of the invitation that is open, and not only of its mail
  const invitation = await invitationHead(tupleStore, {
    initiator: organization,
    initiator_incarnation: initiator.value?.incarnation,
    partner: meant.partner,
    partner_incarnation: partner?.value?.incarnation,
    email: input.email,
  });
  const ids = await cooperationIdsOf(tupleStore, organization, "initiator");
  const heads = await inTurns(ids, (id) => cooperationHead(tupleStore, id));
  // in a store from before what has ended stood apart
  const unsettled = heads.flatMap(({ value }) => (value?.status === "ended" ? [value.id] : []));
  if (unsettled.length > 0) deps.inBackground(() => settleEnded(deps, unsettled));
  const open = heads.flatMap(({ value }): Cooperation[] =>
    value && (value.status === "invited" || value.status === "pending") ? [value] : [],
  );
  const { limits } = deps.invitation;
  return { initiator, standing, partner, ownAddress: meant.ownAddress, open, resources, invitation, limits };
}
