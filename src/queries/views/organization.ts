/** An organization as one of its people sees it. */
import type { TupleStore } from "../../ports.ts";
import { organizationHead, roleOf } from "../../store/snapshot.ts";

/** What an organization's admins may do in it, besides what each cooperation and share lists. */
export const ADMIN_ACTIONS = [
  "invite",
  "change_person",
  "remove_person",
  "change_resource",
  "give_job_role",
  "take_job_role",
];

/** An organization with the reader's role in it; undefined where there is none. */
export async function organizationView(reads: Pick<TupleStore, "read">, id: string, user: string | undefined) {
  const { value, n } = await organizationHead(reads, id);
  if (value === undefined || value.deleted_at !== undefined) return undefined;
  // behind the head, so that the ETag is never newer than the role
  const role = user === undefined ? undefined : await roleOf(reads, id, user);
  return { id, name: value.name, role: role ?? null, actions: role === "admin" ? ADMIN_ACTIONS : [], etag: `"${n}"` };
}
