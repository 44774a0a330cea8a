/** A person as an organization sees them: role, record, job roles and delegations. */
import { hasPassed } from "../../domain/expiry.ts";
import type { OrganizationRole } from "../../domain/roles.ts";
import type { TupleStore } from "../../ports.ts";
import { delegationsThrough, jobRolesThrough } from "../../store/people.ts";
import { cooperationHead, inTurns, personHead, shareHead } from "../../store/snapshot.ts";
import { delegationView } from "./cooperations.ts";

type Reads = Pick<TupleStore, "read">;

/** With `whole` all of it, otherwise the name and the role. */
export async function personView(
  reads: Reads,
  organization: string,
  user: string,
  role: OrganizationRole,
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
    const [{ value: cooperation }, { value: share }] = await Promise.all([
      cooperationHead(reads, delegation.cooperation),
      shareHead(reads, delegation.share),
    ]);
    if (cooperation === undefined || share === undefined || share.removed_at !== undefined) return [];
    if (cooperation.status === "ended") return [];
    const { user: _, ...view } = delegationView(cooperation, share, delegation);
    const expired = hasPassed(view.effective_until ?? undefined, now);
    return [{ share: share.id, cooperation: cooperation.id, resource: share.resource, ...view, expired }];
  });
  return {
    ...brief,
    email: value?.email ?? null,
    language: value?.language ?? null,
    job_roles: jobRoles.map(({ resource, role: jobRole }) => ({ resource, role: jobRole })),
    delegations: delegations.flat(),
  };
}
