/**
 * Cooperations and shares as the two sides see them: with names, what is left of the
 * dates, and what the reader may do now. Who may see which is decided here too.
 */
import { earliest, hasPassed } from "../domain/expiry.ts";
import { actionsFor } from "../domain/lifecycle.ts";
import type { Cooperation, Delegation, Share } from "../domain/records.ts";
import { delegable, effectiveRole } from "../domain/roles.ts";
import { type Standings, sidesOf } from "../domain/standing.ts";
import type { Relationships } from "../ports.ts";
import { adminsOf } from "./people.ts";
import { inTurns, organizationHead, personHead, resourceHead, sharesOf } from "./snapshot.ts";

type Reads = Pick<Relationships, "read">;

/** Who reads: what they are on each side. A service reads as the initiator's side and may do nothing. */
export type Reader = { standings: Standings; service: boolean };

/** The name of an organization; its id where it has none. */
export async function organizationName(reads: Reads, id: string): Promise<string> {
  return (await organizationHead(reads, id)).value?.name ?? id;
}

/** A cooperation as one line of a list. */
export async function cooperationItem(reads: Reads, cooperation: Cooperation, n: number, reader: Reader, now: Date) {
  const { id, status, ended_as, initiator, partner } = cooperation;
  const expired = hasPassed(cooperation.expires_at, now);
  const initiators = reader.service || reader.standings.initiator === "admin";
  return {
    id,
    status,
    ended_as: ended_as ?? null,
    expired,
    initiator: { id: initiator, name: await organizationName(reads, initiator) },
    partner: partner === undefined ? null : { id: partner, name: await organizationName(reads, partner) },
    // until somebody joins, the invited address is all there is to show; it is the initiator's to see
    label: initiators ? (cooperation.email ?? null) : null,
    expires_at: cooperation.expires_at ?? null,
    created_at: cooperation.created_at,
    sent_at: cooperation.sent_at ?? null,
    accepted_at: cooperation.accepted_at ?? null,
    ended_at: cooperation.ended_at ?? null,
    shares_count: cooperation.shares,
    actions: actionsFor(cooperation, sidesOf(reader.standings), expired),
    etag: `"${n}"`,
  };
}

/** A cooperation with its contacts and shares. */
export async function cooperationDetails(reads: Reads, cooperation: Cooperation, n: number, reader: Reader, now: Date) {
  const item = await cooperationItem(reads, cooperation, n, reader, now);
  const accepted = cooperation.accepted_at !== undefined;
  const shares = cooperation.status === "ended" ? [] : await sharesOf(reads, cooperation.id);
  return {
    ...item,
    contacts: {
      initiator: await contactsOf(reads, cooperation.initiator),
      partner: accepted && cooperation.partner !== undefined ? await contactsOf(reads, cooperation.partner) : [],
    },
    shares: await inTurns(shares, (found) => shareView(reads, cooperation, found, reader, now)),
  };
}

/** A share with its delegations, seen by either side's admins. */
export async function shareView(
  reads: Reads,
  cooperation: Cooperation,
  { share, n, delegations }: { share: Share; n: number; delegations: Delegation[] },
  reader: Reader,
  now: Date,
) {
  const until = earliest(cooperation.expires_at, share.expires_at);
  const expired = hasPassed(cooperation.expires_at, now);
  const onShares = ["change_share", "unshare", "delegate", "revoke"];
  const actions = actionsFor(cooperation, sidesOf(reader.standings), expired);
  return {
    id: share.id,
    cooperation: share.cooperation,
    resource: share.resource,
    name: (await resourceHead(reads, share.resource)).value?.name ?? null,
    role: share.role,
    may_grant: delegable(share.role),
    expires_at: share.expires_at ?? null,
    effective_until: until ?? null,
    expired: hasPassed(until, now),
    created_at: share.created_at,
    removed_at: share.removed_at ?? null,
    delegations: delegations.map((delegation) => delegationView(cooperation, share, delegation)),
    actions: share.removed_at === undefined ? actions.filter((action) => onShares.includes(action)) : [],
    etag: `"${n}"`,
  };
}

/** A delegation with what is left of its role and its date under the share's. */
export function delegationView(cooperation: Cooperation, share: Share, delegation: Delegation) {
  return {
    user: delegation.user,
    role: delegation.role,
    effective_role: effectiveRole(delegation.role, share.role),
    expires_at: delegation.expires_at ?? null,
    effective_until: earliest(cooperation.expires_at, share.expires_at, delegation.expires_at) ?? null,
  };
}

async function contactsOf(reads: Reads, organization: string) {
  return inTurns(await adminsOf(reads, organization), async (user) => {
    const { value } = await personHead(reads, user);
    return { user, name: value?.name ?? null, email: value?.email ?? null };
  });
}
