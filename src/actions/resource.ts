/**
 * Registers plants and portfolios, changes their names and portfolios, gives job
 * roles on them, and takes them out again. A service with scope `admin` may do all of
 * it; an admin of the owner changes what is registered and gives job roles.
 */

import { ownerScope, userScope } from "../domain/cache-scopes.ts";
import { isService, needsService } from "../domain/caller.ts";
import type { ResourceInput } from "../domain/commands.ts";
import { idOf, type ResourceRef } from "../domain/ids.ts";
import type { Refusal } from "../domain/refusal.ts";
import {
  decideDeleteResource,
  decideJobRole,
  decideResource,
  type JobRoleChanged,
  type PortfolioState,
  type ResourceChanged,
  type ResourceState,
} from "../domain/registry/decide-resource.ts";
import { isRefusal, type Result } from "../domain/result.ts";
import type { JobRole } from "../domain/roles.ts";
import { jobRolesOn, plantsIn, portfolioState } from "../store/resources.ts";
import { jobRoleOf, organizationHead, personHead, resourceHead, roleOf, sharesOn } from "../store/snapshot.ts";
import { refuseUnlessManager } from "./person.ts";
import { type ActionDeps, type Call, perform, type Receipt } from "./run/perform.ts";

/** What changed, with the portfolios that a plant left or entered. */
export type ResourcePut = ResourceChanged & { from?: PortfolioState | undefined; to?: PortfolioState | undefined };

export async function putResource(
  deps: ActionDeps,
  call: Call,
  ref: ResourceRef,
  input: ResourceInput,
): Promise<Result<Receipt<ResourcePut>>> {
  const { tupleStore } = deps;
  return perform(deps, call, {
    lock: `organization:${input.owner}`,
    read: async () => {
      const head = await resourceHead(tupleStore, ref);
      const known = head.value?.deleted_at === undefined ? head.value : undefined;
      const refusal = await refusePut(deps, call, known?.owner);
      if (refusal) return refusal;
      const owner = await organizationHead(tupleStore, input.owner);
      const from = await portfolioState(tupleStore, known?.portfolio);
      const to = input.portfolio === known?.portfolio ? from : await portfolioState(tupleStore, input.portfolio);
      return { ref, head, owner, from, to, expected: call.expected };
    },
    decide: (state) => {
      const decision = decideResource(state, input);
      const { from, to } = state;
      return isRefusal(decision) ? decision : { ...decision, value: { ...decision.value, from, to } };
    },
    // of what was deleted too: a deletion whose own invalidate was lost counts as told from here on
    // (bad/registration-invalidates-new-owner-only in test/protocol)
    scopes: ({ head }) => [...new Set([input.owner, head.value?.owner ?? input.owner])].map(ownerScope),
  });
}

async function refusePut(deps: ActionDeps, call: Call, owner: string | undefined): Promise<Refusal | undefined> {
  if (isService(call.caller)) return undefined;
  // a stranger's plant and one that does not exist look the same
  return owner === undefined ? { code: "not_found", what: "resource" } : refuseHidden(deps, call, owner);
}

async function refuseHidden(deps: ActionDeps, call: Call, owner: string): Promise<Refusal | undefined> {
  const refusal = await refuseUnlessManager(deps, call, owner);
  return refusal?.code === "not_found" ? { code: "not_found", what: "resource" } : refusal;
}

/** Takes a resource out of the register; only while nothing is shared. */
export async function deleteResource(
  deps: ActionDeps,
  call: Call,
  ref: ResourceRef,
): Promise<Result<Receipt<undefined>>> {
  if (!isService(call.caller)) return needsService("to take a resource out");
  const { tupleStore } = deps;
  const owner = (await resourceHead(tupleStore, ref)).value?.owner;
  if (owner === undefined) return { code: "not_found", what: "resource" };
  return perform(deps, call, {
    lock: `organization:${owner}`,
    read: async () => {
      const state = await readResource(deps, call, ref);
      if (isRefusal(state)) return state;
      const jobRoles = (await jobRolesOn(tupleStore, ref)).flatMap((held) => held.tuples);
      const plants = ref.startsWith("portfolio:") ? (await plantsIn(tupleStore, idOf(ref))).length : 0;
      return { ...state, shares: await sharesOn(tupleStore, ref), plants, jobRoles };
    },
    decide: (state, stamp) => decideDeleteResource(state, stamp),
    scopes: () => [ownerScope(owner)],
  });
}

/** Gives one of the owner's people a job role, or takes it away (undefined). */
export async function setJobRole(
  deps: ActionDeps,
  call: Call,
  ref: ResourceRef,
  user: string,
  role: JobRole | undefined,
): Promise<Result<Receipt<JobRoleChanged>>> {
  const { tupleStore } = deps;
  const known = (await resourceHead(tupleStore, ref)).value;
  if (known === undefined || known.deleted_at !== undefined) return { code: "not_found", what: "resource" };
  return perform(deps, call, {
    lock: `organization:${known.owner}`,
    read: async () => {
      const refusal = isService(call.caller) ? undefined : await refuseHidden(deps, call, known.owner);
      if (refusal) return refusal;
      const state = await readResource(deps, call, ref);
      if (isRefusal(state)) return state;
      const person = await personHead(tupleStore, user);
      const ownPerson = (await roleOf(tupleStore, known.owner, user)) !== undefined;
      return { ...state, user, person, ownPerson, role: await jobRoleOf(tupleStore, ref, user) };
    },
    decide: (state) => decideJobRole(state, role),
    scopes: () => [userScope(user)],
  });
}

async function readResource(deps: ActionDeps, call: Call, ref: ResourceRef): Promise<Result<ResourceState>> {
  const head = await resourceHead(deps.tupleStore, ref);
  if (head.value === undefined) return { code: "not_found", what: "resource" };
  const owner = await organizationHead(deps.tupleStore, head.value.owner);
  return { ref, head, owner, expected: call.expected };
}
