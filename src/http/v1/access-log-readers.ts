/**
 * Who may read which lines of the access log. A key of scope `admin` that is bound to no organization reads all. The admins
 * of an organization, and a key that is bound to it, read the lines in which it is the owner, and as the partner those of
 * its own people. Nobody else learns that there is something.
 */
import type { LineOf } from "../../access-log/reader.ts";
import { type Caller, isService } from "../../domain/caller.ts";
import type { CooperationId, OrganizationId, ResourceRef } from "../../domain/ids.ts";
import { countsIn } from "../../domain/key-bounds.ts";
import { refuseUnlessAdmin, sidesOf } from "../../domain/membership.ts";
import { alive, incarnationOf, isSide, type Organization } from "../../domain/records.ts";
import { SIDES } from "../../domain/relations.ts";
import { isRefusal, type Result } from "../../domain/result.ts";
import type { Reads } from "../../ports.ts";
import { findCooperation } from "../../queries/views/reader.ts";
import { actingIn } from "../../store/acting.ts";
import { instantOfEntry } from "../../store/history.ts";
import { organizationHead, resourceHead } from "../../store/snapshot.ts";

/** Lines of one of these, at least one; undefined: of everybody. `all`: all that is in them, also what is not for the reader's organization. */
export type MayRead = { of: LineOf[] | undefined; all: boolean };

const readsAll = (caller: Caller): boolean => isService(caller) && caller.bounds?.organizations === undefined;

/** What a caller may read of a cooperation. */
export async function mayReadCooperation(reads: Reads, caller: Caller, id: CooperationId): Promise<Result<MayRead>> {
  const found = await findCooperation(reads, id, caller);
  if (isRefusal(found)) return found;
  if (readsAll(caller)) return { of: undefined, all: true };
  const { cooperation, reader } = found;
  const since = new Date(cooperation.created_at);
  const of: LineOf[] = [];
  for (const side of isService(caller) ? SIDES : sidesOf(reader.memberships)) {
    const organization = cooperation[side];
    if (organization === undefined || !countsIn(caller.bounds, organization)) continue;
    // of a person that is known; one that has the id of a side now may be another organization
    const isNow = !isService(caller) || isSide(cooperation, side, (await organizationHead(reads, organization)).value);
    if (isNow) of.push({ side, organization, since });
  }
  return of.length === 0 ? { code: "not_found", what: "cooperation" } : { of, all: false };
}

/** What a caller may read of an organization: of one that was deleted a key alone. */
export async function mayReadOrganization(reads: Reads, caller: Caller, id: OrganizationId): Promise<Result<MayRead>> {
  const refusal = isService(caller) ? undefined : refuseUnlessAdmin(id, await actingIn(reads, id, caller));
  if (refusal) return refusal;
  // behind the role: of an organization that was created meanwhile under the id only its own lines are shown
  const { n, value } = await organizationHead(reads, id);
  if (n === 0 || value === undefined) return { code: "not_found", what: "organization" };
  const all = readsAll(caller);
  const since = all ? new Date(0) : await sinceOf(reads, id, value);
  return { of: SIDES.map((side) => ({ side, organization: id, since })), all };
}

/** What a caller may read of a plant or portfolio: its owner's lines. */
export async function mayReadResource(reads: Reads, caller: Caller, ref: ResourceRef): Promise<Result<MayRead>> {
  const head = await resourceHead(reads, ref);
  const [what = ""] = ref.split(":", 1);
  if (readsAll(caller)) return head.n === 0 ? { code: "not_found", what } : { of: undefined, all: true };
  const owner = alive(head)?.owner;
  if (owner === undefined) return { code: "not_found", what };
  if (!isService(caller)) {
    const membership = await actingIn(reads, owner, caller);
    if (membership === "none") return { code: "not_found", what };
    const refusal = refuseUnlessAdmin(owner, membership);
    if (refusal) return refusal;
  } else if (!countsIn(caller.bounds, owner)) return { code: "not_found", what };
  const { value } = await organizationHead(reads, owner);
  if (value === undefined) return { code: "not_found", what };
  return { of: [{ side: "initiator", organization: owner, since: await sinceOf(reads, owner, value) }], all: false };
}

/** Since when an organization has its id. */
const sinceOf = (reads: Reads, id: OrganizationId, { incarnation }: Organization): Promise<Date> =>
  instantOfEntry(reads, `organization:${id}`, incarnationOf(incarnation));
