/** Creates, renames and deletes organizations: for services with scope `admin`. */

import { isService, needsService } from "../domain/caller.ts";
import {
  decideDeleteOrganization,
  decideOrganization,
  type Holdings,
  type OrganizationChanged,
  type OrganizationState,
} from "../domain/registry/decide-organization.ts";
import { isRefusal, type Result } from "../domain/result.ts";
import { sweepMark } from "../domain/tuples.ts";
import { bondsOf } from "../store/bonds.ts";
import { peopleOf } from "../store/people.ts";
import { resourceRefsOf } from "../store/resources.ts";
import { organizationHead } from "../store/snapshot.ts";
import { declineOffers } from "./cooperation.ts";
import { type ActionDeps, type ActionOf, type Call, perform, type Receipt, wouldDo } from "./run/perform.ts";
import { sweep, sweepOrganization } from "./sweep.ts";

type Emptying = OrganizationState & { holdings: Holdings };

/** An organization without people and resources is on nobody's path. */
const NO_SCOPES = () => [];

export async function putOrganization(
  deps: ActionDeps,
  call: Call,
  id: string,
  input: { name: string },
): Promise<Result<Receipt<OrganizationChanged>>> {
  if (!isService(call.caller)) return needsService("to keep organizations");
  const receipt = await perform(deps, call, {
    lock: `organization:${id}`,
    read: () => readOrganization(deps, call, id),
    decide: (state: OrganizationState) => decideOrganization(state, input),
    scopes: NO_SCOPES,
  });
  const isAnother = !isRefusal(receipt) && receipt.outcome === "done" && receipt.value.before === undefined;
  // one that was deleted before deletions were marked left its sides behind
  if (isAnother && receipt.value.organization.incarnation !== undefined)
    deps.inBackground(() => sweepOrganization(deps, id));
  return receipt;
}

/**
 * Deletes an organization without people, resources and cooperations that bind it. What it was offered and never
 * answered is declined first.
 */
export async function deleteOrganization(
  deps: ActionDeps,
  call: Call,
  id: string,
): Promise<Result<Receipt<undefined>>> {
  if (!isService(call.caller)) return needsService("to keep organizations");
  const action: ActionOf<Emptying, undefined> = {
    lock: `organization:${id}`,
    read: async () => {
      const mark = await deps.tupleStore.read(sweepMark(`organization:${id}`));
      // of an earlier deletion: it is swept before there is another
      if (mark.length > 0) await sweep(deps);
      const state = await readOrganization(deps, call, id);
      if (state.head.n === 0) return { code: "not_found", what: "organization" };
      return { ...state, holdings: await holdingsOf(deps, id) };
    },
    decide: (state: Emptying, stamp) => decideDeleteOrganization(state, state.holdings, stamp),
    scopes: NO_SCOPES,
  };
  if (await wouldDo(deps, call, action)) await declineOffers(deps, call, id);
  const receipt = await perform(deps, call, action);
  if (!isRefusal(receipt) && receipt.outcome === "done") deps.inBackground(() => sweep(deps));
  return receipt;
}

async function readOrganization(deps: ActionDeps, call: Call, id: string): Promise<OrganizationState> {
  return { id, head: await organizationHead(deps.tupleStore, id), expected: call.expected };
}

async function holdingsOf({ tupleStore }: ActionDeps, id: string): Promise<Holdings> {
  const people = (await peopleOf(tupleStore, id)).length;
  const resources = (await resourceRefsOf(tupleStore, id)).length;
  return { people, resources, cooperations: await bondsOf(tupleStore, id) };
}
