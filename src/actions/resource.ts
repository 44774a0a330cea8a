/**
 * Registers plants and portfolios, changes their names and portfolios, gives job
 * roles on them, and unregisters them. A service with scope `admin` may do all of
 * it; an admin of the owner changes what is registered and gives job roles.
 */

import { ownerScope, userScope } from "../domain/cache-scopes.ts";
import { isService, needsService } from "../domain/caller.ts";
import type { ResourceInput } from "../domain/commands.ts";
import { idOfType, type OrganizationId, type ResourceRef, type UserId } from "../domain/ids.ts";
import { refuseUnlessAdmin } from "../domain/membership.ts";
import { alive, type Share } from "../domain/records.ts";
import type { Refusal } from "../domain/refusal.ts";
import {
  decideDeleteResource,
  decideJobRole,
  decideResource,
  type JobRoleChanged,
  type JobRoleState,
  type PortfolioState,
  type ResourceChanged,
  type ResourceState,
} from "../domain/registry/decide-resource.ts";
import { isRefusal, type Result } from "../domain/result.ts";
import type { JobRole } from "../domain/roles.ts";
import type { TupleKey } from "../domain/tuples.ts";
import { actingIn, membershipIn } from "../store/acting.ts";
import { jobRolesOn, plantsIn, portfolioState } from "../store/resources.ts";
import { isPersonOf, jobRoleOf, organizationHead, personHead, resourceHead, sharesOn } from "../store/snapshot.ts";
import type { Action, Reading } from "./run/action.ts";

type Named = { resource: ResourceRef };
type Portfolios = { from?: PortfolioState | undefined; to?: PortfolioState | undefined };
type Deletion = ResourceState & { shares: Share[]; plants: number; jobRoles: TupleKey[] };

/** What changed, with the portfolios that a plant left or entered. */
export type ResourcePut = ResourceChanged & Portfolios;

const lockOwner = ({ owner }: ResourceState) => owner.object;

/** Registers a plant or portfolio, or changes its name and portfolio. */
export const putResource = (input: ResourceInput & Named): Action<ResourceState & Portfolios, ResourcePut> => ({
  lock: lockOwner,
  read: async (on) => {
    const { resource: ref } = input;
    const { reads, expected } = on;
    const head = await resourceHead(reads, ref);
    const known = alive(head);
    // what is in a portfolio is shared with it, so who moves a plant acts in cooperations
    const isMove = input.portfolio !== known?.portfolio;
    const refusal = await refusePut(on, known?.owner, isMove ? actingIn : membershipIn);
    if (refusal) return refusal;
    const [owner, from, other] = await Promise.all([
      organizationHead(reads, input.owner),
      portfolioState(reads, known?.portfolio),
      input.portfolio === known?.portfolio ? undefined : portfolioState(reads, input.portfolio),
    ]);
    const to = input.portfolio === known?.portfolio ? from : other;
    return { ref, head, owner, from, to, expected };
  },
  decide: (state) => {
    const decision = decideResource(state, input);
    const { from, to } = state;
    return isRefusal(decision) ? decision : { ...decision, value: { ...decision.value, from, to } };
  },
  // of what was deleted too: a deletion whose own invalidation was lost counts as done from here on
  // (bad/registration-invalidates-new-owner-only in test/protocol)
  scopes: ({ head }) => [...new Set([input.owner, head.value?.owner ?? input.owner])].map(ownerScope),
});

/** In what the owner's admin acts: a suspended one in what is the organization's own alone. */
type ActsIn = typeof actingIn | typeof membershipIn;

async function refusePut(on: Reading, owner: OrganizationId | undefined, actsIn: ActsIn): Promise<Refusal | undefined> {
  if (isService(on.caller)) return undefined;
  // a stranger's plant looks like one that does not exist
  return owner === undefined ? { code: "not_found", what: "resource" } : refuseHidden(on, owner, actsIn);
}

async function refuseHidden(
  { reads, caller }: Reading,
  owner: OrganizationId,
  actsIn: ActsIn,
): Promise<Refusal | undefined> {
  if (isService(caller)) return undefined;
  // before the caller's role: a reading is kept, and a head is read before the facts that it covers
  await organizationHead(reads, owner);
  const refusal = refuseUnlessAdmin(owner, await actsIn(reads, owner, caller));
  return refusal?.code === "not_found" ? { code: "not_found", what: "resource" } : refusal;
}

/** Unregisters a resource; only while nothing is shared. */
export const deleteResource = ({ resource: ref }: Named): Action<Deletion, undefined> => ({
  lock: lockOwner,
  read: async (on) => {
    if (!isService(on.caller)) return needsService("to take a resource out");
    const state = await readResource(on, ref);
    if (isRefusal(state)) return state;
    const [held, plants, shares] = await Promise.all([
      jobRolesOn(on.reads, ref),
      ref.startsWith("portfolio:") ? plantsIn(on.reads, idOfType("portfolio", ref)) : [],
      sharesOn(on.reads, ref),
    ]);
    return { ...state, shares, plants: plants.length, jobRoles: held.flatMap(({ tuples }) => tuples) };
  },
  decide: (state, stamp) => decideDeleteResource(state, stamp),
  scopes: ({ owner }) => [ownerScope(idOfType("organization", owner.object))],
});

/** Gives one of the owner's people a job role, or takes it away (undefined). */
export const setJobRole = (
  input: Named & { user: UserId; role: JobRole | undefined },
): Action<JobRoleState, JobRoleChanged> => ({
  lock: lockOwner,
  read: async (on) => {
    const { resource: ref, user } = input;
    const { reads } = on;
    // every head before what it covers: whose people they are, and who holds what on the resource
    const [state, person] = await Promise.all([readResource(on, ref), personHead(reads, user)]);
    if (isRefusal(state)) return state;
    if (alive(state.head) === undefined) return { code: "not_found", what: "resource" };
    const owner = idOfType("organization", state.owner.object);
    const [refusal, ownPerson, role] = await Promise.all([
      refuseHidden(on, owner, membershipIn),
      isPersonOf(reads, owner, user),
      jobRoleOf(reads, ref, user),
    ]);
    return refusal ?? { ...state, user, person, ownPerson, role };
  },
  decide: (state) => decideJobRole(state, input.role),
  scopes: () => [userScope(input.user)],
});

async function readResource({ reads, expected }: Reading, ref: ResourceRef): Promise<Result<ResourceState>> {
  const head = await resourceHead(reads, ref);
  if (head.value === undefined) return { code: "not_found", what: "resource" };
  return { ref, head, owner: await organizationHead(reads, head.value.owner), expected };
}
