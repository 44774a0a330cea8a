/**
 * The state of one object, as decisions need it. A head is always read before the facts that it covers: where the
 * Write then still finds that head, nothing changed in between.
 */
import { type Invited, invitationId } from "../domain/cooperation/cool-down.ts";
import type { Side } from "../domain/history.ts";
import {
  type CooperationId,
  idOfType,
  type OrganizationId,
  type ResourceRef,
  type ShareId,
  type UserId,
} from "../domain/ids.ts";
import { isSuspendedBy, roleIn } from "../domain/membership.ts";
import { PersonRecord } from "../domain/person-record.ts";
import {
  alive,
  type Cooperation,
  CooperationRecord,
  type Delegation,
  EmailRecord,
  type Head,
  headFrom,
  InvitationRecord,
  isAccepted,
  OrganizationRecord,
  type RecordSchema,
  ResourceRecord,
  type Share,
  ShareRecord,
} from "../domain/records.ts";
import { delegatedBy, formerSide, sharedRelation, UPCOMING } from "../domain/relations.ts";
import {
  type JobRole,
  ORGANIZATION_ROLES,
  type OrganizationRole,
  roleOfRungs,
  type SharedRole,
} from "../domain/roles.ts";
import { expiryOf, type Tuple } from "../domain/tuples.ts";
import type { Reads } from "../ports.ts";

const headOf = async <T>(reads: Reads, object: string, schema: RecordSchema<T>): Promise<Head<T>> =>
  headFrom(object, await reads.read({ object, relation: "head" }), schema);

export const organizationHead = (reads: Reads, id: OrganizationId) =>
  headOf(reads, `organization:${id}`, OrganizationRecord);
export const personHead = (reads: Reads, user: UserId) => headOf(reads, `user:${user}`, PersonRecord);
export const resourceHead = (reads: Reads, ref: ResourceRef) => headOf(reads, ref, ResourceRecord);
export const cooperationHead = (reads: Reads, id: CooperationId) =>
  headOf(reads, `cooperation:${id}`, CooperationRecord);
export const shareHead = (reads: Reads, id: ShareId) => headOf(reads, `share:${id}`, ShareRecord);
export const emailHead = (reads: Reads, hash: string) => headOf(reads, `email:${hash}`, EmailRecord);
export const invitationHead = (reads: Reads, invited: Invited) =>
  headOf(reads, `invitation:${invitationId(invited)}`, InvitationRecord);

/** A share with its record and its delegations. */
export async function shareWithDelegations(
  reads: Reads,
  id: ShareId,
): Promise<{ head: Head<Share>; delegations: Delegation[]; tuples: readonly Tuple[] }> {
  const tuples = await reads.read({ object: `share:${id}` });
  return { head: headFrom(`share:${id}`, tuples, ShareRecord), delegations: delegationsFrom(id, tuples), tuples };
}

/** The delegations that a share's tuples spell, in the order of their holders. */
export function delegationsFrom(share: ShareId, tuples: readonly Tuple[]): Delegation[] {
  const spelled = new Map<UserId, { rungs: string[]; delegation: Omit<Delegation, "role"> }>();
  for (const tuple of tuples) {
    const part = delegatedBy(tuple);
    if (part === undefined) continue;
    const user = idOfType("user", tuple.user);
    const delegation = { share, user, expires_at: expiryOf(tuple), spelling: part.spelling };
    const known = spelled.get(user) ?? { rungs: [], delegation };
    known.rungs.push(part.rung);
    spelled.set(user, known);
  }
  return [...spelled.values()]
    .map(({ rungs, delegation }) => ({ ...delegation, role: roleOfRungs(rungs) as SharedRole }))
    .sort((a, b) => (a.user < b.user ? -1 : 1));
}

/** A person's role in an organization, and whether they are suspended there. */
export type PersonIn = { role: OrganizationRole; isSuspended: boolean };

/** A person's role in an organization; undefined for who is no person of it. */
export const roleOf = async (...of: Parameters<typeof personIn>): Promise<OrganizationRole | undefined> =>
  (await personIn(...of))?.role;

/**
 * Reads what there is between a person and an organization, relation by relation: asked without one, the engine looks
 * through all of the organization's people and history.
 */
export const between = (reads: Reads, organization: OrganizationId, user: UserId) => (relation: string) =>
  reads.read({ object: `organization:${organization}`, relation, user: `user:${user}` });

/** A person in an organization; undefined for who is no person of it. */
export async function personIn(
  reads: Reads,
  organization: OrganizationId,
  user: UserId,
): Promise<PersonIn | undefined> {
  const find = between(reads, organization, user);
  const [first, ...others] = ORGANIZATION_ROLES;
  // together: nearly everybody who is asked about is a person of it, and who acts mostly an admin
  const [person, admin] = await Promise.all([find("person"), find(first)]);
  const belonging = person.length > 0 ? person : await find("suspended");
  if (belonging.length === 0) return undefined;
  const role = roleIn([...belonging, ...(admin.length > 0 ? admin : (await inTurns(others, find)).flat())]);
  return role && { role, isSuspended: isSuspendedBy(belonging) };
}

/** Whether somebody is a person of an organization, suspended or not, whatever their role. */
export const isPersonOf = (...of: Parameters<typeof between>): Promise<boolean> => belongsBy(between(...of));

/** The same, by what there is between the two. */
export const belongsBy = async (find: ReturnType<typeof between>): Promise<boolean> =>
  (await find("person")).length > 0 || (await find("suspended")).length > 0;

/** A person's job role on a resource. */
export async function jobRoleOf(reads: Reads, ref: ResourceRef, user: UserId): Promise<JobRole | undefined> {
  const tuples = await reads.read({ object: ref, user: `user:${user}` });
  return roleOfRungs(tuples.map((tuple) => tuple.relation));
}

/** The ids of a cooperation's shares, also of removed ones that are not swept yet. Oldest first. */
export async function shareIdsOf(reads: Reads, cooperation: CooperationId): Promise<ShareId[]> {
  const tuples = await reads.read({ object: "share:", relation: "cooperation", user: `cooperation:${cooperation}` });
  return tuples.map((tuple) => idOfType("share", tuple.object)).sort();
}

/** The live shares of a cooperation with their delegations. Oldest first. */
export async function sharesOf(
  reads: Reads,
  cooperation: CooperationId,
): Promise<{ share: Share; n: number; delegations: Delegation[] }[]> {
  const ids = await shareIdsOf(reads, cooperation);
  const found = await inTurns(ids, (id) => shareWithDelegations(reads, id));
  return found.flatMap(({ head, delegations }) => {
    const share = alive(head);
    return share === undefined ? [] : [{ share, n: head.n, delegations }];
  });
}

/**
 * The live shares of a resource, in cooperations that have not ended, started or not. One that starts meanwhile may be in
 * both relations, or be left out: that moves the heads of resource and cooperation, one of which a writer reads before.
 */
export async function sharesOn(reads: Reads, ref: ResourceRef): Promise<Share[]> {
  // each share that has started is named by its rung viewer
  const found = [sharedRelation("viewer"), UPCOMING].map((relation) => reads.read({ object: ref, relation }));
  const tuples = (await Promise.all(found)).flat();
  const ids = [...new Set(tuples.map((tuple) => idOfType("share", tuple.user.split("#", 1)[0] ?? "")))].sort();
  const heads = await inTurns(ids, (id) => shareHead(reads, id));
  const live = heads.flatMap((head) => alive(head) ?? []);
  const cooperations = await inTurns(live, (share) => cooperationHead(reads, share.cooperation));
  return live.filter((_, index) => cooperations[index]?.value?.status !== "ended");
}

/**
 * The cooperations of an organization on one side that have not ended, newest first: ids are ULIDs. Stores that older
 * versions wrote hold ended ones among them; `settleEnded` moves those.
 */
export async function cooperationIdsOf(
  reads: Reads,
  organization: OrganizationId,
  relation: Side | ReturnType<typeof formerSide>,
): Promise<CooperationId[]> {
  const tuples = await reads.read({ object: "cooperation:", relation, user: `organization:${organization}` });
  const ids = tuples.map((tuple) => idOfType("cooperation", tuple.object));
  return ids.sort().reverse();
}

/** Those that have ended, newest first, also of organizations that had the id before. */
export const endedIdsOf = (reads: Reads, organization: OrganizationId, side: Side) =>
  cooperationIdsOf(reads, organization, formerSide(side));

/** The same as `cooperationIdsOf`, with their records. */
export async function cooperationsOf(reads: Reads, organization: OrganizationId, side: Side): Promise<Cooperation[]> {
  const ids = await cooperationIdsOf(reads, organization, side);
  return (await inTurns(ids, (id) => cooperationHead(reads, id))).flatMap(({ value }) => value ?? []);
}

/**
 * How many cooperations bind an organization: as initiator all that have not ended, as partner the accepted ones. An
 * offer that waits for its answer binds nobody: it must keep neither the last admin from leaving nor the organization
 * from being deleted.
 */
export async function bondsOf(reads: Reads, organization: OrganizationId): Promise<number> {
  const initiated = await cooperationsOf(reads, organization, "initiator");
  const joined = await cooperationsOf(reads, organization, "partner");
  return initiated.filter(({ status }) => status !== "ended").length + joined.filter(isAccepted).length;
}

/** How many reads of one request run at the same time. */
const READS_AT_ONCE = 16;

/** Asks for each item, a bounded number at the same time, and answers in the order of the items. */
export async function inTurns<T, R>(items: readonly T[], ask: (item: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = [];
  for (let start = 0; start < items.length; start += READS_AT_ONCE)
    answers.push(...(await Promise.all(items.slice(start, start + READS_AT_ONCE).map(ask))));
  return answers;
}
