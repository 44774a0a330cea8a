/** Organizations, people and resources as those who belong to them see them. */
import { hasPassed } from "../../domain/expiry.ts";
import type { OrganizationId, ResourceRef, UserId } from "../../domain/ids.ts";
import { alive } from "../../domain/records.ts";
import type { Reads } from "../../ports.ts";
import { delegationsThrough, jobRolesThrough } from "../../store/people.ts";
import {
  cooperationHead,
  inTurns,
  organizationHead,
  type PersonIn,
  personHead,
  personIn,
  resourceHead,
  shareHead,
} from "../../store/snapshot.ts";
import { delegationView } from "./cooperations.ts";

/** What an organization's admins may do in it, besides what each cooperation and share lists. */
export const ADMIN_ACTIONS = [
  "invite",
  "change_person",
  "remove_person",
  "suspend_person",
  "restore_person",
  "change_resource",
  "give_job_role",
  "take_job_role",
];

/** What of it an admin may not do who is suspended. */
const ACTING = ["invite", "change_person", "remove_person", "suspend_person", "restore_person"];

/** An organization with the reader's role in it; undefined where there is none. */
export async function organizationView(reads: Reads, id: OrganizationId, user: UserId | undefined) {
  const head = await organizationHead(reads, id);
  const organization = alive(head);
  if (organization === undefined) return undefined;
  // behind the head, so that the ETag is never newer than the role
  const held = user === undefined ? undefined : await personIn(reads, id, user);
  const actions = held?.isSuspended ? ADMIN_ACTIONS.filter((action) => !ACTING.includes(action)) : ADMIN_ACTIONS;
  return {
    id,
    name: organization.name,
    role: held?.role ?? null,
    actions: held?.role === "admin" ? actions : [],
    etag: `"${head.n}"`,
  };
}

/** A person as an organization sees them: with `whole` all of it, otherwise the name and the role. */
export async function personView(
  reads: Reads,
  organization: OrganizationId,
  user: UserId,
  { role, isSuspended }: PersonIn,
  whole: boolean,
  now: Date,
) {
  const [{ value }, jobRoles, held] = await Promise.all([
    personHead(reads, user),
    whole ? jobRolesThrough(reads, organization, user) : [],
    whole ? delegationsThrough(reads, organization, user) : [],
  ]);
  const brief = { user, role, name: value?.name ?? null };
  if (!whole) return brief;
  const delegations = await inTurns(held, async (delegation) => {
    const [{ value: cooperation }, shareNow] = await Promise.all([
      cooperationHead(reads, delegation.cooperation),
      shareHead(reads, delegation.share),
    ]);
    const share = alive(shareNow);
    if (cooperation === undefined || share === undefined || cooperation.status === "ended") return [];
    const { user: _, ...view } = delegationView(cooperation, share, delegation, now);
    const expired = hasPassed(view.effective_until ?? undefined, now);
    return [{ share: share.id, cooperation: cooperation.id, resource: share.resource, ...view, expired }];
  });
  return {
    ...brief,
    email: value?.email ?? null,
    language: value?.language ?? null,
    mail_refused_at: value?.mail_refused_at ?? null,
    suspended: isSuspended,
    job_roles: jobRoles.map(({ resource, role: jobRole }) => ({ resource, role: jobRole })),
    delegations: delegations.flat(),
  };
}

/** A resource as its owner's people see it; undefined where there is none. */
export async function resourceView(reads: Reads, ref: ResourceRef) {
  const head = await resourceHead(reads, ref);
  const resource = alive(head);
  if (resource === undefined) return undefined;
  const portfolio = ref.startsWith("plant:") ? { portfolio: resource.portfolio ?? null } : {};
  return { resource: ref, owner: resource.owner, name: resource.name ?? null, ...portfolio, etag: `"${head.n}"` };
}
