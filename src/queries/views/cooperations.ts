/**
 * Cooperations and shares as the two sides see them: with names, effective dates, and the actions that the reader may
 * take now. What each side may see is decided here too.
 */

import type { SharedAtEnd } from "../../domain/cooperation/decide-cooperation.ts";
import { actionsFor } from "../../domain/cooperation/lifecycle.ts";
import { cooperationEnd } from "../../domain/cooperation-end.ts";
import { earliest, hasPassed } from "../../domain/expiry.ts";
import type { Side } from "../../domain/history.ts";
import type { CooperationId, OrganizationId, ShareId } from "../../domain/ids.ts";
import { type Memberships, sidesOf } from "../../domain/membership.ts";
import { alive, type Cooperation, type Delegation, isAccepted, isSide, type Share } from "../../domain/records.ts";
import { delegable, effectiveRole } from "../../domain/roles.ts";
import { shareAt } from "../../domain/share-dates.ts";
import type { Reads } from "../../ports.ts";
import { historyOf } from "../../store/history.ts";
import { adminsOf } from "../../store/people.ts";
import {
  cooperationHead,
  cooperationsOf,
  inTurns,
  organizationHead,
  personHead,
  resourceHead,
  shareIdsOf,
  sharesOf,
  shareWithDelegations,
} from "../../store/snapshot.ts";

/** A reader's membership on each side. A service reads as the initiator's side and may do nothing. */
export type Reader = { memberships: Memberships; service: boolean };

/** The name of an organization; its id where it has none. */
export async function organizationName(reads: Reads, id: OrganizationId): Promise<string> {
  return (await organizationHead(reads, id)).value?.name ?? id;
}

/**
 * The name of a side of a cooperation: the current one while it lives, the one at the end after it has ended (law 15);
 * its id where that name was not kept, and where the invited organization no longer exists.
 */
export async function nameOfSide(reads: Reads, cooperation: Cooperation, side: Side): Promise<string> {
  const id = cooperation[side];
  if (id === undefined || cooperation.status === "ended") return cooperation[`${side}_name`] ?? id ?? "";
  const { value } = await organizationHead(reads, id);
  return value !== undefined && isSide(cooperation, side, value) ? value.name : id;
}

/** A cooperation as one line of a list. */
export async function cooperationItem(reads: Reads, cooperation: Cooperation, n: number, reader: Reader, now: Date) {
  const { id, status, ended_as, initiator, partner } = cooperation;
  const [initiatorName, partnerName] = await Promise.all([
    nameOfSide(reads, cooperation, "initiator"),
    partner === undefined ? undefined : nameOfSide(reads, cooperation, "partner"),
  ]);
  const expired = hasPassed(cooperationEnd(cooperation), now);
  const initiators = reader.service || reader.memberships.initiator === "admin";
  return {
    id,
    status,
    ended_as: ended_as ?? null,
    expired,
    initiator: { id: initiator, name: initiatorName },
    partner: partner === undefined || partnerName === undefined ? null : { id: partner, name: partnerName },
    // until an organization joins, the invited address is its only label, and only for the initiator
    label: initiators ? (cooperation.email ?? null) : null,
    starts_at: cooperation.starts_at ?? null,
    expires_at: cooperation.expires_at ?? null,
    review_by: cooperation.review_by ?? null,
    resume_at: cooperation.resume_at ?? null,
    created_at: cooperation.created_at,
    sent_at: cooperation.sent_at ?? null,
    accepted_at: cooperation.accepted_at ?? null,
    reviewed_at: cooperation.reviewed_at ?? null,
    ended_at: cooperation.ended_at ?? null,
    shares_count: cooperation.shares,
    actions: actionsFor(cooperation, sidesOf(reader.memberships), now),
    etag: `"${n}"`,
  };
}

/** A cooperation with its contacts and shares. */
export async function cooperationDetails(reads: Reads, cooperation: Cooperation, n: number, reader: Reader, now: Date) {
  const item = cooperationItem(reads, cooperation, n, reader, now);
  // an ended cooperation is shown as it was: today's admins are no contacts of it
  if (cooperation.status === "ended") {
    const [line, shared_at_end] = await Promise.all([item, sharedAtEnd(reads, cooperation.id, n)]);
    return { ...line, contacts: { initiator: [], partner: [] }, shares: [], shared_at_end };
  }
  const accepted = cooperation.accepted_at !== undefined;
  const [line, initiator, partner, shares] = await Promise.all([
    item,
    contactsOf(reads, cooperation.initiator),
    accepted && cooperation.partner !== undefined ? contactsOf(reads, cooperation.partner) : [],
    sharesOf(reads, cooperation.id).then((found) =>
      inTurns(found, (one) => shareView(reads, cooperation, one, reader, now)),
    ),
  ]);
  return { ...line, contacts: { initiator, partner }, shares };
}

/** The JSON of the shares in a last entry: OpenFGA stores 32 KiB in a tuple's condition, and the entry has more members. */
const SHARED_AT_END_BYTES_MAX = 12_000;

/** The live shares of a cooperation in the form that its last history entry keeps; the oldest, as many as that entry holds. */
export async function sharedNow(reads: Reads, cooperation: CooperationId): Promise<SharedAtEnd[]> {
  const shared = await inTurns(await sharesOf(reads, cooperation), async ({ share }): Promise<SharedAtEnd> => {
    const { resource, role, starts_at, expires_at, step_down_at } = share;
    const { value } = await resourceHead(reads, resource);
    return { resource, name: value?.name, role, starts_at, expires_at, step_down_at };
  });
  let bytes = 0;
  return shared.filter((one) => {
    bytes += Buffer.byteLength(JSON.stringify(one));
    return bytes <= SHARED_AT_END_BYTES_MAX;
  });
}

/** Only repairs add entries behind the end. */
const ENTRIES_BEHIND_END = 10;

/** The shares in an ended cooperation's last entry; none where it ended before the entry kept them. */
async function sharedAtEnd(reads: Reads, id: CooperationId, n: number) {
  const { items } = await historyOf(reads, `cooperation:${id}`, undefined, {
    before: n + 1,
    limit: ENTRIES_BEHIND_END,
  });
  const found = items.find(({ after }) => after?.shared_at_end !== undefined)?.after?.shared_at_end;
  return ((found ?? []) as SharedAtEnd[]).map(({ name, starts_at, expires_at, step_down_at, ...one }) => ({
    ...one,
    name: name ?? null,
    starts_at: starts_at ?? null,
    expires_at: expires_at ?? null,
    step_down_at: step_down_at ?? null,
  }));
}

/** A share as it counts now with its delegations, for the admins of both sides. */
export async function shareView(
  reads: Reads,
  cooperation: Cooperation,
  { share: kept, n, delegations }: { share: Share; n: number; delegations: Delegation[] },
  reader: Reader,
  now: Date,
) {
  const share = shareAt(kept, now);
  const ends = cooperationEnd(cooperation);
  const until = earliest(ends, share.expires_at);
  const onShares = ["change_share", "unshare", "delegate", "revoke"];
  const actions = actionsFor(cooperation, sidesOf(reader.memberships), now);
  return {
    id: share.id,
    cooperation: share.cooperation,
    resource: share.resource,
    name: (await resourceHead(reads, share.resource)).value?.name ?? null,
    role: share.role,
    may_grant: delegable(share.role),
    starts_at: share.starts_at ?? null,
    expires_at: share.expires_at ?? null,
    step_down_at: share.step_down_at ?? null,
    effective_until: until ?? null,
    expired: hasPassed(until, now),
    created_at: share.created_at,
    removed_at: share.removed_at ?? null,
    delegations: delegations.map((delegation) => delegationView(cooperation, share, delegation, now)),
    actions: share.removed_at === undefined ? actions.filter((action) => onShares.includes(action)) : [],
    etag: `"${n}"`,
  };
}

/** The ids of the shares in accepted cooperations of a partner, in a stable order; `unsettled`: cooperations that have ended and still count as live, to be settled. */
export async function incomingShareIds(
  reads: Reads,
  organization: OrganizationId,
): Promise<{ ids: ShareId[]; unsettled: CooperationId[] }> {
  const cooperations = await cooperationsOf(reads, organization, "partner");
  const ids = await inTurns(cooperations.filter(isAccepted), ({ id }) => shareIdsOf(reads, id));
  const ended = cooperations.filter(({ status }) => status === "ended");
  return { ids: ids.flat().sort(), unsettled: ended.map(({ id }) => id) };
}

/** An incoming share with its owner; undefined when it was removed meanwhile. */
export async function incomingShare(reads: Reads, id: ShareId, reader: Reader, now: Date) {
  const { head, delegations } = await shareWithDelegations(reads, id);
  const share = alive(head);
  if (share === undefined) return undefined;
  const cooperation = (await cooperationHead(reads, share.cooperation)).value;
  // it may have ended since the list was read
  if (cooperation === undefined || cooperation.status === "ended") return undefined;
  const [view, name] = await Promise.all([
    shareView(reads, cooperation, { share, n: head.n, delegations }, reader, now),
    organizationName(reads, cooperation.initiator),
  ]);
  return { ...view, owner: { id: cooperation.initiator, name }, status: cooperation.status };
}

/** A delegation with its effective role and date, which the share limits. */
export function delegationView(cooperation: Cooperation, share: Share, delegation: Delegation, now: Date) {
  return {
    user: delegation.user,
    role: delegation.role,
    effective_role: effectiveRole(delegation.role, shareAt(share, now).role),
    expires_at: delegation.expires_at ?? null,
    effective_until: earliest(cooperationEnd(cooperation), share.expires_at, delegation.expires_at) ?? null,
  };
}

async function contactsOf(reads: Reads, organization: OrganizationId) {
  return inTurns(await adminsOf(reads, organization), async (user) => {
    const { value } = await personHead(reads, user);
    return { user, name: value?.name ?? null, email: value?.email ?? null };
  });
}
